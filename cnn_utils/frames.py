"""Whose code an error went through: a library's, the kit's, or that of who uses both."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType

# Where libraries lie; on Debian and in Colab the latter.
PACKAGES = {"site-packages", "dist-packages"}
STANDARD = Path(traceback.__file__).parent
KIT = Path(__file__).parent


def frames_of(error: BaseException) -> list[FrameType]:
    """Return the frames of an error's traceback, the one that raised it last."""
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def is_installed(frame: FrameType) -> bool:
    """Say whether a frame is of a library's code."""
    return is_installed_file(frame.f_code.co_filename)


def is_installed_file(filename: str) -> bool:
    """Say whether a file, as tracebacks name it, is a library's."""
    path = Path(filename)
    return bool(PACKAGES & {*path.parts}) or STANDARD in path.parents or path.suffix == ".pyx"


def is_of_keras(frame: FrameType) -> bool:
    """Say whether a frame is of Keras' own code."""
    return is_file_of_keras(frame.f_code.co_filename)


def is_file_of_keras(filename: str) -> bool:
    """Say whether a file, as tracebacks name it, is Keras' own."""
    return is_installed_file(filename) and "keras" in Path(filename).parts


def is_own(frame: FrameType) -> bool:
    """Say whether a frame is of who uses the kit: of a cell, or of a file of theirs."""
    return not is_installed(frame) and KIT not in Path(frame.f_code.co_filename).parents


def calls_of_keras(frames: Iterable[FrameType]) -> list[tuple[Callable, tuple, dict]]:
    """Return function, arguments and options of each call of Keras among the frames.

    Of those that Keras wraps to shorten their tracebacks: `fit` and its like, a layer's call.
    """
    wrappers = [frame for frame in frames if frame.f_code.co_name == "error_handler"]
    wrapped = [frame.f_locals for frame in wrappers if is_of_keras(frame)]
    return [
        (names["fn"], names.get("args", ()), names.get("kwargs", {}))
        for names in wrapped
        if "fn" in names
    ]


def line_that_called_keras(error: BaseException) -> str:
    """Return place and text of the last line of one's own before Keras took over.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    line : str
        Such as "In cell [3], line 2: model.fit(x, y)"; empty if it is not known.
    """
    found = ""
    for frame, number in traceback.walk_tb(error.__traceback__):
        if is_of_keras(frame):
            break
        if is_own(frame):
            found = line_at(frame.f_code.co_filename, number) or found
    return found


def line_at(filename: str, number: int) -> str:
    """Return place and text of a line; empty if it can't be read, or is IPython's own."""
    code = linecache.getline(filename, number).strip()
    if not code or code.startswith("get_ipython()"):
        return ""
    return f"In {_place(filename)}, line {number}: {code}"


def _place(filename: str) -> str:
    """Return the file's name; of a cell its number, as a notebook shows it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    named = getattr(getattr(shell, "compile", None), "format_code_name", lambda name: None)
    label = named(filename)
    return f"cell {label[1].removeprefix('In')}" if label else Path(filename).name
