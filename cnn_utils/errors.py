"""Errors whose text is meant for the reader: argument, expected, received, next step."""

import os
import re
from collections.abc import Iterable
from numbers import Integral


class KitError(ValueError):
    """A mistake that the user can correct.

    A notebook shows only the message; with ``CNN_UTILS_TRACEBACK=1`` the whole traceback.
    """

    @classmethod
    def about(
        cls, argument: str, expected: str, received: object, next_step: str = ""
    ) -> "KitError":
        """Build the error from its four parts; `received` is text, or a value to describe."""
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


def cannot_write(path, error: OSError) -> "KitError":
    """Return the error for a file that can't be written."""
    return KitError.about(
        f"'{path}'",
        "be a file to write to",
        f"{error.strerror or error}",
        "Choose another folder, or make room on the disk.",
    )


def describe(value: object) -> str:
    """Describe a value in a few words, such as "an array of shape (2, 3), float64"."""
    import numpy as np  # here, so that the command line can report that it is missing

    name = type(value).__name__
    kind = f"a{'n' * bool(re.match('(?!uni|uint)[aeiou]|F1', name, re.IGNORECASE))} {name}"
    if value is None or value is Ellipsis:
        return "None" if value is None else "`...`: write your answer in its place"
    if isinstance(value, np.generic):
        value = value.item()
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        dtype = getattr(value.dtype, "name", value.dtype)
        return f"an array of shape {tuple(value.shape)}, {dtype}"
    if isinstance(value, (list, tuple)):
        return f"{kind} of {len(value)}"
    if isinstance(value, (str, int, float, bool)):
        text = repr(value)
        return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
    return kind


def closest(name: str, known: Iterable[str], min_likeness: float = 0.6) -> str | None:
    """Return the known name closest to a misspelt one; None if no name is similar enough."""
    import difflib

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=min_likeness)), None)


def check_count(name: str, value: object, least: int = 1) -> None:
    """Raise KitError unless `value` is a whole number of at least `least`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise KitError.about(f"`{name}`", f"be a whole number of at least {least}", describe(value))


def check_choice(name: str, value: object, choices: Iterable) -> None:
    """Raise KitError unless `value` is one of the choices, which are texts or None."""
    if not isinstance(value, (str, type(None))) or value not in choices:
        raise KitError.about(f"`{name}`", f"be one of {tuple(choices)}", describe(value))
