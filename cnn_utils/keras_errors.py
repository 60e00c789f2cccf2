"""Explain what Keras refuses, from the exception alone: message, next step, student's line."""

import inspect
import linecache
import re
import sys
import traceback
from math import prod
from pathlib import Path

import keras

from cnn_utils.errors import closest

MAX_LENGTH = 600  # longer messages hold whole arrays
LIBRARIES = (str(Path(traceback.__file__).parent), "<frozen ")
CHANNELS_LAST = "Do the channels come first? np.moveaxis(x, 1, -1) moves them to the end."
ONE_IMAGE = "Is it a single image? x[None] makes a batch of one."
# What a message looks like, and the next step: {0} is the first group that matched.
NEXT_STEPS = {
    # Parentheses
    r"(?:Layer`|argument value|outputs`|identifier).*: (?:outputs=)?<class '[\w.]*\.(\w+)'>": (
        "Write {0}(...), with parentheses."
    ),
    r"identifier: <KerasTensor|Received: .*<kerastensor|(`outputs` values|keyword arg).*built=": (
        "A layer takes its input in a second pair of parentheses: layers.Dense(10)(x)."
    ),
    r"`trainable` to be a boolean": "Sequential takes its layers in one list: Sequential([...]).",
    r"Layer` can be added.*<KerasTensor": "In Sequential, write layers.Dense(10), without (x).",
    r"Layer` can be added.*Received: \[": "`add` takes one layer, without square brackets.",
    r"Cannot convert '\d+' to a shape": "A shape is one tuple, such as (28, 28, 1).",
    r"argument `rate`": "Dropout takes a share between 0 and 1.",
    r"'int' object .* 'lower'": "padding and activation are words, such as 'same' and 'relu'.",
    r"Kernel shape must have": "keras.Input takes the shape of one image, without their number.",
    r"have a `call\(\)` method": "A network computes its outputs in a method named `call`.",
    r"forgot to call `super": "Begin `__init__` with super().__init__().",
    r"to a shape. Found|initializer identifier: \(|multiple values for argument 'shape'": (
        'In Keras 3 the shape comes first: add_weight(shape=(10,), name="tp", initializer="zeros").'
    ),
    r"target value .*value.shape=(\(.*?\))\.": "What you add has shape {0}; which has add_weight?",
    r"no attribute 'assign|item assignment": "Counts: add_weight makes them, assign_add adds.",
    r"In\[[01]\]": "argmax(y, axis=1) gives one class for each image.",
    r"not recognized: \{'lr'": "Do you mean learning_rate?",
    # Compiling
    r"You must call `compile\(\)`": "Add model.compile(optimizer, loss, metrics=[...]) before it.",
    r"optimizer identifier: \w*(crossentropy|error|mse)$|dtype='string' is not a valid": (
        "The order is compile(optimizer, loss, metrics=[...])."
    ),
    r"metric identifier: [fF]1": "Write keras.metrics.F1Score(average='macro').",
    r"Creating variables on a non-first|'OptionalFromValue' Op|: \[\d+,\d+\] vs\. \[\d+\]$": (
        "Build and compile the network again: a `fit` that was refused left it half built."
    ),
    r"convert a value \(None\) with an unsup": 'Write add_weight(..., initializer="zeros").',
    # Images
    r"zero or negative.*None,? ([123]),? \d\d": "The channel axis must be the last.",
    r"zero or negative.*strides=\(([3-9])": "Conv2D(filters, kernel, strides={0}): is that meant?",
    r"zero or negative.*inputs.shape=.None,? (\d+),? (\d+)(?!.*dilation_rate=\[(?!1 1])).*"
    r"(kernel|pool).s\w+=[\[(](\d+),? (\d+)": (
        "The images have {0}x{1} pixels at this layer, too few for its {2} of {3}x{4}. Pool less "
        'before it, take a smaller {2}, or padding="same".'
    ),
    r"ndim=4, found ndim=3.*: \(\w+, (\d+), (?![13]\))(\d+)\)$": (
        "Images need a channel axis: shape ({0}, {1}, 1) instead of ({0}, {1}). x[..., None] "
        "adds it."
    ),
    r"ndim=4, found ndim=3|Negative dimension size .*shapes: \[(\d+),\1,": ONE_IMAGE,
    r"ndim=4, found ndim=2": "Convolution and pooling take images, so they come before Flatten.",
    r"axis -1 of input shape to have value (\d+), .*\(\w+, \1, \d+, \d+\)": CHANNELS_LAST,
    r"axis -1 of input shape to have value (\d+), .*\(\w+, \d+, \d+, (\d+)\)": (
        "The images have {1} channels, the network's keras.Input has {0}."
    ),
    r"axis -1 of input shape": "Have the images the shape of the network's keras.Input?",
    r"(?s)Unrecognized data type: .*(list|ndarray)'>": "np.array(y) makes an array of a list.",
    # Labels
    r"None values not supported|Got 'None' .*as input": "Are labels, or a `return`, missing?",
    r"target.shape=\(None,( \d+)?\), output.shape=.None(, \d+){3}"
    r"|Dimensions must be equal.*\{\{node Equal|Incompatible shapes: \[\d+,(\d+)\] vs\. "
    r"\[\d+,\d+,\d+,\3\]": "Is a Flatten layer missing?",
    r"`target.ndim - 1`.*target.shape=\(None, (\d+)\), output.shape=\(None, \1\)": (
        "y.argmax(axis=1) makes integers of one-hot rows; or compile with the loss "
        "'categorical_crossentropy'."
    ),
    r"target.shape=\(None,(?: 1)?\), output.shape=\(None, (?!1\))(\d+)\)"
    r"|Incompatible shapes: \[\d+\] vs\. \[\d+,(\d+)\]": (
        "keras.utils.to_categorical(y, {0}) makes one-hot rows; or compile with the loss "
        "'sparse_categorical_crossentropy'."
    ),
    r"same shape.*target.shape=\(None, (\d+)\), output.shape=\(None, (\d+)\)": (
        "The labels have {0} classes, the last layer has {1} units."
    ),
    r"FBetaScore .*=\(None, 10\).*y_true.shape=\(None,\)|shapes: \[1,(\d+)0\] vs\. \[1,\1\]": (
        "This metric needs one-hot labels: keras.utils.to_categorical(y, 10)."
    ),
    r"label value of -9223372036854775808": "The labels hold NaN: np.isnan(y) finds it.",
    r"label value of|out of bounds for axis 1 with size": (
        "Labels count from 0, and each class needs its unit in the last layer."
    ),
}
ARGUMENT = re.compile(r"(?:Trainer\.(\w+)\(\) got an unexpected .* |passed to (\w+): \{)'(\w+)'")
SHAPES = re.compile(
    r"xpected shape[= ]\(None, (.*?)\).*(?:found shape=|incompatible shape )\((None,)?(.*?)\)"
)
# TensorFlow's message of a graph: the calls that made the operation, then the reason.
GRAPH = re.compile(r"Graph execution error:\n(.*)\n(?:\n|<.*>\n)(.+?)\n\t \[\[\{\{node", re.DOTALL)


def explanation(error: BaseException) -> str | None:
    """Return Keras' message with a next step and the student's line.

    None if the traceback tells more: the student's own code failed, or the message is not for them.
    """
    calls = [(frame.f_code.co_filename, n) for frame, n in traceback.walk_tb(error.__traceback__)]
    message = str(error)
    if calls and not _is_library(calls[-1][0]):
        step = _misspelt(error)
        return _sentences(message, step, calls) if step else None
    if not _is_library_from_keras_on(calls):
        return None
    if found := GRAPH.match(message):
        calls = [(file, int(n)) for file, n in re.findall(r'  File "(.+)", line (\d+)', found[1])]
        # Otherwise a function of the student's own, such as a loss, made what failed.
        step = next_step(found[2]) if _is_library_from_keras_on(calls) else ""
        return _sentences(found[2], step, calls)
    if bold := re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL):
        message = bold[1]  # without the arguments of the layer's call
    step = next_step(message)
    if not step and (type(error) is not ValueError or len(message) > MAX_LENGTH):
        return None
    return _sentences(message, step, calls)


def advice(error: BaseException) -> str:
    """Return what to do about an error of Keras, without its message; empty if not clear."""
    return _misspelt(error) or next_step(str(error))


def next_step(message: str) -> str:
    """Return what to do about a message of Keras or TensorFlow; empty if that is not clear."""
    for pattern, step in NEXT_STEPS.items():
        if found := re.search(pattern, message):
            return step.format(*filter(None, found.groups()))
    if found := SHAPES.search(message):
        return _other_shape(found[1], found[3], is_batch=bool(found[2]))
    if found := re.search(r"Could not interpret (\w+)\b.* identifier: (\w+)$", message):
        known = dir(getattr(keras, {"loss": "losses"}.get(found[1], f"{found[1]}s"), None))
        return _similar(found[2], [*known, "accuracy"] if found[1] == "metric" else known)
    if found := ARGUMENT.search(message):
        method, layer, name = found.groups()
        taker = getattr(keras.Model, method) if method else getattr(keras.layers, layer, None)
        return _similar(name, [*inspect.signature(taker).parameters]) if taker else ""
    return ""


def _other_shape(expected: str, received: str, is_batch: bool) -> str:
    expected, received = (tuple(map(int, re.findall(r"\d+", t))) for t in (expected, received))
    if not is_batch and len(received) >= len(expected) - 1:
        return ONE_IMAGE
    if received == (*expected[-1:], *expected[:-1]):
        return CHANNELS_LAST
    if prod(received) == prod(expected):
        return f"Reshape the images: x.reshape{(-1, *expected)}."
    if len(received) < 2 <= len(expected):
        return "Have images and labels changed places?"
    return f"Change the images, or the network's keras.Input({expected})."


def _misspelt(error: BaseException) -> str:
    """Return the next step for a name of Keras that does not exist; empty for other errors."""
    if found := re.match(r"cannot import name '(\w+)' from '(keras[\w.]*)'", str(error)):
        return _similar(found[1], dir(sys.modules[found[2]]))
    if not isinstance(error, AttributeError) or not error.name:
        return ""
    if inspect.isfunction(error.obj) and hasattr(keras.Model, error.name):
        return f"Write {error.obj.__name__}(), with parentheses."
    if inspect.ismodule(error.obj) and hasattr(error.obj, f"{error.name}s"):
        return f"Do you mean {error.name}s?"
    if error.obj is keras.backend and hasattr(keras.ops, error.name):
        return f"Write keras.ops.{error.name}."
    if error.obj is None and hasattr(keras.Model, error.name):
        return "Does the function that built the network end with `return`?"
    home = error.obj.__name__ if inspect.ismodule(error.obj) else type(error.obj).__module__
    return _similar(error.name, dir(error.obj)) if home.startswith("keras") else ""


def _similar(name: str, known: list[str]) -> str:
    known = {one.lower(): one for one in known if one != name}
    similar = closest(name.lower(), known, 0.7)
    return f"Do you mean {known[similar]}?" if similar else ""


def _sentences(message: str, step: str, calls: list) -> str:
    message = message.strip()
    if len(message) > MAX_LENGTH:
        message = f"{message[:100]} ... {message[-100:]}"
    stop = "" if message.endswith((".", "!", "?")) or not step else "."
    kit = Path(__file__).parent
    own = [call for call in calls if not _is_library(call[0]) and kit not in Path(call[0]).parents]
    return f"{message}{stop} {step}".strip() + (_line(*own[-1]) if own else "")


def _line(filename: str, number: int) -> str:
    """Return place and text of a line; empty if it can't be read."""
    code = linecache.getline(filename, number).strip()
    if not code:
        return ""
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    cell = shell and shell.compile.format_code_name(filename)
    place = f"cell {cell[1].removeprefix('In')}" if cell else Path(filename).name
    return f"\nIn {place}, line {number}: {code}"


def _is_library_from_keras_on(calls: list) -> bool:
    """Return whether Keras was called, and called nothing but installed code itself."""
    of_keras = [_is_library(file) and "keras" in Path(file).parts for file, _ in calls]
    return any(of_keras) and all(_is_library(file) for file, _ in calls[of_keras.index(True) :])


def _is_library(file: str) -> bool:
    """Return whether a file, as tracebacks name it, belongs to an installed package or Python."""
    return file.startswith(LIBRARIES) or "site-packages" in file or "dist-packages" in file
