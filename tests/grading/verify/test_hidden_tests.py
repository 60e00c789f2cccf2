import numpy as np
import pytest

from cnn_utils.grading.verify.hidden_tests import (
    CALLS,
    agrees,
    expected,
    hidden_test_cells,
    is_numbers,
    make_inputs,
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
    assert all(agrees(name, expected(name, inputs), inputs) for name in inputs)


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
    assert set(hidden_test_cells({"cnn"})) == set()


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_lenet_answers_with_weights_of_our_own(inputs, activation):
    import keras

    from cnn_utils import build_lenet

    def build():
        model = build_lenet()
        model.layers[0].activation = keras.activations.get(activation)
        return model

    names = {"build_lenet": build, "_np": np, "_inputs": inputs}
    exec(CALLS["lenet"], names)
    assert agrees("lenet", names["_values"], inputs) == (activation == "relu")
