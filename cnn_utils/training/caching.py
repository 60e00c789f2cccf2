"""Do long work once: `fit_cached` stores trainings, `cached` the results of other calls."""

import json
import os
import random
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import keras
import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.files import alone, atomic_path, cache_folder
from cnn_utils.training.cache_key import LEARNED, NotComparableError, digest, training_key

SEED_ADVICE = " (Another seed? Run all cells from the top, or call `set_seed` in this cell.)"
GOES_ON = " It goes on from the trained network: build that again to train from the start."
NETWORK = "the network or its first weights"
# Of all results together; those that were used longest ago are deleted.
MAX_BYTES = 2 * 10**9


def fit_cached(model: keras.Model, x=None, y=None, *, name: str, folder=None, **fit_arguments):
    """Train as ``model.fit(x, y, ...)`` does, unless the same training is stored.

    It is loaded only if nothing has changed that its result depends on: network, weights, data,
    arguments, seed, versions, and your own functions and classes with all that they read. Where
    that can't be proven, as for a `tf.data.Dataset` or a file, it trains, and a line says why. An
    interrupted training continues after its last whole epoch: `ImageBatches` repeat the orders
    that they would have had, `fit`'s own shuffling draws new ones.

    All random generators are seeded with a number drawn from Python's `random`, and afterwards
    with the next number, so that what follows is the same whether it trained or not. Call
    `set_seed` at the top of the notebook.

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
        Of `fit`, which checks them.

    Returns
    -------
    history : keras.callbacks.History
        `history.seconds` is how long the training took.
    """
    folder = _folder(folder, name)
    if "in_memory" in fit_arguments and fit_arguments.pop("in_memory"):
        print(f"{name}: `in_memory` is ignored; compile(..., steps_per_execution=50) saves time.")
    seed = random.getrandbits(32)
    keras.utils.set_random_seed(seed)
    try:
        return _fit(model, x, y, folder, fit_arguments, seed)
    finally:
        keras.utils.set_random_seed((seed + 1) % 2**32)


def clear_runs(name: str | None = None, folder=None) -> None:
    """Delete the trainings that `fit_cached` stored, or those of one `name`."""
    place = _folder(folder, name)
    for file in _stored(place.parent, place.name) if name else _stored(place, "*"):
        file.unlink(missing_ok=True)


def cached(function: Callable, *arguments, **options):
    """Return ``function(*arguments, **options)``, and store the result for the next time.

    For what takes long, returns an array and depends on its arguments alone. What can't be
    compared or stored is computed each time.

    Examples
    --------
    >>> y_prob = cached(model.predict, x_test, verbose=0)
    """
    counting = {name: value for name, value in options.items() if name != "verbose"}
    try:
        key = digest(function, arguments, counting)
    except NotComparableError:
        return function(*arguments, **options)
    file = _folder() / ".calls" / f"{key}.npz"  # the point keeps it apart from trainings
    if (stored := _read(file)) is not None:
        return stored["result"]
    result = function(*arguments, **options)
    if isinstance(result, np.ndarray) and not result.dtype.hasobject:
        with suppress(OSError):
            _write(file, {"result": result})
    return result


def _folder(folder=None, name: str | None = None) -> Path:
    if name is not None and not re.fullmatch(r"[\w-]{1,60}", str(name)):
        raise KitError.about("`name`", "be letters, digits, - and _, such as 'lenet'", name)
    folder = cache_folder() / "runs" if folder is None else Path(folder).expanduser()
    return folder / (name or "")


def _stored(folder: Path, name: str) -> list[Path]:
    """Return the files stored under a name (".calls": by `cached`), those used last first."""
    files = [f for f in folder.glob(f"{name}/*.npz") if re.fullmatch("[0-9a-f]{16,64}", f.stem)]
    return sorted(files, key=os.path.getmtime, reverse=True)


def _write(file: Path, values: dict) -> None:
    """Store plain values and arrays; a file that nobody has used for long makes room."""
    arrays = []

    def as_reference(value):
        if np.ndim(value) == 0:
            return value.item()
        arrays.append(value)
        return {"array": len(arrays) - 1}

    text = json.dumps(values, default=as_reference)
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(file) as part, open(part, "wb") as opened:
        np.savez(opened, *arrays, text=np.array(text))
    total = 0
    with suppress(FileNotFoundError):  # deleted by another process
        for other in _stored(file.parents[1], "*"):
            total += other.stat().st_size
            if total > MAX_BYTES and other != file:
                other.unlink()


def _read(file: Path) -> dict | None:
    """Return what `_write` stored; None if it is missing or damaged."""

    def as_array(values):
        return archive[f"arr_{values['array']}"] if [*values] == ["array"] else values

    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
            values = json.loads(str(archive["text"]), object_hook=as_array)
        os.utime(file)  # used just now
        return values
    except FileNotFoundError:
        return None
    except Exception as error:  # NumPy, zipfile and json have many for a damaged file
        print(f"{file.parent.name}: the stored result can't be read ({error}).")
        return None


def _fit(model, x, y, folder: Path, arguments: dict, seed: int) -> keras.callbacks.History:
    name, start = folder.name, time.perf_counter()
    callbacks = [c for c in keras.tree.flatten(arguments.get("callbacks")) if c is not None]
    watching = [c for c in callbacks if type(c).__module__.startswith("cnn_utils.")]
    steering = [c for c in callbacks if c not in watching]
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
    file = folder / f"{digest(key)[:16]}.npz"
    with alone(file.with_suffix(".lock"), f"{name}: another program trains it; waiting ..."):
        state = getattr(getattr(model, "history", None), "last", None)  # training in this process
        what, advice = "this network is already trained", "Build it again to train from the start."
        is_stored = state is not None and _is_unchanged(name, key, state)
        goes_on = state is not None and key[NETWORK] == state["after"][NETWORK]
        if not is_stored:
            what, advice, state = "loaded from the cache", "", _read(file) or {"key": key}
            state = {"name": name, "finished": False, "logs": [], "seconds": 0.0, **state}
            data = [x, arguments.get("validation_data")]
            recorder = _Recorder(file, state, model, steering, watching, data)
            is_stored = state["finished"]
        n, first = len(state["logs"]), arguments.get("initial_epoch", 0)
        if is_stored:
            epochs = f"{n} epoch{'s' * (n != 1)}, trained in {state['seconds']:.0f} s"
            print(f"{name}: {what} ({epochs}). {advice}".strip())
        else:
            if n:
                print(f"{name}: continues after epoch {first + n}.")
            elif changed := _changes(file, key):
                advice = SEED_ADVICE if "the seed" in changed else ""
                advice = GOES_ON if goes_on else advice
                print(f"{name}: trains again, because {', '.join(changed)} changed.{advice}")
            for make in (model.make_train_function, model.make_test_function):
                make(force=True)  # one made before may hold old values of what the losses read
            done = arguments.get("epochs", 1) if state.get("is_stopped") else first + n
            more = {"callbacks": [*callbacks, recorder]}  # itself last: the others have learned
            model.fit(x, y, **{**arguments, **more, "initial_epoch": done})
    model.history = keras.callbacks.History()
    shown = [model.history, *(watching if is_stored else [])]
    shown = keras.callbacks.CallbackList(shown, model=model, **state["params"])
    shown.on_train_begin()
    for epoch, logs in enumerate(state["logs"], first):
        shown.on_epoch_begin(epoch)
        shown.on_epoch_end(epoch, dict(logs))
    shown.on_train_end()
    model.history.seconds = state["seconds"]
    if state["finished"]:
        with suppress(NotComparableError):  # a layer of one's own may hold something by now
            model.history.last = {**state, "weights": None, "after": get_key()}
    return model.history


def _is_unchanged(name: str, key: dict, last: dict) -> bool:
    """Return whether the network is as its last training left it, and the rest as before."""
    before, after = last["key"], last["after"]
    same = [v in (before[k], after[k]) for k, v in key.items() if k not in (NETWORK, "the seed")]
    return name == last["name"] and key[NETWORK] == after[NETWORK] and all(same)


def _changes(file: Path, key: dict) -> list:
    """Return what has changed since the training of this name that was used last."""
    others = [other for other in _stored(file.parents[1], file.parent.name) if other != file]
    last = _read(others[0]) if others else None
    return [part for part, value in key.items() if last and last["key"].get(part) != value]


class _Recorder(keras.callbacks.Callback):
    """Stores, after each epoch, all that the next one depends on, and restores it.

    `steering` callbacks may change the training, `watching` ones don't; `data` are arrays, or
    `ImageBatches`, which draw random numbers.
    """

    def __init__(self, file: Path, state: dict, model, steering: list, watching: list, data: list):
        super().__init__()
        self.file, self.state, self.steering = file, state, steering
        self.watching, self.data, self.can_store = watching, data, True
        self.start = time.perf_counter() - state["seconds"]
        self.variables = lambda: [*model.variables, *model.optimizer.variables]
        if "weights" in state:
            model.optimizer.build(model.trainable_variables)
            for variable, value in zip(self.variables(), state["weights"], strict=True):
                variable.assign(value)
            self.on_train_begin()

    def on_train_begin(self, logs=None):
        """Restore what `fit` has just reset and drawn."""
        if "weights" not in self.state:
            return
        for callback, learned in zip(self.steering, self.state["callbacks"], strict=True):
            vars(callback).update(learned)
        for one, draws in zip(self.data, self.state["draws"], strict=True):
            if draws:
                one.draws = draws
        version, numbers, gauss = self.state["random"]
        random.setstate((version, tuple(numbers), gauss))

    def on_epoch_end(self, epoch, logs=None):
        """Record the epoch."""
        self.state["logs"].append(dict(logs or {}))
        self._record(finished=False)

    def on_train_end(self, logs=None):
        """Record the end."""
        self._record(finished=True)

    def _record(self, finished: bool) -> None:
        self.state["seconds"] = time.perf_counter() - self.start
        self.state["params"] = self.params
        if any(getattr(callback, "stopped_", False) for callback in self.watching):
            return  # by hand, within an epoch
        trained = getattr(self.model.optimizer, "_trainable_variables", [])
        if [*map(id, trained)] != [*map(id, self.model.trainable_variables)]:
            return  # a `train_step` of one's own trains a part: there is more than is stored here
        self.state |= {
            "finished": finished,
            "is_stopped": bool(self.model.stop_training),
            "weights": [_as_numpy(variable) for variable in self.variables()],
            "callbacks": [{k: vars(c)[k] for k in LEARNED & {*vars(c)}} for c in self.steering],
            "draws": [getattr(one, "draws", None) for one in self.data],
            "random": random.getstate(),  # from which Keras draws the order of batches
        }
        try:
            _write(self.file, self.state)
        except OSError as error:
            if self.can_store:
                print(f"The training can't be stored ({error.strerror or error}); it continues.")
            self.can_store = False


def _as_numpy(variable) -> np.ndarray:
    array = keras.ops.convert_to_numpy(variable)
    return array.astype("float32") if variable.dtype == "bfloat16" else array  # unknown to NumPy
