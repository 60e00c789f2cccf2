"""Whose code an error went through: a library's, the kit's, or that of who uses both."""

from __future__ import annotations

import linecache
import sys
import traceback
from pathlib import Path
from types import FrameType

# Where libraries lie; on Debian and in Colab the latter.
PACKAGES = {"site-packages", "dist-packages"}
STANDARD = Path(traceback.__file__).parent
KIT = Path(__file__).parent


def is_installed(frame: FrameType) -> bool:
    """Say whether a frame is of a library's code."""
    path = Path(frame.f_code.co_filename)
    return bool(PACKAGES & {*path.parts}) or STANDARD in path.parents or path.suffix == ".pyx"


def is_of_keras(frame: FrameType) -> bool:
    """Say whether a frame is of Keras' own code."""
    return is_installed(frame) and "keras" in Path(frame.f_code.co_filename).parts


def is_own(frame: FrameType) -> bool:
    """Say whether a frame is of who uses the kit: of a cell, or of a file of theirs."""
    return not is_installed(frame) and KIT not in Path(frame.f_code.co_filename).parents


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
        code = linecache.getline(frame.f_code.co_filename, number).strip()
        if is_own(frame) and code:
            found = f"In {_place(frame.f_code.co_filename)}, line {number}: {code}"
    return found


def _place(filename: str) -> str:
    """Return the file's name; of a cell its number, as a notebook shows it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    named = getattr(getattr(shell, "compile", None), "format_code_name", lambda name: None)
    label = named(filename)
    return f"cell {label[1].removeprefix('In')}" if label else Path(filename).name
