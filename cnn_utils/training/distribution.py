"""Train on several devices: each takes its share of every batch."""

from __future__ import annotations

import json
import os
import re

import keras

from cnn_utils.errors import KitError


def strategy(devices=None):
    """Return how to spread a training over this machine's GPUs, for the Keras backend in use.

    Build and compile the model inside its scope; `fit` then gives each device an equal share of
    every batch, and all take the same step. With one device, or none but the processor, it
    changes nothing, so that the same notebook runs everywhere.

    Several hosts: Keras 3 does not train under TensorFlow's MultiWorkerMirroredStrategy
    (keras-team/keras#20585), so ``TF_CONFIG`` with more than one worker is refused. What works is
    JAX: set ``KERAS_BACKEND=jax`` and call ``keras.distribution.initialize(addresses, n, i)`` in
    each process, then this function.

    Parameters
    ----------
    devices : list of str, optional
        Names such as "GPU:0"; by default all GPUs. JAX: "gpu:0" or "cpu:0".

    Returns
    -------
    strategy : object with a method `scope`
        A `tf.distribute.Strategy`; with JAX a `keras.distribution.DataParallel`.

    Raises
    ------
    KitError
        If a device is named otherwise, ``TF_CONFIG`` names several workers, or the backend is
        PyTorch, whose own launcher (``torchrun``) spreads a training.

    Examples
    --------
    >>> with strategy().scope():
    ...     model = build_fast_cnn(X_train)
    ...     model.compile("adam", "categorical_crossentropy")
    """
    if devices is not None and not (
        isinstance(devices, (list, tuple)) and all(_is_device(name) for name in devices)
    ):
        raise KitError.about("`devices`", 'be a list of names such as "GPU:0"', devices)
    backend = keras.backend.backend()
    if backend == "jax":
        return keras.distribution.DataParallel(devices=devices)
    if backend != "tensorflow":
        raise KitError.about(
            "KERAS_BACKEND", "be tensorflow or jax to train on several devices", backend
        )
    if _workers() > 1:
        raise KitError.about(
            "TF_CONFIG",
            "name one worker: Keras 3 does not train on several hosts with TensorFlow",
            f"{_workers()} workers",
            "Set KERAS_BACKEND=jax and call keras.distribution.initialize in each process.",
        )
    import tensorflow as tf

    devices = devices or [f"GPU:{i}" for i, _ in enumerate(tf.config.list_physical_devices("GPU"))]
    return tf.distribute.MirroredStrategy(devices) if devices[1:] else tf.distribute.get_strategy()


def _is_device(name) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[/\w:]*[a-zA-Z]+:\d+", name) is not None


def _workers() -> int:
    """Count the hosts that ``TF_CONFIG`` names; it is JSON, by TensorFlow's convention."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG", "") or "{}").get("cluster", {})
        return len(cluster.get("worker", [])) + len(cluster.get("chief", []))
    except (ValueError, AttributeError, TypeError):
        raise KitError.about(
            "TF_CONFIG", "be JSON as TensorFlow describes it", "something else"
        ) from None
