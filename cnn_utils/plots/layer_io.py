"""What pictures of a model need: its images, its layers, and their inputs and outputs."""

from functools import partial
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from cnn_utils.errors import KitError, describe
from cnn_utils.metrics import as_array

CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


class LayerIO(NamedTuple):
    """The input and the output of a layer, as tensors."""

    input: object
    output: object


def all_layers(model) -> list:
    """List a model's layers in order, the layers of a nested model in that model's place."""
    found = []
    for layer in model.layers:
        found += all_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def find_layer(model, layer: str | int):
    """Return the layer of that name, or at that index of `all_layers`."""
    known = all_layers(model)
    names = [candidate.name for candidate in known]
    try:
        return known[names.index(layer) if isinstance(layer, str) else layer]
    except (ValueError, IndexError, TypeError):
        listed = ", ".join(f"{i} {name}" for i, name in enumerate(names))
        expected = f"be the name or index of a layer of '{model.name}'"
        raise KitError.about("`layer`", expected, describe(layer), f"It has: {listed}.") from None


def convolutions_of(model) -> list:
    """Return the model's convolutions in order."""
    return [layer for layer in all_layers(model) if isinstance(layer, CONVOLUTIONS)]


def find_convolution(model, layer=None, place: int = 0):
    """Return `find_layer` of the given layer, by default the convolution at that place."""
    if layer is not None:
        return find_layer(model, layer)
    if not convolutions_of(model):
        kinds = ", ".join(type(layer).__name__ for layer in all_layers(model))
        received = f"'{model.name}' with the layers {kinds}"
        next_step = "For a dense network, use its saliency."
        raise KitError.about("`model`", "hold a convolution", received, next_step)
    return convolutions_of(model)[place]


def capture_outputs(model, images, *watched) -> tuple:
    """Run the model as it predicts; return its output, and the `LayerIO` of each watched layer.

    A second model that ends at ``layer.output`` would not do: in a Sequential that grew by `add`,
    and in nested models, that tensor need not lie on the way to ``model.output``, and then has no
    gradient; subclassed models have no such tensor at all. A layer that did not run is missing.
    """
    captured, calls = {}, {layer: layer.call for layer in watched}
    try:
        for layer in calls:
            # Past `setattr`, with which Keras would track the function as the layer's own.
            vars(layer)["call"] = partial(_capture, captured, layer, calls[layer])
        # Some models wrap their one output in a list.
        (output,) = keras.tree.flatten(model(images, training=False))
    finally:
        for layer in calls:
            vars(layer).pop("call", None)
    return output, captured


def feature_maps_of(layer, captured):
    """Return the layer's output (n, height, width, n_maps); raise KitError if it has no maps."""
    output = captured[layer].output if layer in captured else None
    if len(getattr(output, "shape", ())) != 4:
        expected = "return feature maps (n, height, width, n_maps)"
        received = f"'{layer.name}' ({type(layer).__name__})"
        next_step = "Choose a convolution, or a pooling or normalisation between convolutions."
        raise KitError.about("`layer`", expected, received, next_step)
    return output


def class_scores(model, images, *watched) -> tuple:
    """Return the classes' scores (n, n_classes) before the softmax, and the captured outputs.

    A probability rises also when the other classes' scores fall, and its gradient vanishes for a
    network that is sure: p (1 - p) is 0 for p = 1. The softmax may be a Dense layer's activation,
    or a last Softmax or Activation layer.
    """
    output, captured = capture_outputs(model, images, *all_layers(model), *watched)
    layer, io = next(
        ((layer, io) for layer, io in captured.items() if io.output is output), (None, None)
    )
    is_softmax = getattr(layer, "activation", None) is keras.activations.softmax
    if is_softmax and isinstance(layer, layers.Dense):
        output = keras.ops.matmul(io.input, layer.kernel)
        if layer.bias is not None:
            output += layer.bias
    elif isinstance(layer, layers.Softmax) or (is_softmax and isinstance(layer, layers.Activation)):
        output = io.input
    return keras.ops.cast(output, "float32"), captured


def _capture(captured, layer, call, *args, **kwargs):
    output = call(*args, **kwargs)
    captured[layer] = LayerIO(args[0] if args else next(iter(kwargs.values())), output)
    return output


def check_weights(model) -> None:
    """Raise KitError if a weight is NaN or infinite."""
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        received = f"'{model.name}' with NaN or infinity among them"
        next_step = "Did the loss become NaN during training? Try a smaller learning rate."
        raise KitError.about("`model`", "have finite weights", received, next_step)


def as_model_images(model, images, name: str = "images") -> np.ndarray:
    """Return `images` as float32 in the model's input shape; check them and the weights.

    A subclassed model has no input shape; then Keras checks the images.
    """
    check_weights(model)
    array = as_floats(images, name)
    inputs = getattr(model, "inputs", None)
    shape = inputs[0].shape[1:] if inputs else array.shape[1:]
    alike = array.ndim == len(shape) + 1 and all(
        wanted in (None, given) for wanted, given in zip(shape, array.shape[1:], strict=True)
    )
    if not alike or len(array) == 0:
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise KitError.about(
            f"`{name}`",
            f"have the input shape of '{model.name}', (n, {wanted}), n > 0",
            array,
            "One image of many is images[i:i + 1]; a grey image gets its channel by "
            "images[..., None].",
        )
    return array


def as_floats(images, name: str = "images") -> np.ndarray:
    """Return preprocessed images as float32; raise KitError if they are integers."""
    array = as_array(images, name)
    if array.dtype.kind != "f":
        expected = "be floating-point numbers, as the network gets them"
        next_step = "Preprocess them as for training (usually to float32 in 0-1)."
        raise KitError.about(f"`{name}`", expected, array, next_step)
    return array.astype(np.float32, copy=False)


def for_display(images: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return images in 0-1 for the plots; `others` are scaled along and may lie outside.

    Images in 0-1 stay as they are; all others are stretched from the smallest to the largest value.
    """
    low, high = float(images.min()), float(images.max())
    if low >= 0 and high <= 1:
        return images, *others
    span = (high - low) or 1.0
    stretched = np.clip((images - low) / span, 0, 1)
    return stretched, *((other - low) / span for other in others)
