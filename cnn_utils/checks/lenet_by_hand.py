"""LeNet in NumPy, and its usual variants: the one that computes the same tells what was built."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from cnn_utils.checks.outcome import Mistake

# Of LeNet's weights, in the order of Keras.
LENET_SHAPES = [(5, 5, 1, 6), (6,), (5, 5, 6, 16), (16,), (400, 120), (120,), (120, 84), (84,)]
LENET_SHAPES += [(84, 10), (10,)]
# Half precision keeps three digits.
TOLERANCE = 5e-3
ACTIVATIONS: dict[str, Callable] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "no activation": lambda x: x,
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.2 * x),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}
POOLINGS = ("max", "average", "stride", "average, then max", "max, then average")
HIDDEN = ("first convolution", "second convolution", "dense layer of 120", "dense layer of 84")


def diagnose(images, weights: dict[tuple, np.ndarray], output: np.ndarray) -> Mistake | None:
    """Find out what a network computes, given its weights and its answers.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28, 1)
    weights : dict
        LeNet's ten arrays by their shapes, which are all different.
    output : ndarray of shape (n, 10)

    Returns
    -------
    mistake : Mistake or None
        None if it is LeNet.
    """
    if _same(softmax(logits(images, weights)), output):
        return None
    if _same(softmax(logits(images, weights, channels_first=True)), output):
        return None
    for pooling, activations in _variants():
        scores = logits(images, weights, pooling, activations)
        for name, final in FINALS.items():
            if _same(final(scores), output):
                return _mistake(pooling, activations, name)
    return Mistake(
        "computes-otherwise",
        "All weights have the right shapes, but the layers are not joined as in the table.",
        "Compare order and activation of your layers with the table, row by row.",
        "Does each pooling take blocks of 2 x 2, side by side, and each activation only one place?",
    )


def logits(
    images, weights, pooling="max", activations=("relu",) * 4, channels_first=False
) -> np.ndarray:
    """Return LeNet's ten sums before the last activation.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28, 1)
    weights : dict of tuple to ndarray
    pooling : {"max", "average", "stride", "average, then max", "max, then average"}
    activations : tuple of four names
        Of the layers in `HIDDEN`.
    channels_first : bool
        Whether one map after the other is flattened, instead of one pixel after the other.
    """
    act = [ACTIVATIONS[name] for name in activations]
    x = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    x = act[0](_convolve(x, weights[5, 5, 1, 6]) + weights[6,])
    # With strides, the padded convolution keeps every second place from 1 on, the other from 0.
    first, _, second = pooling.partition(", then ")
    x = _pool(x, first, first=1)
    x = act[1](_convolve(x, weights[5, 5, 6, 16]) + weights[16,])
    x = _pool(x, second or first, first=0)
    x = (x.transpose(0, 3, 1, 2) if channels_first else x).reshape(len(x), 400)
    x = act[2](x @ weights[400, 120] + weights[120,])
    x = act[3](x @ weights[120, 84] + weights[84,])
    return x @ weights[84, 10] + weights[10,]


def _variants() -> Iterator[tuple[str, tuple[str, ...]]]:
    for pooling in POOLINGS:
        for name in ACTIVATIONS:
            yield pooling, (name,) * 4
    for names in itertools.product(("relu", "no activation", "sigmoid", "tanh"), repeat=4):
        yield "max", names


def _mistake(pooling: str, activations: tuple[str, ...], final: str) -> Mistake:
    if final != "softmax":
        told = {
            "no activation": "The last layer gives plain numbers, not probabilities.",
            "sigmoid": "The last layer squeezes each output on its own; expected softmax.",
            "softmax twice": "The outputs go through softmax twice.",
        }[final]
        return Mistake(
            {"no activation": "logits", "softmax twice": "softmax-twice"}.get(final, final),
            told,
            "The ten outputs should be probabilities that add up to 1, and can come close to 1.",
            "Look at the activation in the last row of the table.",
        )
    if pooling != "max":
        is_stride = pooling == "stride"
        what = "every second pixel" if is_stride else "means of 2 x 2 pixels"
        once = " in one place" if "then" in pooling else ""
        return Mistake(
            "pooling-stride" if is_stride else "pooling-average",
            f"Your network halves the feature maps by taking {what}{once}.",
            "The table names another kind of pooling: which number of the four does it keep?",
        )
    wrong = [i for i, name in enumerate(activations) if name != "relu"]
    name = activations[wrong[0]]
    places = ", ".join(HIDDEN[i] for i in wrong)
    return Mistake(
        "activation-missing" if name == "no activation" else f"activation-{name}",
        f"There is {name if name == 'no activation' else f'a {name}'} in: {places}.",
        "The column 'activation' of the table says which one follows each layer.",
        "Without one, two layers in a row are no more than a single linear one."
        if name == "no activation"
        else "ReLU passes on what is positive, and gives 0 for the rest.",
    )


def _same(expected: np.ndarray, output: np.ndarray) -> bool:
    return np.allclose(expected, output, atol=TOLERANCE, rtol=TOLERANCE)


def _convolve(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.tensordot(windows, kernel.transpose(2, 0, 1, 3), axes=3)


def _pool(x: np.ndarray, kind: str, first: int) -> np.ndarray:
    if kind == "stride":
        return x[:, first::2, first::2]
    n, height, width, channels = x.shape
    blocks = x.reshape(n, height // 2, 2, width // 2, 2, channels)
    return blocks.max(axis=(2, 4)) if kind == "max" else blocks.mean(axis=(2, 4))


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the probabilities of sums (n, 10), row by row."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


FINALS: dict[str, Callable] = {
    "softmax": softmax,
    "no activation": lambda x: x,
    "sigmoid": ACTIVATIONS["sigmoid"],
    "softmax twice": lambda x: softmax(softmax(x)),
}
