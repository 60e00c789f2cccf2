"""Do long work once: `fit_cached` stores trainings, `cached` the results of other calls."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import keras
import numpy as np

from cnn_utils.errors import KitError, describe
from cnn_utils.files import alone, atomic_path, cache_folder
from cnn_utils.training.cache_key import NotComparableError, digest, training_key
from cnn_utils.training.resumption import put_draws, put_weights, take_state

# Of all results together; those that were used longest ago are deleted.
MAX_BYTES = 2 * 10**9
NETWORK = "the network or its first weights"


def fit_cached(model: keras.Model, x=None, y=None, *, name: str, folder=None, **fit_arguments):
    """Train as ``model.fit(x, y, ...)`` does, unless the same training is stored.

    A stored training is loaded only if nothing has changed that its result depends on: network,
    weights, data, arguments, seed, versions, and your own functions and classes with all that
    they read. Where that can't be proven, as for a `tf.data.Dataset`, a file or a callback of your
    own, it trains, and a line says why. An interrupted training continues after its last whole
    epoch; `ImageBatches` then repeat the orders that they would have had, while the shuffling of
    `fit` draws new ones.

    All random generators are seeded with a number drawn from Python's `random`, and afterwards
    with the next number: what follows is the same, whether it trained or not. `set_seed` before
    it makes the whole repeatable.

    Parameters
    ----------
    model : keras.Model
        Compiled; its first layer is a `keras.Input`.
    x, y : arrays, or `ImageBatches` as `x`
    name : str
        Of the training, such as "lenet": letters, digits, ``-`` and ``_``.
    folder : str or Path, optional
        Where trainings are stored; by default "runs" in the kit's cache.
    **fit_arguments
        The other arguments of `fit`.

    Returns
    -------
    history : keras.callbacks.History
        `history.seconds` is how long the training took.

    Raises
    ------
    KitError
        If `name` has other characters.
    """
    folder = _folder(folder, name)
    if fit_arguments.pop("in_memory", None) is not None:
        print(f"{name}: `in_memory` is ignored; compile(..., steps_per_execution=50) saves time.")
    seed = random.getrandbits(32)
    keras.utils.set_random_seed(seed)
    try:
        return _fit(model, x, y, folder, fit_arguments, seed)
    finally:
        keras.utils.set_random_seed((seed + 1) % 2**32)


def clear_runs(name: str | None = None, folder=None) -> None:
    """Delete what `fit_cached` stored: the trainings of a name, or all.

    Parameters
    ----------
    name : str, optional
    folder : str or Path, optional
        As in `fit_cached`.
    """
    shutil.rmtree(_folder(folder, name), ignore_errors=True)


def cached(function: Callable, *arguments, **options):
    """Return ``function(*arguments, **options)``, and store it for the next time.

    For what takes long, returns an array and depends on its arguments alone, such as
    ``model.predict``. If it can't be compared or stored, it is computed each time.

    Returns
    -------
    result : ndarray
        Or whatever the function returns; only arrays are stored.

    Raises
    ------
    KitError
        If `function` is no function.

    Examples
    --------
    >>> y_prob = cached(model.predict, x_test, verbose=0)
    """
    if not callable(function):
        next_step = "Write cached(model.predict, x) instead of cached(model.predict(x))."
        raise KitError.about("`function`", "be a function", describe(function), next_step)
    counting = {name: value for name, value in options.items() if name != "verbose"}
    try:
        # The point keeps it apart from trainings.
        file = _folder() / ".calls" / f"{digest(function, arguments, counting)}.npz"
        return _read(file)["result"]
    except NotComparableError:
        return function(*arguments, **options)
    except Exception:  # missing or damaged: NumPy, zipfile and json have many for that
        result = function(*arguments, **options)
    if isinstance(result, np.ndarray) and not result.dtype.hasobject:
        _write(file, {"result": result})
    return result


def _folder(folder=None, name: str | None = None) -> Path:
    if name is not None and not re.fullmatch(r"[\w-]{1,60}", str(name)):
        raise KitError.about("`name`", "be letters, digits, - and _, such as 'lenet'", name)
    folder = cache_folder() / "runs" if folder is None else Path(folder).expanduser()
    return folder / (name or "")


def _write(file: Path, value: dict) -> OSError | None:
    """Store plain values and arrays; return the error if the disk is full or can't be written."""
    arrays = {}

    def as_reference(value):
        array = np.asarray(value)
        if array.ndim == 0:
            return array.item()
        arrays[str(len(arrays))] = array
        return {"array": str(len(arrays) - 1)}

    text = np.frombuffer(json.dumps(value, default=as_reference).encode(), np.uint8)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as part, open(part, "wb") as opened:
            np.savez(opened, text=text, **arrays)
        total = 0
        for other in sorted(file.parents[1].glob("*/*.npz"), key=os.path.getmtime, reverse=True):
            total += other.stat().st_size
            if total > MAX_BYTES and other != file:
                other.unlink()
    except FileNotFoundError:  # another process has deleted it
        return None
    except OSError as error:
        return error


def _read(file: Path) -> dict:
    """Return what `_write` stored."""

    def as_array(value):
        return archive[value["array"]] if [*value] == ["array"] else value

    with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
        value = json.loads(archive["text"].tobytes(), object_hook=as_array)
    os.utime(file)  # used just now
    return value


def _stored(file: Path) -> dict | None:
    """Return what is stored, or None."""
    try:
        return _read(file)
    except FileNotFoundError:
        return None
    except Exception:  # NumPy, zipfile and json have many for a damaged file
        print(f"{file.parent.name}: trains again, because its stored result can't be read.")
        return None


def _fit(model, x, y, folder: Path, arguments: dict, seed: int) -> keras.callbacks.History:
    name, start = folder.name, time.perf_counter()
    given = [c for c in keras.tree.flatten(arguments.get("callbacks")) if c is not None]
    kits = [c for c in given if type(c).__module__.startswith("cnn_utils.")]
    watching = [c for c in kits if getattr(c, "only_watches", False)]
    steering = [c for c in given if c not in watching]
    if not isinstance(model, keras.Model) or not model.compiled:
        return model.fit(x, y, **arguments)  # raises an error that says why
    get_key = partial(training_key, model, x, y, arguments, steering, seed)
    try:
        key = get_key()
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except (NotComparableError, OSError) as reason:
        print(f"{name}: trains without a cache: {getattr(reason, 'strerror', None) or reason}.")
        history = model.fit(x, y, **arguments)
        history.seconds = time.perf_counter() - start
        return history
    left = getattr(getattr(model, "history", None), "left", None)
    if left is not None and _is_as_left(key, left):
        key = left["key"]
        if left["finished"]:
            print(f"{name}: this network is already trained ({_epochs(left)}).", end=" ")
            print("Build it again to train from the start.")
            _replay(left, model, watching)
            return model.history
    file = folder / f"{digest(key)[:16]}.npz"
    with alone(file.with_suffix(".lock"), f"{name}: another program trains it; waiting ..."):
        if (state := _stored(file)) is None:
            recorder = _Recorder(
                file, key, steering, watching, [x, arguments.get("validation_data")]
            )
            return recorder.fit(model, x, y, arguments, get_key)
    put_weights(state, model)
    print(f"{name}: loaded from the cache ({_epochs(state)}, trained in {state['seconds']:.0f} s).")
    model.history = history = keras.callbacks.History()
    _replay(state, model, [history, *watching])
    history.seconds = state["seconds"]
    _leave(model, key, state, get_key, finished=True)
    return history


def _epochs(state: dict) -> str:
    n = len(state["logs"])
    return f"{n} epoch{'s' * (n != 1)}"


def _replay(state: dict, model, callbacks: list) -> None:
    """Show callbacks the epochs of a stored training."""
    for callback in callbacks:
        callback.set_params(state["params"])
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, logs in enumerate(state["logs"], state["first_epoch"]):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, dict(logs))
        callback.on_train_end()


def _leave(model, key: dict, state: dict, get_key: Callable, finished: bool) -> None:
    """Note in `model.history` what this call did, for the next one in this process."""
    record = {name: state[name] for name in ("logs", "params", "first_epoch")}
    with suppress(NotComparableError):
        model.history.left = {**record, "key": key, "after": get_key(), "finished": finished}


def _is_as_left(key: dict, left: dict) -> bool:
    """Return whether a model is as an earlier call left it, and the other arguments agree."""
    before, after = left["key"], left["after"]
    return key[NETWORK] == after[NETWORK] and all(
        value in (before[name], after[name]) for name, value in key.items() if name != "the seed"
    )


class _Recorder(keras.callbacks.Callback):
    """Trains, and stores the state after each epoch; the last of the callbacks."""

    def __init__(self, file: Path, key: dict, steering: list, watching: list, data: list):
        super().__init__()
        self.file, self.unfinished = file, file.with_suffix(".unfinished.npz")
        self.key, self.steering, self.watching, self.data = key, steering, watching, data
        self.begin = _stored(self.unfinished)
        self.logs = list(self.begin["logs"]) if self.begin else []
        self.first_epoch = self.begin["first_epoch"] if self.begin else None
        self.start = time.perf_counter() - (self.begin["seconds"] if self.begin else 0)
        self.is_full = False

    def fit(self, model, x, y, arguments: dict, get_key: Callable) -> keras.callbacks.History:
        """Train from the beginning, or from where an earlier process ended."""
        name, more, finished = self.file.parent.name, {}, False
        if self.begin:
            put_weights(self.begin, model)
            done, end = self.first_epoch + len(self.logs), arguments.get("epochs", 1)
            print(f"{name}: continues after epoch {done}.")
            more["initial_epoch"] = end if self.begin["stopped"] else min(done, end)
        elif changed := self._changes():
            print(f"{name}: trains again, because {' and '.join(changed)} changed.")
        callbacks = [*self.steering, *self.watching, self]
        try:
            history = model.fit(x, y, **{**arguments, **more, "callbacks": callbacks})
            finished = not self._is_stopped()
        finally:
            if self.model is not None:  # `fit` has begun
                _leave(model, self.key, self._record(), get_key, finished)
        history.seconds = self._record()["seconds"]
        if self.begin:  # `fit` knows only the epochs of this process
            before = self.begin["logs"]
            history.epoch = [
                *range(self.first_epoch, self.first_epoch + len(before)),
                *history.epoch,
            ]
            names = dict.fromkeys(name for row in [*before, *self.logs] for name in row)
            history.history = {
                name: [row[name] for row in before if name in row] + history.history.get(name, [])
                for name in names
            }
        if finished and not self._store(self.file):
            self.unfinished.unlink(missing_ok=True)
        return history

    def on_train_begin(self, logs=None):
        """Restore what `fit` has just reset and drawn."""
        if self.begin:
            put_draws(self.begin, self.steering, self.data)

    def on_epoch_end(self, epoch, logs=None):
        """Store the state, unless the epoch was cut short."""
        if self.first_epoch is None:
            self.first_epoch = epoch
        if not self._is_stopped():
            self.logs.append(dict(logs or {}))
            self._store(self.unfinished)

    def _is_stopped(self) -> bool:
        return any(getattr(callback, "stopped_", False) for callback in self.watching)

    def _record(self) -> dict:
        params = {k: v for k, v in self.params.items() if isinstance(v, (int, float, str))}
        seconds = time.perf_counter() - self.start
        record = {"key": self.key, "logs": self.logs, "params": params, "seconds": seconds}
        return {**record, "first_epoch": self.first_epoch or 0}

    def _store(self, file: Path) -> OSError | None:
        state = take_state(self.model, self.steering, self.data)
        error = _write(file, {**self._record(), **state})
        if error and not self.is_full:
            print(f"The training can't be stored: {error.strerror or error}. It continues.")
        self.is_full = self.is_full or error is not None
        return error

    def _changes(self) -> list:
        """Name what has changed since the last training of this name."""
        others = [f for f in self.file.parent.glob("*.npz") if ".unfinished" not in f.name]
        others = sorted(others, key=os.path.getmtime)
        last = _stored(others[-1]) if others else None
        return [name for name in self.key if last and last["key"].get(name) != self.key[name]]
