import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.training.next_steps import FLATTEN, NEXT_STEPS, next_step
from cnn_utils.training.next_steps import ONE_HOT as NEEDS_ONE_HOT
from tests.training.refused import HOT, IMAGE, SPARSE, X, Y, compiled, network, told


def maps(loss):
    model = network(layers.Conv2D(3, 5))
    model.compile("sgd", loss)
    return model


def batches(n_labels):
    while True:
        yield X, Y[:n_labels]


class ReturnsNothing(layers.Layer):
    def call(self, inputs):
        pass


@pytest.mark.parametrize(
    ("function", "next_step"),
    [
        (lambda: layers.Dense(3, activation="rellu"), "Do you mean relu?"),
        (lambda: layers.Activation("Relu"), "Do you mean relu?"),
        (lambda: layers.Dense(3, kernel_initializer="glorot"), "Do you mean glorot_normal?"),
        (lambda: compiled("adamm"), "Do you mean adam?"),
        (lambda: compiled("SDG"), "Do you mean sgd?"),
        (lambda: compiled("sgd", "mse", metrics=["acuracy"]).fit(X, HOT), "Do you mean accuracy?"),
        (
            lambda: compiled("sgd", "mse", metrics=["f1"]).fit(X, HOT),
            "Write keras.metrics.F1Score(average='macro').",
        ),
        (lambda: compiled("sgd", "mse", metric=["accuracy"]), "Do you mean metrics?"),
        (lambda: compiled("sgd", "mse").predict(X, batchsize=3), "Do you mean batch_size?"),
        (lambda: layers.Conv2D(6, 5, stride=2), "Do you mean strides?"),
        (lambda: keras.optimizers.Adam(lr=0.1), "Do you mean learning_rate?"),
        (lambda: keras.optimizers.SGD(0.1, momentun=0.9), "Do you mean momentum?"),
        (
            lambda: compiled("sgd", SPARSE, metrics=["sparse_accuracy"]).fit(X, Y),
            "Do you mean sparse_categorical_accuracy?",
        ),
        (
            lambda: compiled(SPARSE, "sgd"),
            "Keras' order is compile(optimizer, loss, metrics=[...]).",
        ),
        (
            lambda: compiled("sgd", SPARSE, "accuracy").fit(X, Y),
            "Keras' order is compile(optimizer, loss, metrics=[...]).",
        ),
        (lambda: layers.Flatten(IMAGE), "own: layers.Dense(10)(x)."),
        (
            lambda: layers.Conv2D(6, 5, "relu"),
            "no stride, give it by name, as in activation='relu'.",
        ),
        (lambda: np.maximum(IMAGE, 0), "compute with keras.ops or layers, or ask model.predict."),
        (
            lambda: keras.Model(IMAGE, network(layers.Flatten()).layers[0]),
            "What such a layer gives is its .output.",
        ),
        (lambda: keras.Model(IMAGE, network(layers.Flatten())), "own: layers.Dense(10)(x)."),
        (
            lambda: compiled("sgd", SPARSE).fit(X, HOT),
            "whole numbers; or compile with the loss 'categorical_crossentropy'.",
        ),
        (
            lambda: keras.utils.to_categorical(Y + 1, 3),
            "Count the classes from 0, or let it have more.",
        ),
        (lambda: network(ReturnsNothing(), layers.Flatten()), "loss, metric, layer or schedule?"),
        (
            lambda: compiled("sgd", lambda y_true, y_pred: None).fit(X, HOT),
            "the `return` of your own loss, metric, layer or schedule?",
        ),
        (lambda: compiled(keras.optimizers.Adam), "Write Adam(), with parentheses."),
        (lambda: network(layers.Flatten), "Write Flatten(...), with parentheses."),
        (lambda: network([layers.Flatten()]), "Is there a bracket or a comma too many?"),
        (
            lambda: keras.Sequential(IMAGE, layers.Flatten()),
            "one list: keras.Sequential([..., ...]).",
        ),
        (lambda: keras.Input(28, 28, 1), "A shape is one tuple, such as (28, 28, 1)."),
        (lambda: layers.Dense(10, IMAGE), "own: layers.Dense(10)(x)."),
        (lambda: layers.Conv2D(10, 3, IMAGE), "own: layers.Dense(10)(x)."),
        (lambda: keras.Model(IMAGE, layers.Dense(3)), "own: layers.Dense(10)(x)."),
        (lambda: network((28, 28, 1)), "Write keras.Input((28, 28, 1))."),
        (
            lambda: keras.Sequential([keras.Input((28, 28)), layers.Conv2D(6, 5)]),
            "Images have a channel, too: a shape of (28, 28, 1) in place of (28, 28); "
            "x[..., None] gives them one.",
        ),
        (
            lambda: layers.Conv2D(6, 5)(X[0]),
            "Is it a single image, or a dataset without .batch(...)? x[None] makes a batch of one.",
        ),
        (
            lambda: network(layers.Flatten(), layers.Conv2D(6, 5)),
            "(height, width, channels), not rows, such as come from layers.Flatten().",
        ),
        (
            lambda: compiled("sgd", SPARSE, ["accuracy"]).fit(X, Y),
            "Keras' order is compile(optimizer, loss, metrics=[...]).",
        ),
        (
            lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.F1Score()], n=10).fit(X, Y),
            NEEDS_ONE_HOT,
        ),
        (
            lambda: compiled("sgd", "mse", metrics=[keras.metrics.F1Score()], n=1).fit(X, Y),
            "Write y[:, None].",
        ),
        (
            lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.Precision()], n=10).fit(X, Y),
            NEEDS_ONE_HOT,
        ),
        (
            lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.AUC()], n=10).fit(X, Y),
            NEEDS_ONE_HOT,
        ),
        (
            lambda: compiled("sgd", "mse", metrics=[keras.metrics.SparseCategoricalAccuracy()]).fit(
                X, HOT
            ),
            "The metric 'accuracy' takes labels of either kind.",
        ),
        (
            lambda: compiled("sgd", SPARSE).fit(keras.ops.array(X), keras.ops.array(Y * 2)),
            "Let the last layer have a unit for each class, counted from 0.",
        ),
        (
            lambda: compiled("sgd", SPARSE).fit(keras.ops.array(X), keras.ops.array(Y - 1)),
            "Count the classes from 0.",
        ),
        (
            lambda: compiled("sgd", SPARSE).fit(batches(n_labels=5), steps_per_epoch=1),
            "Are there as many labels as images, and does no layer change their number?",
        ),
        (lambda: maps("categorical_crossentropy").fit(X, HOT), FLATTEN),
        (lambda: maps(SPARSE).fit(X, Y), FLATTEN),
        (
            lambda: compiled("sgd", "categorical_crossentropy").fit(X, Y),
            "keras.utils.to_categorical(y, 3) makes one-hot rows; or compile with the loss "
            "'sparse_categorical_crossentropy'.",
        ),
    ],
)
def test_what_to_do_comes_after_keras_own_words(function, next_step):
    said = told(function)
    assert said.endswith(next_step)
    assert len(said) > len(next_step) + 20


@pytest.mark.parametrize(
    "function",
    [
        # Each has the words of a message above, and another reason.
        lambda: layers.Reshape(784),
        lambda: list(IMAGE),
        lambda: compiled("sgd", "mse", loss_weights=[1.0, 2.0]).fit(X, HOT),
        lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.F1Score()]).fit(X, Y),
        lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.Precision()]).fit(X, Y),
        lambda: network(layers.LSTM(3, return_sequences=True)),
    ],
)
def test_where_it_is_not_clear_what_to_do_nothing_is_said(function):
    said = told(function) or ""
    assert not said.endswith(tuple(NEXT_STEPS.values()))
    assert "Do you mean" not in said


def test_a_name_that_is_known_is_not_proposed():
    message = "Met.update_state() got an unexpected keyword argument 'sample_weight'"
    assert next_step(message) == ""
