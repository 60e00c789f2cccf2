"""Feed images batch by batch, so that only one batch at a time is floating point."""

from collections.abc import Callable
from math import ceil

import keras
import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array


class ImageBatches(keras.utils.PyDataset):
    """Batches of preprocessed images for `fit`, `evaluate` and `predict`.

    CIFAR-10's training images take 154 MB as uint8 and 614 MB as float32, of which Keras makes
    a copy. Preprocessing each batch when it is needed saves both, and takes little time.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        Usually uint8; not copied.
    labels : array of shape (n, ...), optional
        One-hot rows or integers; not needed to predict.
    preprocess : callable, optional
        Takes images (batch, height, width, channels) and returns the network's input.
    batch_size : int, default=32
    shuffle : bool, default=False
        Draw a new order before every epoch; for training, never for validation or prediction.
    seed : int, default=458
        Seed of the orders.
    augment : callable, optional
        Takes a batch of images and returns variants of them, such as `cnn_utils.Augmentation`;
        called before `preprocess`. For training only.

    Raises
    ------
    KitError
        If there are no images, another number of labels, or `preprocess` is no function.

    Examples
    --------
    >>> train = ImageBatches(images_train, y_train_hot, preprocess, shuffle=True)
    >>> history = model.fit(train, epochs=10)
    """

    def __init__(
        self,
        images,
        labels=None,
        preprocess: Callable | None = None,
        batch_size: int = 32,
        shuffle: bool = False,
        seed: int = 458,
        augment: Callable | None = None,
    ):
        super().__init__()
        if preprocess is not None and not callable(preprocess):
            next_step = "Write ImageBatches(images, labels, preprocess, batch_size=32)."
            raise KitError.about("`preprocess`", "be a function", preprocess, next_step)
        self.images = as_array(images, "images")
        self.labels = None if labels is None else as_array(labels, "labels")
        n, n_labels = len(self.images), "no" if labels is None else len(self.labels)
        if n == 0 or n_labels not in ("no", n):
            received = f"{n} images and {n_labels} labels"
            raise KitError.about("`images` and `labels`", "have the same length, not 0", received)
        self.preprocess, self.augment = preprocess, augment
        self.batch_size, self.shuffle = batch_size, shuffle
        self._rng, self._order = np.random.default_rng(seed), np.arange(n)
        self.on_epoch_end()

    def __len__(self) -> int:
        return ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int):
        """Return batch `index`: images, or images and labels."""
        chosen = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self.images[chosen]
        for name in ("augment", "preprocess"):
            function = getattr(self, name)
            images = images if function is None else function(images)
            if images is None:
                next_step = "Does it end in a `return`?"
                raise KitError.about(f"`{name}`", "return the images", None, next_step)
        images = np.asarray(images)  # some preprocess with tensors
        return images if self.labels is None else (images, self.labels[chosen])

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        if self.shuffle:
            self._order = self._rng.permutation(len(self.images))

    @property
    def draws(self) -> list:
        """Where the random numbers stand: this epoch's order, and the generators' states."""
        return [self._order, *(generator.bit_generator.state for generator in self._generators())]

    @draws.setter
    def draws(self, draws: list) -> None:
        self._order, *states = draws
        for generator, state in zip(self._generators(), states, strict=True):
            generator.bit_generator.state = state

    def _generators(self) -> list[np.random.Generator]:
        places = [vars(self), getattr(self.augment, "__dict__", {})]
        values = [value for place in places for value in place.values()]
        return [value for value in values if isinstance(value, np.random.Generator)]
