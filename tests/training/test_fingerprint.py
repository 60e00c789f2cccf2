"""cnn_utils.training.fingerprint: equal for the same training, different for every change."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cnn_utils.training.digest import CannotTellError
from cnn_utils.training.fingerprint import of_training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 4, 4, 1)).astype("float32")
Y = RNG.integers(0, 3, 12)
FACTOR = 2.0


def network(units=3, initializer="zeros", rate=0.1, activation="relu"):
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(2, 2, activation=activation, kernel_initializer=initializer),
            layers.Dropout(rate, seed=1),
            layers.Flatten(),
            layers.Dense(units, kernel_initializer=initializer),
        ]
    )


def compiled(model=None, optimizer=None, loss="mse", metrics=("accuracy",)):
    model = network() if model is None else model
    model.compile(optimizer or keras.optimizers.SGD(0.1), loss, metrics=list(metrics))
    return model


def parts(model=None, x=X, y=Y, callbacks=(), seed=1, **options):
    return of_training(model or compiled(), x, y, options, list(callbacks), seed)


def changed(one, other):
    return [name for name in one if one[name] != other[name]]


def test_the_same_training_has_the_same_hashes_whatever_was_built_before():
    first = parts(epochs=2)
    keras.Sequential([layers.Dense(1), layers.Dense(1)])
    second = parts(compiled(), X.copy(), Y.copy(), epochs=2, verbose=1)
    assert first == second
    assert all(len(value) == 64 for value in first.values())


def test_evaluating_first_changes_nothing():
    model = compiled()
    model.evaluate(X, np.zeros((12, 3)), verbose=0)
    assert parts(model) == parts()


def other_images():
    x = X.copy()
    x[5, 1, 2, 0] += 1
    return x


def other_labels():
    y = Y.copy()
    y[7] = (y[7] + 1) % 3
    return y


def own_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2) * FACTOR


def other_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2) * 3


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("the images", lambda: parts(x=other_images())),
        ("the images", lambda: parts(x=X.astype("float64"))),
        ("the images", lambda: parts(x=X[::-1])),
        ("the images", lambda: parts(x=X.reshape(12, 2, 8, 1))),
        ("the labels", lambda: parts(y=other_labels())),
        ("the labels", lambda: parts(y=Y.astype("int32"))),
        ("the seed", lambda: parts(seed=2)),
        ("the settings of fit", lambda: parts(epochs=2)),
        ("the settings of fit", lambda: parts(batch_size=4)),
        ("the settings of fit", lambda: parts(class_weight={0: 2.0})),
        ("the settings of fit", lambda: parts(shuffle=False)),
        ("the validation data", lambda: parts(validation_data=(X, Y))),
        ("the network", lambda: parts(compiled(network(activation="elu")))),
        ("the network", lambda: parts(compiled(network(rate=0.2)))),
        ("optimiser, loss or metrics", lambda: parts(compiled(loss="mae"))),
        ("optimiser, loss or metrics", lambda: parts(compiled(loss=own_loss))),
        ("optimiser, loss or metrics", lambda: parts(compiled(metrics=["mae"]))),
        (
            "optimiser, loss or metrics",
            lambda: parts(compiled(optimizer=keras.optimizers.SGD(0.2))),
        ),
        (
            "optimiser, loss or metrics",
            lambda: parts(compiled(optimizer=keras.optimizers.SGD(0.1, momentum=0.5))),
        ),
        ("the callbacks", lambda: parts(callbacks=[keras.callbacks.EarlyStopping("loss")])),
    ],
)
def test_each_change_is_named(name, change):
    assert changed(parts(), change()) == [name]


def test_an_initialiser_is_a_change_of_the_network_even_with_equal_weights():
    zeros = keras.initializers.Constant(0.0)
    assert changed(parts(), parts(compiled(network(initializer=zeros)))) == ["the network"]
    ones = parts(compiled(network(initializer="ones")))
    assert changed(parts(), ones) == ["the network", "its first weights"]


def test_one_weight_of_many_is_a_change():
    model = compiled()
    kernel = model.layers[0].get_weights()
    kernel[0][1, 1, 0, 1] += 1e-6
    model.layers[0].set_weights(kernel)
    assert changed(parts(), parts(model)) == ["its first weights"]


def test_a_trained_optimiser_is_a_change():
    model = compiled()
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(5)
    assert "optimiser, loss or metrics" in changed(parts(), parts(model))


def test_acceleration_and_several_steps_are_a_change():
    model = network()
    model.compile(keras.optimizers.SGD(0.1), "mse", metrics=["accuracy"], steps_per_execution=2)
    assert "versions or acceleration" in changed(parts(), parts(model))


def test_two_settings_of_a_callback():
    def with_patience(patience):
        return parts(callbacks=[keras.callbacks.EarlyStopping("loss", patience=patience)])

    assert with_patience(1) == with_patience(1)
    assert changed(with_patience(1), with_patience(2)) == ["the callbacks"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: parts(x=tf.data.Dataset.range(3), y=None), "can't be looked into"),
        (lambda: parts(x=iter([X])), "can't be looked into"),
        (lambda: parts(x=np.array([None, 1])), "objects instead of numbers"),
        (
            lambda: parts(callbacks=[keras.callbacks.LambdaCallback()]),
            "what the callback LambdaCallback does is unknown",
        ),
        (
            lambda: parts(compiled(keras.Sequential([layers.Dense(1)]))),
            "no weights yet; begin it with a keras.Input",
        ),
    ],
)
def test_what_can_not_be_told_is_said(change, said):
    with pytest.raises(CannotTellError, match=said):
        change()


class Own(keras.Model):
    """A subclassed network, with a number that no layer holds."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor
        self.dense = layers.Dense(3, kernel_initializer="zeros")

    def call(self, inputs):
        return self.factor * self.dense(layers.Flatten()(inputs))


class Other(Own):
    """The same, but for its program."""

    def call(self, inputs):
        return self.factor - self.dense(keras.ops.reshape(inputs, (-1, 16)))


def test_subclassed_networks_are_told_by_their_program():
    def of(kind):
        model = kind()
        model(X)
        return parts(compiled(model))

    assert of(Own) == of(Own)
    assert "the network" in changed(of(Own), of(Other))
