"""`fit_cached`: a training that is not repeated, and that survives the end of its process."""

from __future__ import annotations

import random
import re
import shutil
import time
from functools import partial

import keras

from cnn_utils.errors import KitError, check_flag
from cnn_utils.training.digest import CannotTellError
from cnn_utils.training.fingerprint import of_training
from cnn_utils.training.in_memory import as_pair, fit_in_memory
from cnn_utils.training.run_store import RunStore, runs_folder
from cnn_utils.training.state import put_draws, put_weights, take_state

NAME = re.compile(r"[\w-]{1,60}")


def fit_cached(
    model: keras.Model, x=None, y=None, *, name: str, folder=None, in_memory=False, **options
):
    """Train as ``model.fit(x, y, ...)`` does, unless the very same training was done before.

    A finished training is kept: where nothing has changed that its result depends on, `model` and
    the history are loaded instead. After each epoch the state is kept as well, so that a training
    that was ended from outside goes on after its last whole epoch. All random numbers begin with
    one drawn from Python's `random`, so that `set_seed` before makes trainings repeatable.

    Parameters
    ----------
    model : keras.Model
        Compiled, and built: its first layer is a `keras.Input`.
    x, y : arrays, or `ImageBatches` as `x`
    name : str
        Of the training, such as "lenet": letters, digits, ``-`` and ``_``.
    folder : str or Path, optional
        Where trainings are kept; by default the folder "runs" in the kit's cache.
    in_memory : bool, default=False
        Train with `fit_in_memory`: arrays only, and a small network needs less time.
    **options
        The other arguments of `fit`, or of `fit_in_memory`.

    Returns
    -------
    history : keras.callbacks.History
        `history.seconds` is the time that the training took when it was done.

    Raises
    ------
    KitError
        If the model is not compiled, `x`, `y` or `validation_data` don't fit it, or another
        argument is wrong. What else `fit` refuses, it refuses in its own words.

    Notes
    -----
    The result depends on: architecture, first weights, optimiser, loss, metrics, every image and
    label, the arguments of `fit`, callbacks, seed, versions, acceleration, and functions of your
    own with all they look up. With something that can't be compared, such as a `tf.data.Dataset`
    or a callback of your own, it trains each time, and says why. Of a training that goes on,
    `ImageBatches` and `in_memory` repeat the orders that it would have had; `fit`'s own shuffling
    draws new ones.
    """
    _check_name(name)
    check_flag("in_memory", in_memory)
    if in_memory:
        x, y = as_pair(x, y, "`x` and `y`")
    options["callbacks"] = keras.tree.flatten(options.get("callbacks") or [])
    folder = runs_folder(folder)
    seed = random.getrandbits(32)
    keras.utils.set_random_seed(seed)
    try:
        return _fit(model, x, y, name, folder, in_memory, options, seed)
    finally:
        # What comes after draws the same numbers, whether it was trained or loaded.
        keras.utils.set_random_seed((seed + 1) % 2**32)


def clear_runs(name: str | None = None, folder=None) -> None:
    """Delete the trainings that `fit_cached` kept.

    Parameters
    ----------
    name : str, optional
        Only those of this name.
    folder : str or Path, optional
        As in `fit_cached`.

    Raises
    ------
    KitError
        If `name` is none.
    """
    if name is not None:
        _check_name(name)
    folder = runs_folder(folder)
    shutil.rmtree(folder / name if name else folder, ignore_errors=True)


def _check_name(name) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise KitError.about("`name`", "be letters, digits, - and _, such as 'lenet'", name)


def _fit(model, x, y, name, folder, in_memory, options, seed):
    callbacks = options.pop("callbacks")
    watching = [c for c in callbacks if getattr(c, "only_watches", False)]
    steering = [c for c in callbacks if c not in watching]
    fit, settings = model.fit, {**options, "in_memory": in_memory}
    if in_memory:
        fit, options = partial(fit_in_memory, model), {"seed": seed, **options}
    try:
        parts = of_training(model, x, y, settings, steering, seed)
    except CannotTellError as reason:
        return _uncached(reason, name, partial(fit, x, y, callbacks=callbacks, **options))
    store = RunStore(folder / name, parts)
    try:
        store.prepare()
    except OSError as error:
        reason = error.strerror or error
        return _uncached(reason, name, partial(fit, x, y, callbacks=callbacks, **options))
    with store.alone():
        if (found := store.finished()) is not None:
            put_weights(found, model)
            print(f"{name}: loaded, it was trained before ({found.epochs} epochs).")
            return _replayed(model, found, watching)
        unfinished = store.unfinished()
        if unfinished is None and (changed := store.changed()):
            print(f"{name}: trained anew, because of a change in {', '.join(changed)}.")
        if unfinished is not None:
            print(f"{name}: goes on after epoch {unfinished.epochs}, where it was ended.")
        return _trained(fit, model, x, y, options, steering, watching, store, unfinished)


def _uncached(reason, name: str, fit) -> keras.callbacks.History:
    print(f"{name} is trained without a cache: {reason}.")
    start = time.perf_counter()
    history = fit()
    history.seconds = time.perf_counter() - start
    return history


def _trained(fit, model, x, y, options, steering, watching, store, unfinished):
    batches = [x, options.get("validation_data")]
    keeper = _Keeper(store, steering, watching, batches, unfinished)
    if unfinished is not None:
        put_weights(unfinished, model)
        end = options.get("epochs", 1)
        options["initial_epoch"] = end if unfinished.stopped else min(unfinished.epochs, end)
    history = fit(x, y, callbacks=[*steering, *watching, keeper], **options)
    state = keeper.state()
    history.seconds = state.seconds
    if unfinished is not None:  # `fit` knows only the epochs of this process
        history.epoch = [*range(unfinished.first_epoch, unfinished.epochs), *history.epoch]
        history.history = {
            name: [row[name] for row in unfinished.logs] + history.history.get(name, [])
            for name in unfinished.logs[0]
        }
    if not keeper.stopped_by_user():
        store.keep(state, finished=True)
    return history


def _replayed(model, found, watching) -> keras.callbacks.History:
    """Let those who only watch see the epochs again; return the history."""
    history = keras.callbacks.History()
    for callback in (history, *watching):
        callback.set_params(found.params)
        callback.set_model(model)
        callback.on_train_begin()
        for epoch, logs in enumerate(found.logs, found.first_epoch):
            callback.on_epoch_begin(epoch)
            callback.on_epoch_end(epoch, dict(logs))
        callback.on_train_end()
    model.history, history.seconds = history, found.seconds
    return history


class _Keeper(keras.callbacks.Callback):
    """Keeps the state after each epoch; comes last, so that the others have had their say."""

    def __init__(self, store: RunStore, steering, watching, batches, unfinished):
        super().__init__()
        self.store, self.steering, self.watching, self.batches = store, steering, watching, batches
        self.unfinished = unfinished
        self.logs = list(unfinished.logs) if unfinished else []
        self.first_epoch = unfinished.first_epoch if unfinished else None
        self.start = time.perf_counter()

    def on_train_begin(self, logs=None):
        """Give the others back what they knew: they have just forgotten it.

        The same for random numbers: `fit` has drawn some to see what batches look like.
        """
        if self.unfinished is not None:
            put_draws(self.unfinished, self.batches)
            for callback, known in zip(self.steering, self.unfinished.callbacks, strict=True):
                vars(callback).update(known)

    def on_epoch_end(self, epoch, logs=None):
        """Keep the state, unless the epoch was cut short."""
        if self.stopped_by_user():
            return
        if self.first_epoch is None:
            self.first_epoch = epoch
        self.logs.append(dict(logs or {}))
        self.store.keep(self.state(), finished=False)

    def state(self):
        """Return the state at this moment."""
        parts = (self.model, self.batches, self.logs, self.params, self.steering)
        return take_state(*parts, first_epoch=self.first_epoch or 0, seconds=self.seconds())

    def seconds(self) -> float:
        """Return how long it has been training, in earlier processes too."""
        before = self.unfinished.seconds if self.unfinished else 0.0
        return before + time.perf_counter() - self.start

    def stopped_by_user(self) -> bool:
        """Say whether one of those who watch was asked to stop."""
        return any(getattr(callback, "stopped_", False) for callback in self.watching)
