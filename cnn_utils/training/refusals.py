"""What Keras refuses while a network is built, compiled or used: its message, and what to do.

Forty lines of Keras' own code between a cell and the message help nobody who is learning.
"""

from __future__ import annotations

import difflib
import inspect
import linecache
import re
import traceback
from pathlib import Path

import keras

from cnn_utils.training.misfits import is_installed

PACKAGE = Path(__file__).parents[1]
# TensorFlow's longest messages hold tracebacks of their own: they are shown as they come.
MOST_LINES = 12

CALL = "A layer takes its input in parentheses of its own, as in layers.Dense(10)(x)."
CHANNELS = "Images have channels: keras.Input((28, 28, 1)), and x[..., None] for such images."
ONE_HOT = "keras.utils.to_categorical(y, 10) makes one-hot rows, for this metric and for the loss "
ONE_HOT += "'categorical_crossentropy'."
# What a message holds, and the next step; {0} is what the pattern's group found.
NEXT_STEPS = {
    r"identifier: <class '[\w.]*\.(\w+)'>": "Write {0}(), with parentheses.",
    r"`keras.Layer` .*Received: <class '[\w.]*\.(\w+)'>": "Write {0}(), with parentheses.",
    r"`keras.Layer` .*Received: [\[(]": "All layers stand in one list, without further brackets.",
    r"`trainable` to be a boolean. Received: trainable=<": (
        "The layers stand in one list: keras.Sequential([..., ...])."
    ),
    r"' to a shape": "A shape is one tuple: keras.Input((28, 28, 1)).",
    r"identifier: <KerasTensor|KerasTensor is symbolic|symbolic KerasTensor": CALL,
    r"`outputs` values must be KerasTensors": CALL,
    r"ndim=4, found ndim=3": CHANNELS,
    r"ndim=4, found ndim=2": "Convolution and pooling stand before layers.Flatten().",
    r"`target` and `output` must have the same": (
        "keras.utils.to_categorical(y, 10) makes one-hot rows; or compile with the loss "
        "'sparse_categorical_crossentropy'."
    ),
    r"^dtype='string' is not a valid dtype": (
        "Is compile's third argument, loss_weights, meant to be the metrics? Write metrics=[...]."
    ),
    r"FBetaScore expects 2D inputs .*y_true.shape=\(None,\)": ONE_HOT,
    r"metric identifier: [fF]1": "Write keras.metrics.F1Score(average='macro').",
}
KINDS = {
    "activation": keras.activations,
    "initializer": keras.initializers,
    "optimizer": keras.optimizers,
    "metric": keras.metrics,
    "loss": keras.losses,
    "regularizer": keras.regularizers,
}
# Names as text that are no function's.
MORE_NAMES = {kind: [] for kind in KINDS} | {
    "optimizer": [name.lower() for name in dir(keras.optimizers)],
    "metric": ["accuracy"],
}
UNKNOWN_NAME = re.compile(rf"Could not interpret ({'|'.join(KINDS)})\b.* identifier: (\w+)$")
UNKNOWN_OPTION = re.compile(r"(?:unexpected keyword argument |recognized.*: \{)'(\w+)'")
OLD_NAMES = {"lr": "learning_rate"}
TOO_SMALL = re.compile(
    r"zero or negative.*inputs.shape=[\[(]None,? (\d+),? (\d+),? \d+[\])].*"
    r"(kernel.shape|pool_size)=[\[(](\d+),? (\d+)"
)


def explanation(error: BaseException) -> str | None:
    """Return what Keras refused, and in which line; None if a mistake may lie elsewhere.

    Parameters
    ----------
    error : BaseException
        As Keras raised it; of functions of the student's own that Keras calls, such as a layer's
        `call`, the traceback tells more.
    """
    frames = list(traceback.walk_tb(error.__traceback__))
    of_keras = ["keras" in Path(frame.f_code.co_filename).parts for frame, _ in frames]
    first = of_keras.index(True) if True in of_keras else 0
    # In between may be a function of the kit, such as `fit_cached`.
    students = [(frame, line) for frame, line in frames[:first] if not _is_ours(frame)]
    if not students or not all(is_installed(frame) for frame, _ in frames[first:]):
        return None
    at, line = students[-1]
    message = _without_arguments(str(error))
    if is_installed(at) or message.count("\n") >= MOST_LINES:
        return None
    inside = [frame for frame, _ in frames[first:]]
    told = _too_small(message, inside) or _sentences(message, _next_step(message, inside))
    code = linecache.getline(at.f_code.co_filename, line).strip()
    return f"{told}\nIn line {line}: {code}" if code else told


def _is_ours(frame) -> bool:
    return PACKAGE in Path(frame.f_code.co_filename).parents


def _without_arguments(message: str) -> str:
    """Return the core of a message of a layer's call, which Keras prints in bold."""
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
    return (bold.group(1) if bold else message).strip()


def _sentences(message: str, next_step: str) -> str:
    stop = "" if message.endswith((".", "!", "?")) or not next_step else "."
    return f"{message}{stop} {next_step}".strip()


def _next_step(message: str, inside) -> str:
    for pattern, step in NEXT_STEPS.items():
        if found := re.search(pattern, message):
            return step.format(*found.groups())
    if found := UNKNOWN_NAME.search(message):
        kind, name = found.groups()
        return _similar(name.lower(), [*filter(str.islower, dir(KINDS[kind])), *MORE_NAMES[kind]])
    if found := UNKNOWN_OPTION.search(message):
        name = OLD_NAMES.get(found.group(1), found.group(1))
        return _similar(name, _options(inside[-1]))
    return ""


def _similar(name: str, known) -> str:
    similar = difflib.get_close_matches(name, sorted(known), n=1)
    return f"Do you mean {similar[0]}?" if similar else ""


def _options(frame) -> list[str]:
    """Return the names of the arguments that whatever refused one does take."""
    names = frame.f_locals
    function = names.get("fn") or (type(names["self"]) if "self" in names else None)
    return list(inspect.signature(function).parameters) if function else []


def _too_small(message: str, inside) -> str | None:
    found = TOO_SMALL.search(message)
    if not found:
        return None
    height, width, kind, *size = found.groups()
    what = "kernel" if kind.startswith("kernel") else "pool"
    return (
        f"The images have {height}x{width} pixels where they come to {_layer(inside)}: too few for "
        f"its {what} of {'x'.join(size)}. Pool less before it, take a smaller {what}, or "
        'padding="same".'
    )


def _layer(inside) -> str:
    """Return the layer that refused its input, in a `Sequential` with its number."""
    for frame in inside:
        model, layer = frame.f_locals.get("self"), frame.f_locals.get("layer")
        is_building = isinstance(model, keras.Sequential) and frame.f_code.co_name == "build"
        if is_building and layer in model.layers:
            number = model.layers.index(layer) + 1
            return f"layer {number} of the network, {type(layer).__name__}"
    calls = [frame for frame in inside if frame.f_code.co_name == "error_handler"]
    called = [frame.f_locals["args"][0] for frame in calls if frame.f_locals.get("args")]
    return next(
        (type(it).__name__ for it in called[::-1] if isinstance(it, keras.Layer)), "a layer"
    )
