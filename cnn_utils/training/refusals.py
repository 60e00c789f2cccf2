"""What Keras refuses while a network is built, compiled or used: its message, and what to do.

Forty lines of Keras' own code between a cell and the message help nobody who is learning.
"""

from __future__ import annotations

import itertools
import re

import keras

from cnn_utils.frames import (
    calls_of_keras,
    frames_of,
    is_file_of_keras,
    is_installed,
    is_installed_file,
    is_of_keras,
    line_at,
)
from cnn_utils.training.next_steps import next_step

# Longer messages, such as TensorFlow's with tracebacks of their own, are shown as they come.
MOST_LINES = 12

# What TensorFlow says of a graph: which calls made the operation that failed, and why it did.
OF_GRAPH = re.compile(
    r"Graph execution error:\n(.*)\n(?:\n|<.*>\n)(.+?)\n\t \[\[\{\{node", re.DOTALL
)
CALLED = re.compile(r'  File "(.+)", line (\d+), in ')
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
    frames = frames_of(error)
    inside = list(itertools.dropwhile(lambda frame: not is_of_keras(frame), frames))
    if not inside or not all(map(is_installed, inside)) or any(map(_is_rewritten, frames)):
        return None
    if found := OF_GRAPH.match(str(error)):
        return _of_graph(*found.groups())
    message = _without_arguments(str(error))
    if (told := _too_small(message, inside)) is not None:
        return told
    step = next_step(message, inside)
    # Other errors are seldom meant for the reader: the traceback tells more.
    if not step and (type(error) is not ValueError or message.count("\n") >= MOST_LINES):
        return None
    return _sentences(message, step)


def _of_graph(calls: str, reason: str) -> str:
    """Return why an operation failed; if a function of one's own made it, such as a loss, where."""
    files = [(name, int(line)) for name, line in CALLED.findall(calls)]
    inside = itertools.dropwhile(lambda call: not is_file_of_keras(call[0]), files)
    own = [call for call in inside if not is_installed_file(call[0])]
    if own:
        return f"{reason}\n{line_at(*own[-1])}".rstrip()
    return _sentences(reason, next_step(reason, calls=calls))


def _is_rewritten(frame) -> bool:
    """Say whether TensorFlow made the code, from a function of the student's own."""
    return "__autograph_generated_file" in frame.f_code.co_filename


def _without_arguments(message: str) -> str:
    """Return the core of a message of a layer's call, which Keras prints in bold."""
    bold = re.search(r"\x1b\[1m(.*?)\x1b\[0m", message, re.DOTALL)
    return (bold.group(1) if bold else message).strip()


def _sentences(message: str, step: str) -> str:
    stop = "" if message.endswith((".", "!", "?")) or not step else "."
    return f"{message}{stop} {step}".strip()


def _too_small(message: str, inside) -> str | None:
    found = TOO_SMALL.search(message)
    if not found or re.search(r"dilation_rate=\[(?!1 1\])", message):
        return None
    layer = _layer(inside)
    if getattr(layer, "data_format", "") == "channels_first":
        return None
    height, width, kind, *size = found.groups()
    what = "kernel" if kind.startswith("kernel") else "pool"
    where = f" to {_name(layer, inside)}" if layer else ", inside the network, to a layer"
    there = f"The images have {height}x{width} pixels where they come{where}"
    if height in ("1", "3") and height != width:
        return f"{there}: do their channels come first? Keras wants them last."
    return (
        f"{there}: too few for its {what} of {'x'.join(size)}. Pool less before it, "
        f'take a smaller {what}, or padding="same".'
    )


def _layer(inside) -> keras.Layer | None:
    """Return the layer that refused its input, if it is known."""
    called = [arguments[0] for _, arguments, _ in calls_of_keras(inside) if arguments]
    layers = [one for one in called if isinstance(one, keras.Layer)]
    return None if not layers or isinstance(layers[-1], keras.Model) else layers[-1]


def _name(layer, inside) -> str:
    for frame in inside:
        model = frame.f_locals.get("self")
        if isinstance(model, keras.Sequential) and layer in model.layers:
            return f"layer {model.layers.index(layer) + 1} of the network, {type(layer).__name__}"
    return type(layer).__name__
