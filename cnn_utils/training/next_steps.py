"""What to do after a message of Keras or TensorFlow, where that can be told from its words."""

from __future__ import annotations

import re

import keras

from cnn_utils.errors import closest
from cnn_utils.frames import calls_of_keras
from cnn_utils.training.fit_arguments import parameters_of
from cnn_utils.training.fit_labels import FLATTEN, TO_ONE_HOT

CALL = "A layer or network takes its input in parentheses of its own: layers.Dense(10)(x)."
COMPILE = "Keras' order is compile(optimizer, loss, metrics=[...])."
RETURN = "Are labels missing, or the `return` of your own loss, metric, layer or schedule?"
ONE_HOT = "This metric needs one-hot labels: keras.utils.to_categorical(y, 10) makes them, for the "
ONE_HOT += "loss 'categorical_crossentropy'."
# What a message holds, and the next step; {0} is what the pattern's group found. Before the message
# stands the name of the function of Keras that was called, or the calls that made an operation.
NEXT_STEPS = {
    # Building
    r"`keras.Layer` .*Received: <class '[\w.]*\.(\w+)'>": "Write {0}(...), with parentheses.",
    r"`keras.Layer` .*Received: \((\d[\d, ]*)\)": "Write keras.Input(({0})).",
    r"`keras.Layer` .*Received: [\[(]<": "Is there a bracket or a comma too many?",
    r"`trainable` to be a boolean. Received: trainable=<": (
        "The layers stand in one list: keras.Sequential([..., ...])."
    ),
    r"Cannot convert '(\d+|\(<.*)' to a shape": "A shape is one tuple, such as (28, 28, 1).",
    r"^__init__\n.*(KerasTensor is symbolic|symbolic KerasTensor)": CALL,
    r"^__init__\n.*(identifier: <KerasTensor|Received: .*<kerastensor)": CALL,
    r"`outputs` values .*outputs=<(Sequential|Functional)|`outputs` values .*built=False": CALL,
    r"`outputs` values .*built=True": "What such a layer gives is its .output.",
    r"symbolic.* to a NumPy array": (
        "It stands for images to come: compute with keras.ops or layers, or ask model.predict."
    ),
    r"ndim=4, found ndim=3.*, [13]\)$": (
        "Is it a single image, or a dataset without .batch(...)? x[None] makes a batch of one."
    ),
    r"ndim=4, found ndim=3.*: \(\w+, (\d+), (\d+)\)$": (
        "Images have a channel, too: a shape of ({0}, {1}, 1) in place of ({0}, {1}); "
        "x[..., None] gives them one."
    ),
    r"ndim=4, found ndim=2": (
        "Convolution and pooling take images of shape (height, width, channels), not rows, such as "
        "come from layers.Flatten()."
    ),
    r"`strides` .*Received strides=[a-z]": (
        "If it is no stride, give it by name, as in activation='relu'."
    ),
    # Compiling
    r"optimizer identifier: (<class 'keras.src.losses|\w*(crossentropy|error|mse)$)": COMPILE,
    r"\ndtype='string' is not a valid dtype": COMPILE,
    r"`loss_weights` .*of type <class '(str|keras\.src\.metrics.*)'>": COMPILE,
    r"identifier: <class '[\w.]*\.(\w+)'>": "Write {0}(), with parentheses.",
    r"metric identifier: [fF]1": "Write keras.metrics.F1Score(average='macro').",
    # Labels
    r"`target.ndim - 1`.*target.shape=\(None,( \d+)?\), output.shape=\(None(, \d+){3}\)": FLATTEN,
    r"`target.ndim - 1`.*target.shape=\(None, (\d+)\), output.shape=\(None, \1\)": (
        "From one-hot rows `.argmax(axis=1)` makes whole numbers; or compile with the loss "
        "'categorical_crossentropy'."
    ),
    r"have the same.*target.shape=\(None,( \d+)?\), output.shape=\(None(, \d+){3}\)": FLATTEN,
    r"have the same.*target.shape=\(None,(?: 1)?\), output.shape=\(None, (?!1\))(\d+)\)": (
        TO_ONE_HOT
    ),
    r"FBetaScore .*y_pred.shape=\(None, 1\).*y_true.shape=\(None,\)": "Write y[:, None].",
    r"FBetaScore .*y_pred.shape=\(None, 10\).*y_true.shape=\(None,\)": ONE_HOT,
    r"out of bounds for axis 1 with size": "Count the classes from 0, or let it have more.",
    r"Received a label value of -": "Count the classes from 0.",
    r"Received a label value of": "Let the last layer have a unit for each class, counted from 0.",
    r"must have the same first dimension": (
        "Are there as many labels as images, and does no layer change their number?"
    ),
    # TensorFlow's reason names two shapes; the calls before it tell whose they are.
    r"metrics.confusion_metrics\.py(?s:.*)shapes: \[1,(\d+)0\] vs\. \[1,\1\]": ONE_HOT,
    r"metrics.confusion_metrics\.py(?s:.*)data\.shape = \[(\d+)\] .*shape = \[(?:\1)0\]": ONE_HOT,
    r"metrics.accuracy_metrics\.py(?s:.*)shapes: \[(\d+),\d+\] vs\. \[\1\]": (
        "The metric 'accuracy' takes labels of either kind."
    ),
    # Functions of one's own
    r"None values not supported|Got 'None' .*as input for layer": RETURN,
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
    "metric": ["accuracy", "precision", "recall"],
}
UNKNOWN_NAME = re.compile(rf"Could not interpret ({'|'.join(KINDS)})\b.* identifier: (\w+)$")
UNKNOWN_OPTION = re.compile(r"(?:unexpected keyword argument |recognized.*: \{)'(\w+)'")
OLD_NAMES = {"lr": "learning_rate"}


def next_step(message: str, inside=(), calls: str = "") -> str:
    """Return what to do about a message, as a sentence; empty if that can't be told.

    Parameters
    ----------
    message : str
    inside : sequence of frames, default=()
        Of Keras, from the function that was called to the one that raised the error.
    calls : str, default=""
        That made an operation of a graph, as TensorFlow lists them.
    """
    text = f"{inside[0].f_code.co_name if inside else calls}\n{message}"
    for pattern, step in NEXT_STEPS.items():
        if found := re.search(pattern, text):
            return step.format(*found.groups())
    if found := UNKNOWN_NAME.search(message):
        kind, name = found.groups()
        return _similar(name, [*filter(str.islower, dir(KINDS[kind])), *MORE_NAMES[kind]])
    if inside and (found := UNKNOWN_OPTION.search(message)):
        return _similar(found.group(1), _options(inside), least=0.82)
    return ""


def _similar(name: str, known, least: float = 0.6) -> str:
    like = OLD_NAMES.get(name, name.lower())
    words = {*like.split("_")}
    holds_all = (one for one in known if len(words) > 1 and words <= {*one.split("_")})
    similar = next(holds_all, None) or closest(like, known, least)
    return f"Do you mean {similar}?" if similar not in (None, name) else ""


def _options(inside) -> list[str]:
    """Return the names of the arguments that whatever refused one does take."""
    last = inside[-1]
    if last.f_code.co_name == "__init__":
        return parameters_of(type(last.f_locals.get("self")))
    calls = calls_of_keras(inside)
    return parameters_of(calls[0][0]) if calls else []
