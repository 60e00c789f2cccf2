"""Can the student's own network do the task? What it is made of is theirs to choose."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.network import (
    build,
    check_probabilities,
    check_ten_outputs,
    kind_of,
    layers_of,
)
from cnn_utils.checks.outcome import Mistake, call, checking

IMAGE = (32, 32, 3)
MOST_PARAMETERS = 25_000_000
LINEAR = ("conv", "dense", "separable", "depthwise", "flatten", "input", "dropout", "batch", "add")
LINEAR += ("average", "global", "reshape", "spatial", "softmax", "random", "zeropadding")
NOT_LINEAR = ("relu", "elu", "prelu", "leakyrelu", "activation", "gelu", "maxpool")


def check_cnn(build_cnn, hint: int = 1) -> None:
    """Check the network of task 2.3.

    Parameters
    ----------
    build_cnn : callable
        The student's function: no arguments, returns the model. It may be built in any way.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If it can't take the images, is no convolutional network, or gives no probabilities.
    """
    with checking("cnn", hint) as well:
        model = build("build_cnn", build_cnn, IMAGE)
        check_ten_outputs(model, IMAGE)
        images = np.random.default_rng(458).random((8, *IMAGE)).astype(np.float32)
        check_probabilities(model, images)
        _check_layers(model)
        _check_size(model)
        if call("build_cnn", build_cnn) is model:
            raise Mistake(
                "same-model",
                "Called twice, `build_cnn()` gives the same network.",
                "The second training would go on where the first ended. Build it in the function.",
            )
        n_parameters = sum(int(np.prod(w.shape)) for w in model.get_weights())
        well(f"{n_parameters:,} parameters; images in, ten probabilities out.")


def _check_layers(model) -> None:
    if not any(w.ndim == 4 for w in model.get_weights()):
        raise Mistake(
            "no-convolution",
            "There is no convolution in your network.",
            "A dense layer does not know which pixels are neighbours; which layer does?",
        )
    layers = list(layers_of(model))
    for layer in layers:
        if kind_of(layer) == "Rescaling" and np.max(np.abs(layer.get_config()["scale"])) < 0.1:
            raise Mistake(
                "scaled-twice",
                "A Rescaling layer divides the pixels, which `preprocess` has already scaled.",
                "The images that your network gets lie in [0, 1]. What comes out of that layer?",
            )
    # Layers that are a student's own can't be looked into.
    if layers and all(_is_linear(layer) for layer in layers):
        raise Mistake(
            "no-activation",
            "None of your layers has an activation, but the last.",
            "Without one, any number of layers can do no more than a single one.",
            "ReLU is the usual choice: the `activation` argument of `Conv2D` and `Dense`.",
        )


def _is_linear(layer) -> bool:
    if any(word in kind_of(layer).lower() for word in NOT_LINEAR):
        return _activation(layer) == "softmax"
    known = kind_of(layer).lower().startswith(LINEAR)
    return known and _activation(layer) in ("linear", "softmax", "none")


def _activation(layer) -> str:
    activation = getattr(layer, "activation", None)
    return getattr(activation, "__name__", str(activation)).lower()


def _check_size(model) -> None:
    n_parameters = sum(int(np.prod(w.shape)) for w in model.get_weights())
    if n_parameters > MOST_PARAMETERS:
        raise Mistake(
            "too-large",
            f"{n_parameters:,} parameters are too many to train on a laptop and to hand in.",
            "Look at `model.summary()`: in which layer do most of them sit?",
            "What does the first dense layer see? Pool once more before it is flattened.",
        )
    trainable = getattr(model, "trainable_weights", None)
    if trainable is not None and not list(trainable):
        raise Mistake("frozen", "None of the parameters can be trained.", "See `trainable`.")
