import json

import numpy as np
import pytest

from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify.hidden_tests import (
    agrees,
    expected,
    has_lenet_layers,
    hidden_test_cells,
    is_numbers,
    make_inputs,
    results_of,
)


@pytest.fixture
def inputs():
    return make_inputs(np.random.default_rng(458))


def test_what_is_right_is_worked_out_outside(inputs):
    assert expected("ten-digits", {"ten-digits": [0.5, 1.0]}) == [0.9990234375, 0.0]
    labels = np.eye(10).tolist()
    assert expected("f1", {"f1": [[(labels, labels)]]}) == [1.0]
    # Three images of one value each: every 9th pixel of 32 is 4 x 4, in 3 channels.
    values = expected("preprocess", {"preprocess": [51] * (3 * 32 * 32 * 3)})
    assert (len(values), values[0]) == (144, 0.2)
    names = ("f1", "ten-digits", "preprocess")
    assert all(agrees(name, expected(name, inputs), inputs) for name in names)


def test_inputs_differ_from_run_to_run():
    first, second = (make_inputs(np.random.default_rng()) for _ in range(2))
    assert all(first[name] != second[name] for name in first)


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        "12345678",
        [True] * 8,
        [float("nan")] * 8,
        [float("inf")] * 8,
        [10**400] * 8,
        ["0.1"] * 8,
        [[0.1]] * 8,
        [0.1] * 7,
        [0.1] * 9,
        {"0": 1},
    ],
)
def test_only_plain_numbers_count(inputs, found):
    assert not is_numbers(found, 8)
    assert not agrees("ten-digits", found, inputs)


def test_numbers_that_are_nearly_right_do_not(inputs):
    right = expected("ten-digits", inputs)
    assert agrees("ten-digits", [x + 5e-7 for x in right], inputs)
    assert not agrees("ten-digits", [*right[:-1], right[-1] + 1e-4], inputs)


def test_hidden_tests_belong_to_solved_tasks():
    assert set(hidden_test_cells({"f1", "look"})) == {"f1"}
    assert set(hidden_test_cells({"cnn", "preprocess"})) == {"cnn", "preprocess"}
    assert set(hidden_test_cells({"cnn"})) == {"cnn"}


def run(name, inputs, folder, monkeypatch, **names):
    """Run a task's hidden test in a notebook that defines `names`; return its output."""
    (folder / "out").mkdir()
    (folder / "in.json").write_text(json.dumps(inputs))
    monkeypatch.setenv("CNN_UTILS_WORKDIR", str(folder))
    exec(hidden_test_cells({name})[name], names)
    return json.loads((folder / "out" / f"output_{name}.json").read_text())


def ten_digits(accuracy):
    return 1 - accuracy**10


def test_a_hidden_test_survives_what_a_notebook_does(inputs, tmp_path, monkeypatch):
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    shadowed = {name: None for name in ("list", "float", "open", "len", "sum", "int", "range")}
    names = {**shadowed, "ten_digit_error_rate": ten_digits}
    found = run("ten-digits", inputs, work, monkeypatch, **names)
    assert agrees("ten-digits", found, inputs)


def test_answers_by_place_are_wrong(inputs, tmp_path, monkeypatch):
    answers = iter(sorted(expected("ten-digits", inputs)))
    names = {"ten_digit_error_rate": lambda accuracy: next(answers)}
    found = run("ten-digits", inputs, tmp_path, monkeypatch, **names)
    assert not agrees("ten-digits", found, inputs)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_lenet_answers_with_weights_of_our_own(inputs, activation, tmp_path, monkeypatch):
    import keras

    from cnn_utils import build_lenet

    def build():
        model = build_lenet()
        model.layers[0].activation = keras.activations.get(activation)
        return model

    found = run("lenet", inputs, tmp_path, monkeypatch, build_lenet=build)
    assert agrees("lenet", found, inputs) == (activation == "relu")
    assert has_lenet_layers(found)


def test_lenet_in_numpy_is_no_network_of_keras(inputs, tmp_path, monkeypatch):
    from cnn_utils.checks.lenet_by_hand import LENET_SHAPES, logits, softmax

    class Forged:
        def get_weights(self):
            return [np.zeros(shape, np.float32) for shape in LENET_SHAPES]

        def set_weights(self, weights):
            self.weights = {w.shape: w for w in weights}

        def __call__(self, images, training=False):
            weights = getattr(self, "weights", {w.shape: w for w in self.get_weights()})
            return softmax(logits(images, weights))

    found = run("lenet", inputs, tmp_path, monkeypatch, build_lenet=Forged)
    assert agrees("lenet", found, inputs)
    assert not has_lenet_layers(found)
    for other in (None, [], {"layers": None}, {"layers": "Conv2D"}, {"layers": [1, {}]}):
        assert not has_lenet_layers(other)


class Network:
    """A network whose answers are its only weight, plus the first pixel."""

    def set_weights(self, weights):
        self.weights = weights

    def __call__(self, images, training=False):
        if not hasattr(self, "weights"):
            return None
        labels = (self.weights[0][0] + images[:, 0, 0, 0]).astype(int)
        return np.eye(10)[labels]


@pytest.mark.parametrize("has_preprocess", [True, False])
def test_the_own_network_classifies_few_images_at_a_time(
    inputs, tmp_path, monkeypatch, has_preprocess
):
    np.save(tmp_path / "images.npy", np.zeros((120, 32, 32, 3), np.uint8))
    np.savez(tmp_path / "outputs.npz", np.array([3.0]))
    np.savez(tmp_path / "changed.npz", np.array([4.0]))
    names = {"preprocess": lambda images: images + 1.0} if has_preprocess else {}
    found = run("cnn", inputs, tmp_path, monkeypatch, build_cnn=Network, **names)
    n = int(has_preprocess)
    assert found == {"outputs": [3 + n] * 120, "changed": [4 + n] * 100}


def test_nothing_is_classified_where_the_student_s_code_is_not_needed(
    inputs, tmp_path, monkeypatch
):
    assert run("cnn", inputs, tmp_path, monkeypatch) == {"outputs": [], "changed": []}


@pytest.mark.parametrize(
    ("failure", "result"),
    [
        (None, (True, "the hidden test failed")),
        ("AssertionError: 2 and 3\nare wrong", (False, "the hidden test says: 2 and 3\nare wrong")),
        ("AssertionError", (False, "the hidden test failed")),
        ("✗ mine: Too many maps.", (False, "the hidden test says: Too many maps.")),
        ("a.b.CheckFailed: ✗ No.", (False, "the hidden test says: No.")),
        ("The kernel died.", (None, "the hidden test ended in: The kernel died.")),
        ("NameError: name 'x'", (None, "the hidden test ended in: NameError: name 'x'")),
    ],
)
def test_an_assertion_of_the_author_s_is_a_verdict_and_another_error_is_none(failure, result):
    failures = {"hidden:mine": failure} if failure else {}
    claims = Claims("complete", {"hidden:mine": failure is None}, failures)
    assert results_of(["mine"], claims) == {"mine": result}


def test_a_hidden_test_that_is_not_reported_is_no_verdict():
    claims = Claims("crashed", {"hidden:other": True})
    assert results_of(["mine"], claims) == {"mine": (None, "the hidden test did not finish")}
    assert results_of([], claims) == {}


def test_no_image_has_two_most_probable_classes():
    """Seed 0 to 1499 gave two ties in 3,000 epochs before; Keras counts both classes of a tie."""
    for seed in range(300):
        for epoch in make_inputs(np.random.default_rng(seed))["f1"]:
            for _, y_prob in epoch:
                largest = np.sort(y_prob, axis=1)[:, -2:]
                assert (largest[:, 1] - largest[:, 0]).min() > 2e-5
