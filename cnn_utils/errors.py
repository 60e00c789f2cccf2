"""Errors whose text is meant for the reader: argument, expected, received, next step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from math import isfinite
from numbers import Integral, Real


class KitError(ValueError):
    """A mistake that the user can correct.

    A notebook shows only the message; with ``CNN_UTILS_TRACEBACK=1`` the whole traceback.
    """

    @classmethod
    def about(cls, argument: str, expected: str, received: object, next_step: str = "") -> KitError:
        """Build the error from its four parts.

        Parameters
        ----------
        argument : str
            Name of the argument, file or setting that is wrong.
        expected : str
            Completes the sentence "`argument` must ...".
        received : object
            What came instead: text is used as it is, anything else is described.
        next_step : str, default=""
            What to do about it, as a sentence.
        """
        found = received if isinstance(received, str) else describe(received)
        return cls(f"{argument} must {expected}; received {found}. {next_step}".rstrip())

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the message without the kit's own code."""
        return shown_instead(self, f"{type(self).__name__}: {self}")


class DataError(KitError):
    """A data file is missing, damaged or of another kind than its name says."""


class SubmissionError(KitError):
    """A submission file, or the predictions meant for one, cannot be scored."""


def traceback_wanted() -> bool:
    """Return whether the user asked for whole tracebacks."""
    return os.environ.get("CNN_UTILS_TRACEBACK") == "1"


def shown_instead(error: BaseException, message: str) -> list[str]:
    """Return what a notebook shows of an error: `message`, or on request the whole traceback."""
    if traceback_wanted():
        import traceback

        return traceback.format_exception(type(error), error, error.__traceback__)
    return [message]


def cannot_write(path, error: OSError) -> KitError:
    """Return the error for a file that can't be written."""
    return KitError.about(
        f"'{path}'",
        "be a file to write to",
        f"{error.strerror or error}",
        "Choose another folder, or make room on the disk.",
    )


def describe(value: object) -> str:
    """Describe a value in a few words: its type, and the shape and dtype of an array.

    Examples
    --------
    >>> describe(np.zeros((2, 3)))
    'an array of shape (2, 3), float64'
    >>> describe("cat")
    "'cat' (str)"
    """
    import numpy as np  # here, so that the command line can report that it is missing

    if value is None:
        return "None"
    if isinstance(value, np.generic):
        value = value.item()
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return (
            f"an array of shape {tuple(value.shape)}, {getattr(value.dtype, 'name', value.dtype)}"
        )
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, (str, int, float, bool)):
        text = repr(value)
        return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
    return f"a {type(value).__name__}"


def closest(name: str, known: Iterable[str], min_likeness: float = 0.6) -> str | None:
    """Return the known name closest to a misspelt one; None if none is similar enough.

    Examples
    --------
    >>> closest("acuracy", ["accuracy", "loss"])
    'accuracy'
    """
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=min_likeness)), None)


def check_count(name: str, value: object, least: int = 1) -> None:
    """Raise KitError unless `value` is a whole number of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise KitError.about(f"`{name}`", f"be a whole number of at least {least}", describe(value))


def check_number(name: str, value: object, expected: str, accept: Callable[[float], bool]) -> None:
    """Raise KitError unless `value` is a finite real number that `accept` accepts."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not isfinite(value) or not accept(value):
        raise KitError.about(f"`{name}`", expected, describe(value))


def check_flag(name: str, value: object) -> None:
    """Raise KitError unless `value` is True or False."""
    import numpy as np

    if not isinstance(value, (bool, np.bool_)):
        raise KitError.about(f"`{name}`", "be True or False", describe(value))


def check_choice(name: str, value: object, choices: Iterable) -> None:
    """Raise KitError unless `value` is one of the choices, which are texts or None."""
    if not isinstance(value, (str, type(None))) or value not in choices:
        raise KitError.about(f"`{name}`", f"be one of {tuple(choices)}", describe(value))


def check_image_shape(value: object, least: int = 1) -> None:
    """Raise KitError unless `value` is a height, width and number of channels."""
    sizes = value if isinstance(value, (tuple, list)) else ()
    whole = all(isinstance(size, Integral) and not isinstance(size, bool) for size in sizes)
    if len(sizes) != 3 or not whole or min(sizes) < 1 or min(sizes[:2]) < least:
        expected = f"be height, width and channels, at least {least} pixels each way"
        raise KitError.about("`input_shape`", expected, f"{value!r}"[:60])


def check_path(name: str, value: object) -> None:
    """Raise KitError unless `value` can name a file or folder."""
    if not isinstance(value, (str, os.PathLike)):
        raise KitError.about(f"`{name}`", "be a text or a Path", value)


def check_seed(value: object) -> None:
    """Raise KitError unless all random generators take `value` as a seed."""
    if not isinstance(value, Integral) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise KitError.about("`seed`", "be a whole number from 0 to 2**32 - 1", describe(value))
