"""Images, and what augmentation makes of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

from cnn_utils.errors import KitError, check_count, check_seed, describe
from cnn_utils.metrics import as_array
from cnn_utils.plots import AugmentationDisplay, plot_augmentation
from cnn_utils.plots.model_inputs import as_floats, for_display


def show_augmentation(augment, images, n=7, seed=458) -> AugmentationDisplay:
    """Draw images, each followed by `n` random variants.

    Parameters
    ----------
    augment : keras layer or model, or callable
        Layers are called with ``training=True``; afterwards all their variables are as before.
        A callable takes images (n_images, height, width, channels) and returns as many.
    images : array of shape (n_images, height, width, channels), float
        As the network gets them, preprocessed. Drawn as they are if they lie in 0-1, else
        stretched from the smallest to the largest value.
    n : int, default=7
        Variants of each image.
    seed : int, default=458
        The same seed gives the same variants. It reaches the layers' own generators and the
        global ones of Python and NumPy, which are put back. It does not reach TensorFlow's and
        Keras' global ones, nor a layer hidden inside a function: give those seeds of their own.

    Returns
    -------
    display : AugmentationDisplay

    Raises
    ------
    KitError
        If `augment` can't be called or returns something else than one picture per image.
    """
    if not callable(augment) or isinstance(augment, type):
        raise KitError.about(
            "`augment`",
            "be a Keras layer or a function of images",
            describe(augment),
        )
    check_count("n", n)
    check_seed(seed)
    images = as_floats(images)
    if images.ndim != 4 or len(images) == 0:
        raise KitError.about("`images`", "have shape (n, height, width, channels), n > 0", images)
    is_layer = isinstance(augment, keras.Layer)
    options = {"training": True} if is_layer else {}
    with _seeded(augment.variables if is_layer else [], seed):
        # One call per variant, as in training: some layers draw once for the whole batch.
        variants = [_checked(augment(images.copy(), **options), images) for _ in range(n)]
    shown, variants = for_display(images, np.moveaxis(as_array(variants, "the variants"), 0, 1))
    return plot_augmentation(shown, variants)


@contextmanager
def _seeded(variables, seed) -> Iterator[None]:
    """Seed layers' generators and the global ones; put back these and all other variables."""
    states = [variable for variable in variables if variable.name == "seed_generator_state"]
    before = [np.asarray(variable).copy() for variable in variables]
    global_states = random.getstate(), np.random.get_state()  # noqa: NPY002 - others draw from it
    try:
        for i, state in enumerate(states):
            state.assign([seed, i])
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
        random.setstate(global_states[0])
        np.random.set_state(global_states[1])  # noqa: NPY002


def _checked(variants, images) -> np.ndarray:
    array = as_array(variants, "augment")
    alike = array.ndim == 4 and len(array) == len(images) and array.shape[-1] == images.shape[-1]
    if not alike or array.dtype.kind not in "fiu":
        raise KitError.about(
            "`augment`",
            f"return images of shape ({len(images)}, height, width, {images.shape[-1]})",
            variants,
        )
    if not np.isfinite(array).all():
        raise KitError.about("`augment`", "return finite numbers", "NaN or infinity")
    return array.astype(np.float32)
