import hashlib
import json

import numpy as np
import pytest

from cnn_utils.data import data_source
from cnn_utils.errors import KitError
from cnn_utils.handin import artifacts as for_grading
from cnn_utils.handin.artifacts import files_of, fingerprint, hashes, save_for_grading
from cnn_utils.handin.kernel_history import digest

HISTORY = {"loss": [0.5, 0.25], "val_loss": [0.5, float("nan")]}


class Network:
    """As much of a Keras model as is asked for."""

    def __init__(self, *weights):
        self.weights = weights

    def get_weights(self):
        return list(self.weights)

    def to_json(self):
        return '{"class_name": "Network"}'


class OwnClass(Network):
    def to_json(self):
        raise NotImplementedError


@pytest.fixture
def network():
    return Network(np.ones((5, 6), np.float32), np.zeros(6, np.float64))


def save(network, tmp_path, **changed):
    arguments = {"name": "lenet", "history": HISTORY, "predictions": [7, 2, 1], **changed}
    return for_grading.save(model=network, folder=tmp_path / "evidence", **arguments)


def test_the_files_hold_numbers_and_text_only(network, tmp_path):
    saved = save(network, tmp_path)
    place = tmp_path / "evidence" / "lenet"
    assert saved.folder == place
    with np.load(place / "weights.npz", allow_pickle=False) as arrays:
        assert list(arrays) == ["arr_0", "arr_1"]
        assert [array.shape for array in arrays.values()] == [(5, 6), (6,)]
        assert {array.dtype for array in arrays.values()} == {np.dtype("float32")}
    assert json.loads((place / "architecture.json").read_text()) == {"class_name": "Network"}
    assert json.loads((place / "history.json").read_text()) == {
        "loss": [0.5, 0.25],
        "val_loss": [0.5, None],
    }
    assert (place / "predictions.csv").read_text() == "ID,Prediction\n0,7\n1,2\n2,1\n"


def test_scores_are_saved_as_labels(network, tmp_path):
    save(network, tmp_path, predictions=np.eye(10)[[3, 9]])
    text = (tmp_path / "evidence" / "lenet" / "predictions.csv").read_text()
    assert text == "ID,Prediction\n0,3\n1,9\n"


def test_the_record_binds_the_files_the_cells_and_the_data(network, tmp_path, monkeypatch):
    data_source.record("MNIST", "official")
    monkeypatch.setattr(for_grading, "inputs_run", lambda: {1: "x = 1"})
    saved = save(network, tmp_path)
    record = json.loads((saved.folder / "record.json").read_text())
    weights = (saved.folder / "weights.npz").read_bytes()
    assert record["network"] == "lenet"
    assert record["fingerprint"] == saved.fingerprint
    assert record["data"] == {"MNIST": "official"}
    assert record["cells"] == {"1": digest("x = 1")}
    assert record["sha256"] == hashes(saved.folder)
    assert record["sha256"]["weights.npz"] == hashlib.sha256(weights).hexdigest()
    assert len(record["sha256"]) == 4
    assert "numpy" in record["versions"]


def test_what_was_saved_is_printed(network, tmp_path, capsys):
    save_for_grading("lenet", network, HISTORY, [7, 2, 1], tmp_path / "evidence")
    assert capsys.readouterr().out == f"{save(network, tmp_path)}\n"


def test_its_text_says_what_was_saved(network, tmp_path):
    saved = save(network, tmp_path)
    assert repr(saved).splitlines()[1:] == [
        f"  weights       36 numbers, fingerprint {saved.fingerprint}",
        "  architecture  as JSON",
        "  history       2 epochs",
        "  predictions   3",
    ]


def test_a_model_that_cannot_be_written_as_json_is_no_obstacle(network, tmp_path):
    save(network, tmp_path)
    saved = save(OwnClass(*network.weights), tmp_path)
    assert "not saved (NotImplementedError)" in repr(saved)
    assert not (saved.folder / "architecture.json").exists()
    assert [path.name for path in files_of(tmp_path, "lenet")] == [
        "weights.npz",
        "history.json",
        "predictions.csv",
        "record.json",
    ]


def test_the_fingerprint_tells_values_and_shapes_apart():
    one = fingerprint([np.arange(6.0)])
    assert one == fingerprint([np.arange(6, dtype=np.float32)])
    assert len(one) == 16
    assert len({one, fingerprint([np.arange(6.0).reshape(2, 3)]), fingerprint([np.ones(6)])}) == 3


def test_half_precision_is_saved_as_float32(tmp_path):
    import ml_dtypes

    saved = save(Network(np.ones(3, ml_dtypes.bfloat16)), tmp_path)
    with np.load(saved.folder / "weights.npz", allow_pickle=False) as arrays:
        assert arrays["arr_0"].tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "../x"}, "`name` must be a short name such as \"lenet\"; received '../x' .str."),
        ({"name": 3}, "`name` must be a short name"),
        ({"history": None}, "`history` must be what model.fit returned"),
        ({"predictions": [[[1]]]}, "`predictions` must hold integer labels"),
        ({"predictions": []}, "`predictions` must hold a class for each test image; received none"),
        ({"predictions": [3, -5]}, "a class for each test image; received the label -5"),
    ],
)
def test_wrong_arguments_are_explained(network, tmp_path, changed, message):
    with pytest.raises(KitError, match=message):
        save(network, tmp_path, **changed)
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (3, r"`model` must be a trained Keras model; received 3 \(int\)"),
        (Network, "`model` must be a trained Keras model; received a type"),
        (Network(np.array(["a"])), "be a trained Keras model, made of numbers; received could not"),
        (Network(), "received one without weights. Train it first"),
        (Network(np.array([1, np.nan])), "`model` must have finite weights; received NaN"),
    ],
)
def test_a_model_without_numbers_is_refused(tmp_path, model, message):
    with pytest.raises(KitError, match=message):
        save(model, tmp_path)


def test_a_folder_must_be_named(network):
    with pytest.raises(KitError, match="`folder` must be the name of a folder; received None"):
        save_for_grading("lenet", network, HISTORY, [1], folder=None)


def test_a_link_to_elsewhere_is_no_evidence(network, tmp_path):
    save(network, tmp_path)
    link = tmp_path / "evidence" / "lenet" / "history.json"
    link.unlink()
    link.symlink_to("/etc/passwd")
    assert "history.json" not in [path.name for path in files_of(tmp_path, "lenet")]


def test_a_place_that_cannot_be_written_is_said(network, tmp_path):
    (tmp_path / "evidence").write_text("in the way")
    with pytest.raises(KitError, match="a place that can be written to; received Not a directory"):
        save(network, tmp_path)


def test_a_keras_model_comes_back_from_its_files(tmp_path):
    import keras

    from cnn_utils import build_lenet

    model = build_lenet()
    saved = save(model, tmp_path)
    again = keras.models.model_from_json((saved.folder / "architecture.json").read_text())
    with np.load(saved.folder / "weights.npz", allow_pickle=False) as arrays:
        again.set_weights(list(arrays.values()))
    assert saved.parameters == 61_706
    assert fingerprint(again.get_weights()) == saved.fingerprint
    image = np.random.default_rng(458).random((1, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(model.predict(image, verbose=0), again.predict(image, verbose=0))
