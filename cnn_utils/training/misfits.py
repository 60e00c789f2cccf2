"""Say in a sentence why a call of Keras failed, if its arguments do not fit the network."""

from __future__ import annotations

import traceback
from pathlib import Path

import keras
import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.training.fit_arguments import (
    as_callbacks,
    check_compiled,
    check_options,
    options_of,
)
from cnn_utils.training.fit_data import answer, check_data, check_images, check_validation

# Where libraries lie; on Debian and in Colab the latter.
PACKAGES = {"site-packages", "dist-packages"}
STANDARD = Path(traceback.__file__).parent


def explanation(error: BaseException) -> str | None:
    """Return what does not fit; None if the error is of another kind.

    Parameters
    ----------
    error : BaseException
        Raised by `fit`, `evaluate`, `predict` or a call of a network.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    # What was raised elsewhere, as in a callback of the student's own, has another reason.
    if not frames or not is_installed(frames[-1]):
        return None
    for frame in frames:
        # Keras wraps these functions in one that shortens their tracebacks.
        if frame.f_code.co_name == "error_handler" and "keras" in frame.f_code.co_filename:
            names = frame.f_locals
            function = getattr(names.get("fn"), "__name__", "")
            return _mistake(function, names.get("args", ()), names.get("kwargs", {}))
    return None


def is_installed(frame) -> bool:
    """Say whether a traceback's frame is of a library's code, and not of who uses it."""
    path = Path(frame.f_code.co_filename)
    return bool(PACKAGES & {*path.parts}) or STANDARD in path.parents or path.suffix == ".pyx"


def _mistake(function: str, arguments, options) -> str | None:
    model, *given = arguments or [None]
    if not isinstance(model, keras.Model):
        return None
    options = {**dict(zip(("x", "y"), given, strict=False)), **options}
    x, y = options.pop("x", None), options.pop("y", None)
    try:
        if function in ("fit", "evaluate"):
            check_compiled(model)
            check_data(model, x, y)
        if function == "fit":
            check_options(options, options_of(model))
            as_callbacks(options.get("callbacks"))
            check_validation(model, x, options)
        if function == "predict":
            check_images(model, x)
        if function in ("predict", "__call__") and isinstance(x, np.ndarray):
            answer(model, x[:1])
    except KitError as told:
        return str(told)
    except Exception:  # of the student's own layers, loss or preprocess
        return None
    return None
