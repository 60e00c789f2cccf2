import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.training.misfits import explanation

X = np.zeros((6, 4, 4, 1), "float32")
Y = np.array([0, 1, 2, 2, 1, 0])
HOT = np.eye(3, dtype="float32")[Y]


class Breaks(layers.Layer):
    def call(self, inputs, training=None):
        if training:
            raise RuntimeError("a mistake of the student's own")
        return inputs


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    return model


def told(call, *arguments, **options):
    with pytest.raises(Exception, match=r".") as caught:
        call(*arguments, **options)
    return explanation(caught.value)


@pytest.mark.parametrize(
    ("function", "arguments", "options", "expected"),
    [
        ("fit", (X[:, :2], HOT), {}, "`x` must be images of shape (4, 4, 1), which the network"),
        ("fit", (), {"x": X[:, :2], "y": HOT}, "`x` must be images of shape (4, 4, 1), which the"),
        ("fit", (X, Y), {}, "`y` must be 3 numbers per image, as the network gives, for mean_sq"),
        ("fit", (X, HOT[:2]), {}, "`x` and `y` must have the same length; received 6 and 2."),
        ("fit", (X, HOT), {"epoch": 2}, "The options must be among batch_size, epochs, verbose, "),
        ("fit", (X, HOT), {"callbacks": "x"}, "`callbacks` must be a list of keras.callbacks.Ca"),
        ("fit", (X, HOT), {"validation_data": (X, Y)}, "`y` of `validation_data` must be 3 numbe"),
        ("evaluate", (X, Y), {}, "`y` must be 3 numbers per image, as the network gives, for me"),
        ("predict", (X[:, :2],), {}, "`x` must be images of shape (4, 4, 1), which the network"),
        ("predict", (None,), {}, "`x` must be the images, or ImageBatches of them; received None."),
        ("predict", (X[:0],), {}, "`x` must be the images, or ImageBatches of them; received an a"),
        ("predict", ([X[0], X[1]],), {}, "`x` must be an array; received a list of 2."),
        ("fit", (X.astype(object), HOT), {}, "`x` must be numbers; received an array of shape (1"),
        (
            "predict",
            ([X[0]],),
            {},
            "`x` must be images of shape (4, 4, 1), which the network takes;",
        ),
        ("predict", (X, HOT), {}, "`batch_size` must be a whole number of at least 1; received an"),
        (
            "fit",
            (X, HOT, "32"),
            {},
            "`batch_size` must be a whole number of at least 1; received '",
        ),
        (
            "fit",
            ((X, HOT),),
            {},
            "`x` must be the images alone; received a pair of arrays. Write t",
        ),
        ("fit", (), {"X": X, "Y": HOT}, "The options must be among batch_size, epochs, verbose, "),
        ("evaluate", (X, HOT), {"batchsize": 2}, "The options must be among batch_size, verbose, "),
        ("__call__", (X[:, :2],), {}, "`x` must be images of shape (4, 4, 1), which the network"),
    ],
)
def test_arguments_that_do_not_fit_are_told(model, function, arguments, options, expected):
    assert told(getattr(model, function), *arguments, **options).startswith(expected)


def test_so_is_a_model_that_was_not_compiled():
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3)])
    assert "Call model.compile(...) first." in told(model.fit, X, HOT)


def test_other_mistakes_are_left_alone(model):
    assert told(layers.Conv2D(2, 9), X) is None
    assert told(int, "x") is None


class Stops(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise ZeroDivisionError("of the student's own")


def test_a_mistake_in_a_callback_is_not_blamed_on_the_arguments(model):
    assert told(model.fit, X, HOT, batch_size=0, callbacks=[Stops()], verbose=0) is None


def test_mistakes_of_the_student_s_own_keep_their_traceback():
    model = keras.Sequential([keras.Input((4, 4, 1)), Breaks(), layers.Flatten(), layers.Dense(3)])
    model.compile("sgd", "mse")
    assert told(model.fit, X, HOT) is None
