"""A recipe for a good network in little time, its ingredients to be left out one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np

from cnn_utils.errors import KitError, check_count, check_flag, check_number, check_seed, describe
from cnn_utils.fast.augmentation import Augmentation
from cnn_utils.fast.optimizer import ConvMuon, OneCycle
from cnn_utils.fast.prediction import predict_averaged, scale
from cnn_utils.metrics import as_array
from cnn_utils.models import build_fast_cnn
from cnn_utils.training.acceleration import fast_training
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.profile import set_seed


@dataclass(frozen=True)
class Recipe:
    """How `train_fast_cnn` trains; every ingredient can be switched off.

    Parameters
    ----------
    epochs : int, default=1
    widths : tuple of int, default=(32, 128, 128)
        See `build_fast_cnn`; so for `residual` and `activation`.
    residual : bool, default=False
    activation : str, default="relu"
    batch_size : int, default=256
    learning_rate : float, default=0.24
        At its peak, of the convolutions.
    adam_share : float, default=1/80
        Adam's learning rate as a share of it: for all that is no convolution or, if `muon` is
        False, for everything.
    whiten : bool, default=True
        Compute the first layer from the images.
    muon : bool, default=True
        `ConvMuon` instead of Adam.
    one_cycle : bool, default=True
        Let the learning rate fall to nothing, instead of keeping half its peak throughout.
    flip : bool, default=True
        Mirror training images at random.
    shift : int, default=2
        Shift them by up to so many pixels.
    cutout : int, default=0
        Side of a square that is cut out.
    label_smoothing : float, 0-1, default=0.2
        Share of a label's certainty that is spread over all classes.
    flip_at_test : bool, default=True
        Average the answers for an image and its mirror image.
    shift_at_test : int, default=0
        Average also over both images shifted by so many pixels.
    fast : bool, default=True
        Switch on what the processor supports; see `fast_training`.
    seed : int, default=458

    Raises
    ------
    KitError
        If a number or switch is none; `widths`, `residual` and `activation` are looked at by
        `build_fast_cnn`.
    """

    epochs: int = 1
    widths: Sequence[int] = (32, 128, 128)
    residual: bool = False
    activation: str = "relu"
    batch_size: int = 256
    learning_rate: float = 0.24
    adam_share: float = 1 / 80
    whiten: bool = True
    muon: bool = True
    one_cycle: bool = True
    flip: bool = True
    shift: int = 2
    cutout: int = 0
    label_smoothing: float = 0.2
    flip_at_test: bool = True
    shift_at_test: int = 0
    fast: bool = True
    seed: int = 458

    def __post_init__(self):
        for name in ("epochs", "batch_size"):
            check_count(name, getattr(self, name))
        for name in ("shift", "cutout", "shift_at_test"):
            check_count(name, getattr(self, name), least=0)
        for name in ("whiten", "muon", "one_cycle", "flip", "flip_at_test", "fast"):
            check_flag(name, getattr(self, name))
        for name in ("learning_rate", "adam_share"):
            check_number(name, getattr(self, name), "be a number above 0", lambda x: x > 0)
        expected = "be 0 to below 1"
        check_number("label_smoothing", self.label_smoothing, expected, lambda x: 0 <= x < 1)
        check_seed(self.seed)


# What the time of ten epochs of the assignment's network buys. Chosen by some 150 trainings, each
# validated on training images 30,000 to 39,999; `make bench` measures it on the last 10,000.
THOROUGH_RECIPE = Recipe(
    epochs=12,
    widths=(48, 192, 192),
    residual=True,
    activation="silu",
    batch_size=512,
    learning_rate=0.15,
    adam_share=1 / 40,
    shift_at_test=1,
)


def train_fast_cnn(
    images,
    labels,
    recipe: Recipe | None = None,
    validation: tuple | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> tuple[keras.Model, keras.callbacks.History]:
    """Train `build_fast_cnn` as a recipe says.

    Parameters
    ----------
    images : array of shape (n, height, width, channels), uint8
    labels : array of shape (n,), int
        From 0 on.
    recipe : Recipe, optional
        By default `Recipe()`, one epoch.
    validation : (images, labels), optional
        To be measured after each epoch; images of the same shape.
    callbacks : sequence of keras.callbacks.Callback, optional
        Such as `TrainingMonitor`.

    Returns
    -------
    model : keras.Model
        Compiled and trained, for images in [0, 1]. Saved, ``keras.saving.load_model`` reads it
        with ``compile=False``; or as a whole, once `ConvMuon` and `OneCycle` were imported. The
        learning rate has come to its end: compile the model anew to go on training.
    history : keras.callbacks.History

    Raises
    ------
    KitError
        If the arrays or the recipe's numbers don't fit.
    """
    recipe = check_recipe(recipe)
    callbacks = keras.tree.flatten(callbacks or [])
    images, labels = check_training_data(images, labels)
    n_classes = int(labels.max()) + 1
    if validation is not None:
        validation = check_validation(validation, images)
        n_classes = max(n_classes, int(validation[1].max()) + 1)
    set_seed(recipe.seed)
    one_hot = keras.utils.to_categorical(labels, n_classes)
    augment = Augmentation(recipe.flip, recipe.shift, recipe.cutout, recipe.seed)
    train = ImageBatches(
        images, one_hot, scale, recipe.batch_size, shuffle=True, seed=recipe.seed, augment=augment
    )
    model = build_fast_cnn(
        images if recipe.whiten else None,
        recipe.widths,
        n_classes,
        recipe.residual,
        recipe.activation,
    )
    if recipe.fast:
        fast_training(model)
    model.compile(
        _optimizer(recipe, steps=len(train) * recipe.epochs),
        keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    if validation is not None:
        held_out, held_out_labels = validation
        one_hot = keras.utils.to_categorical(held_out_labels, n_classes)
        validation = ImageBatches(held_out, one_hot, scale, batch_size=500)
    history = model.fit(
        train,
        epochs=recipe.epochs,
        validation_data=validation,
        callbacks=callbacks,
        verbose=0,
    )
    return model, history


def accuracy_of(model: keras.Model, images, labels, recipe: Recipe) -> float:
    """Return the accuracy in [0, 1] on images, averaged at test as the recipe says."""
    y_prob = predict_averaged(model, images, flip=recipe.flip_at_test, shift=recipe.shift_at_test)
    return float(np.mean(y_prob.argmax(axis=1) == np.ravel(labels)))


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    peak = recipe.learning_rate * (1 if recipe.muon else recipe.adam_share)
    rate = OneCycle(peak, steps) if recipe.one_cycle else peak / 2
    return ConvMuon(rate, recipe.adam_share) if recipe.muon else keras.optimizers.Adam(rate)


def check_recipe(recipe) -> Recipe:
    """Return the recipe, by default `Recipe()`, or raise KitError if it is none."""
    recipe = Recipe() if recipe is None else recipe
    if not isinstance(recipe, Recipe):
        raise KitError.about("`recipe`", "be a cnn_utils.Recipe", describe(recipe))
    return recipe


def check_validation(validation, images) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels to validate with, or raise KitError if they don't fit."""
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise KitError.about("`validation`", "be a pair of images and labels", describe(validation))
    held_out, labels = check_training_data(*validation, of="`validation`")
    if held_out.shape[1:] != np.shape(images)[1:]:
        raise KitError.about(
            "`validation`",
            f"have images like those to train with, {np.shape(images)[1:]}",
            held_out,
        )
    return held_out, labels


def check_training_data(images, labels, of="`images` and `labels`"):
    """Return uint8 images and whole-number labels as arrays, or raise KitError if they are none."""
    images, labels = as_array(images, "images"), np.ravel(as_array(labels, "labels"))
    n = len(images) if images.ndim else 0
    if images.ndim != 4 or images.dtype != np.uint8 or n != len(labels):
        next_step = ""
        if images.ndim == 3:
            next_step = "Give them a channel: images[..., None]."
        elif images.dtype.kind == "f":
            next_step = "Leave them as they were loaded: the training divides by 255 itself."
        elif n and len(labels) > n and len(labels) % n == 0:
            next_step = "From one-hot rows, `rows.argmax(axis=1)` makes labels."
        raise KitError.about(
            of,
            "be uint8 images (n, height, width, channels) and as many labels",
            f"{images.dtype} images of shape {images.shape} and {len(labels)} labels",
            next_step,
        )
    if len(labels) == 0 or labels.dtype.kind not in "iu" or labels.min() < 0:
        smallest = (
            f", the smallest {labels.min()}" if labels.dtype.kind in "iuf" and len(labels) else ""
        )
        raise KitError.about(
            "`labels`", "be whole numbers from 0 on", f"{describe(labels)}{smallest}"
        )
    return images, labels
