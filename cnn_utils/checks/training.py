"""Was LeNet trained as the task asks? Told by the compiled model, its history and its data."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.checks.lenet import SHAPES
from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.checks.training_data import check_images, check_labels
from cnn_utils.errors import KitError
from cnn_utils.history import history_table

VALIDATION_SHARE = 1 / 6
# Ten probabilities against a one-hot label: at most (1 + 1) / 10.
LARGEST_MSE = 0.2
# Of the validation accuracy, worked out again in batches of another size.
TOLERANCE = 2e-3


def check_training(
    model, history, x_train, y_train_hot, epochs: int, batch_size: int = 128, hint: int = 1
) -> None:
    """Check task 1.1.2: data, compile settings, and what `fit` recorded.

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
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If something is not as it was asked for; the text says what, and gives a hint.
    """
    with checking("train-lenet", hint) as well:
        check_images(np.asarray(x_train))
        check_labels(np.asarray(y_train_hot), len(x_train))
        _check_compiled(model)
        table = _table(history)
        _check_columns(list(table.columns))
        _check_steps(history, len(x_train), batch_size)
        _check_epochs(history, len(table), epochs)
        _check_values(table)
        _check_network(model, history, table, np.asarray(x_train), np.asarray(y_train_hot))
        well(f"{len(table)} epochs; validation accuracy {table['val_accuracy'].iloc[-1]:.4f}.")


def _check_compiled(model) -> None:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise Mistake("not-compiled", "`model` is not compiled.", "Which step comes before `fit`?")
    if type(optimizer).__name__.lower() != "adam":
        raise Mistake(
            "optimizer",
            f"The optimizer is {type(optimizer).__name__}; expected Adam.",
            "It stands in the task's heading.",
        )
    loss = getattr(model, "loss", None)
    if not _is_mse(loss):
        name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
        raise Mistake(
            "loss",
            f"The loss is {name}; expected the mean squared error.",
            "Look at the task's heading; Keras knows it by a short name of three letters.",
        )


def _is_mse(loss) -> bool:
    """Say whether a loss is the mean squared error, by what it computes."""
    import keras

    loss = loss[0] if isinstance(loss, (list, tuple)) and len(loss) == 1 else loss
    y_true, y_pred = np.eye(10, dtype="float32")[:3], np.full((3, 10), 0.1, "float32")
    try:
        value = np.mean(np.asarray(keras.losses.get(loss)(y_true, y_pred)))
    except Exception:  # of many kinds: a student's own function
        return False
    return bool(abs(value - np.mean((y_true - y_pred) ** 2)) < 1e-5)


def _table(history):
    if history is None:
        raise Mistake("no-history", "`history` is None.", "Keep what `model.fit` gives back.")
    try:
        return history_table(history)
    except KitError as error:
        hint = "Keep what `model.fit` gives back."
        raise Mistake("no-history", f"{error}", hint) from None


def _check_columns(columns: list[str]) -> None:
    told = f"The history holds {', '.join(columns)}"
    if "accuracy" not in columns:
        near = [name for name in columns if "acc" in name]
        raise Mistake(
            "no-accuracy",
            f"{told}; there is no 'accuracy'.",
            f"Name the metric 'accuracy' instead of '{near[0]}'."
            if near
            else "Which metrics does `compile` know? Give it both.",
        )
    if not any("f1" in name.lower() for name in columns):
        raise Mistake(
            "no-f1", f"{told}; there is no F1.", "`compile` takes a list of metrics: add yours."
        )
    if "val_loss" not in columns:
        raise Mistake(
            "no-validation",
            f"{told}; nothing of it was measured on validation images.",
            "`fit` has an argument that sets a share of the images aside.",
        )


def _check_steps(history, n_images: int, batch_size: int) -> None:
    """Compare the number of batches with the one expected: it tells what was trained on."""
    steps = (getattr(history, "params", None) or {}).get("steps")
    n_train = n_images - int(n_images * VALIDATION_SHARE)
    if steps is None or abs(steps - n_train / batch_size) <= 1:
        return
    told = f"An epoch had {steps} batches; expected {ceil(n_train / batch_size)}."
    if abs(steps - n_images / batch_size) <= 1:
        raise Mistake(
            "validation-leak",
            f"{told} That is all of the images, those for validation among them.",
            "If the network learns from the images it is measured on, what does that tell?",
            "Let `fit` set the last sixth aside: `validation_split`.",
        )
    for size in (1, 2, 4, 8, 16, 32, 64, 100, 256, 512, 1024):
        if abs(steps - n_train / size) <= 1:
            raise Mistake(
                "batch-size",
                f"{told} You train with batches of {size}, not of {batch_size}.",
                "Without `batch_size`, Keras takes 32." if size == 32 else "See the heading.",
            )
    raise Mistake(
        "validation-share",
        told,
        "Which share of the images is set aside? Expected: the last sixth.",
        "`fit` takes it as a fraction: `validation_split`.",
    )


def _check_epochs(history, found: int, epochs: int) -> None:
    asked = (getattr(history, "params", None) or {}).get("epochs", found)
    if found == epochs:
        return
    raise Mistake(
        "epochs",
        f"You trained for {found} epochs; expected {epochs}.",
        "Was the training stopped early? Run the cell again, and let it come to its end."
        if asked == epochs
        else "The number stands in the variable `EPOCHS`; give it to `fit`.",
    )


def _check_values(table) -> None:
    loss, accuracy = table["loss"], table["accuracy"]
    if not np.isfinite(loss).all():
        raise Mistake(
            "diverged",
            "The loss is no longer a number.",
            "Were the images divided by 255? Is the learning rate Keras' own?",
        )
    if not np.isfinite(table).all(axis=None):
        raise Mistake(
            "f1-not-a-number",
            "A column of the history is not a number in some epoch.",
            "Which one? `cnn_utils.history_table(history)` shows them all.",
        )
    if loss.max() > 1.5 * LARGEST_MSE:
        raise Mistake(
            "labels",
            f"The loss reaches {loss.max():.3g}; for probabilities it can't exceed {LARGEST_MSE}.",
            "Compare what the network gives with what it should: are both ten numbers, 0 to 1?",
            "Did you give the labels as digits, 0 to 9, instead of one-hot?",
        )
    if accuracy.iloc[-1] < 0.3:
        raise Mistake(
            "not-learning",
            f"The training accuracy is {accuracy.iloc[-1]:.3f}: hardly more than guessing.",
            "Do images and labels still belong together? Shuffling one alone parts them.",
            "Does the network have its activations, and is softmax the last one, once?",
        )


def _check_network(model, history, table, images: np.ndarray, labels: np.ndarray) -> None:
    """Compare the network with its history: how often it was trained, and how good it is."""
    if sorted(w.shape for w in model.get_weights()) != sorted(SHAPES):
        raise Mistake(
            "not-lenet",
            "`model` is not LeNet: its weights have other shapes.",
            "Which function builds LeNet? Train what it gives back.",
        )
    steps = (getattr(history, "params", None) or {}).get("steps")
    done = int(np.asarray(model.optimizer.iterations))
    if steps is not None and done != steps * len(table):
        told = f"`model` was trained for {done} batches, its history tells of {steps * len(table)}."
        raise Mistake(
            "other-training",
            told,
            "Build a new network before you train it again, and keep the history of that training.",
        )
    held_out = len(images) - int(len(images) * VALIDATION_SHARE)
    y_prob = np.asarray(model.predict(images[held_out:], batch_size=500, verbose=0))
    found = np.mean(y_prob.argmax(axis=1) == labels[held_out:].argmax(axis=1))
    if np.abs(table["val_accuracy"] - found).min() > TOLERANCE + 1 / max(len(y_prob), 1):
        raise Mistake(
            "other-validation",
            f"On the last sixth of the images your network has an accuracy of {found:.4f}; in no "
            "epoch does its history say so.",
            "On which images was it validated? `validation_split=1/6` sets the last sixth aside.",
        )
