"""What a network is made of and computes, however it was built."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnn_utils.checks.outcome import Mistake, call, result_of

# The largest softmax of a softmax over ten classes: e / (e + 9).
MAX_SOFTMAX_TWICE = 0.2321


def build(name: str, function, image_shape: tuple[int, ...]):
    """Return the built model of a student's function; it must take images of a shape."""
    model = result_of(name, function)
    if not callable(getattr(model, "get_weights", None)) or not callable(model):
        found = f"`{name}()` returns a {type(model).__name__}; expected a Keras model."
        hint = "Join the layers, for example in a `keras.Sequential`."
        raise Mistake("not-a-model", found, hint)
    shape = getattr(model, "input_shape", None) if getattr(model, "built", False) else None
    if isinstance(shape, tuple) and shape[1:] != image_shape and None not in shape[1:]:
        found = f"Images have shape {image_shape}; your network takes inputs of shape {shape[1:]}."
        hint = "Look at the shape you give to `keras.Input`: height, width, channels."
        raise Mistake("input-shape", found, hint)
    call(f"the network of {name}()", answers, model, np.zeros((3, *image_shape), np.float32))
    return model


def answers(model, images: np.ndarray) -> np.ndarray:
    """Return a network's outputs in inference mode, as float64."""
    import keras

    return keras.ops.convert_to_numpy(model(images, training=False)).astype(np.float64)


def answers_with(weights: list[np.ndarray], model, images: np.ndarray) -> np.ndarray:
    """Return a network's outputs with other weights; its own are restored."""
    own = model.get_weights()
    model.set_weights(weights)
    try:
        return answers(model, images)
    finally:
        model.set_weights(own)


def check_ten_outputs(model, image_shape: tuple[int, ...]) -> None:
    """Raise a `Mistake` unless the network gives ten numbers for an image."""
    shape = answers(model, np.zeros((2, *image_shape), np.float32)).shape
    found = f"For two images your network gives an array of shape {shape}; expected (2, 10)."
    if len(shape) > 2:
        raise Mistake(
            "no-flatten",
            found,
            "A dense layer should see one list of numbers per image, not a grid.",
            "Between convolutions and dense layers, a layer must turn the grid into a list.",
        )
    if shape != (2, 10):
        hint = "There are ten classes: how many units does the last layer need?"
        raise Mistake("n-classes", found, hint)


def check_probabilities(model, images: np.ndarray) -> None:
    """Raise a `Mistake` unless the outputs are probabilities from one softmax."""
    outputs = answers(model, images)
    total = outputs.sum(axis=1)
    if not np.allclose(total, 1, atol=1e-2):
        is_sigmoid = outputs.min() >= 0 and outputs.max() <= 1
        raise Mistake(
            "sigmoid" if is_sigmoid else "logits",
            f"The ten outputs for an image add up to {total[0]:.2f}; probabilities add up to 1.",
            "Which activation of the last layer turns ten numbers into probabilities?",
            "Your last activation sees each output alone; it has to see all ten together."
            if is_sigmoid
            else "The last layer gives plain numbers: it has no activation yet.",
        )
    weights = model.get_weights()
    if len(weights) < 2 or weights[-1].shape != (10,) or weights[-2].ndim != 2:
        return
    # Weights with which a single softmax is sure of class 0.
    weights[-2:] = 0 * weights[-2], 100 * np.eye(10, dtype=weights[-1].dtype)[0]
    if answers_with(weights, model, images).max() <= MAX_SOFTMAX_TWICE:
        raise Mistake(
            "softmax-twice",
            "However sure your network is, no output exceeds 0.232.",
            "How often are the ten numbers turned into probabilities?",
            "Softmax is in the last dense layer and once more behind it: one is enough.",
        )


def layers_of(model) -> Iterator:
    """Yield all layers, also those of inner models; none if the model does not list them."""
    for layer in getattr(model, "layers", ()):
        yield from layers_of(layer) if getattr(layer, "layers", ()) else (layer,)
