import subprocess
import sys

import keras
import pytest
from keras import layers

from cnn_utils import frames
from cnn_utils.errors import KitError, check_count
from cnn_utils.frames import (
    calls_of_keras,
    is_installed,
    is_of_keras,
    is_own,
    line_that_called_keras,
)


def frames_of(function, kind=Exception):
    with pytest.raises(kind) as caught:
        function()
    return frames.frames_of(caught.value)


def test_code_is_a_library_s_the_kit_s_or_one_s_own():
    *own, keras_s = frames_of(lambda: layers.Dense(0))
    assert is_of_keras(keras_s)
    assert is_installed(keras_s)
    assert not is_own(keras_s)
    assert all(map(is_own, own))
    kit_s = frames_of(lambda: check_count("n", 0), KitError)[-1]
    assert not is_own(kit_s)
    assert not is_installed(kit_s)
    standard = frames_of(lambda: subprocess.run([sys.executable, 5]), TypeError)[-1]
    assert is_installed(standard)
    assert not is_of_keras(standard)


def test_calls_of_keras_are_told_with_their_arguments():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    calls = calls_of_keras(frames_of(lambda: model.fit("x", epochs=3)))
    function, arguments, options = calls[0]
    assert function.__name__ == "fit"
    assert arguments == (model, "x")
    assert options == {"epochs": 3}
    assert calls_of_keras(frames_of(lambda: int("x"))) == []


def test_the_line_is_the_last_before_keras():
    with pytest.raises(ValueError, match=r"units") as caught:
        layers.Dense(0)
    line = line_that_called_keras(caught.value)
    assert line.startswith("In test_frames.py, line ")
    assert line.endswith(": layers.Dense(0)")


class Stops(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        layers.Dense(0)


def test_it_is_not_one_that_keras_called():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"units") as caught:
        model.fit(keras.ops.ones((2, 2)), keras.ops.ones((2, 1)), callbacks=[Stops()], verbose=0)
    assert ": model.fit(" in line_that_called_keras(caught.value)


def test_without_a_traceback_there_is_none():
    assert line_that_called_keras(ValueError("x")) == ""
