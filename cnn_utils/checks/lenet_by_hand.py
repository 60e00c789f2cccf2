"""LeNet in NumPy, and its usual variants: the one that computes the same shows what was built."""

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
    "softmax": lambda x: softmax(x),
    "no activation": lambda x: x,
    "leaky ReLU": lambda x: np.where(x > 0, x, 0.2 * x),
    "ELU": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
}
POOLINGS = ("max", "average", "stride", "average, then max", "max, then average")
RELU = ("relu",) * 4
HIDDEN = ("first convolution", "second convolution", "dense layer of 120", "dense layer of 84")


def softmax(x: np.ndarray) -> np.ndarray:
    """Return the probabilities of logits, along the last axis."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


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
    found = "All weights have the right shapes, but the layers are not joined as in the table."
    hint = "Compare order and activation of your layers with the table, row by row."
    answer = "Does each pooling take 2 x 2 blocks, side by side? Is each ReLU in one place only?"
    raise Mistake("computes-otherwise", found, hint, answer)


def logits(images, weights, pooling="max", activations=RELU, channels_first=False) -> np.ndarray:
    """Return LeNet's ten sums before its softmax, from its weights by their shapes.

    `pooling` is one of `POOLINGS`, `activations` are those of the layers in `HIDDEN`; with
    `channels_first`, one map after the other is flattened instead of one pixel after the other.
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
    kind = "stride" if pooling == "stride" else "average"
    kept = "every second pixel" if kind == "stride" else "means of 2 x 2 pixels"
    place = " in one place" if "then" in pooling else ""
    found = f"Your network halves feature maps by taking {kept}{place}."
    hint = "The table names another kind of pooling: which number of the four does it keep?"
    return Mistake(f"pooling-{kind}", found, hint)


def _activation(activations: tuple[str, ...]) -> Mistake:
    name = next(name for name in activations if name != "relu")
    named = zip(HIDDEN, activations, strict=True)
    places = ", ".join(place for place, activation in named if activation != "relu")
    hint = "The column 'activation' of the table says which one follows each layer."
    if name == "no activation":
        answer = "Without one, two layers in a row are no more than a single linear one."
        return Mistake("activation-missing", f"There is {name} in: {places}.", hint, answer)
    answer = "ReLU keeps positive numbers, and gives 0 for the rest."
    return Mistake(f"activation-{name}", f"There is a {name} in: {places}.", hint, answer)


def _convolve(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    rows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[1], axis=2)
    rows = np.ascontiguousarray(rows.reshape(*rows.shape[:3], -1))  # else BLAS can't be used
    kernels = kernel.swapaxes(1, 2).reshape(len(kernel), rows.shape[-1], -1)
    height = x.shape[1] - len(kernel) + 1
    return sum(rows[:, i : i + height] @ row for i, row in enumerate(kernels))


def _pool(x: np.ndarray, kind: str, start: int) -> np.ndarray:
    if kind == "stride":
        return x[:, start::2, start::2]
    join = np.maximum if kind == "max" else lambda a, b: (a + b) / 2
    x = join(x[:, ::2], x[:, 1::2])
    return join(x[:, :, ::2], x[:, :, 1::2])
