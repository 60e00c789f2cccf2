"""Tasks `train-lenet` and `evaluate-lenet`: small trainings, wrong and right."""

from copy import copy
from functools import cache
from types import SimpleNamespace

import keras
import numpy as np
from keras import layers

from cnn_utils.metrics import f1_score
from tests.checks.cases_f1 import BatchAveraged, batch_f1
from tests.checks.cases_lenet import lenet

EPOCHS, BATCH_SIZE = 4, 16


@cache
def data():
    """Return images whose bright rows tell their class, and one-hot labels."""
    rng = np.random.default_rng(458)
    labels = rng.integers(0, 10, 480)
    images = 0.2 * rng.random((480, 28, 28, 1))
    for row in range(2):
        images[np.arange(480), 2 * labels + row] += 0.8
    images /= images.max()
    return images.astype("float32"), np.eye(10, dtype="float32")[labels]


def dense():
    body = [keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(32, activation="relu")]
    return keras.Sequential([*body, layers.Dense(10, activation="softmax")])


def f1():
    return keras.metrics.F1Score(average="macro", name="f1")


def trained(
    optimizer="adam",
    loss="mse",
    metrics=("accuracy", "f1"),
    images=None,
    labels=None,
    network=lenet,
    **options,
):
    keras.utils.set_random_seed(458)
    x, y = data()
    x, y = (x if images is None else images), (y if labels is None else labels)
    model = network()
    known = [f1() if name == "f1" else name for name in metrics]
    model.compile(optimizer=optimizer, loss=loss, metrics=known)
    options = {"validation_split": 1 / 6, "epochs": EPOCHS, "batch_size": BATCH_SIZE, **options}
    history = model.fit(x, y, verbose=0, **options)
    return model, history, x, y, EPOCHS, BATCH_SIZE


@cache
def good():
    """Return a good training, which nobody changes."""
    return trained()


def with_data(images=None, labels=None):
    """Return a good training, and other data than it was given."""
    model, history, x, y, *rest = good()
    return (
        model,
        history,
        (x if images is None else images),
        (y if labels is None else labels),
        *rest,
    )


def with_history(history):
    model, _, *rest = good()
    return model, history, *rest


def with_values(**columns):
    """Return a good training, and its history with columns changed, or gone where None is given."""
    history = copy(good()[1])
    values = {**history.history, **columns}
    history.history = {name: column for name, column in values.items() if column is not None}
    return with_history(history)


def column(name, epoch, value):
    """Return a column of the good history with one value changed."""
    changed = list(good()[1].history[name])
    changed[epoch] = value
    return changed


def compiled(optimizer="adam", loss="mse"):
    """Return a good training, but its network compiled in another way."""
    _, *rest = good()
    model = lenet()
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy", f1()])
    return model, *rest


def untrained():
    _, history, *rest = good()
    model = lenet()
    model.compile("adam", "mse")
    return model, history, *rest


def trained_twice():
    model, _, x, y, *rest = trained()
    history = model.fit(x, y, BATCH_SIZE, EPOCHS, verbose=0, validation_split=1 / 6)
    return model, history, x, y, *rest


def stopped_with_the_best():
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=9, restore_best_weights=True)
    return trained(callbacks=[stop])


def own_loss(y_true, y_pred):
    return keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


def validated_on_its_own():
    """Validated on the first images; half of the last sixth have labels that are hard to learn."""
    x, y = data()
    y = y.copy()
    y[400:440] = np.roll(y[400:440], 1, axis=1)
    own = (x[:80], y[:80])
    model, history, *_ = trained(
        images=x[:400], labels=y[:400], validation_split=0.0, validation_data=own
    )
    return model, history, x, y, EPOCHS, BATCH_SIZE


def not_compiled():
    _, *rest = good()
    return lenet(), *rest


def without_params():
    model, history, *rest = good()
    return model, history.history, *rest


def parted():
    y = data()[1]
    return trained(labels=y[np.random.default_rng(1).permutation(480)])


def f1_compiled_as(metric):
    def training():
        return trained(metrics=("accuracy", metric()))

    return training


def trained_unscaled():
    """With kernels as if the images had gone from 0 to 255, which is quicker to make."""
    model, *rest = compiled()
    kernel, *others = good()[0].get_weights()
    model.set_weights([kernel / 255, *others])
    model.optimizer.iterations.assign(good()[0].optimizer.iterations)
    return model, *rest


def all_images():
    x, y = data()
    return trained(validation_split=0.0, validation_data=(x[400:], y[400:]))


def digits_as_labels():
    """Labels as digits, which Keras stretches over the ten outputs."""
    x, y = data()
    digits = y.argmax(axis=1).astype("float32")[:, None]
    model, history, *_ = trained(labels=digits, metrics=("accuracy",))
    history.history["f1"] = history.history["val_f1"] = [0.1] * EPOCHS
    return model, history, x, y, EPOCHS, BATCH_SIZE


WRONG = {
    "no channel axis": (lambda: with_data(images=data()[0][..., 0]), "image-shape"),
    "not scaled": (lambda: with_data(images=255 * data()[0]), "not-scaled"),
    "scaled twice": (lambda: with_data(images=data()[0] / 255), "scaled-twice"),
    "float64": (lambda: with_data(images=data()[0].astype("float64")), "float64"),
    "labels as digits": (lambda: with_data(labels=data()[1].argmax(axis=1)), "not-one-hot"),
    "labels scaled, too": (lambda: with_data(labels=data()[1] / 255), "labels-scaled"),
    "one-hot of the wrong number": (lambda: with_data(labels=data()[1][:100]), "label-shape"),
    "not compiled": (not_compiled, "not-compiled"),
    "SGD": (lambda: compiled(optimizer="sgd"), "optimizer"),
    "cross-entropy": (lambda: compiled(loss="categorical_crossentropy"), "loss"),
    "mean absolute error": (lambda: compiled(loss=keras.losses.MeanAbsoluteError()), "loss"),
    "no accuracy": (lambda: with_values(accuracy=None, val_accuracy=None), "no-accuracy"),
    "accuracy under another name": (
        lambda: trained(metrics=("categorical_accuracy", "f1")),
        "no-accuracy",
    ),
    "no F1": (lambda: with_values(f1=None, val_f1=None), "no-f1"),
    "no validation": (lambda: trained(validation_split=0.0), "no-validation"),
    "validation images learned from": (all_images, "validation-leak"),
    "batches of 32": (lambda: trained(batch_size=32), "batch-size"),
    "half of the images set aside": (lambda: trained(validation_split=0.3), "validation-share"),
    "too few epochs": (lambda: trained(epochs=2), "epochs"),
    "labels stretched": (digits_as_labels, "labels"),
    "images and labels parted": (parted, "not-learning"),
    "no number any more": (lambda: with_values(loss=column("loss", -1, np.nan)), "diverged"),
    "a network that was never trained": (untrained, "other-training"),
    "trained a second time": (trained_twice, "other-training"),
    "the dense network": (lambda: trained(network=dense), "not-lenet"),
    "validated on images it learned from": (validated_on_its_own, "other-validation"),
    "F1 is no number": (
        lambda: with_values(val_f1=column("val_f1", 1, np.nan)),
        "f1-not-a-number",
    ),
    "F1 as a function": (f1_compiled_as(lambda: batch_f1), "f1-function"),
    "F1 averaged by batch": (f1_compiled_as(BatchAveraged), "batch-averaged"),
    "weighted F1": (
        f1_compiled_as(lambda: keras.metrics.F1Score(average="weighted", name="f1")),
        "weighted",
    ),
    "images of 0 to 255 given to fit": (trained_unscaled, "trained-unscaled"),
    "history is None": (lambda: with_history(None), "no-history"),
    "history is the model": (lambda: with_history(good()[0]), "no-history"),
}

RIGHT = {
    "as asked for": lambda: good(),
    "objects instead of names": lambda: trained(
        optimizer=keras.optimizers.Adam(2e-3), loss=keras.losses.MeanSquaredError()
    ),
    "a function as loss": lambda: trained(loss=keras.losses.mean_squared_error),
    "a loss of one's own": lambda: trained(loss=own_loss),
    "a list of one loss": lambda: trained(loss=["mse"]),
    "the best weights kept": stopped_with_the_best,
    "half-precision images": lambda: trained(images=data()[0].astype("float16")),
    "the history's dictionary": without_params,
    "validation data given": lambda: (
        *trained(
            images=data()[0][:400],
            labels=data()[1][:400],
            validation_split=0.0,
            validation_data=(data()[0][400:], data()[1][400:]),
        )[:2],
        *data(),
        EPOCHS,
        BATCH_SIZE,
    ),
}


@cache
def numbers():
    """Return a network, test images and labels, and its loss, accuracy and F1 there."""
    model, *_ = good()
    x, y = (array[400:].copy() for array in data())
    y[:15] = np.roll(y[:15], 1, axis=1)  # else it would make no mistake
    return model, x, y, *model.evaluate(x, y, verbose=0)


def evaluated(accuracy=None, f1_value=None):
    model, x, y, _, right_accuracy, right_f1 = numbers()
    return model, x, y, accuracy or right_accuracy, f1_value or right_f1


def weighted():
    model, x, y, *_ = numbers()
    return f1_score(y, model.predict(x, verbose=0), "weighted")


def well_known(average="macro"):
    """Return a network right for about 98.8 % of 10,000 digits, whose macro and weighted F1
    differ in the fifth decimal place."""
    rng = np.random.default_rng(458)
    labels = rng.integers(0, 10, 10_000)
    found = np.where(rng.random(10_000) < 0.988, labels, (labels + 1) % 10)
    y, y_prob = np.eye(10)[labels], np.eye(10)[found]
    model = SimpleNamespace(predict=lambda images, **options: y_prob)
    accuracy = np.mean(labels == found)
    return model, np.zeros((10_000, 28, 28, 1)), y, accuracy, f1_score(y, y_prob, average)


EVALUATION_WRONG = {
    "percent": (lambda: evaluated(accuracy=100 * numbers()[4]), "percent"),
    "the loss": (lambda: evaluated(accuracy=numbers()[3]), "loss"),
    "mistakes": (lambda: evaluated(accuracy=1 - numbers()[4]), "share-of-mistakes"),
    "swapped": (lambda: evaluated(numbers()[5], numbers()[4]), "swapped"),
    "accuracy for F1": (lambda: evaluated(f1_value=numbers()[4]), "swapped"),
    "all of evaluate": (lambda: evaluated(accuracy=list(numbers()[3:])), "not-a-number"),
    "weighted F1": (lambda: evaluated(f1_value=weighted()), "weighted-F1"),
    "nearly the same weighted F1": (lambda: well_known(average="weighted"), "weighted-F1"),
    "another set": (lambda: evaluated(accuracy=0.123), "other-data"),
    "not attempted": (lambda: (*evaluated()[:4], ...), "not-attempted"),
}

EVALUATION_RIGHT = {
    "as Keras gives them": evaluated,
    "of a good network": well_known,
    "NumPy numbers": lambda: evaluated(np.float32(numbers()[4]), np.array(numbers()[5])),
    "rounded to three digits": lambda: evaluated(round(numbers()[4], 3), round(numbers()[5], 3)),
    "rounded to four digits": lambda: evaluated(round(numbers()[4], 4), round(numbers()[5], 4)),
    "half-precision images": lambda: (
        numbers()[0],
        numbers()[1].astype("float16"),
        numbers()[2],
        *numbers()[4:],
    ),
}
