"""Check the weights and the images of a picture that shows a model."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array


def check_weights(model) -> None:
    """Raise KitError if a weight is NaN or infinite."""
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise KitError.about(
            "`model`",
            "have finite weights",
            f"'{model.name}' with NaN or infinity among them",
            "Did the loss become NaN during training? Try a smaller learning rate.",
        )


def as_model_images(model, images, name: str = "images") -> np.ndarray:
    """Return `images` as float32 in the model's input shape; check them and the weights.

    A subclassed model has no input shape; then Keras checks the images.
    """
    check_weights(model)
    array = as_floats(images, name)
    inputs = getattr(model, "inputs", None)
    shape = inputs[0].shape[1:] if inputs else array.shape[1:]
    alike = array.ndim == len(shape) + 1 and all(
        wanted in (None, given) for wanted, given in zip(shape, array.shape[1:], strict=True)
    )
    if not alike or len(array) == 0:
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise KitError.about(
            f"`{name}`",
            f"have the input shape of '{model.name}', (n, {wanted}), n > 0",
            array,
            "One image of many is images[i:i + 1]; a grey image gets its channel by "
            "images[..., None].",
        )
    return array


def as_floats(images, name: str = "images") -> np.ndarray:
    """Return preprocessed images as float32; raise KitError if they are integers."""
    array = as_array(images, name)
    if array.dtype.kind != "f":
        raise KitError.about(
            f"`{name}`",
            "be floating-point numbers, as the network gets them",
            array,
            "Preprocess them as for training (usually to float32 in 0-1).",
        )
    return array.astype(np.float32, copy=False)


def for_display(images: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return images in 0-1 for the plots; `others` are scaled along and may lie outside.

    Images in 0-1 stay as they are; all others are stretched from the smallest to the largest value.
    """
    low, high = float(images.min()), float(images.max())
    if low >= 0 and high <= 1:
        return images, *others
    span = (high - low) or 1.0
    stretched = np.clip((images - low) / span, 0, 1)
    return stretched, *((other - low) / span for other in others)
