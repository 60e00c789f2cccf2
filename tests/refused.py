"""A network, images and labels to make mistakes with, and what is told of them."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.training.refusals import explanation

X = np.zeros((6, 28, 28, 1), "float32")
Y = np.array([0, 1, 2, 2, 1, 0])
HOT = np.eye(3, dtype="float32")[Y]
SPARSE = "sparse_categorical_crossentropy"
IMAGE = keras.Input((28, 28, 1))


def network(*parts):
    return keras.Sequential([keras.Input((28, 28, 1)), *parts])


def compiled(*settings, n=3, **more):
    model = network(layers.Flatten(), layers.Dense(n))
    model.compile(*settings, **more)
    return model


def told(function):
    with pytest.raises(Exception, match=r"^") as caught:
        function()
    return explanation(caught.value)
