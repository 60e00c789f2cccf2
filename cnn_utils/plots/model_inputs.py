"""Check what a model is asked to look at: one sentence for every way it can be wrong."""

from __future__ import annotations

import keras
import numpy as np

from cnn_utils.errors import KitError, describe
from cnn_utils.metrics import as_array, as_labels_of_images


def check_model(model) -> None:
    """Raise KitError unless `model` is a built, sane Keras model from images to one output."""
    if not isinstance(model, keras.Model):
        raise KitError.about(
            "`model`", "be a Keras model", describe(model), "Give the network itself."
        )
    # An unbuilt Sequential and a subclassed model have no such attribute.
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs:
        raise KitError.about(
            "`model`",
            "be a Sequential or functional model that knows the shape of its images",
            f"'{model.name}', which does not",
            "Start it with keras.Input((height, width, channels)).",
        )
    shapes = [tuple(tensor.shape) for tensor in inputs]
    if len(shapes) != 1 or len(outputs) != 1 or len(shapes[0]) not in (3, 4):
        raise KitError.about(
            "`model`",
            "take images (n, height, width, channels) and have one output",
            f"'{model.name}' with input shapes {shapes} and {len(outputs)} outputs",
        )
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise KitError.about(
            "`model`",
            "have finite weights",
            f"'{model.name}' with NaN or infinity among them",
            "Did the loss become NaN during training? Try a smaller learning rate.",
        )


def n_classes_of(model) -> int:
    """Return the number of class scores, or say that the model has none."""
    shape = tuple(model.outputs[0].shape)
    if len(shape) != 2 or shape[1] is None or shape[1] < 2:
        raise KitError.about(
            "`model`",
            "end in one score per class, shape (n, n_classes) with at least 2 classes",
            f"'{model.name}' with output shape {shape}",
        )
    return shape[1]


def as_images_for(model, images, name: str = "images") -> np.ndarray:
    """Return `images` as finite float32 in the model's input shape, or say what is wrong."""
    array = as_floats(images, name)
    shape = tuple(model.inputs[0].shape)[1:]
    alike = array.ndim == len(shape) + 1 and all(
        wanted in (None, given) for wanted, given in zip(shape, array.shape[1:], strict=True)
    )
    if not alike or len(array) == 0:
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise KitError.about(
            f"`{name}`",
            f"have the shape that '{model.name}' takes, (n, {wanted}), n > 0",
            array,
            "One image of many is images[i:i + 1]; a grey image gets its channel by "
            "images[..., None].",
        )
    return array


def as_floats(images, name: str = "images") -> np.ndarray:
    """Return floating-point images as finite float32, or say that they are not preprocessed."""
    array = as_array(images, name)
    if array.dtype.kind != "f":
        raise KitError.about(
            f"`{name}`",
            "be floating-point numbers, as the network gets them",
            array,
            "Preprocess them as for training (usually to float32 in 0-1).",
        )
    if not np.isfinite(array).all():
        received = f"{int((~np.isfinite(array)).sum())} values that are NaN or infinite"
        raise KitError.about(f"`{name}`", "hold finite numbers", received)
    return array.astype(np.float32, copy=False)


def as_labels_for(model, labels, name: str, n: int) -> np.ndarray | None:
    """Return `n` integer labels of the model's classes, or say what is wrong.

    None stays None; the model must have class scores all the same.
    """
    n_classes = n_classes_of(model)
    if labels is None:
        return None
    labels = as_labels_of_images(labels, name, n)
    if labels.min() < 0 or labels.max() >= n_classes:
        received = f"labels from {labels.min()} to {labels.max()}"
        raise KitError.about(f"`{name}`", f"lie in 0..{n_classes - 1}", received)
    return labels


def for_display(images: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return images in 0-1 for the plots; `others` are scaled along and may lie outside.

    Images in 0-1 stay as they are. Standardised ones, or those that a Rescaling layer expects in
    0-255, are stretched from the smallest to the largest value among them all.
    """
    low, high = float(images.min()), float(images.max())
    if low >= 0 and high <= 1:
        return images, *others
    span = (high - low) or 1.0
    stretched = np.clip((images - low) / span, 0, 1)
    return stretched, *((other - low) / span for other in others)
