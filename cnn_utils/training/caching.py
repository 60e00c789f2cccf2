"""Do long work once: `fit_cached` stores trainings, `cached` the results of other calls."""

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
from cnn_utils.training.resumption import Recorder

SEED_ADVICE = "(Another seed? Run all cells from the top, or call `set_seed` in this cell.)"
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
    """Delete the trainings that `fit_cached` stored.

    Parameters
    ----------
    name : str, optional
        Only those of this name.
    folder : str or Path, optional
        As in `fit_cached`.
    """
    shutil.rmtree(_folder(folder, name), ignore_errors=True)


def cached(function: Callable, *arguments, **options):
    """Return ``function(*arguments, **options)``, and store the result for the next time.

    For what takes long, returns an array and depends on its arguments alone. What can't be
    compared or stored is computed each time.

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
        key = digest(function, arguments, counting)
    except NotComparableError:
        return function(*arguments, **options)
    file = _folder() / ".calls" / f"{key}.npz"  # the point keeps it apart from trainings
    if (stored := _read(file)) is not None:
        return stored["result"]
    result = function(*arguments, **options)
    if isinstance(result, np.ndarray) and not result.dtype.hasobject:
        _write(file, {"result": result})
    return result


def _folder(folder=None, name: str | None = None) -> Path:
    if name is not None and not re.fullmatch(r"[\w-]{1,60}", str(name)):
        raise KitError.about("`name`", "be letters, digits, - and _, such as 'lenet'", name)
    folder = cache_folder() / "runs" if folder is None else Path(folder).expanduser()
    return folder / (name or "")


def _write(file: Path, values: dict) -> OSError | None:
    """Store plain values and arrays; return the error if that fails, as on a full disk."""
    arrays = {}

    def as_reference(value):
        array = np.asarray(value)
        if array.ndim == 0:
            return array.item()
        arrays[str(len(arrays))] = array
        return {"array": str(len(arrays) - 1)}

    text = json.dumps(values, default=as_reference).encode()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as part, open(part, "wb") as opened:
            np.savez(opened, text=np.frombuffer(text, np.uint8), **arrays)
        total = 0
        for other in sorted(file.parents[1].glob("*/*.npz"), key=os.path.getmtime, reverse=True):
            total += other.stat().st_size
            if total > MAX_BYTES and other != file:
                other.unlink()
    except OSError as error:
        return None if isinstance(error, FileNotFoundError) else error  # deleted by another process


def _read(file: Path) -> dict | None:
    """Return what `_write` stored; None if it is missing or damaged."""

    def as_array(values):
        return archive[values["array"]] if [*values] == ["array"] else values

    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
            values = json.loads(archive["text"].tobytes(), object_hook=as_array)
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
    last = getattr(getattr(model, "history", None), "last", None)  # training in this process
    if last and _is_unchanged(key, last):
        print(f"{name}: this network is already trained ({_epochs(last)}).", end=" ")
        print("Build it again to train from the start.")
        _replay(last, model, watching)
        return model.history
    file = folder / f"{digest(key)[:16]}.npz"
    with alone(file.with_suffix(".lock"), f"{name}: another program trains it; waiting ..."):
        state = _read(file)
        data = [x, arguments.get("validation_data")]
        recorder = Recorder(partial(_write, file), key, state, steering, watching, data)
        if is_stored := state is not None and state["finished"]:
            print(f"{name}: loaded from the cache ({_epochs(state)}, trained in", end=" ")
            print(f"{state['seconds']:.0f} s).")
            recorder.restore(model)
        else:
            if state is not None:
                print(f"{name}: continues after epoch {state['first_epoch'] + len(state['logs'])}.")
            elif changed := _changes(file, key):
                advice = SEED_ADVICE if "the seed" in changed else ""
                print(
                    f"{name}: trains again, because {', '.join(changed)} changed. {advice}".strip()
                )
            state = recorder.train(model, x, y, arguments)
    model.history = history = keras.callbacks.History()
    _replay(state, model, [history, *watching] if is_stored else [history])
    history.seconds = state["seconds"]
    if state["finished"]:
        kept = {name: state[name] for name in ("key", "logs", "params", "first_epoch")}
        with suppress(NotComparableError):  # a layer of one's own may hold something by now
            history.last = {**kept, "after": get_key()}
    return history


def _is_unchanged(key: dict, last: dict) -> bool:
    """Return whether the network is as its last training left it, and the rest as before."""
    network, before, after = "the network or its first weights", last["key"], last["after"]
    same = [v in (before[k], after[k]) for k, v in key.items() if k not in (network, "the seed")]
    return key[network] == after[network] and all(same)


def _changes(file: Path, key: dict) -> list:
    """Return what has changed since the training of this name that was used last."""
    others = [other for other in file.parent.glob("*.npz") if other != file]
    last = _read(max(others, key=os.path.getmtime)) if others else None
    return [part for part, value in key.items() if last and last["key"].get(part) != value]


def _epochs(state: dict) -> str:
    n = len(state["logs"])
    return f"{n} epoch{'s' * (n != 1)}"


def _replay(state: dict, model, callbacks: list) -> None:
    """Show callbacks the epochs of a training."""
    for callback in callbacks:
        callback.set_params(state["params"])
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, logs in enumerate(state["logs"], state["first_epoch"]):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, dict(logs))
        callback.on_train_end()
