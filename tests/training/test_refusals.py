import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.training.cached import fit_cached
from cnn_utils.training.refusals import explanation

X = np.zeros((6, 28, 28, 1), "float32")
Y = np.array([0, 1, 2, 2, 1, 0])
HOT = np.eye(3, dtype="float32")[Y]
SPARSE = "sparse_categorical_crossentropy"
IMAGE = keras.Input((28, 28, 1))


def network(*parts):
    return keras.Sequential([keras.Input((28, 28, 1)), *parts])


def compiled(*settings, **more):
    model = network(layers.Flatten(), layers.Dense(3))
    model.compile(*settings, **more)
    return model


def told(function):
    with pytest.raises(Exception, match=r".") as caught:
        function()
    return explanation(caught.value)


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
        (lambda: compiled(keras.optimizers.Adam), "Write Adam(), with parentheses."),
        (lambda: network(layers.Flatten), "Write Flatten(), with parentheses."),
        (lambda: network([layers.Flatten()]), "in one list, without further brackets."),
        (
            lambda: keras.Sequential(IMAGE, layers.Flatten()),
            "one list: keras.Sequential([..., ...]).",
        ),
        (lambda: keras.Input(28, 28, 1), "A shape is one tuple: keras.Input((28, 28, 1))."),
        (lambda: layers.Dense(10, IMAGE), "own, as in layers.Dense(10)(x)."),
        (lambda: layers.Conv2D(10, 3, IMAGE), "own, as in layers.Dense(10)(x)."),
        (lambda: keras.Model(IMAGE, layers.Dense(3)), "own, as in layers.Dense(10)(x)."),
        (
            lambda: keras.Sequential([keras.Input((28, 28)), layers.Conv2D(6, 5)]),
            "Images have channels: keras.Input((28, 28, 1)), and x[..., None] for such images.",
        ),
        (
            lambda: network(layers.Flatten(), layers.Conv2D(6, 5)),
            "Convolution and pooling stand before layers.Flatten().",
        ),
        (
            lambda: compiled("sgd", SPARSE, ["accuracy"]).fit(X, Y),
            "loss_weights, meant to be the metrics? Write metrics=[...].",
        ),
        (
            lambda: compiled("sgd", SPARSE, metrics=[keras.metrics.F1Score()]).fit(X, Y),
            "one-hot rows, for this metric and for the loss 'categorical_crossentropy'.",
        ),
        (
            lambda: compiled("sgd", "categorical_crossentropy").fit(X, Y),
            "one-hot rows; or compile with the loss 'sparse_categorical_crossentropy'.",
        ),
    ],
)
def test_what_to_do_comes_after_keras_own_words_and_then_the_line(function, next_step):
    said, line = told(function).rsplit("\n", 1)
    assert said.endswith(next_step)
    assert line.startswith("In line ")


def test_the_line_is_the_student_s():
    said = told(lambda: layers.Conv2D(0, 3))
    assert said.startswith("Invalid value for argument `filters`. Expected a strictly positive ")
    assert said.endswith(": said = told(lambda: layers.Conv2D(0, 3))")


def test_so_it_is_where_the_kit_called_keras(tmp_path):
    model = compiled("sgd", SPARSE, metrics=["acuracy"])
    said = told(lambda: fit_cached(model, X, Y, name="net", folder=tmp_path))
    assert "Could not interpret metric identifier: acuracy. Do you mean accuracy?" in said
    assert said.endswith(
        'said = told(lambda: fit_cached(model, X, Y, name="net", folder=tmp_path))'
    )


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
    said, line = told(lambda: layers.Reshape((7, 7))(IMAGE)).split("\n")
    assert said == (
        "The total size of the tensor must be unchanged. Received: input_shape=(28, 28, 1), "
        "target_shape=(7, 7)"
    )
    assert line.startswith("In line ")


class Own(layers.Layer):
    def call(self, inputs):
        return layers.Dense("many")(inputs)


class Stops(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        keras.Input(28, 28)


def test_where_code_of_the_student_s_own_was_called_the_traceback_tells_more():
    assert told(lambda: Own()(IMAGE)) is None
    assert told(lambda: compiled("sgd", "mse").fit(X, HOT, callbacks=[Stops()])) is None


def test_other_errors_are_left_alone():
    assert told(lambda: int("x")) is None
    assert told(lambda: keras.Model(IMAGE, IMAGE).compile("sgd").fit) is None
    assert told(lambda: np.zeros(3) + np.zeros(4)) is None
