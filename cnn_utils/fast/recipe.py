"""A recipe for a good network in little time; each ingredient can be left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.fast.augmentation import Augmentation
from cnn_utils.fast.network import build_fast_cnn
from cnn_utils.fast.optimizer import ConvMuon
from cnn_utils.metrics import as_array
from cnn_utils.training.acceleration import fast_training
from cnn_utils.training.batches import ImageBatches


@dataclass(frozen=True)
class Recipe:
    """Settings of `train_fast_cnn`; each ingredient can be switched off.

    Parameters
    ----------
    epochs, batch_size, seed : int
    widths, residual, activation
        See `build_fast_cnn`.
    learning_rate, adam_share : float
        See `ConvMuon`. If `muon` is False, Adam gets its share for everything.
    whiten : bool, default=True
        Compute the first layer from the images.
    muon : bool, default=True
        Use `ConvMuon` instead of Adam.
    linear_decay : bool, default=True
        Let the learning rate fall in a straight line to 0, instead of keeping half of it.
    flip, shift
        See `Augmentation`.
    label_smoothing : float, 0-1, default=0.2
        Share of a label's certainty that is spread over all classes.
    flip_at_test, shift_at_test
        See `predict_averaged`.
    fast : bool, default=True
        Call `fast_training`, or undo it.
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
    linear_decay: bool = True
    flip: bool = True
    shift: int = 2
    label_smoothing: float = 0.2
    flip_at_test: bool = True
    shift_at_test: int = 0
    fast: bool = True
    seed: int = 458


# Takes as long as ten epochs of the assignment's network. Chosen by some 150 trainings, each
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
    """Train `build_fast_cnn` by a recipe.

    Parameters
    ----------
    images : array of shape (n, height, width, channels), uint8
    labels : array of shape (n,), int
        Classes, counted from 0.
    recipe : Recipe, optional
        By default `Recipe()`, one epoch.
    validation : (images, labels), optional
        Measured after each epoch.
    callbacks : sequence of keras.callbacks.Callback, optional

    Returns
    -------
    model : keras.Model
        Compiled and trained, for images in [0, 1]. Load a saved one with
        ``keras.saving.load_model(path, compile=False)``; with its optimiser, once `ConvMuon` was
        imported. The learning rate has reached 0: compile the model again to continue training.
    history : keras.callbacks.History

    Raises
    ------
    KitError
        If images are not uint8, or labels are not one class per image.
    """
    recipe = Recipe() if recipe is None else recipe
    images, labels = check_training_data(images, labels)
    n_classes = int(labels.max()) + 1
    if validation is not None:
        held_out, held_out_labels = check_training_data(*validation, "`validation`")
        n_classes = max(n_classes, int(held_out_labels.max()) + 1)
        rows = keras.utils.to_categorical(held_out_labels, n_classes)
        validation = ImageBatches(held_out, rows, scale, batch_size=500)
    keras.utils.set_random_seed(recipe.seed)
    rows = keras.utils.to_categorical(labels, n_classes)
    augment = Augmentation(recipe.flip, recipe.shift, recipe.seed)
    order = {"batch_size": recipe.batch_size, "shuffle": True, "seed": recipe.seed}
    train = ImageBatches(images, rows, scale, augment=augment, **order)
    whitened = images if recipe.whiten else None
    model = build_fast_cnn(whitened, recipe.widths, n_classes, recipe.residual, recipe.activation)
    fast_training(model, on=recipe.fast)
    model.compile(
        _optimizer(recipe, steps=len(train) * recipe.epochs),
        keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        metrics=["accuracy"],
    )
    options = {"validation_data": validation, "callbacks": list(callbacks), "verbose": 0}
    return model, model.fit(train, epochs=recipe.epochs, **options)


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    peak = recipe.learning_rate * (1 if recipe.muon else recipe.adam_share)
    rate = peak / 2
    if recipe.linear_decay:
        rate = keras.optimizers.schedules.PolynomialDecay(peak, steps, end_learning_rate=0.0)
    return ConvMuon(rate, recipe.adam_share) if recipe.muon else keras.optimizers.Adam(rate)


def check_training_data(images, labels, name="`images` and `labels`"):
    """Return uint8 images and their labels as arrays, or raise KitError."""
    images, labels = as_array(images, "images"), np.ravel(labels)
    if images.ndim != 4 or images.dtype != np.uint8 or len(images) != len(labels):
        next_step = ""
        if images.ndim == 3:
            next_step = "Add a channel axis: images[..., None]."
        elif images.dtype.kind == "f":
            next_step = "Pass the images as loaded: the training divides by 255 itself."
        elif len(labels) > len(images):
            next_step = "Turn one-hot rows into labels with `rows.argmax(axis=1)`."
        expected = "be uint8 images (n, height, width, channels) and n labels"
        received = f"{images.dtype} images of shape {images.shape} and {len(labels)} labels"
        raise KitError.about(name, expected, received, next_step)
    return images, labels


def scale(images) -> np.ndarray:
    """Scale uint8 images to float32 in [0, 1], or raise KitError if floats are outside of it."""
    images = np.asarray(images)
    if images.dtype.kind != "f":
        return images.astype("float32") / np.float32(255)
    if not (images.min() >= 0 and images.max() <= 1):
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
    """Average a network's predictions for variants of each image.

    The network errs on different images for each variant, so the mean is right more often.

    Parameters
    ----------
    model : keras.Model
    images : array of shape (n, height, width, channels)
    preprocess : callable, default=scale
        Turns the images of a batch into the network's input; `scale` takes uint8, or floats in
        [0, 1].
    flip : bool, default=True
        Predict the mirror images too.
    shift : int, default=0
        Predict also the images shifted by so many pixels, up left and down right, the border
        filled by reflection; these two count half as much as the image in its place.
    batch_size : int, default=500

    Returns
    -------
    y_prob : ndarray of shape (n, n_classes), float32
    """
    images = as_array(images, "images")
    views = [(images, 1.0)]
    if shift:
        height, width = images.shape[1:3]
        border = [(0, 0), (shift, shift), (shift, shift), (0, 0)]
        padded = np.pad(images, border, mode="reflect")
        views += [(padded[:, at : at + height, at : at + width], 0.5) for at in (0, 2 * shift)]
    if flip:
        views += [(view[:, :, ::-1], weight) for view, weight in views]
    y_prob = 0
    for view, weight in views:
        batches = ImageBatches(view, None, preprocess, batch_size)
        y_prob += weight * model.predict(batches, verbose=0)
    return y_prob / sum(weight for _, weight in views)


def accuracy_of(model: keras.Model, images, labels, recipe: Recipe) -> float:
    """Measure the accuracy on images, with predictions averaged as the recipe sets."""
    y_prob = predict_averaged(model, images, flip=recipe.flip_at_test, shift=recipe.shift_at_test)
    return float(np.mean(y_prob.argmax(axis=1) == np.ravel(labels)))
