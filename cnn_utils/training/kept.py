"""Results that are computed once: arrays, kept under the hash of all that they depend on."""

from __future__ import annotations

import os
from collections.abc import Callable

import keras
import numpy as np

from cnn_utils.errors import KitError, describe
from cnn_utils.files import atomic_path
from cnn_utils.training.digest import CannotTellError, digest
from cnn_utils.training.fingerprint import of_network, versions
from cnn_utils.training.run_store import make_room, runs_folder


def cached(function: Callable, *arguments, **options):
    """Call a function, unless it was called with the very same arguments before.

    Then its earlier result is returned. For what takes long, returns an array and depends on
    nothing but its arguments, such as ``model.predict``: with other weights, other images or
    another `preprocess` it is called. Where nothing can be kept, it is called each time.

    Parameters
    ----------
    function : callable
    *arguments, **options
        What it is called with.

    Returns
    -------
    result : ndarray
        Or whatever else the function returns; that is not kept.

    Raises
    ------
    KitError
        If `function` is none, or a network's that takes images of another shape.

    Examples
    --------
    >>> y_prob = cached(model.predict, x_test, verbose=0)
    """
    if not callable(function):
        raise KitError.about(
            "`function`",
            "be a function, and its arguments come behind it",
            describe(function),
            "Write cached(model.predict, x) instead of cached(model.predict(x)).",
        )
    call = getattr(function, "__func__", function), getattr(function, "__self__", None), *arguments
    told = [of_network(part) if isinstance(part, keras.Model) else part for part in call]
    settings = {name: value for name, value in options.items() if name != "verbose"}

    def compute():
        return function(*arguments, **options)

    return kept("calls", (told, settings), compute)


def kept(kind: str, parts, compute: Callable[[], np.ndarray], folder=None) -> np.ndarray:
    """Return what `compute` returns; if it was kept earlier, without calling it.

    Where nothing can be kept, or `parts` can't be compared, it is computed each time.

    Parameters
    ----------
    kind : str
        What it is, such as "predictions".
    parts : any
        All that the result depends on, besides the versions of the libraries.
    compute : callable
        Takes nothing, returns an array.
    folder : str or Path, optional
        As for `fit_cached`.

    Returns
    -------
    result : ndarray
    """
    try:
        key = digest(kind, parts, versions())
    except CannotTellError:
        return compute()
    # With a point, which no training has in its name.
    file = runs_folder(folder) / f".{kind}" / f"{key[:32]}.npz"
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
            result = archive["result"]
        os.utime(file)  # used just now
        return result
    except Exception:  # missing; NumPy and zipfile have many more for a damaged file
        result = compute()
    if not isinstance(result, np.ndarray) or result.dtype.hasobject:
        return result
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as part, open(part, "wb") as opened:
            np.savez(opened, result=result)
    except OSError:  # a full disk, a folder that can't be written to
        return result
    make_room(runs_folder(folder), keep=file)
    return result
