"""What a network is made of and computes, however it was built."""

from collections.abc import Iterator

import numpy as np

from cnn_utils.checks.outcome import Mistake, call, result_of
from cnn_utils.errors import describe

# The largest softmax of a softmax over ten classes: e / (e + 9).
MAX_SOFTMAX_TWICE = 0.2321


def build(name: str, function, image_shape: tuple[int, ...]):
    """Return the model a student's function builds: images of a shape in, ten numbers out."""
    model = result_of(name, function)
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        found = f"`{name}()` returns {describe(model)}; expected a Keras model."
        hint = (
            "`return` just what `keras.Sequential([...])` or `keras.Model(inputs, outputs)` gives."
        )
        raise Mistake("not-a-model", found, hint)
    shape = getattr(model, "input_shape", None) if getattr(model, "built", False) else None
    if isinstance(shape, tuple) and shape[1:] != image_shape and None not in shape[1:]:
        found = f"Images have shape {image_shape}; your network takes inputs of shape {shape[1:]}."
        raise Mistake("input-shape", found, "`keras.Input` takes height, width, channels.")
    images = np.zeros((3, *image_shape), np.float32)
    shape = call(f"{name}()(images)", answers, model, images).shape
    found = f"For three images your network gives an array of shape {shape}; expected (3, 10)."
    if not shape:
        raise Mistake("no-return", found, "`call` has to end with `return` and the outputs.")
    if len(shape) > 2:
        hint = "A dense layer should see one list of numbers per image, not a grid."
        raise Mistake("no-flatten", found, hint, "`layers.Flatten()` turns the grid into a list.")
    if shape != (3, 10):
        raise Mistake("n-classes", found, "Ten classes: how many units does the last layer need?")
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


def check_model(model) -> None:
    """Raise a `Mistake` unless this is a network, and not, say, what builds or trains it."""
    if not callable(getattr(model, "predict", None)):
        found = f"`model` is {describe(model)}; expected a trained network."
        raise Mistake("not-a-model", found, "`model = build_lenet()`; `history = model.fit()`.")


def predict(model, images: np.ndarray) -> np.ndarray:
    """Return a trained network's outputs for many images, as float64."""
    check_model(model)
    # TensorFlow compiles for each size of a batch: 1000 leaves no smaller last one of 10,000.
    return np.asarray(model.predict(images, batch_size=1000, verbose=0), dtype=np.float64)


def check_probabilities(model, images: np.ndarray) -> None:
    """Raise a `Mistake` unless the outputs are probabilities from one softmax."""
    outputs = answers(model, images)
    total = outputs.sum(axis=1)
    if not np.allclose(total, 1, atol=1e-2):
        found = f"The ten outputs for an image add up to {total[0]:.2f}; probabilities add up to 1."
        hint = "Which activation of the last layer turns ten numbers into probabilities?"
        if outputs.min() >= 0:
            answer = "Your last activation sees each output alone; it has to see all ten together."
            raise Mistake("relu" if outputs.min() == 0 else "sigmoid", found, hint, answer)
        raise Mistake("logits", found, hint, "The last layer has no activation yet.")
    weights = model.get_weights()
    if len(weights) < 2 or weights[-1].shape != (10,) or weights[-2].ndim != 2:
        return
    # Weights with which a single softmax is sure of class 0.
    weights[-2:] = 0 * weights[-2], 100 * np.eye(10, dtype=weights[-1].dtype)[0]
    if answers_with(weights, model, images).max() <= MAX_SOFTMAX_TWICE:
        found = "However sure your network is, no output exceeds 0.232."
        hint = "How often are the ten numbers turned into probabilities?"
        raise Mistake("softmax-twice", found, hint, "One softmax follows another: keep one.")


def layers_of(model) -> Iterator:
    """Yield all layers, also those of inner models; none if the model does not list them."""
    for layer in getattr(model, "layers", ()):
        yield from layers_of(layer) if getattr(layer, "layers", ()) else (layer,)
