"""Was LeNet trained as the task asks? Judged by the compiled model, its history and its data."""

from math import ceil

import numpy as np

from cnn_utils.checks.f1 import check_value
from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.checks.network import check_model, check_probabilities, predict
from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.errors import KitError
from cnn_utils.history import history_table

VALIDATION_SHARE = 1 / 6
# Ten probabilities against a one-hot label: at most (1 + 1) / 10.
MAX_MSE = 0.2
# Of the validation accuracy, computed again in batches of another size.
TOLERANCE = 2e-3


def check_training(
    model, history, x_train, y_train_hot, epochs: int, batch_size: int = 128, hint: int = 1
) -> None:
    """Check task 1.1.2: data, compile settings, history; `CheckFailed` says what is wrong.

    Parameters
    ----------
    model : keras.Model
        Compiled and trained.
    history : keras.callbacks.History
        What `model.fit` returned.
    x_train : array of shape (n, 28, 28, 1)
        Images as they were given to `fit`.
    y_train_hot : array of shape (n, 10)
        One-hot labels as they were given to `fit`.
    epochs : int
    batch_size : int, default=128
    hint : {1, 2, 3}, how much to give away
    """
    with checking("train-lenet", hint) as passed:
        images, labels = np.asarray(x_train), np.asarray(y_train_hot)
        check_training_images(images)
        check_training_labels(labels, len(images))
        _check_compiled(model)
        table, params = _table(history), getattr(history, "params", None) or {}
        _check_columns(list(table.columns))
        _check_steps(params, len(images), batch_size)
        if len(table) != epochs:
            found = f"You trained for {len(table)} epochs; expected {epochs}."
            hint = "`epochs=EPOCHS`, no `EarlyStopping`, and the training is not interrupted."
            raise Mistake("epochs", found, hint)
        _check_values(table)
        _check_weights(model, params, len(table))
        check_probabilities(model, images[:8])
        held_out = len(images) - int(len(images) * VALIDATION_SHARE)
        _check_validation(model, table, images[held_out:], labels[held_out:])
        _check_metric(model)
        passed(f"{len(table)} epochs; validation accuracy {table['val_accuracy'].iloc[-1]:.4f}.")


def check_training_images(images: np.ndarray) -> None:
    """Raise a `Mistake` unless images are scaled once and have their channel."""
    if images.shape[1:] != (28, 28, 1):
        found = f"`x_train` has shape {images.shape}; expected (n, 28, 28, 1)."
        raise Mistake("image-shape", found, "A grey image has one channel, in the last axis.")
    low, high = float(images[:2000].min()), float(images[:2000].max())
    found = f"Pixels in `x_train` go from {low:.4g} to {high:.4g}; expected 0 to 1."
    if high > 1.001:
        raise Mistake("not-scaled", found, "Divide by the largest value that a pixel can have.")
    if high < 0.1:
        raise Mistake("scaled-twice", found, "Was the cell that divides by 255 run twice?")
    if images.dtype == np.float64:
        found = "`x_train` holds float64 numbers; expected float32."
        hint = "That takes twice the memory, and the network computes in float32 anyway."
        raise Mistake("float64", found, hint, "`.astype('float32')` comes before the division.")


def check_training_labels(labels: np.ndarray, n_images: int) -> None:
    """Raise a `Mistake` unless labels are one-hot, one row per image."""
    if labels.ndim == 1 or labels.shape[1:] == (1,):
        found = f"`y_train_hot` has shape {labels.shape}: one number per image; expected (n, 10)."
        hint = "Mean squared error compares ten outputs with ten numbers: how is a digit made ten?"
        raise Mistake("not-one-hot", found, hint, "`keras.utils.to_categorical` does that.")
    if labels.shape != (n_images, 10):
        found = f"`y_train_hot` has shape {labels.shape}; expected ({n_images}, 10)."
        raise Mistake("label-shape", found, "One row per image, one column per digit.")
    sums = np.unique(np.round(labels[:2000].sum(axis=1), 4))
    if not np.array_equal(sums, [1]):
        found = f"The rows of `y_train_hot` add up to {sums[0]:.4g}; a one-hot row adds up to 1."
        raise Mistake("labels-scaled", found, "Only pixels are divided by 255, not labels.")


def _check_compiled(model) -> None:
    check_model(model)
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise Mistake("not-compiled", "`model` is not compiled.", "Which step comes before `fit`?")
    if type(optimizer).__name__.lower() != "adam":
        found = f"The optimizer is {type(optimizer).__name__}; expected Adam."
        raise Mistake("optimizer", found, "The task's heading names it.")
    loss = getattr(model, "loss", None)
    if not _is_mse(loss):
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
        found = f"The loss is {name}; expected the mean squared error."
        raise Mistake("loss", found, "Keras knows it by a name of three letters.")


def _is_mse(loss) -> bool:
    """Say whether a loss is the mean squared error, by what it computes."""
    import keras

    loss = loss[0] if isinstance(loss, (list, tuple)) and len(loss) == 1 else loss
    y_true, y_pred = np.eye(10, dtype="float32")[:3], np.full((3, 10), 0.1, "float32")
    try:
        value = np.mean(keras.ops.convert_to_numpy(keras.losses.get(loss)(y_true, y_pred)))
    except Exception:  # a student's code may raise anything
        return False
    return bool(abs(value - np.mean((y_true - y_pred) ** 2)) < 1e-5)


def _table(history):
    try:
        return history_table(history)
    except KitError as error:
        found = "`history` is None." if history is None else str(error)
        raise Mistake("no-history", found, "Keep what `model.fit` returns.") from None


def _check_columns(columns: list[str]) -> None:
    found = f"The history holds {', '.join(columns)}"
    hint = 'Write `metrics=["accuracy", F1Score()]`; the names must be "accuracy" and, say, "f1".'
    if "accuracy" not in columns:
        raise Mistake("no-accuracy", f"{found}; there is no 'accuracy'.", hint)
    if not any("f1" in name.lower() for name in columns):
        raise Mistake("no-f1", f"{found}; there is no F1.", hint)
    if "val_loss" not in columns:
        found = f"{found}; none of them was measured on validation images."
        raise Mistake("no-validation", found, "Which argument of `fit` sets images aside?")


def _check_steps(params: dict, n_images: int, batch_size: int) -> None:
    """Compare the number of batches with the one expected: it shows what was trained on."""
    steps, n_train = params.get("steps"), n_images - int(n_images * VALIDATION_SHARE)
    if steps is None or abs(steps - n_train / batch_size) <= 1:
        return
    found = f"An epoch had {steps} batches; expected {ceil(n_train / batch_size)}."
    if abs(steps - n_images / batch_size) <= 1:
        found = f"{found} These are all of the images, including those for validation."
        hint = "If the network learns from the images it is measured on, what does that tell?"
        raise Mistake("validation-leak", found, hint, "`validation_split` sets images aside.")
    for size in (1, 2, 4, 8, 16, 32, 64, 100, 256, 512, 1024):
        if abs(steps - n_train / size) <= 1:
            found = f"{found} You train with batches of {size}, not of {batch_size}."
            raise Mistake("batch-size", found, "Write `batch_size=BATCH_SIZE`; else it is 32.")
    hint = f"Are the last sixth of the images set aside, and {batch_size} images in a batch?"
    raise Mistake("validation-share", found, hint, "`fit` takes a fraction: `validation_split`.")


def _check_values(table) -> None:
    loss, accuracy = table["loss"], table["accuracy"].iloc[-1]
    if not np.isfinite(loss).all():
        hint = "Were the images divided by 255? Is the learning rate Keras' own?"
        raise Mistake("diverged", "The loss is no longer a number.", hint)
    if not np.isfinite(table).all(axis=None):
        found = "A column of the history is not a number in some epoch."
        raise Mistake("f1-not-a-number", found, "`cnn_utils.history_table(history)` shows them.")
    if loss.max() > 1.5 * MAX_MSE:
        found = f"The loss reaches {loss.max():.3g}; for probabilities it can't exceed {MAX_MSE}."
        hint = "Compare what the network gives with what it should: are both ten numbers, 0 to 1?"
        raise Mistake("labels", found, hint, "Are the labels digits, 0 to 9, instead of one-hot?")
    if accuracy < 0.3:
        found = f"The training accuracy is {accuracy:.3f}: hardly more than guessing."
        hint = "Did `fit` get the scaled images, `x_train`, each of them with its own label?"
        raise Mistake("not-learning", found, hint, "Are there activations, and one softmax?")


def _check_weights(model, params: dict, n_epochs: int) -> None:
    """Compare the network with LeNet, and how often it was trained with its history."""
    if sorted(w.shape for w in model.get_weights()) != sorted(LENET_SHAPES):
        found = "`model` is not LeNet: its weights have other shapes."
        raise Mistake("not-lenet", found, "Which function builds LeNet? Train what it returns.")
    done, steps = int(np.asarray(model.optimizer.iterations)), params.get("steps")
    if steps is not None and done != steps * n_epochs:
        found = f"`model` was trained for {done} batches; its history records {steps * n_epochs}."
        raise Mistake("other-training", found, "Build it anew, train it once, keep that history.")


def _check_validation(model, table, images: np.ndarray, labels: np.ndarray) -> None:
    """Refuse a history in which no epoch has the network's accuracy on the last sixth."""
    tolerance = TOLERANCE + 1 / max(len(images), 1)

    def accuracy_on(images) -> float:
        return np.mean(predict(model, images).argmax(axis=1) == labels.argmax(axis=1))

    def is_recorded(accuracy: float) -> bool:
        return np.abs(table["val_accuracy"] - accuracy).min() <= tolerance

    accuracy = accuracy_on(images)
    if is_recorded(accuracy):
        return
    found = f"On the last sixth of `x_train` your network has an accuracy of {accuracy:.4f}, which "
    found += "no epoch of its history shows."
    if is_recorded(accuracy_on(255 * images)):
        found = f"{found} With pixels from 0 to 255 its accuracy fits the history."
        raise Mistake("trained-unscaled", found, "Give `fit` the scaled ones: `x_train`.")
    raise Mistake("other-validation", found, "`validation_split=1/6` sets the last sixth aside.")


def _check_metric(model) -> None:
    """Refuse a compiled F1 that does not give the epoch's macro F1, however it is computed."""
    import keras

    for group in model.metrics:
        for metric in getattr(group, "metrics", ()):
            if "f1" not in metric.name.lower():
                continue
            if isinstance(metric, keras.metrics.MeanMetricWrapper):
                found = f"`{metric.name}` is a function: Keras averages its values over batches."
                raise Mistake("f1-function", found, "Give `compile` the class `F1Score()`.")
            metric.reset_state()
            check_value(metric)
            metric.reset_state()
