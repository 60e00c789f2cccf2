"""cnn_utils.training.digest: equal for equal values, different for every difference."""

import functools
from types import SimpleNamespace

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from cnn_utils.fast.augmentation import Augmentation
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.digest import digest

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4, 4, 1)).astype("float32")
Y = RNG.integers(0, 3, 12)
FACTOR = 2.0


def own_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2) * FACTOR


def other_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2) * 3


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 5},
        {"shuffle": True},
        {"preprocess": lambda images: images * 2},
        {"augment": Augmentation(shift=1)},
        {"images": X[::-1]},
        {"labels": Y[::-1]},
    ],
)
def test_batches_are_told_apart_by_all_that_they_hold(change):
    def batches(images=X, labels=Y, preprocess=np.abs, batch_size=4, **options):
        return ImageBatches(images, labels, preprocess, batch_size, **options)

    assert digest(batches()) == digest(batches())
    assert digest(batches()) != digest(batches(**change))


def test_batches_in_another_order_are_others():
    batches = ImageBatches(X, Y, shuffle=True)
    before = digest(batches)
    batches.on_epoch_end()
    assert digest(batches) != before


def outer(factor):
    def inner(images):
        return images * factor

    return inner


class Scale:
    """A preprocessing step with a setting and a method."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, images):
        return images * self.factor


def test_functions_are_told_by_what_they_compute():
    def function(images):
        return images * FACTOR

    first = digest(function)

    def function(images):
        """A docstring counts, but not a place in the file."""
        return images * FACTOR

    assert digest(function) != digest(lambda images: images)
    assert digest(outer(2)) == digest(outer(2)) != digest(outer(3))
    assert digest(functools.partial(outer, 2)) != digest(functools.partial(outer, 3))
    assert digest(Scale(2)) == digest(Scale(2)) != digest(Scale(3))
    assert digest(own_loss) != digest(other_loss)
    assert first == digest(make(FACTOR))


def make(factor):
    """Return the first function of the test above, made in another place."""
    namespace = {"FACTOR": factor, "__name__": __name__}
    source = "def function(images):\n    return images * FACTOR\n"
    exec(source, namespace)
    function = namespace["function"]
    function.__qualname__ = "test_functions_are_told_by_what_they_compute.<locals>.function"
    return function


def test_a_global_number_that_a_function_looks_up_is_part_of_it():
    assert digest(make(2.0)) != digest(make(3.0))


def helper(images):
    return images + 1


def test_a_function_that_it_calls_is_part_of_it(monkeypatch):
    def calls(images):
        return helper(images)

    first = digest(calls)
    monkeypatch.setitem(globals(), "helper", lambda images: images + 2)
    assert digest(calls) != first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (0, None),
        ("1", 1),
        (b"a", "a"),
        ([1, 2], (1, 2)),
        ([1, [2]], [1, 2]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({1, 2}, {1, 3}),
        (np.zeros(2), np.zeros((2, 1))),
        (np.zeros(0), np.zeros((0, 3))),
        (np.float32(1), np.float64(1)),
        (keras.initializers.HeNormal(1), keras.initializers.HeNormal(2)),
        (keras.regularizers.L2(0.1), keras.regularizers.L2(0.2)),
        (np.random.default_rng(1), np.random.default_rng(2)),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
        (tf.constant([1]), tf.constant([2])),
    ],
)
def test_different_values_have_different_hashes(one, other):
    assert digest(one) != digest(other)
    assert digest(one) == digest(one)


def test_a_dict_may_be_in_any_order():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_what_holds_itself_comes_to_an_end():
    loop = []
    loop.append(loop)
    assert len(digest(loop)) == 64


def test_a_namespace_is_looked_into():
    assert digest(Scale(SimpleNamespace)) == digest(Scale(SimpleNamespace))
