"""Results that are computed once: arrays, kept under the hash of all that they depend on."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from cnn_utils.files import atomic_path
from cnn_utils.training.digest import CannotTellError, digest
from cnn_utils.training.fingerprint import versions
from cnn_utils.training.run_store import make_room, runs_folder


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
        result = np.asarray(compute())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as part, open(part, "wb") as opened:
            np.savez(opened, result=result)
    except OSError:  # a full disk, a folder that can't be written to
        return result
    make_room(runs_folder(folder), keep=file)
    return result
