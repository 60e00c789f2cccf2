"""Find a layer of a model, and hear what it receives and returns."""

from __future__ import annotations

from numbers import Integral
from typing import NamedTuple

import keras
from keras import layers

from cnn_utils.errors import KitError, describe

CONVOLUTIONS = (
    layers.Conv2D,
    layers.DepthwiseConv2D,
    layers.SeparableConv2D,
    layers.Conv2DTranspose,
)


class Heard(NamedTuple):
    """What a layer received and what it returned, as tensors."""

    received: object
    returned: object


def all_layers(model) -> list:
    """List a model's layers in order, the layers of a nested model in that model's place."""
    found = []
    for layer in model.layers:
        found += all_layers(layer) if isinstance(layer, keras.Model) else [layer]
    return found


def find_layer(model, layer):
    """Return the layer of that name, or at that index of `all_layers`; a layer as it is.

    Raises
    ------
    KitError
        If there is none; the message lists the names.
    """
    known = all_layers(model)
    for i, candidate in enumerate(known):
        if layer is candidate or (isinstance(layer, str) and layer == candidate.name):
            return candidate
        same_place = isinstance(layer, Integral) and not isinstance(layer, bool)
        if same_place and layer in (i, i - len(known)):
            return candidate
    names = ", ".join(f"{i} {candidate.name}" for i, candidate in enumerate(known))
    raise KitError.about(
        "`layer`",
        f"be the name or index of a layer of '{model.name}'",
        describe(layer),
        f"It has: {names}.",
    )


def find_convolutions(model) -> list:
    """Return the model's convolutions in order, or say that it has none."""
    found = [layer for layer in all_layers(model) if isinstance(layer, CONVOLUTIONS)]
    if not found:
        kinds = ", ".join(type(layer).__name__ for layer in all_layers(model))
        raise KitError.about(
            "`model`",
            "hold a convolution",
            f"'{model.name}' with the layers {kinds}",
            "What a dense network sees is shown by its saliency.",
        )
    return found


def listen(model, images, *watched) -> tuple:
    """Run the model as it predicts (``training=False``), listening in on some of its layers.

    A layer keeps no record of what passes through it. A new model that ends at ``layer.output``
    would not do: in a Sequential that grew by `add`, and in nested models, that tensor need not
    lie on the way to ``model.output``, and then has no gradient.

    Parameters
    ----------
    model : keras.Model
    images : array or tensor of shape (n, height, width, channels)
    *watched : layers of the model

    Returns
    -------
    output : tensor
    heard : dict of layer to Heard
        Its last call; a layer that did not run is missing.
    """
    heard, calls = {}, {layer: layer.call for layer in watched}
    try:
        for layer in calls:
            # Past `setattr`, with which Keras would track the function as the layer's own.
            vars(layer)["call"] = _noting(layer, calls[layer], heard)
        # Some models wrap their one output in a list.
        (output,) = keras.tree.flatten(model(images, training=False))
    finally:
        for layer in calls:
            vars(layer).pop("call", None)
    return output, heard


def maps_of(layer, heard):
    """Return what `layer` returned, (n, height, width, n_maps), or say that it has no such maps."""
    returned = heard[layer].returned if layer in heard else None
    if len(getattr(returned, "shape", ())) != 4:
        raise KitError.about(
            "`layer`",
            "return feature maps (n, height, width, n_maps)",
            f"'{layer.name}' ({type(layer).__name__})",
            "Choose a convolution, or a pooling or normalisation between convolutions.",
        )
    return returned


def class_scores(model, images, *watched) -> tuple:
    """Return the classes' scores before the softmax, and what `listen` heard.

    The softmax is left out because a probability rises also when the other classes' scores fall,
    and because its gradient vanishes for a network that is sure: p (1 - p) is 0 for p = 1.
    (Simonyan, Vedaldi, Zisserman 2014 use the unnormalised scores for the first reason.)

    A final softmax is recognised as a Dense layer's activation, or as a Softmax or Activation
    layer. Otherwise the scores are the model's output.

    Returns
    -------
    scores : tensor of shape (n, n_classes), float32
    heard : dict of layer to Heard
    """
    last = all_layers(model)[-1]
    output, heard = listen(model, images, last, *watched)
    softmax = getattr(last, "activation", None) is keras.activations.softmax
    if last in heard and heard[last].returned is output:
        if isinstance(last, layers.Dense) and softmax:
            output = keras.ops.matmul(heard[last].received, last.kernel)
            output = output if last.bias is None else output + last.bias
        elif isinstance(last, layers.Softmax) or (isinstance(last, layers.Activation) and softmax):
            output = heard[last].received
    return keras.ops.cast(output, "float32"), heard


def _noting(layer, call, heard):
    def noting(*args, **kwargs):
        returned = call(*args, **kwargs)
        heard[layer] = Heard(args[0] if args else next(iter(kwargs.values())), returned)
        return returned

    return noting
