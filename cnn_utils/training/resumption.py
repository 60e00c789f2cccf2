"""The state of a training after an epoch: all that the next epoch depends on."""

from __future__ import annotations

import inspect
import random

import keras
import numpy as np


def take_state(model: keras.Model, callbacks: list, data: list) -> dict:
    """Return the state as plain values and arrays.

    `callbacks` may change the training; `data` are arrays, or `ImageBatches`, which draw numbers.
    """
    return {
        "weights": [keras.ops.convert_to_numpy(v) for v in _variables(model)],
        "stopped": bool(model.stop_training),
        "callbacks": [_learned(callback) for callback in callbacks],
        "orders": [getattr(one, "_order", None) for one in data],
        "generators": [[g.bit_generator.state for g in _generators(one)] for one in data],
        "random": random.getstate(),  # from which Keras draws the order of batches
    }


def put_weights(state: dict, model: keras.Model) -> None:
    """Restore the weights of a model and its optimiser."""
    model.optimizer.build(model.trainable_variables)
    for variable, value in zip(_variables(model), state["weights"], strict=True):
        variable.assign(value)


def put_draws(state: dict, callbacks: list, data: list) -> None:
    """Restore callbacks and random numbers; once `fit` has begun, because it resets them."""
    for callback, learned in zip(callbacks, state["callbacks"], strict=True):
        vars(callback).update(learned)
    for one, order, states in zip(data, state["orders"], state["generators"], strict=True):
        if order is not None:
            one._order = order
        for generator, drawn in zip(_generators(one), states, strict=True):
            generator.bit_generator.state = drawn
    version, numbers, gauss = state["random"]
    random.setstate((version, tuple(numbers), gauss))


def _variables(model) -> list:
    return [*model.variables, *model.optimizer.variables]


def _learned(callback) -> dict:
    """Return what a callback knows besides its settings, such as the best weights."""
    settings = (*inspect.signature(type(callback)).parameters, "_model", "params")
    kinds = (int, float, str, np.generic, list, type(None))
    known = {name: value for name, value in vars(callback).items() if name not in settings}
    return {name: value for name, value in known.items() if isinstance(value, kinds)}


def _generators(data) -> list[np.random.Generator]:
    """Return the generators that batches and their augmentation draw from."""
    places = [data, getattr(data, "augment", None)]
    values = [value for place in places for value in getattr(place, "__dict__", {}).values()]
    return [value for value in values if isinstance(value, np.random.Generator)]
