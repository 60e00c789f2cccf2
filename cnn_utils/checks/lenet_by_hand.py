"""LeNet in NumPy, and its usual variants: the one that computes the same shows what was built."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from cnn_utils.checks.outcome import Mistake

# Of LeNet's weights, in the order of Keras.
LENET_SHAPES = [(5, 5, 1, 6), (6,), (5, 5, 6, 16), (16,), (400, 120), (120,), (120, 84), (84,)]
LENET_SHAPES += [(84, 10), (10,)]
TOLERANCE = 5e-3  # half precision keeps three digits
ACTIVATIONS: dict[str, Callable] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "no activation": lambda x: x,
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.2 * x),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}
POOLINGS = ("max", "average", "stride", "average, then max", "max, then average")
RELU = ("relu",) * 4
HIDDEN = ("first convolution", "second convolution", "dense layer of 120", "dense layer of 84")


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits (n, 10), row by row."""
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check_computation(images, weights: list[np.ndarray], outputs: np.ndarray) -> None:
    """Raise a `Mistake` unless a network with LeNet's ten weights, in any order, computes LeNet."""

    def fits(*variant) -> bool:
        found = softmax(logits(images, {w.shape: w for w in weights}, *variant))
        return np.allclose(found, outputs, atol=TOLERANCE, rtol=TOLERANCE)

    if fits() or fits("max", RELU, True):
        return
    for pooling, activations in _variants():
        if fits(pooling, activations):
            raise _pooling(pooling) if pooling != "max" else _activation(activations)
    raise Mistake(
        "computes-otherwise",
        "All weights have the right shapes, but the layers are not joined as in the table.",
        "Compare order and activation of your layers with the table, row by row.",
        "Does each pooling take blocks of 2 x 2, side by side, and each activation only one place?",
    )


def logits(images, weights, pooling="max", activations=RELU, channels_first=False) -> np.ndarray:
    """Return LeNet's ten sums before its softmax.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28, 1)
    weights : dict of tuple to ndarray
        LeNet's ten arrays by their shapes, which are all different.
    pooling : str
        One of `POOLINGS`.
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
    x = _pool(x, first, start=1)
    x = act[1](_convolve(x, weights[5, 5, 6, 16]) + weights[16,])
    x = _pool(x, second or first, start=0)
    x = (x.transpose(0, 3, 1, 2) if channels_first else x).reshape(len(x), 400)
    x = act[2](x @ weights[400, 120] + weights[120,])
    x = act[3](x @ weights[120, 84] + weights[84,])
    return x @ weights[84, 10] + weights[10,]


def _variants() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((pooling, (name,) * 4) for pooling in POOLINGS for name in ACTIVATIONS)
    for names in itertools.product(("relu", "no activation", "sigmoid", "tanh"), repeat=4):
        yield "max", names


def _pooling(pooling: str) -> Mistake:
    is_stride = pooling == "stride"
    kept = "every second pixel" if is_stride else "means of 2 x 2 pixels"
    return Mistake(
        "pooling-stride" if is_stride else "pooling-average",
        f"Your network halves feature maps by taking {kept}"
        f"{' in one place' if 'then' in pooling else ''}.",
        "The table names another kind of pooling: which number of the four does it keep?",
    )


def _activation(activations: tuple[str, ...]) -> Mistake:
    name = next(name for name in activations if name != "relu")
    places = [place for place, a in zip(HIDDEN, activations, strict=True) if a != "relu"]
    is_missing = name == "no activation"
    return Mistake(
        "activation-missing" if is_missing else f"activation-{name}",
        f"There is {name if is_missing else f'a {name}'} in: {', '.join(places)}.",
        "The column 'activation' of the table says which one follows each layer.",
        "Without one, two layers in a row are no more than a single linear one."
        if is_missing
        else "ReLU keeps positive numbers, and gives 0 for the rest.",
    )


def _convolve(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(1, 2))
    return np.tensordot(windows, kernel.transpose(2, 0, 1, 3), axes=3)


def _pool(x: np.ndarray, kind: str, start: int) -> np.ndarray:
    if kind == "stride":
        return x[:, start::2, start::2]
    n, height, width, channels = x.shape
    blocks = x.reshape(n, height // 2, 2, width // 2, 2, channels)
    return blocks.max(axis=(2, 4)) if kind == "max" else blocks.mean(axis=(2, 4))
