"""Tell one training from another: hashes of all that its result depends on."""

from __future__ import annotations

import functools
import os
import platform
import sys
from pathlib import Path
from types import FunctionType

import keras
import numpy as np

from cnn_utils.training.digest import CannotTellError, digest, is_users_own

# What these do to a training is told by their settings.
KNOWN_CALLBACKS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.TerminateOnNaN,
)
# Of `fit`'s arguments: without influence on the result.
WITHOUT_INFLUENCE = ("verbose", "callbacks")


def of_training(model: keras.Model, x, y, options: dict, callbacks: list, seed: int) -> dict:
    """Return a hash for each part of what a training's result depends on.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    x, y : array or batches
    options : dict
        The other arguments of `fit`.
    callbacks : list
        Those that may influence the training.
    seed : int
        Of all random generators.

    Returns
    -------
    parts : dict of str
        SHA-256 by the name of the part, such as "the labels".

    Raises
    ------
    CannotTellError
        If some part can't be told by a hash, such as a `tf.data.Dataset`.
    """
    if not model.built or not model.variables:
        raise CannotTellError("the network has no weights yet; begin it with a keras.Input")
    for callback in callbacks:
        if type(callback) not in KNOWN_CALLBACKS:
            raise CannotTellError(f"what the callback {type(callback).__name__} does is unknown")
    settings = {k: v for k, v in options.items() if k not in WITHOUT_INFLUENCE}
    validation = settings.pop("validation_data", None)
    architecture, weights = of_network(model)
    return {
        "the network": digest(architecture),
        "its first weights": digest(weights),
        "optimiser, loss or metrics": digest(_compiled(model)),
        "the images": digest(x),
        "the labels": digest(y),
        "the validation data": digest(validation),
        "the settings of fit": digest(settings),
        "the callbacks": digest([(type(c), _settings(c)) for c in callbacks]),
        "the seed": digest(seed),
        "versions or acceleration": digest(versions(), _acceleration(model)),
    }


def of_network(model: keras.Model) -> tuple[list, list]:
    """Return what a network is: its layers, and its weights with whether they may change."""
    return _architecture(model), [(np.asarray(v), bool(v.trainable)) for v in model.variables]


def _architecture(model: keras.Model) -> list:
    """Return layers and connections, without names that depend on what was built before."""
    layers = list(model._flatten_layers())
    numbers = {layer.name: f"#{i}" for i, layer in enumerate([model, *layers])}

    def numbered(value):
        if isinstance(value, str):
            return numbers.get(value, value)
        if isinstance(value, dict):
            return {numbered(k): numbered(v) for k, v in value.items()}
        return [numbered(v) for v in value] if isinstance(value, (list, tuple)) else value

    told = []
    for layer in [model, *layers]:
        try:
            config = numbered(layer.get_config())
        except NotImplementedError:  # a model of one's own: its program and its layers tell
            config = None
        # `call` may be replaced by `fast_training`; the loss belongs to another part.
        others = [v for k, v in vars(layer).items() if k not in ("call", "loss")]
        own = [v for v in others if isinstance(v, FunctionType) and is_users_own(v)]
        told.append((type(layer), config, own))
    return told


def _compiled(model: keras.Model) -> list:
    config = getattr(model, "_compile_config", None)
    if config is None:
        raise CannotTellError("how the network was compiled is unknown")
    return [config.config, [np.asarray(v) for v in model.optimizer.variables]]


def _settings(callback) -> dict:
    return {k: v for k, v in vars(callback).items() if k not in ("_model", "params")}


def _acceleration(model: keras.Model) -> list:
    fused = ["call" in vars(layer) for layer in model._flatten_layers()]
    ways = (model.jit_compile, model.run_eagerly, model.steps_per_execution)
    return [fused, *ways]


def versions() -> list:
    """Return the versions of all programs that a result depends on, and how they compute."""
    backend, options = keras.backend.backend(), {}
    if backend == "tensorflow":
        import tensorflow as tf

        options = tf.config.optimizer.get_experimental_options()
    ways = [options, os.environ.get("TF_ENABLE_ONEDNN_OPTS")]
    found = [sys.modules[name].__version__ for name in ("keras", backend, "numpy")]
    python = [platform.python_version(), platform.machine()]
    return [*found, *python, backend, *ways, kit_sources()]


@functools.cache
def kit_sources() -> str:
    """Return the hash of the kit's own program."""
    files = sorted(Path(__file__).parents[1].rglob("*.py"))
    return digest([file.read_bytes() for file in files])
