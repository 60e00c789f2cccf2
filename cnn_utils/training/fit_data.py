"""Whether images, and the labels with them, fit a network, tried on the first image."""

from __future__ import annotations

from math import prod
from numbers import Real

import keras
import numpy as np

from cnn_utils.errors import KitError, describe
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.fit_labels import check_labels

# What a network does with labels, if its class has one of its own.
OWN_STEPS = ("train_step", "test_step", "compute_loss")


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
    if _deals_itself_with_data(model):
        return
    check_images(model, x, of)
    _check_kinds(model, x, y, of)
    if isinstance(x, ImageBatches):
        if y is not None:
            raise KitError.about(f"`y`{of}", "be left out: ImageBatches hold labels", describe(y))
        if x.labels is None:
            next_step = "Write ImageBatches(x, y)."
            raise KitError.about(f"`x`{of}", "hold labels", "ImageBatches without", next_step)
        check_labels(model, x.labels, answer(model, x.first(), of), f"The labels{of}")
    elif isinstance(x, np.ndarray):
        check_labels(model, y, answer(model, x[:1], of), f"`y`{of}")


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
    if _deals_itself_with_data(model):
        return
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
    inputs = getattr(model, "inputs", None)
    if _is_pair(x) and len(inputs or [x]) == 1:
        next_step = "Write them one after the other: x, y."
        raise KitError.about(f"`x`{of}", "be the images alone", "a pair of arrays", next_step)
    _check_list(f"`x`{of}", x, inputs)


def _is_pair(x) -> bool:
    """Say whether images and labels came as one."""
    if not isinstance(x, tuple) or not all(isinstance(one, np.ndarray) for one in x):
        return False
    return len(x) == 2 and x[0].shape[:1] == x[1].shape[:1] != ()


def _deals_itself_with_data(model) -> bool:
    steps = [(getattr(type(model), name), getattr(keras.Model, name)) for name in OWN_STEPS]
    return any(own is not keras_s for own, keras_s in steps)


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
