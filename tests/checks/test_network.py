import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.checks.network import MAX_SOFTMAX_TWICE, answers, answers_with, layers_of


@pytest.fixture
def model():
    inner = keras.Sequential([layers.Flatten(), layers.Dense(3)])
    return keras.Sequential([keras.Input((2, 2, 1)), inner, layers.Dense(10)])


def test_weights_are_restored_even_after_an_error(model):
    before = model.get_weights()
    zeros, image = [0 * w for w in before], np.ones((1, 2, 2, 1), np.float32)
    np.testing.assert_array_equal(answers_with(zeros, model, image), np.zeros((1, 10)))
    with pytest.raises(ValueError, match="Exception encountered"):
        answers_with(zeros, model, image[0])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_inner_layers_are_listed(model):
    assert [type(layer).__name__ for layer in layers_of(model)] == ["Flatten", "Dense", "Dense"]
    assert list(layers_of(object())) == []


def test_dropout_is_off_and_answers_are_numbers():
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Dropout(0.9), layers.Flatten()])
    np.testing.assert_array_equal(answers(model, np.ones((1, 2, 2, 1))), np.ones((1, 4)))


def test_a_softmax_of_a_softmax_stays_below_its_maximum():
    def softmax(x):
        return np.exp(x) / np.exp(x).sum()

    surest = softmax(np.eye(10)[0])
    assert 0.2319 < surest.max() < MAX_SOFTMAX_TWICE
