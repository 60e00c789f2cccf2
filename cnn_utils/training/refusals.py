"""What Keras refuses while a network is built, compiled or used: its message, and what to do.

Forty lines of Keras' own code between a cell and the message help nobody who is learning.
"""

from __future__ import annotations

import difflib
import itertools
import re
import traceback
from pathlib import Path

import keras

from cnn_utils.frames import is_installed, is_installed_file, is_of_keras, line_at
from cnn_utils.training.fit_arguments import parameters_of

# Longer messages, such as TensorFlow's with tracebacks of their own, are shown as they come.
MOST_LINES = 12

CALL = "A layer takes its input in parentheses of its own, as in layers.Dense(10)(x)."
COMPILE = "Keras' order is compile(optimizer, loss, metrics=[...])."
ONE_HOT = "keras.utils.to_categorical(y, 10) makes one-hot rows"
SPARSE_LOSS = "compile with the loss 'sparse_categorical_crossentropy'"
IMAGES = "Images have height, width and channels: keras.Input((28, 28, 1))"
RETURN = "Does a function of your own, such as a loss, a metric or a `call`, lack its `return`?"
# What a message holds, and the next step; {0} is what the pattern's group found.
NEXT_STEPS = {
    r"identifier: <class '[\w.]*\.(\w+)'>": "Write {0}(), with parentheses.",
    r"`keras.Layer` .*Received: <class '[\w.]*\.(\w+)'>": "Write {0}(), with parentheses.",
    r"`keras.Layer` .*Received: [\[(]": "All layers stand in one list, without further brackets.",
    r"`trainable` to be a boolean. Received: trainable=<|object is not iterable": (
        "The layers stand in one list: keras.Sequential([..., ...])."
    ),
    r"Cannot convert '(\d+|\(<.*)' to a shape": "A shape is one tuple: keras.Input((28, 28, 1)).",
    r"identifier: <KerasTensor|Received: .*<kerastensor|symbolic.* to an int\.": CALL,
    r"Iterating over a symbolic KerasTensor|`outputs` values .*built=False": CALL,
    r"`outputs` values .*built=True": "What such a layer gives is its .output.",
    r"symbolic.* to a NumPy array": "Use keras.ops, or a layer, in place of NumPy.",
    r"ndim=4, found ndim=3": f"{IMAGES}, and x[..., None] for such images.",
    r"ndim=4, found ndim=2": f"{IMAGES}. Convolution and pooling stand before layers.Flatten().",
    r"`target.ndim - 1`.*output.shape=\(None, \d+, \d+": (
        "Is a layers.Flatten() missing before the dense layers?"
    ),
    r"`target.ndim - 1`.*target.shape=\(None, (?!1\))": (
        "From one-hot rows `.argmax(axis=1)` makes whole numbers; or compile with the loss "
        "'categorical_crossentropy'."
    ),
    r"`target` and `output` must have the same": f"{ONE_HOT}; or {SPARSE_LOSS}.",
    r"FBetaScore expects 2D inputs .*y_true.shape=\(None,\)": (
        f"{ONE_HOT}, for this metric and for the loss 'categorical_crossentropy'."
    ),
    r"^dtype='string' is not a valid dtype|loss_weights": COMPILE,
    r"optimizer identifier: \w*(crossentropy|error|mse)$": COMPILE,
    r"metric identifier: [fF]1": "Write keras.metrics.F1Score(average='macro').",
    r"`strides` .*Received strides=[a-z]": "Give it by name, as in activation='relu'.",
    r"None values not supported": RETURN,
    r"Got 'None' as input for layer": RETURN,
    # TensorFlow's reason names two shapes; the calls before it tell whose they are.
    r"keras.src.metrics.confusion_metrics\.py": f"This metric needs one-hot labels: {ONE_HOT}.",
    r"keras.src.metrics.accuracy_metrics\.py": "The metric 'accuracy' takes labels of either kind.",
    r"Received a label value of": "Let the last layer have a unit for each class, counted from 0.",
    r"must have the same first dimension": "A batch needs as many labels as images.",
    r"out of bounds for axis 1 with size": "Count the classes from 0, or let it have more.",
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
# What TensorFlow says of a graph: which calls made the operation that failed, and why it did.
OF_GRAPH = re.compile(r"Graph execution error:\n(.*)\n\n(.+?)\n\t \[\[\{\{node", re.DOTALL)
CALLED = re.compile(r'  File "(.+)", line (\d+), in ')
UNKNOWN_NAME = re.compile(rf"Could not interpret ({'|'.join(KINDS)})\b.* identifier: (\w+)$")
UNKNOWN_OPTION = re.compile(r"(?:unexpected keyword argument |recognized.*: \{)'(\w+)'")
OLD_NAMES = {"lr": "learning_rate"}
TOO_SMALL = re.compile(
    r"zero or negative.*inputs.shape=[\[(]None,? (\d+),? (\d+),? \d+[\])].*"
    r"(kernel.shape|pool_size)=[\[(](\d+),? (\d+)"
)


def explanation(error: BaseException) -> str | None:
    """Return what Keras refused; None if a mistake may lie elsewhere.

    Parameters
    ----------
    error : BaseException
        As Keras raised it; of functions of the student's own that Keras calls, such as a layer's
        `call`, the traceback tells more.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    inside = list(itertools.dropwhile(lambda frame: not is_of_keras(frame), frames))
    if not inside or not all(map(is_installed, inside)) or any(map(_is_rewritten, frames)):
        return None
    if found := OF_GRAPH.match(str(error)):
        return _of_graph(*found.groups())
    message = _without_arguments(str(error))
    if (told := _too_small(message, inside)) is not None:
        return told
    next_step = _next_step(message, inside)
    # Other errors are seldom meant for the reader: the traceback tells more.
    if not next_step and (type(error) is not ValueError or message.count("\n") >= MOST_LINES):
        return None
    return _sentences(message, next_step)


def _of_graph(calls: str, reason: str) -> str:
    """Return why an operation failed; if a function of one's own made it, such as a loss, where."""
    files = [(name, int(line)) for name, line in CALLED.findall(calls)]
    inside = itertools.dropwhile(lambda call: "keras" not in Path(call[0]).parts, files)
    own = [call for call in inside if not is_installed_file(call[0])]
    told = _sentences(reason, _next_step(f"{calls}\n{reason}", []))
    return f"{told}\n{line_at(*own[-1])}".rstrip() if own else told


def _is_rewritten(frame) -> bool:
    """Say whether TensorFlow made the code, from a function of the student's own."""
    return "__autograph_generated_file" in frame.f_code.co_filename


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
    if inside and (found := UNKNOWN_OPTION.search(message)):
        name = OLD_NAMES.get(found.group(1), found.group(1))
        return _similar(name, _options(inside), least=0.82)
    return ""


def _similar(name: str, known, least: float = 0.6) -> str:
    words = {*name.split("_")}
    similar = [one for one in known if len(words) > 1 and words <= {*one.split("_")}]
    similar = similar or difflib.get_close_matches(name, sorted(known), n=1, cutoff=least)
    return f"Do you mean {similar[0]}?" if similar else ""


def _options(inside) -> list[str]:
    """Return the names of the arguments that whatever refused one does take."""
    last = inside[-1]
    function = type(last.f_locals.get("self")) if last.f_code.co_name == "__init__" else None
    for frame in inside:
        function = function or frame.f_locals.get("fn")
    return parameters_of(function) if function else []


def _too_small(message: str, inside) -> str | None:
    found, layer = TOO_SMALL.search(message), _layer(inside)
    is_dilated = re.search(r"dilation_rate=\[(?!1 1\])", message)
    if not found or is_dilated or getattr(layer, "data_format", "") == "channels_first":
        return None
    height, width, kind, *size = found.groups()
    what = "kernel" if kind.startswith("kernel") else "pool"
    named = f" to {_name(layer, inside)}" if layer else ", inside the network, to a layer"
    return (
        f"The images have {height}x{width} pixels where they come{named}: too few for its {what} "
        f'of {"x".join(size)}. Pool less before it, take a smaller {what}, or padding="same".'
    )


def _layer(inside) -> keras.Layer | None:
    """Return the layer that refused its input, if it is known."""
    calls = [frame for frame in inside if frame.f_code.co_name == "error_handler"]
    called = [frame.f_locals["args"][0] for frame in calls if frame.f_locals.get("args")]
    layers = [one for one in called if isinstance(one, keras.Layer)]
    return None if not layers or isinstance(layers[-1], keras.Model) else layers[-1]


def _name(layer, inside) -> str:
    for frame in inside:
        model = frame.f_locals.get("self")
        if isinstance(model, keras.Sequential) and layer in model.layers:
            return f"layer {model.layers.index(layer) + 1} of the network, {type(layer).__name__}"
    return type(layer).__name__
