"""Store a training after each epoch, and continue one that was interrupted."""

import inspect
import random
import time
from collections.abc import Callable

import keras
import numpy as np


class Recorder(keras.callbacks.Callback):
    """Trains, and after each epoch stores all that the next one depends on.

    `store` takes plain values and arrays, and returns an error if they can't be stored; `begin`
    is what it took last. `steering` callbacks may change the training, `watching` ones don't;
    `data` are arrays or `ImageBatches`, which draw random numbers.
    """

    def __init__(self, store: Callable, key: dict, begin: dict | None, steering, watching, data):
        super().__init__()
        self.store, self.begin, self.data = store, begin, data
        self.steering, self.watching = steering, watching
        self.state = begin or {"key": key, "logs": [], "seconds": 0.0}
        self.start = time.perf_counter() - self.state["seconds"]
        self.error = None

    def train(self, model, x, y, arguments: dict) -> dict:
        """Train to the end; return the last state, which is finished unless someone stopped it."""
        epoch = self.state.setdefault("first_epoch", arguments.get("initial_epoch", 0))
        if self.begin:
            self.restore(model)
            epoch += len(self.state["logs"])
            epoch = arguments.get("epochs", 1) if self.begin["stopped"] else epoch
        callbacks = [*self.steering, *self.watching, self]  # itself last: the others have learned
        for make in (model.make_train_function, model.make_test_function):
            make(force=True)  # one made before may hold old values of what the losses read
        model.fit(x, y, **{**arguments, "callbacks": callbacks, "initial_epoch": epoch})
        self._record(finished=not self._is_stopped())
        return self.state

    def on_train_begin(self, logs=None):
        """Restore what `fit` has just reset and drawn."""
        if self.begin:
            self._restore_draws()

    def restore(self, model: keras.Model) -> None:
        """Restore weights, optimiser, callbacks and random numbers as they were stored."""
        model.optimizer.build(model.trainable_variables)
        for variable, value in zip(_variables(model), self.begin["weights"], strict=True):
            variable.assign(value)
        self._restore_draws()

    def _restore_draws(self) -> None:
        for callback, learned in zip(self.steering, self.begin["callbacks"], strict=True):
            vars(callback).update(learned)
        for one, order in zip(self.data, self.begin["orders"], strict=True):
            if order is not None:
                one._order = order
        for generator, drawn in zip(self._generators(), self.begin["generators"], strict=True):
            generator.bit_generator.state = drawn
        version, numbers, gauss = self.begin["random"]
        random.setstate((version, tuple(numbers), gauss))

    def on_epoch_end(self, epoch, logs=None):
        """Record the epoch."""
        self.state["logs"].append(dict(logs or {}))
        self._record(finished=False)

    def _is_stopped(self) -> bool:
        return any(getattr(callback, "stopped_", False) for callback in self.watching)

    def _record(self, finished: bool) -> None:
        seconds = time.perf_counter() - self.start
        self.state |= {"finished": finished, "params": self.params, "seconds": seconds}
        if not finished and self._is_stopped():  # an epoch that was cut short
            return
        changing = {
            "weights": [keras.ops.convert_to_numpy(v) for v in _variables(self.model)],
            "stopped": bool(self.model.stop_training),
            "callbacks": [_learned(callback) for callback in self.steering],
            "orders": [getattr(one, "_order", None) for one in self.data],
            "generators": [generator.bit_generator.state for generator in self._generators()],
            "random": random.getstate(),  # from which Keras draws the order of batches
        }
        error = self.store({**self.state, **changing})
        if error and not self.error:
            print(f"The training can't be stored ({error.strerror or error}); it continues.")
        self.error = self.error or error

    def _generators(self) -> list[np.random.Generator]:
        """Return the generators that batches and their augmentation draw from."""
        places = [place for one in self.data for place in (one, getattr(one, "augment", None))]
        values = [value for place in places for value in getattr(place, "__dict__", {}).values()]
        return [value for value in values if isinstance(value, np.random.Generator)]


def _variables(model: keras.Model) -> list:
    return [*model.variables, *model.optimizer.variables]


def _learned(callback) -> dict:
    """Return what a callback knows besides its settings, such as the best weights."""
    settings = (*inspect.signature(type(callback)).parameters, "_model", "params")
    kinds = (int, float, str, np.generic, list, type(None))
    known = {name: value for name, value in vars(callback).items() if name not in settings}
    return {name: value for name, value in known.items() if isinstance(value, kinds)}
