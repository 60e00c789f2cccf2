"""Are images and labels as they should be? Scaled once, of the right shape, one-hot."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.outcome import Mistake


def check_images(images: np.ndarray) -> None:
    """Raise a `Mistake` unless images are scaled and have their channel."""
    if images.shape[1:] != (28, 28, 1):
        raise Mistake(
            "image-shape",
            f"`x_train` has shape {images.shape}; expected (n, 28, 28, 1).",
            "A grey image has one channel: which axis is missing or too many?",
        )
    some = images[:2000]
    low, high = float(some.min()), float(some.max())
    told = f"Pixels in `x_train` go from {low:.4g} to {high:.4g}; expected 0 to 1."
    if high > 1.001:
        raise Mistake("not-scaled", told, "Divide by the largest value that a pixel can have.")
    if high < 0.1:
        raise Mistake("scaled-twice", told, "Was the cell that divides by 255 run twice?")
    if images.dtype == np.float64:
        raise Mistake(
            "float64",
            "`x_train` holds float64 numbers; expected float32.",
            "That takes twice the memory, and the network computes in float32 anyway.",
            "Change the type before you divide: `.astype('float32')`.",
        )


def check_labels(labels: np.ndarray, n_images: int) -> None:
    """Raise a `Mistake` unless labels are one-hot, one row per image."""
    if labels.ndim == 1 or labels.shape[1:] == (1,):
        raise Mistake(
            "not-one-hot",
            f"`y_train_hot` has shape {labels.shape}: one number per image; expected (n, 10).",
            "Mean squared error compares ten outputs with ten numbers: how is a digit made ten?",
            "`keras.utils.to_categorical` does that.",
        )
    if labels.shape != (n_images, 10):
        raise Mistake(
            "label-shape",
            f"`y_train_hot` has shape {labels.shape}; expected ({n_images}, 10).",
            "One row per image, one column per digit.",
        )
    sums = np.unique(np.round(labels[:2000].sum(axis=1), 4))
    if not np.array_equal(sums, [1]):
        raise Mistake(
            "labels-scaled",
            f"The rows of `y_train_hot` add up to {sums[0]:.4g}; a one-hot row adds up to 1.",
            "Only images are divided by 255; labels are no pixels.",
        )
