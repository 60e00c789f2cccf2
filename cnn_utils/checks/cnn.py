"""Can the student's own network do the task? What it is made of is theirs to choose."""

import numpy as np

from cnn_utils.checks.network import answers, build, check_probabilities, layers_of
from cnn_utils.checks.outcome import Mistake, call, checking

IMAGE_SHAPE = (32, 32, 3)
MAX_PARAMETERS = 25_000_000


def check_cnn(build_cnn, hint: int = 1) -> None:
    """Check the network of task 2.3; raise `CheckFailed` if it can't classify colour images.

    Parameters
    ----------
    build_cnn : callable
        The student's function: no arguments, returns the model. It may be built in any way.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("cnn", hint) as passed:
        model = build("build_cnn", build_cnn, IMAGE_SHAPE)
        images = np.random.default_rng(458).random((8, *IMAGE_SHAPE)).astype(np.float32)
        check_probabilities(model, images)
        n_parameters = sum(w.size for w in model.get_weights())
        _check_parameters(model, n_parameters)
        _check_layers(model)
        if _is_linear(model, images):
            found = "Your network is linear: only its last layer has an activation."
            hint = "Without activations, many layers can do no more than a single one."
            raise Mistake("no-activation", found, hint, '`activation="relu"`, for instance.')
        if call("build_cnn", build_cnn) is model:
            found = "Called twice, `build_cnn()` returns the same network."
            raise Mistake("same-model", found, "Build it anew, inside the function.")
        passed(f"{n_parameters:,} parameters; images in, ten probabilities out.")


def _check_parameters(model, n_parameters: int) -> None:
    if n_parameters > MAX_PARAMETERS:
        found = f"{n_parameters:,} parameters are too many to train on a laptop and to hand in."
        hint = "Look at `model.summary()`: which layer has most of them?"
        raise Mistake("too-large", found, hint, "Pool once more before the first dense layer.")
    if not getattr(model, "trainable_weights", True):
        raise Mistake("frozen", "None of the parameters can be trained.", "See `trainable`.")


def _check_layers(model) -> None:
    if not any(w.ndim == 4 for w in model.get_weights()):
        found = "There is no convolution in your network."
        raise Mistake("no-convolution", found, "Which layer knows which pixels are neighbours?")
    kinds = [type(layer).__name__ for layer in layers_of(model)]
    if kinds and kinds[-1] in ("Dropout", "BatchNormalization"):
        hint = "It would change the probabilities: put it before the last dense layer."
        raise Mistake("behind-softmax", f"The last layer of your network is a {kinds[-1]}.", hint)
    for layer, kind in zip(layers_of(model), kinds, strict=True):
        if kind == "Rescaling" and np.max(np.abs(layer.get_config()["scale"])) < 0.1:
            found = "A Rescaling layer divides the pixels, which `preprocess` has already scaled."
            raise Mistake("scaled-twice", found, "Your images lie in [0, 1]: what comes out of it?")
        if kind != "InputLayer" and not kind.startswith("Random"):
            break  # what comes now no longer sees the pixels as they are


def _is_linear(model, images: np.ndarray) -> bool:
    """Say whether a network does no more than a single linear layer before its softmax.

    Then the centred logarithms of its probabilities for the mean of two images are the mean of
    those for the two. A network whose outputs hardly differ is not judged.
    """

    def centred(x):
        logs = np.log(np.maximum(answers(model, x), 1e-30))
        return logs - logs.mean(axis=1, keepdims=True)

    first, second = np.split(images, 2)
    a, b, mean = centred(first), centred(second), centred((first + second) / 2)
    spread = np.abs(a - b).max()
    return bool(1e-2 < spread < 30 and np.abs(mean - (a + b) / 2).max() < 1e-3 * spread)
