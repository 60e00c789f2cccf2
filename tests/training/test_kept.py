"""cnn_utils.training.kept: computed once, anew after any change, and never wrong."""

import keras
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.training import kept as module
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.kept import cached, kept


class Work:
    """Counts how often it is done."""

    def __init__(self, result=(1.5, 2.5)):
        self.done, self.result = 0, np.array(result)

    def __call__(self):
        """Return the result."""
        self.done += 1
        return self.result


def test_what_was_computed_before_comes_from_the_file(tmp_path):
    work = Work()
    for _ in range(3):
        result = kept("table", ("a", np.arange(3)), work, tmp_path)
        assert result.tolist() == [1.5, 2.5]
    assert work.done == 1


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("other", ("a", np.arange(3))),
        ("table", ("b", np.arange(3))),
        ("table", ("a", np.array([0, 2, 1]))),
        ("table", ("a", np.arange(3, dtype="int32"))),
    ],
)
def test_any_change_computes_anew(tmp_path, kind, parts):
    work = Work()
    kept("table", ("a", np.arange(3)), work, tmp_path)
    kept(kind, parts, work, tmp_path)
    assert work.done == 2


def test_another_version_computes_anew(tmp_path, monkeypatch):
    work = Work()
    kept("table", 1, work, tmp_path)
    monkeypatch.setattr(module, "versions", lambda: ["4.0"])
    kept("table", 1, work, tmp_path)
    assert work.done == 2


def test_what_can_not_be_compared_is_computed_each_time(tmp_path):
    work = Work()
    for _ in range(2):
        assert kept("table", [iter([1])], work, tmp_path).tolist() == [1.5, 2.5]
    assert work.done == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive", None])
def test_a_damaged_file_is_replaced(tmp_path, damage):
    work = Work(np.arange(1000.0))
    kept("table", 1, work, tmp_path)
    (file,) = tmp_path.glob("*/*.npz")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content if damage is None else damage)
    for _ in range(2):
        assert kept("table", 1, work, tmp_path).tolist() == list(range(1000))
    assert work.done == 2


def test_a_folder_that_can_not_be_written_to_is_no_reason_not_to_compute(tmp_path):
    (tmp_path / "file").write_text("")
    assert kept("table", 1, Work(), tmp_path / "file").tolist() == [1.5, 2.5]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the folder of results, empty."""
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path))
    return tmp_path / "runs" / ".calls"


def network(weight=1.0):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="only")])
    model.set_weights([np.array([[weight], [2.0]]), np.zeros(1)])
    return model


def half(images):
    return images * np.float32(0.5)


def third(images):
    return images * np.float32(1 / 3)


X = np.array([[2, 4], [6, 8]], np.uint8)


def test_a_prediction_is_made_once(cache, monkeypatch):
    first = cached(network().predict, ImageBatches(X, None, half), verbose=0)
    assert first.tolist() == [[5.0], [11.0]]

    def never(*_, **__):
        raise AssertionError("predicted again")

    monkeypatch.setattr(keras.Model, "make_predict_function", never)
    again = cached(network().predict, ImageBatches(X, None, half), verbose=1)
    assert again.tolist() == first.tolist()


@pytest.mark.parametrize(
    ("model", "batches", "expected"),
    [
        (network(3.0), ImageBatches(X, None, half), [[7.0], [17.0]]),
        (network(), ImageBatches(X[::-1], None, half), [[11.0], [5.0]]),
        (network(), ImageBatches(X, None, third), [[10 / 3], [22 / 3]]),
    ],
)
def test_another_weight_image_or_preprocessing_predicts_anew(cache, model, batches, expected):
    cached(network().predict, ImageBatches(X, None, half), verbose=0)
    answers = cached(model.predict, batches, verbose=0)
    np.testing.assert_allclose(answers, expected, rtol=1e-6)
    assert len(list(cache.glob("*.npz"))) == 2


def test_what_is_no_array_is_not_kept(cache):
    work = Work()
    work.result = [work.result]
    assert cached(work) is work.result
    assert cached(lambda: np.array([None])).tolist() == [None]
    assert not cache.exists()


def test_the_result_of_a_call_is_no_function():
    with pytest.raises(KitError, match=r"`function` must be a function.*Write cached\(model\.pre"):
        cached(X)


def test_images_that_the_network_does_not_take_are_told_in_a_sentence(cache):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    message = r"`x` must be images of shape \(3,\), which the network takes; .*shape \(4,\)"
    with pytest.raises(KitError, match=message):
        cached(model.predict, np.zeros((5, 4)), verbose=0)
    assert not cache.exists()
