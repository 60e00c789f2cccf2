"""The profile, full or quick, and the seed."""

import os

import keras

from cnn_utils.errors import KitError


def profile() -> str:
    """Return the profile in use: "full" (default) or "quick", from ``CNN_UTILS_PROFILE``.

    Raises
    ------
    KitError
        If the variable has another value.
    """
    value = os.environ.get("CNN_UTILS_PROFILE", "").strip().lower() or "full"
    if value not in ("full", "quick"):
        raise KitError.about("CNN_UTILS_PROFILE", 'be "full" or "quick"', value)
    return value


def pick(*, full, quick):
    """Return `full` or `quick`, depending on the profile.

    Examples
    --------
    >>> EPOCHS = pick(full=40, quick=2)
    """
    return full if profile() == "full" else quick


def set_seed(seed: int) -> None:
    """Seed Python, NumPy and Keras, so that the same machine repeats the same numbers.

    Parameters
    ----------
    seed : int, 0 to 2**32 - 1
    """
    keras.utils.set_random_seed(seed)
