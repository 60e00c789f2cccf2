"""Feed images batch by batch, so that only the batch at work is held as floating point."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import keras
import numpy as np

from cnn_utils.errors import KitError, check_count, check_flag, check_seed
from cnn_utils.metrics import as_array


class ImageBatches(keras.utils.PyDataset):
    """Batches of preprocessed images for `fit`, `evaluate` and `predict`.

    CIFAR-10's training images take 154 MB as uint8 and 614 MB as float32, of which Keras makes a
    copy besides. Preprocessing each batch when it is needed saves both, and costs next to no time.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        As they were loaded, usually uint8; not copied.
    labels : array of shape (n, ...), optional
        One-hot rows or integers; not needed to predict.
    preprocess : callable, optional
        Takes images (batch, height, width, channels) and returns what the network gets.
    batch_size : int, default=32
    shuffle : bool, default=False
        Draw a new order before every epoch; for training, never for validation or prediction.
    seed : int, default=458
        Seed of the orders.
    augment : callable, optional
        Takes the images of a batch as they were loaded and returns variants of them, such as
        `cnn_utils.Augmentation`; called before `preprocess`. For training only.

    Raises
    ------
    KitError
        If there is no image, the labels' number differs, `batch_size` is below 1, or another
        argument is of the wrong kind.

    Examples
    --------
    >>> train = ImageBatches(X_train, y_train_hot, preprocess, shuffle=True)
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
        images = as_array(images, "images")
        labels = labels if labels is None else as_array(labels, "labels")
        for name, array in (("images", images), ("labels", labels)):
            if array is not None and array.ndim == 0:
                raise KitError.about(f"`{name}`", "be an array with a row for each image", array)
        for name, function in (("preprocess", preprocess), ("augment", augment)):
            if function is not None and not callable(function):
                raise KitError.about(f"`{name}`", "be a function of images", function)
        if len(images) == 0 or (labels is not None and len(labels) != len(images)):
            received = "no" if labels is None else f"{len(labels)}"
            raise KitError.about(
                "`images` and `labels`",
                "have the same length, at least 1",
                f"{len(images)} images and {received} labels",
            )
        check_count("batch_size", batch_size)
        check_seed(seed)
        check_flag("shuffle", shuffle)
        self.images, self.labels, self.preprocess = images, labels, preprocess
        self.augment, self.batch_size, self.shuffle = augment, batch_size, shuffle
        self._rng = np.random.default_rng(seed)
        self._order = np.arange(len(images))
        self.on_epoch_end()

    def __len__(self) -> int:
        return ceil(len(self.images) / self.batch_size)

    def __getitem__(self, index: int):
        """Return batch `index`: images, or images and labels."""
        chosen = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        images = self._prepared(self.images[chosen], ("augment", "preprocess"))
        return images if self.labels is None else (images, self.labels[chosen])

    def first(self) -> np.ndarray:
        """Return the first image as the network gets it, a batch of one, not augmented."""
        return self._prepared(self.images[:1], ("preprocess",))

    def _prepared(self, images, names) -> np.ndarray:
        for name in names:
            function = getattr(self, name)
            images = images if function is None else function(images)
            if images is None:
                raise KitError.about(
                    f"`{name}`", "return the images", None, "Does it end in a `return`?"
                )
        return np.asarray(images)  # some preprocess with tensors

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        if self.shuffle:
            self._order = self._rng.permutation(len(self.images))
