"""The state of a training after an epoch: all that the next epoch depends on."""

from __future__ import annotations

import inspect
import random

import keras
import numpy as np

PLAIN = (int, float, str, bool, type(None), np.generic)


def take_state(model: keras.Model, callbacks: list, data: list) -> dict:
    """Return a state of plain values and arrays.

    `callbacks` are those that may change the result; `data` holds arrays or `ImageBatches`, which
    draw random numbers.
    """
    return {
        "model": [keras.ops.convert_to_numpy(v) for v in model.variables],
        "optimizer": [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables],
        "stopped": bool(model.stop_training),
        "callbacks": [_learned(callback) for callback in callbacks],
        "generators": [[g.bit_generator.state for g in _generators(one)] for one in data],
        "orders": [getattr(one, "_order", None) for one in data],
        "python": random.getstate(),  # Keras draws the order of batches from it
    }


def put_weights(state: dict, model: keras.Model) -> None:
    """Restore a model and its optimiser."""
    model.optimizer.build(model.trainable_variables)
    for variables, values in (
        (model.variables, state["model"]),
        (model.optimizer.variables, state["optimizer"]),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def put_draws(state: dict, callbacks: list, data: list) -> None:
    """Restore callbacks and random numbers, once `fit` has reset and drawn them."""
    for callback, learned in zip(callbacks, state["callbacks"], strict=True):
        vars(callback).update(learned)
    for one, generators, order in zip(data, state["generators"], state["orders"], strict=True):
        for generator, drawn in zip(_generators(one), generators, strict=True):
            generator.bit_generator.state = drawn
        if order is not None:
            one._order = order
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))


def _learned(callback) -> dict:
    """Return what a callback knows besides its settings, such as the best weights."""
    settings = (*inspect.signature(type(callback)).parameters, "_model", "params")
    known = {name: value for name, value in vars(callback).items() if name not in settings}
    return {name: value for name, value in known.items() if isinstance(value, (*PLAIN, list))}


def _generators(data) -> list[np.random.Generator]:
    """Return the generators that batches and their augmentation draw from."""
    places = [data, getattr(data, "augment", None)]
    values = [value for place in places for value in getattr(place, "__dict__", {}).values()]
    return [value for value in values if isinstance(value, np.random.Generator)]
