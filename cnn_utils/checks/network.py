"""What a network is made of and computes, whichever way it was built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from cnn_utils.checks.outcome import Mistake, call

# Largest output of a softmax of a softmax over ten classes: e / (e + 9).
TWICE_AT_MOST = 0.2321


def build(name: str, function, image_shape: tuple[int, ...]):
    """Call a student's build function; the network must take images of a shape.

    Returns
    -------
    model
        Built: its weights exist.
    """
    if callable(getattr(function, "get_weights", None)) and not isinstance(function, type):
        raise Mistake(
            "not-a-function",
            f"That is a network; the check wants the function that builds it, `{name}`.",
            f"Write `{name}` into the brackets, without brackets of its own.",
        )
    model = call(name, function)
    if model is None:
        raise Mistake(
            "no-return",
            f"`{name}()` gives back nothing.",
            "What does a function need in its last line, so that its caller gets the model?",
        )
    if not callable(getattr(model, "get_weights", None)) or not callable(model):
        raise Mistake(
            "not-a-model",
            f"`{name}()` gives back a {type(model).__name__}, not a Keras model.",
            "The layers have to be joined, for example in a `keras.Sequential`.",
        )
    given = getattr(model, "input_shape", None) if getattr(model, "built", False) else None
    if isinstance(given, tuple) and given[1:] != image_shape and None not in given[1:]:
        raise Mistake(
            "input-shape",
            f"Images have shape {image_shape}; your network takes inputs of shape {given[1:]}.",
            "Look at the shape you give to `keras.Input`: height, width, channels.",
        )
    call(f"the network of {name}()", answers, model, np.zeros((3, *image_shape), np.float32))
    return model


def answers(model, images: np.ndarray) -> np.ndarray:
    """Return what a network gives for images, as in use (not in training)."""
    output = model(images, training=False)
    output = output.detach().cpu() if hasattr(output, "detach") else output
    return np.asarray(output).astype(np.float64)


def check_ten_outputs(model, image_shape: tuple[int, ...]) -> None:
    """Raise a `Mistake` unless the network gives ten numbers for an image."""
    shape = answers(model, np.zeros((2, *image_shape), np.float32)).shape
    if len(shape) > 2:
        raise Mistake(
            "no-flatten",
            f"For two images your network gives an array of shape {shape}; expected (2, 10).",
            "The dense layers should see one list of numbers per image, not a grid.",
            "Between the convolutions and the dense layers a layer is missing that lays a grid "
            "out as a list.",
        )
    if shape != (2, 10):
        raise Mistake(
            "n-classes",
            f"For two images your network gives an array of shape {shape}; expected (2, 10).",
            "There are ten classes: how many units does the last layer need?",
        )


def check_probabilities(model, images: np.ndarray) -> None:
    """Raise a `Mistake` unless the outputs are probabilities from one softmax."""
    output = answers(model, images)
    sums = output.sum(axis=1)
    if not np.allclose(sums, 1, atol=1e-2):
        in_range = output.min() >= 0 and output.max() <= 1
        name = "sigmoid" if in_range else "logits"
        raise Mistake(
            name,
            f"The ten outputs for an image add up to {sums[0]:.2f}; probabilities add up to 1.",
            "Which activation of the last layer turns ten numbers into probabilities?",
            "Each output is squeezed on its own; it has to be seen together with the other nine."
            if in_range
            else "The last layer gives plain numbers: it has no activation yet.",
        )
    surest = _sure_of_class_0(model)
    if surest is None:
        return
    with changed_weights(model, surest):
        if answers(model, images).max() <= TWICE_AT_MOST:
            raise Mistake(
                "softmax-twice",
                "However sure your network is, no output exceeds 0.232.",
                "How often are the ten numbers turned into probabilities?",
                "Softmax is in the last dense layer and once more behind it: one is enough.",
            )


@contextmanager
def changed_weights(model, weights: list[np.ndarray]) -> Iterator[None]:
    """Give a network other weights for as long as the block lasts."""
    before = model.get_weights()
    model.set_weights(weights)
    try:
        yield
    finally:
        model.set_weights(before)


def layers_of(model) -> Iterator:
    """Yield all layers, those within inner models as well; none if they can't be listed."""
    for layer in getattr(model, "layers", ()):
        inner = list(getattr(layer, "layers", ()))
        if inner:
            yield from layers_of(layer)
        else:
            yield layer


def kind_of(layer) -> str:
    """Return the name of a layer's class."""
    return type(layer).__name__


def is_linear(model, images: np.ndarray) -> bool:
    """Say whether a network does no more than a single linear layer before its softmax.

    The logarithms of its probabilities are then, but for a constant, as far from those of two
    images as the image half-way between is. A network whose answers hardly differ is not judged.
    """

    def centred(x):
        logs = np.log(np.maximum(answers(model, x), 1e-30))
        return logs - logs.mean(axis=1, keepdims=True)

    first, second = images[: len(images) // 2], images[len(images) // 2 :]
    a, b, half = centred(first), centred(second), centred((first + second) / 2)
    spread = np.abs(a - b).max()
    return bool(1e-2 < spread < 30 and np.abs(half - (a + b) / 2).max() < 1e-3 * spread)


def _sure_of_class_0(model) -> list[np.ndarray] | None:
    """Return weights with which a single softmax would give class 0; None if no bias is last."""
    weights = model.get_weights()
    if len(weights) < 2 or weights[-1].shape != (10,) or weights[-2].ndim != 2:
        return None
    surest = 100 * np.eye(10, dtype=weights[-1].dtype)[0]
    return [*weights[:-2], 0 * weights[-2], surest]
