"""Whether images and labels fit a network, tried on the first of them."""

from __future__ import annotations

import difflib
from math import prod
from numbers import Real

import keras
import numpy as np

from cnn_utils.batches import ImageBatches
from cnn_utils.errors import KitError, describe

SPARSE = "sparse_categorical_crossentropy"
# Labels of these have a shape of their own.
OTHERS = ("ctc", "circle")
# What a network does with labels, if its class has one of its own.
OWN_STEPS = ("train_step", "compute_loss")


def check_data(model: keras.Model, x, y=None, of: str = "") -> None:
    """Raise KitError if images or labels are none that `model` can be trained with.

    The network answers for the first image, which changes nothing in it. What would be used up by
    a look, such as a `tf.data.Dataset`, networks of several inputs or outputs, losses that are not
    Keras' own, and labels that the network itself deals with are left to Keras.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    x : array of shape (n, ...), or ImageBatches
    y : array of shape (n, ...), optional
    of : str, default=""
        Where they come from, such as " of `validation_data`".
    """
    check_images(model, x, of)
    if any(getattr(type(model), name) is not getattr(keras.Model, name) for name in OWN_STEPS):
        return
    _check_kinds(model, x, y, of)
    if isinstance(x, ImageBatches):
        if y is not None:
            raise KitError.about(f"`y`{of}", "be left out: ImageBatches hold labels", describe(y))
        if x.labels is None:
            next_step = "Write ImageBatches(x, y)."
            raise KitError.about(f"`x`{of}", "hold labels", "ImageBatches without", next_step)
        _check_labels(model, x.labels, answer(model, x.first(), of), f"The labels{of}")
    elif isinstance(x, np.ndarray):
        _check_labels(model, y, answer(model, x[:1], of), f"`y`{of}")


def check_validation(model: keras.Model, x, options: dict) -> None:
    """Raise KitError if `model` can't be validated as the options say.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    x : array, or ImageBatches
        To train with.
    options : dict
        The arguments of `fit`.
    """
    data, share = options.get("validation_data"), options.get("validation_split")
    if share and isinstance(x, ImageBatches):
        raise KitError.about(
            "`validation_split`",
            "be left out: ImageBatches can't be split",
            describe(share),
            "Split the arrays, and give ImageBatches of one part as validation_data.",
        )
    of = " of `validation_data`"
    if isinstance(data, ImageBatches):
        check_data(model, data, of=of)
    elif isinstance(data, (tuple, list)) and len(data) in (2, 3):  # the third are weights
        check_data(model, *data[:2], of)
    elif isinstance(data, (tuple, list, np.ndarray, Real)):
        next_step = f"For a share of x, write validation_split={data}." if np.isscalar(data) else ""
        raise KitError.about("`validation_data`", "be a pair of arrays", describe(data), next_step)


def answer(model: keras.Model, image, of: str = "") -> np.ndarray | None:
    """Return what the network says of an image; None if that can't be told.

    Parameters
    ----------
    model : keras.Model
    image : array of shape (1, ...)
    of : str, default=""
        See `check_data`.

    Raises
    ------
    KitError
        If the network takes images of another shape.
    """
    inputs = getattr(model, "inputs", None) or ()
    if len(inputs) != 1 or len(model.outputs) != 1:
        return None
    try:
        return keras.ops.convert_to_numpy(model(image, training=False))
    except Exception:
        if image.dtype.kind in "OSU" and inputs[0].dtype != "string":
            raise KitError.about(f"`x`{of}", "be numbers", image) from None
        taken, given = tuple(inputs[0].shape)[1:], image.shape[1:]
        # Keras gives images the channel that they lack.
        for shape in (given, (*given, 1)):
            if len(taken) == len(shape) and all(
                wanted in (None, size) for wanted, size in zip(taken, shape, strict=True)
            ):
                return None  # a mistake within a layer, which `fit` will tell
        next_step = f"Change the images, or the network's keras.Input({taken})."
        if given == ():
            next_step = "That is one number per image: have images and labels changed places?"
        elif given == (*taken[-1:], *taken[:-1]):
            next_step = "Move their channels to the end: np.moveaxis(x, 1, -1)."
        elif given == taken[1:]:
            next_step = "If x is a single image, write x[None]."
        elif None not in taken and prod(taken) == prod(given) and 1 in (len(taken), taken[-1]):
            next_step = f"Reshape them: x.reshape({('len(x)', *taken)})".replace("'", "") + "."
        raise KitError.about(
            f"`x`{of}",
            f"be images of shape {taken}, which the network takes",
            f"images of shape {given}",
            next_step,
        ) from None


def check_images(model: keras.Model, x, of: str = "") -> None:
    """Raise KitError if `x` can't be what `model` is asked about.

    Parameters
    ----------
    model : keras.Model
    x : object
        Images, or what gives some, such as `ImageBatches`.
    of : str, default=""
        See `check_data`.
    """
    is_data = hasattr(x, "__iter__") or hasattr(x, "__len__")
    is_empty = isinstance(x, np.ndarray) and x.shape[:1] in ((), (0,))
    if not is_data or isinstance(x, (str, type)) or is_empty:
        raise KitError.about(f"`x`{of}", "be the images, or ImageBatches of them", describe(x))
    if isinstance(x, tuple) and len(x) == 2 and len({np.shape(one)[:1] for one in x}) == 1:
        if len(getattr(model, "inputs", None) or [x]) == 1:
            next_step = "Write them one after the other: x, y."
            raise KitError.about(f"`x`{of}", "be the images alone", "a pair of arrays", next_step)
    _check_list(f"`x`{of}", x, getattr(model, "inputs", None))


def _check_kinds(model, x, y, of: str) -> None:
    needs_labels = isinstance(x, np.ndarray) and getattr(model, "loss", None) is not None
    if needs_labels and (isinstance(y, str) or not hasattr(y, "__len__")):
        raise KitError.about(f"`y`{of}", "be as many labels as there are images", describe(y))
    _check_list(f"`y`{of}", y, getattr(model, "outputs", None))
    lengths = [value.shape[0] for value in (x, y) if getattr(value, "shape", ())]
    if len(set(lengths)) > 1:
        names = "`x` and `y`" + of
        raise KitError.about(names, "have the same length", f"{lengths[0]} and {lengths[1]}")


def _check_list(name: str, value, tensors) -> None:
    """Raise KitError unless a list holds an array each for several inputs or outputs."""
    if not isinstance(value, (list, tuple)):
        return
    arrays = [one for one in value if getattr(one, "shape", ())]
    if not value or len(arrays) < len(value) or len(value) != len(tensors or value):
        raise KitError.about(name, "be an array", describe(value), "np.array(...) makes one.")


def _check_labels(model, labels, y_prob, name: str) -> None:
    labels = labels.to_numpy() if hasattr(labels, "to_numpy") else labels  # of pandas
    if y_prob is None or not isinstance(labels, np.ndarray):
        return
    if y_prob.ndim == 4 and labels.ndim < 3 and _loss(model) not in (None, *OTHERS):
        raise KitError.about(
            "The network",
            "give a row of numbers per image, as the labels are",
            f"maps of shape {y_prob.shape[1:]}",
            "Is a layers.Flatten() missing before the dense layers?",
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
        next_step = f"keras.utils.to_categorical(y, {n}) makes one-hot rows; or compile with the "
        next_step += f"loss '{SPARSE}'."
        if each not in ((), (1,)):
            next_step = f"Let the last layer have {each[-1]} units, or look at the labels."
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
            known = [name for name in dir(keras.losses) if name.islower()]
            similar = difflib.get_close_matches(loss, known, n=1)
            next_step = f"Do you mean {similar[0]}?" if similar else ""
            raise KitError.about(
                "The loss of model.compile", "be one of keras.losses", f"'{loss}'", next_step
            ) from None
    function = getattr(loss, "fn", loss)
    is_own = str(getattr(function, "__module__", "")).startswith("keras.")
    is_plain = getattr(loss, "ignore_class", None) is None
    return getattr(function, "__name__", None) if is_own and is_plain else None
