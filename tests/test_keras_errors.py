"""cnn_utils.keras_errors: Keras' own message, the next step and the student's line."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.keras_errors import explanation

X = np.zeros((6, 28, 28, 1), "float32")
Y = np.array([0, 1, 2, 2, 1, 0])
HOT = np.eye(3, dtype="float32")[Y]
SPARSE, CATEGORICAL = "sparse_categorical_crossentropy", "categorical_crossentropy"
IMAGE = keras.Input((28, 28, 1))


def network(*parts):
    return keras.Sequential([keras.Input((28, 28, 1)), *parts])


def compiled(*settings, n=3, **more):
    model = network(layers.Flatten(), layers.Dense(n))
    model.compile(*settings, **more)
    return model


def convolutional(loss="mse"):
    model = network(layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3))
    model.compile("sgd", loss)
    return model


def maps(loss, metrics=()):
    model = network(layers.Conv2D(3, 5))
    model.compile("sgd", loss, metrics=list(metrics))
    return model


def functional():
    model = keras.Model(IMAGE, layers.Dense(3)(layers.Flatten()(IMAGE)))
    model.compile("sgd", "mse")
    return model


def build_lenet():
    return compiled("sgd", "mse")


def build_without_return():
    compiled("sgd", "mse")


class WithoutSuper(keras.Model):
    def __init__(self):
        self.hidden = layers.Dense(3)


STEP_ARGMAX = "argmax(y, axis=1) gives one class for each image."


def refused_first(loss, wrong, right):
    """Fit twice: Keras refuses the first, and a network that is half built remains."""
    model = compiled("sgd", loss, metrics=["accuracy"])
    with pytest.raises(Exception, match=r"^"):
        model.fit(*wrong)
    model.fit(*right)


def explained(function):
    """Return the message with the next step, and the line of this file."""
    with pytest.raises(Exception, match=r"^") as caught:
        function()
    sentences, _, line = explanation(caught.value).partition("\nIn test_keras_errors.py, line ")
    return sentences, line


MISTAKES = {
    "shape": [
        (
            lambda: compiled("sgd", "mse").fit(X.reshape(6, 784), HOT),
            "Reshape the images: x.reshape(-1, 28, 28, 1).",
        ),
        (lambda: compiled("sgd", "mse").fit(HOT, X), "Have images and labels changed places?"),
        (lambda: compiled("sgd", "mse").fit(Y, X), "Have images and labels changed places?"),
        (
            lambda: functional().fit(X[:, :20], HOT),
            "Change the images, or the network's keras.Input((28, 28, 1)).",
        ),
        (
            lambda: compiled("sgd", "mse").predict(X[:, :20]),
            "Have the images the shape of the network's keras.Input?",
        ),
        (
            lambda: convolutional().predict(X[0]),
            "Is it a single image? x[None] makes a batch of one.",
        ),
        (
            lambda: convolutional().predict(X[0, ..., 0]),
            "Is it a single image? x[None] makes a batch of one.",
        ),
        (
            lambda: layers.Conv2D(6, 5)(X[0]),
            "Is it a single image? x[None] makes a batch of one.",
        ),
        (lambda: keras.Input(28, 28, 1), "A shape is one tuple, such as (28, 28, 1)."),
        (lambda: compiled("sgd", "mse").fit(X, [0, 1]), "np.array(y) makes an array of a list."),
        (
            lambda: compiled("sgd", "mse").fit(X.tolist(), HOT),
            "np.array(y) makes an array of a list.",
        ),
        (
            lambda: compiled("sgd", "mse").fit(X),
            "None values not supported. Are labels, or a `return`, missing?",
        ),
    ],
    "channel axis": [
        (
            lambda: convolutional().fit(np.moveaxis(X, -1, 1), HOT),
            "Do the channels come first? np.moveaxis(x, 1, -1) moves them to the end.",
        ),
        (
            lambda: functional().fit(np.moveaxis(X, -1, 1), HOT),
            "Do the channels come first? np.moveaxis(x, 1, -1) moves them to the end.",
        ),
        (
            lambda: convolutional().fit(np.repeat(X, 3, axis=-1), HOT),
            "The images have 3 channels, the network's keras.Input has 1.",
        ),
        (
            lambda: keras.Sequential([keras.Input((28, 28)), layers.Conv2D(6, 5)]),
            "Images need a channel axis: shape (28, 28, 1) instead of (28, 28). x[..., None] "
            "adds it.",
        ),
        (
            lambda: keras.Sequential([keras.Input((3, 32, 32)), layers.Conv2D(6, 5)]),
            "The channel axis must be the last.",
        ),
    ],
    "forgotten Flatten": [
        (lambda: maps(CATEGORICAL).fit(X, HOT), "Is a Flatten layer missing?"),
        (lambda: maps(SPARSE).fit(X, Y), "Is a Flatten layer missing?"),
        (lambda: maps("mse", ["accuracy"]).fit(X, HOT), "Is a Flatten layer missing?"),
        (lambda: maps("mse").fit(X, HOT), "Is a Flatten layer missing?"),
        (
            lambda: network(layers.Flatten(), layers.Conv2D(6, 5)),
            "Convolution and pooling take images, so they come before Flatten.",
        ),
    ],
    "one-hot against integer labels": [
        (
            lambda: compiled("sgd", SPARSE).fit(X, HOT),
            "y.argmax(axis=1) makes integers of one-hot rows; or compile with the loss "
            "'categorical_crossentropy'.",
        ),
        (
            lambda: compiled("sgd", CATEGORICAL).fit(X, Y),
            "keras.utils.to_categorical(y, 3) makes one-hot rows; or compile with the loss "
            "'sparse_categorical_crossentropy'.",
        ),
        (
            lambda: compiled("sgd", "mse").fit(X, Y),
            "Incompatible shapes: [6] vs. [6,3]. keras.utils.to_categorical(y, 3) makes one-hot "
            "rows; or compile with the loss 'sparse_categorical_crossentropy'.",
        ),
        (
            lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.F1Score()], n=10).fit(X, Y),
            "This metric needs one-hot labels: keras.utils.to_categorical(y, 10).",
        ),
        (
            lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.Precision()], n=10).fit(X, Y),
            "This metric needs one-hot labels: keras.utils.to_categorical(y, 10).",
        ),
    ],
    "number of classes": [
        (
            lambda: compiled("sgd", CATEGORICAL, n=4).fit(X, HOT),
            "The labels have 3 classes, the last layer has 4 units.",
        ),
        (
            lambda: compiled("sgd", SPARSE).fit(X, Y + 1),
            "Labels count from 0, and each class needs its unit in the last layer.",
        ),
        (
            lambda: keras.utils.to_categorical(Y + 1, 3),
            "Labels count from 0, and each class needs its unit in the last layer.",
        ),
    ],
    "missing parentheses": [
        (lambda: network(layers.Flatten), "Write Flatten(...), with parentheses."),
        (lambda: layers.Dense(3)(layers.Flatten), "Write Flatten(...), with parentheses."),
        (lambda: keras.Model(IMAGE, layers.Flatten), "Write Flatten(...), with parentheses."),
        (lambda: compiled(keras.optimizers.Adam, "mse"), "Write Adam(...), with parentheses."),
        (lambda: build_lenet.fit(X, HOT), "Write build_lenet(), with parentheses."),
        (
            lambda: layers.Flatten()(layers.Dense(3)),
            "in a second pair of parentheses: layers.Dense(10)(x).",
        ),
        (lambda: layers.Flatten(IMAGE), "in a second pair of parentheses: layers.Dense(10)(x)."),
        (lambda: layers.Dense(10, IMAGE), "in a second pair of parentheses: layers.Dense(10)(x)."),
        (
            lambda: keras.Model(IMAGE, layers.Dense(3)),
            "in a second pair of parentheses: layers.Dense(10)(x).",
        ),
    ],
    "not compiled": [
        (
            lambda: network(layers.Flatten()).fit(X, HOT),
            "You must call `compile()` before using the model. Add model.compile(optimizer, loss, "
            "metrics=[...]) before it.",
        ),
        (
            lambda: build_without_return().fit(X, HOT),
            "Does the function that built the network end with `return`?",
        ),
        (
            lambda: refused_first("mse", (X, Y), (X, HOT)),
            "Build and compile the network again: a `fit` that was refused left it half built.",
        ),
        (
            lambda: compiled("sgd", SPARSE, ["accuracy"]).fit(X, Y),
            "The order is compile(optimizer, loss, metrics=[...]).",
        ),
        (lambda: compiled(SPARSE, "sgd"), "The order is compile(optimizer, loss, metrics=[...])."),
    ],
    "a class of one's own": [
        (
            lambda: keras.metrics.Mean().add_weight("tp", initializer="zeros"),
            'add_weight(shape=(10,), name="tp", initializer="zeros").',
        ),
        (
            lambda: keras.metrics.Mean().add_weight("tp", (10, 10)),
            'add_weight(shape=(10,), name="tp", initializer="zeros").',
        ),
        (
            lambda: keras.metrics.Mean().total.assign_add(np.zeros((10, 10))),
            "What you add has shape (10, 10); which has add_weight?",
        ),
        (lambda: WithoutSuper()(IMAGE), "Begin `__init__` with super().__init__()."),
        (lambda: keras.ops.matmul(np.ones((3, 4)), np.ones((3, 4))), STEP_ARGMAX),
    ],
    "one list": [
        (
            lambda: keras.Sequential([layers.Flatten()(IMAGE)]),
            "In Sequential, write layers.Dense(10), without (x).",
        ),
        (
            lambda: layers.Conv2D(6, 5, padding=2),
            "padding and activation are words, such as 'same' and 'relu'.",
        ),
        (
            lambda: keras.Sequential(IMAGE, layers.Dense(3)),
            "Sequential takes its layers in one list: Sequential([...]).",
        ),
        (
            lambda: network().add([layers.Dense(3)]),
            "`add` takes one layer, without square brackets.",
        ),
        (
            lambda: layers.Conv2D(6, 5)(keras.Input((60000, 28, 28, 1))),
            "keras.Input takes the shape of one image, without their number.",
        ),
        (
            lambda: network(layers.Conv2D(1, 6, 5), layers.Conv2D(6, 16, 5)),
            "Conv2D(filters, kernel, strides=5): is that meant?",
        ),
    ],
    "misspelt name": [
        (lambda: keras.backend.sum(X), "Write keras.ops.sum."),
        (lambda: layers.Conv2d(6, 5), "Do you mean Conv2D?"),
        (lambda: keras.layer.Dense(3), "Do you mean layers?"),
        (lambda: exec("from keras.layers import MaxPooling2d"), "Do you mean MaxPooling2D?"),
        (lambda: build_lenet().sumary(), "Do you mean summary?"),
        (lambda: layers.Dense(3, activation="rellu"), "Do you mean relu?"),
        (lambda: layers.Dense(3, kernel_initializer="he_norm"), "Do you mean he_normal?"),
        (lambda: compiled("adamm"), "Do you mean Adam?"),
        (
            lambda: compiled("sgd", "categorical_crossentrop").fit(X, HOT),
            "Do you mean categorical_crossentropy?",
        ),
        (lambda: compiled("sgd", "mse", metrics=["acuracy"]).fit(X, HOT), "Do you mean accuracy?"),
        (
            lambda: compiled("sgd", "mse", metrics=["f1"]).fit(X, HOT),
            "Write keras.metrics.F1Score(average='macro').",
        ),
        (lambda: layers.Conv2D(6, 5, stride=2), "Do you mean strides?"),
        (lambda: compiled("sgd", "mse", metric=["accuracy"]), "Do you mean metrics?"),
        (lambda: compiled("sgd", "mse").fit(X, HOT, epoch=3), "Do you mean epochs?"),
        (lambda: keras.optimizers.Adam(lr=0.1), "Do you mean learning_rate?"),
    ],
    "NaN labels": [
        (
            lambda: compiled("sgd", SPARSE).fit(X, np.where(Y == 2, np.nan, Y)),
            "The labels hold NaN: np.isnan(y) finds it.",
        ),
    ],
    "too small": [
        (
            lambda: network(layers.Conv2D(6, 5), layers.MaxPooling2D(8), layers.Conv2D(6, 5)),
            "The images have 3x3 pixels at this layer, too few for its kernel of 5x5. Pool less "
            'before it, take a smaller kernel, or padding="same".',
        ),
        (
            lambda: network(layers.MaxPooling2D((7, 14)), layers.MaxPooling2D((2, 3))),
            "The images have 4x2 pixels at this layer, too few for its pool of 2x3. Pool less "
            'before it, take a smaller pool, or padding="same".',
        ),
    ],
}


@pytest.mark.parametrize(
    ("function", "step"),
    [case for cases in MISTAKES.values() for case in cases],
    ids=[f"{kind} {i}" for kind, cases in MISTAKES.items() for i, _ in enumerate(cases)],
)
def test_common_mistakes_get_a_next_step(function, step):
    assert explained(function)[0].endswith(step)


def test_the_line_is_the_student_s_last_before_keras():
    sentences, line = explained(lambda: layers.Conv2D(0, 3))
    assert sentences == (
        "Invalid value for argument `filters`. Expected a strictly positive value. Received "
        "filters=0."
    )
    assert line.endswith(": sentences, line = explained(lambda: layers.Conv2D(0, 3))")


def test_of_a_layer_s_call_only_the_reason_is_shown():
    assert explained(lambda: layers.Reshape((7, 7))(IMAGE))[0] == (
        "The total size of the tensor must be unchanged. Received: input_shape=(28, 28, 1), "
        "target_shape=(7, 7)"
    )


def test_long_messages_are_shortened():
    sentences, _ = explained(lambda: compiled("sgd", "mse").fit(X.tolist(), HOT))
    assert len(sentences) < 300
    assert "[0.0], [0.0] ... [0.0], [0.0]" not in sentences
    assert sentences.startswith("Unrecognized data type: x=[[[[0.0], [0.0]")


def by_ten(y_true, y_pred):
    return keras.ops.sum(keras.ops.reshape(y_pred, (10, -1)))


def test_an_operation_of_the_student_s_own_is_found_in_the_graph():
    sentences, line = explained(lambda: compiled("sgd", SPARSE, metrics=[by_ten]).fit(X, Y))
    assert sentences == (
        "Input to reshape is a tensor with 18 values, but the requested shape requires a multiple "
        "of 10"
    )
    assert line.endswith(": return keras.ops.sum(keras.ops.reshape(y_pred, (10, -1)))")


class Own(layers.Layer):
    def call(self, inputs):
        return layers.Dense("many")(inputs)


class Stops(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        keras.Input(28, 28)


class Unfinished(keras.metrics.Metric):
    def update_state(self, y_true, y_pred, sample_weight=None):
        pass


@pytest.mark.parametrize(
    "function",
    [
        # Keras called code of the student's own.
        lambda: Own()(IMAGE),
        lambda: compiled("sgd", "mse").fit(X, HOT, callbacks=[Stops()]),
        # The message is not meant for the reader.
        lambda: compiled("sgd", "mse", metrics=[Unfinished()]).fit(X, HOT),
        lambda: layers.Conv2D((5, 5), 6),
        # Keras raised nothing.
        lambda: int("x"),
        lambda: keras.Model(IMAGE, IMAGE).nothing_like_it,
        lambda: build_lenet.nothing_like_it,
        lambda: np.zeros(3) + np.zeros(4),
    ],
)
def test_other_errors_keep_their_traceback(function):
    with pytest.raises(Exception, match=r"^") as caught:
        function()
    assert explanation(caught.value) is None
    assert explanation(ValueError("without a traceback")) is None


@pytest.mark.parametrize(
    "function",
    [
        # Each has the words of a message above, and another reason.
        lambda: network(layers.Conv2D(6, 5, dilation_rate=8)),
        lambda: network(layers.LSTM(3, return_sequences=True)),
        lambda: keras.optimizers.Adam(momentum=0.9),
    ],
)
def test_without_a_clear_next_step_keras_message_stands_alone(function):
    with pytest.raises(ValueError, match=r".") as caught:
        function()
    text = explanation(caught.value)
    assert text is None or text.partition("\n")[0] in str(caught.value)
