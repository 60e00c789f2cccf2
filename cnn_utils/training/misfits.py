"""Say in a sentence why a call of Keras failed, if its arguments do not fit the network."""

from __future__ import annotations

import keras
import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.frames import calls_of_keras, frames_of, is_installed
from cnn_utils.training.fit_arguments import (
    as_callbacks,
    check_compiled,
    check_options,
    parameters_of,
)
from cnn_utils.training.fit_data import answer, check_data, check_images, check_validation

FUNCTIONS = ("fit", "evaluate", "predict", "__call__")


def explanation(error: BaseException) -> str | None:
    """Return what does not fit; None if the error is of another kind.

    Parameters
    ----------
    error : BaseException
        Raised by `fit`, `evaluate`, `predict` or a call of a network.
    """
    frames = frames_of(error)
    # What was raised elsewhere, as in a callback of the student's own, has another reason.
    if not frames or not is_installed(frames[-1]):
        return None
    calls = calls_of_keras(frames)
    return _mistake(*calls[0]) if calls else None


def _mistake(function, arguments, options) -> str | None:
    name = getattr(function, "__name__", "")
    model, *given = arguments or [None]
    if name not in FUNCTIONS or not isinstance(model, keras.Model):
        return None
    names = ["x"] if name == "__call__" else parameters_of(function)
    options = {**dict(zip(names, given, strict=False)), **options}
    x, y = options.pop("x", None), options.pop("y", None)
    try:
        if name in ("fit", "evaluate"):
            check_compiled(model)
        if name != "__call__":
            check_options(options, [name for name in names if name not in ("x", "y")])
            check_images(model, x)
        if name in ("fit", "evaluate"):
            check_data(model, x, y)
        if name == "fit":
            as_callbacks(options.get("callbacks"))
            check_validation(model, x, options)
        x = x[0] if isinstance(x, list) and len(x) == 1 else x
        if name in ("predict", "__call__") and isinstance(x, np.ndarray):
            answer(model, x[:1])
    except KitError as told:
        return str(told)
    except Exception:  # of the student's own layers, loss or preprocess
        return None
    return None
