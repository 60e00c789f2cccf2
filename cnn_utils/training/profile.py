"""How long to train, and from which seed."""

from __future__ import annotations

import os
from typing import TypeVar

import keras

from cnn_utils.errors import KitError, check_seed

PROFILES = ("full", "quick")
Value = TypeVar("Value")


def profile() -> str:
    """Return the profile in use: "full" (default) or "quick", from ``CNN_UTILS_PROFILE``.

    Raises
    ------
    KitError
        If the environment variable holds anything else.
    """
    value = os.environ.get("CNN_UTILS_PROFILE", "").strip().lower() or "full"
    if value not in PROFILES:
        raise KitError.about("CNN_UTILS_PROFILE", 'be "full" or "quick"', value)
    return value


def pick(*, full: Value, quick: Value) -> Value:
    """Return `full` or `quick`, whichever the profile asks for.

    Examples
    --------
    >>> EPOCHS = pick(full=40, quick=2)
    """
    return full if profile() == "full" else quick


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that the same machine gives the same numbers again.

    Parameters
    ----------
    seed : int, 0 to 2**32 - 1

    Raises
    ------
    KitError
        If `seed` is not such a whole number.
    """
    check_seed(seed)
    keras.utils.set_random_seed(int(seed))
