"""Ask a network about an image and its variants, and average the answers."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from cnn_utils.errors import KitError, check_count, check_flag
from cnn_utils.metrics import as_array
from cnn_utils.training.batches import ImageBatches


def scale(images) -> np.ndarray:
    """Return uint8 images in 0-255 as float32 in [0, 1]; floats must be in [0, 1] already.

    Raises
    ------
    KitError
        If floats are outside.
    """
    images = np.asarray(images)
    if images.dtype.kind != "f":
        return images.astype("float32") / np.float32(255)
    if len(images) and not (images.min() >= 0 and images.max() <= 1):
        raise KitError.about("`images`", "be uint8, or floats in [0, 1]", images)
    return images.astype("float32")


def predict_averaged(
    model: keras.Model,
    images,
    preprocess: Callable = scale,
    flip: bool = True,
    shift: int = 0,
    batch_size: int = 500,
) -> np.ndarray:
    """Average a network's answers for variants of each image.

    For each it is wrong about different images, so that their mean is right more often: for more
    time at prediction, none in training.

    Parameters
    ----------
    model : keras.Model
    images : array of shape (n, height, width, channels)
    preprocess : callable, default=scale
        Makes what the network gets from the images of a batch; `scale` takes uint8, or floats in
        [0, 1].
    flip : bool, default=True
        Ask about the mirror images too.
    shift : int, default=0
        Ask also about the images shifted by so many pixels, up left and down right, the border
        filled by reflection; the two count half as much as the image in its place.
    batch_size : int, default=500

    Returns
    -------
    y_prob : ndarray of shape (n, n_classes), float32

    Raises
    ------
    KitError
        If there is no image, or the shift is no whole number below their size.
    """
    if not isinstance(model, keras.Model):
        raise KitError.about("`model`", "be a Keras model", model)
    images = as_array(images, "images")
    if images.ndim != 4 or len(images) == 0:
        raise KitError.about("`images`", "have shape (n, height, width, channels), n > 0", images)
    check_flag("flip", flip)
    check_count("shift", shift, least=0)
    if shift >= min(images.shape[1:3]):
        raise KitError.about("`shift`", f"be below {min(images.shape[1:3])} pixels", shift)
    views = [(images, 1.0)]
    if shift:
        height, width = images.shape[1:3]
        border = [(0, 0), (shift, shift), (shift, shift), (0, 0)]
        padded = np.pad(images, border, mode="reflect")
        views += [(padded[:, at : at + height, at : at + width], 0.5) for at in (0, 2 * shift)]
    if flip:
        views += [(view[:, :, ::-1], weight) for view, weight in views]
    answers = [
        model.predict(ImageBatches(view, None, preprocess, batch_size), verbose=0)
        for view, _ in views
    ]
    return np.average(answers, axis=0, weights=[weight for _, weight in views]).astype("float32")
