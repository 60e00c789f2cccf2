import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.training.caching import fit_cached
from tests.training.refused import HOT, IMAGE, SPARSE, X, Y, compiled, network, told


def test_without_a_next_step_keras_own_words_are_told():
    assert told(lambda: layers.Conv2D(0, 3)) == (
        "Invalid value for argument `filters`. Expected a strictly positive value. Received "
        "filters=0."
    )
    said = told(lambda: keras.optimizers.Adam(momentum=0.9))
    assert said == "Argument(s) not recognized: {'momentum': 0.9}"


def test_so_it_is_where_the_kit_called_keras(tmp_path):
    model = compiled("sgd", SPARSE, metrics=["acuracy"])
    said = told(lambda: fit_cached(model, X, Y, name="net", folder=tmp_path))
    assert said == "Could not interpret metric identifier: acuracy. Do you mean accuracy?"


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            lambda: network(
                *(layers.Conv2D(6, 5), layers.MaxPooling2D(8), layers.Conv2D(6, 5)),
                *(layers.Flatten(), layers.Dense(3)),
            ),
            "The images have 3x3 pixels where they come to layer 3 of the network, Conv2D: too few "
            "for its kernel of 5x5. Pool less before it, take a smaller kernel, or "
            'padding="same".',
        ),
        (
            lambda: network(layers.MaxPooling2D((7, 14)), layers.MaxPooling2D((2, 3))),
            "The images have 4x2 pixels where they come to layer 2 of the network, MaxPooling2D: "
            "too few for its pool of 2x3. Pool less before it, take a smaller pool, or padding=",
        ),
        (
            lambda: layers.AveragePooling2D(50)(IMAGE),
            "The images have 28x28 pixels where they come to AveragePooling2D: too few",
        ),
    ],
)
def test_images_that_have_become_too_small_are_told_with_the_layer(function, expected):
    assert told(function).startswith(expected)


def test_of_a_layer_s_call_only_what_matters_is_told():
    assert told(lambda: layers.Reshape((7, 7))(IMAGE)) == (
        "The total size of the tensor must be unchanged. Received: input_shape=(28, 28, 1), "
        "target_shape=(7, 7)"
    )


@pytest.mark.parametrize(
    "function",
    [
        # The channels come first.
        lambda: layers.Conv2D(6, 5, data_format="channels_first")(keras.Input((1, 4, 4))),
        lambda: network(layers.Conv2D(6, 5, dilation_rate=8)),
    ],
)
def test_other_reasons_for_too_few_pixels_are_left_to_keras(function):
    assert told(function).startswith("Computed output size would be zero or negative. Received")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (keras.metrics.Precision(), "Incompatible shapes: [1,18] vs. [1,6]"),
        (
            lambda y_true, y_pred: keras.ops.sum(by_ten(y_pred)),
            "Input to reshape is a tensor with 18 values, but the requested shape requires a "
            "multiple of 10\nIn test_refusals.py, line {line}: return keras.ops.reshape(values, "
            "(10, -1))",
        ),
    ],
)
def test_of_a_graph_only_the_reason_is_told_and_where_it_is_one_s_own(metric, expected):
    model = compiled("sgd", SPARSE, metrics=[metric])
    line = by_ten.__code__.co_firstlineno + 1
    assert told(lambda: model.fit(X, Y, verbose=0)) == expected.format(line=line)


def by_ten(values):
    return keras.ops.reshape(values, (10, -1))


def test_channels_that_come_first_are_no_height():
    said = told(lambda: keras.Sequential([keras.Input((3, 32, 32)), layers.Conv2D(6, 5)]))
    assert said == (
        "The images have 3x32 pixels where they come to layer 1 of the network, Conv2D: do their "
        "channels come first? Keras wants them last."
    )


def test_a_layer_that_is_not_known_is_not_named():
    model = keras.Sequential([layers.MaxPooling2D(8), layers.Conv2D(6, 5), layers.Flatten()])
    model.compile("sgd", "mse")
    said = told(lambda: model.fit(X, HOT, verbose=0))
    assert said.startswith("The images have 3x3 pixels where they come, inside the network, to a l")


class Own(layers.Layer):
    def call(self, inputs):
        return layers.Dense("many")(inputs)


class Stops(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        keras.Input(28, 28)


def test_where_code_of_the_student_s_own_was_called_the_traceback_tells_more():
    assert told(lambda: Own()(IMAGE)) is None
    assert told(lambda: compiled("sgd", "mse").fit(X, HOT, callbacks=[Stops()])) is None


class Unfinished(keras.metrics.Metric):
    def update_state(self, y_true, y_pred, sample_weight=None):
        pass


def test_errors_that_were_not_meant_for_the_reader_keep_their_traceback():
    model = compiled("sgd", "mse", metrics=[Unfinished()])
    assert told(lambda: model.fit(X, HOT, verbose=0)) is None
    assert told(lambda: layers.Conv2D((5, 5), 6)) is None


def test_other_errors_are_left_alone():
    assert told(lambda: int("x")) is None
    assert told(lambda: keras.Model(IMAGE, IMAGE).compile("sgd").fit) is None
    assert told(lambda: np.zeros(3) + np.zeros(4)) is None
