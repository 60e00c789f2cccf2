"""Functions of earlier notebooks that have no direct successor."""

from __future__ import annotations

import keras


def fit_in_memory(
    model: keras.Model, x, y, *, seed=None, steps_at_once=None, **fit_arguments
) -> keras.callbacks.History:
    """Train with ``model.fit``.

    Parameters
    ----------
    model : keras.Model
        Compiled. ``compile(steps_per_execution=50)`` does what `steps_at_once` did.
    x, y : arrays of shape (n, ...)
    seed, steps_at_once : ignored
    **fit_arguments
        The other arguments of ``model.fit``.

    Returns
    -------
    history : keras.callbacks.History
    """
    return model.fit(x, y, **fit_arguments)


def strategy(devices=None):
    """Return TensorFlow's strategy to train on several GPUs of this machine.

    Parameters
    ----------
    devices : list of str, optional
        Names such as "GPU:0"; by default all GPUs.

    Returns
    -------
    strategy : tf.distribute.MirroredStrategy
    """
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices)
