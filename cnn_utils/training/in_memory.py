"""Train small networks faster: the same `fit`, fed without a pause."""

from __future__ import annotations

import random

import keras
import numpy as np

from cnn_utils.errors import KitError, check_count, check_flag, check_seed, describe
from cnn_utils.metrics import as_array

# Steps between two looks of the callbacks: some tenths of a second with a network like LeNet.
STEPS_AT_ONCE = 50
EVALUATION_BATCH = 1000


def fit_in_memory(
    model: keras.Model,
    x,
    y,
    *,
    batch_size: int = 32,
    epochs: int = 1,
    validation_split: float = 0.0,
    validation_data: tuple | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    steps_at_once: int = STEPS_AT_ONCE,
    **options,
) -> keras.callbacks.History:
    """Train as ``model.fit(x, y, ...)`` does, on arrays that fit into memory, in less time.

    The same steps on batches of an order that is new in each epoch, but TensorFlow takes many of
    them before it returns to Python, and the batches come from a data set of its own: the one that
    `fit` makes of arrays looks for its own best settings, and at the end of an epoch waits for
    that search to wake up, up to a minute. With another backend it is ``model.fit``.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    x, y : arrays of shape (n, ...)
    batch_size : int, default=32
    epochs : int, default=1
    validation_split : float, 0 to below 1, default=0
        Share of the images, from the end, to validate with instead of training.
    validation_data : (x_val, y_val), optional
        Instead of `validation_split`.
    shuffle : bool, default=True
        Draw a new order before each epoch.
    seed : int, optional
        Of the orders, together with the number of the epoch: a training that goes on at
        `initial_epoch` gets the orders that it would have had. By default drawn from Python's
        `random` (see `set_seed`).
    steps_at_once : int, default=50
        How many batches are trained between two calls of the callbacks.
    **options
        Of `model.fit`: `callbacks`, `verbose`, `initial_epoch`, `class_weight`, `validation_freq`.

    Returns
    -------
    history : keras.callbacks.History

    Raises
    ------
    KitError
        If the model is not compiled, or the arrays or numbers don't fit.
    """
    x, y = as_pair(x, y, "`x` and `y`")
    check_count("batch_size", batch_size)
    check_count("steps_at_once", steps_at_once)
    check_flag("shuffle", shuffle)
    if seed is not None:
        check_seed(seed)
    callbacks = keras.tree.flatten(options.pop("callbacks", None) or [])
    if options.get("class_weight"):
        options["class_weight"] = _weight_of_each(options["class_weight"], y)
    if validation_data is not None:
        if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
            received = describe(validation_data)
            raise KitError.about("`validation_data`", "be a pair of arrays", received)
        validation_data = as_pair(*validation_data, "`validation_data`")
    if validation_data is None and validation_split:
        # Keras rounds the same way.
        n = int(np.floor(len(x) * (1 - validation_split)))
        if n == 0:
            raise KitError.about("`validation_split`", "leave an image to train on", "none")
        validation_data = x[n:], y[n:]
        x, y = x[:n], y[:n]
    if keras.backend.backend() != "tensorflow":
        return model.fit(
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            validation_data=validation_data,
            shuffle=shuffle,
            callbacks=callbacks,
            **options,
        )
    if validation_data is not None:
        validation_data = _dataset(*validation_data, EVALUATION_BATCH)
    steps_before = model.steps_per_execution
    _set_steps(model, steps_at_once)
    order = _Order(len(x), seed)
    try:
        return model.fit(
            _dataset(x, y, batch_size, order.variable if shuffle else None),
            epochs=epochs,
            validation_data=validation_data,
            shuffle=False,  # `order` does it
            callbacks=[*callbacks, order],
            **options,
        )
    finally:
        _set_steps(model, steps_before)


def as_pair(x, y, names: str) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays of the same length, or raise KitError."""
    if isinstance(x, keras.utils.PyDataset):
        next_step = "For others use model.fit, or fit_cached without in_memory."
        raise KitError.about("`x`", "be an array, to train in memory", describe(x), next_step)
    x, y = as_array(x, "x"), as_array(y, "y")
    for array in (x, y):
        if array.ndim == 0 or array.dtype.kind not in "biuf":
            raise KitError.about(names, "be arrays of numbers", array)
    if len(x) == 0 or len(x) != len(y):
        expected = "have the same length, at least 1"
        raise KitError.about(names, expected, f"{len(x)} and {len(y)}")
    return x, y


def _weight_of_each(class_weight: dict, y: np.ndarray) -> dict:
    """Give the classes that are not named the weight 1, as `fit` does for arrays alone."""
    n = y.shape[1] if y.ndim == 2 and y.shape[1] > 1 else int(y.max()) + 1
    return {label: class_weight.get(label, 1.0) for label in range(int(max(n, *class_weight)) + 1)}


class _Order(keras.callbacks.Callback):
    """Draws a new order of the images before each epoch."""

    def __init__(self, n_images: int, seed: int | None):
        super().__init__()
        import tensorflow as tf

        self.variable = tf.Variable(np.arange(n_images))
        self.seed = random.getrandbits(32) if seed is None else seed

    def on_epoch_begin(self, epoch, logs=None):
        """Draw; the data set looks up the order when the epoch's first batch is asked for."""
        drawn = np.random.default_rng([self.seed, epoch]).permutation(self.variable.shape[0])
        self.variable.assign(drawn)


def _dataset(x, y, batch_size: int, order=None):
    """Return batches of the images, in the order that a variable holds by then."""
    import tensorflow as tf

    x, y = tf.convert_to_tensor(x), tf.convert_to_tensor(y)

    def batch(places):
        chosen = places if order is None else tf.gather(order, places)
        return tf.gather(x, chosen), tf.gather(y, chosen)

    batches = tf.data.Dataset.range(len(x)).batch(batch_size).map(batch)
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(2).with_options(options)


def _set_steps(model: keras.Model, steps: int) -> None:
    if model.steps_per_execution != steps:
        model.steps_per_execution = steps
        # Traced for the number of steps before.
        model.train_function = model.test_function = model.predict_function = None
