"""Whether labels fit a network: what it gives, and the loss that it was compiled with."""

from __future__ import annotations

import keras
import numpy as np

from cnn_utils.errors import KitError, closest

SPARSE = "sparse_categorical_crossentropy"
# Labels of these have a shape of their own.
OTHERS = ("ctc", "circle", "categorical_generalized_cross_entropy")
FLATTEN = "Is a layers.Flatten() missing before the dense layers?"
TO_ONE_HOT = "keras.utils.to_categorical(y, {0}) makes one-hot rows; or compile with the loss "
TO_ONE_HOT += f"'{SPARSE}'."


def check_labels(model: keras.Model, labels, y_prob, name: str) -> None:
    """Raise KitError if labels are none that `model` can learn.

    Parameters
    ----------
    model : keras.Model
        Compiled. If its loss is not one of Keras' own, the labels are left to it.
    labels : array of shape (n, ...)
        Of another kind, such as lists, they are left to Keras.
    y_prob : array of shape (1, ...), or None
        What the network says of an image; None if that can't be told.
    name : str
        Of the labels, in the message.
    """
    labels = labels.to_numpy() if hasattr(labels, "to_numpy") else labels  # of pandas
    if y_prob is None or not isinstance(labels, np.ndarray):
        return
    if y_prob.ndim == 4 and labels.ndim < 3 and _loss(model) not in (None, *OTHERS):
        raise KitError.about(
            "The network",
            "give a row of numbers per image, as the labels are",
            f"maps of shape {y_prob.shape[1:]}",
            FLATTEN,
        )
    if y_prob.ndim != 2:
        return
    if labels.dtype.kind in "OSU":
        raise KitError.about(name, "be numbers", labels)
    loss, n = _loss(model), y_prob.shape[1]
    each = labels.shape[1:]
    is_finite = np.isfinite(labels).reshape(len(labels), -1).all(axis=1)
    if loss is not None and not is_finite.all():
        wrong = int(np.flatnonzero(~is_finite)[0])
        raise KitError.about(name, "be finite", f"{labels[wrong]} at position {wrong}")
    if loss == SPARSE and each not in ((), (1,)):
        raise KitError.about(
            name,
            f"be one whole number per image, for the loss {SPARSE}",
            labels,
            "From one-hot rows `.argmax(axis=1)` makes them; or compile with the loss "
            "'categorical_crossentropy'.",
        )
    if loss == SPARSE and (labels.min() < 0 or labels.max() >= n):
        wrong = int(np.flatnonzero((np.ravel(labels) < 0) | (np.ravel(labels) >= n))[0])
        raise KitError.about(
            name,
            f"be 0 to {n - 1}, as the network has {n} outputs",
            f"{np.ravel(labels)[wrong]} at position {wrong}",
            _more_outputs(labels, n) if labels.min() >= 0 else "Count the classes from 0.",
        )
    if loss not in (None, SPARSE, *OTHERS) and each != (n,) and (each, n) != ((), 1):
        next_step = TO_ONE_HOT.format(n)
        if each not in ((), (1,)):
            next_step = f"Let the last layer have {each[-1]} units, or look at the labels."
        elif (labels % 1).any():
            next_step = "Let the last layer have 1 unit, for one number per image."
        elif labels.max() >= n:
            next_step = _more_outputs(labels, n)
        so_many = "one number" if n == 1 else f"{n} numbers"
        raise KitError.about(
            name, f"be {so_many} per image, as the network gives, for {loss}", labels, next_step
        )


def _more_outputs(labels, n_outputs: int) -> str:
    n = int(labels.max()) + 1
    if labels.min() >= 1 and n == n_outputs + 1:
        return "Count the classes from 0: y - 1."
    return f"Let the last layer have {n} units, or count the classes from 0."


def _loss(model: keras.Model) -> str | None:
    """Return the name of the loss; None if it is not one of Keras' own for a single output."""
    loss = getattr(model, "loss", None)
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            known = [name for name in dir(keras.losses) if name.islower() and name != loss]
            similar = closest(loss, known)
            next_step = f"Do you mean {similar}?" if similar else ""
            raise KitError.about(
                "The loss of model.compile", "be one of keras.losses", f"'{loss}'", next_step
            ) from None
    function = getattr(loss, "fn", loss)
    is_own = str(getattr(function, "__module__", "")).startswith("keras.")
    is_plain = getattr(loss, "ignore_class", None) is None
    return getattr(function, "__name__", None) if is_own and is_plain else None
