"""Can the student's own network do the task? What it is made of is theirs to choose."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.network import (
    build,
    check_probabilities,
    check_ten_outputs,
    is_linear,
    kind_of,
    layers_of,
)
from cnn_utils.checks.outcome import Mistake, call, checking

IMAGE = (32, 32, 3)
MOST_PARAMETERS = 25_000_000


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
        _check_size(model)
        _check_layers(model, images)
        if call("build_cnn", build_cnn) is model:
            raise Mistake(
                "same-model",
                "Called twice, `build_cnn()` gives the same network.",
                "The second training would go on where the first ended. Build it in the function.",
            )
        n_parameters = sum(int(np.prod(w.shape)) for w in model.get_weights())
        well(f"{n_parameters:,} parameters; images in, ten probabilities out.")


def _check_layers(model, images: np.ndarray) -> None:
    if not any(w.ndim == 4 for w in model.get_weights()):
        raise Mistake(
            "no-convolution",
            "There is no convolution in your network.",
            "A dense layer does not know which pixels are neighbours; which layer does?",
        )
    first = next((layer for layer in layers_of(model) if not _leaves_range(layer)), None)
    if first is not None and kind_of(first) == "Rescaling":
        if np.max(np.abs(first.get_config()["scale"])) < 0.1:
            raise Mistake(
                "scaled-twice",
                "A Rescaling layer divides the pixels, which `preprocess` has already scaled.",
                "The images that your network gets lie in [0, 1]. What comes out of that layer?",
            )
    if is_linear(model, images):
        raise Mistake(
            "no-activation",
            "Your network is linear: none of its layers has an activation, but the last.",
            "Without one, any number of layers can do no more than a single one.",
            "ReLU is the usual choice: the `activation` argument of `Conv2D` and `Dense`.",
        )


def _leaves_range(layer) -> bool:
    """Say whether a layer at the beginning leaves the pixels between 0 and 1."""
    return kind_of(layer) == "InputLayer" or kind_of(layer).startswith("Random")


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
