"""Solutions of tasks `ten-digits` and `preprocess`: wrong ones, and right ones."""

import math

import numpy as np


def stub(*_):
    raise NotImplementedError("task preprocess: write `preprocess`, then run this cell again")


TEN_WRONG = {
    "ten times the error rate": (lambda p: 10 * (1 - p), "times-ten"),
    "all ten wrong": (lambda p: (1 - p) ** 10, "all-wrong"),
    "how often it is right": (lambda p: p**10, "success"),
    "one digit": (lambda p: 1 - p, "one-digit"),
    "percent": (lambda p: 100 * (1 - p**10), "percent"),
    "rounded": (lambda p: round(1 - p**10, 2), "rounded"),
    "rounded to four digits": (lambda p: np.round(1 - p**10, 4), "rounded"),
    "nine digits": (lambda p: 1 - p**9, "nine"),
    "something else": (lambda p: 0.1 * p, "other-value"),
    "one accuracy at a time": (lambda p: 1 - math.pow(p, 10), "no-arrays"),
    "a text": (lambda p: "11 %", "not-a-number"),
    "no return": (lambda p: None, "no-return"),
    "misspelt": (lambda p: 1 - acuracy**10, "stopped"),  # noqa: F821
    "the number": (0.114, "not-a-function"),
    "not attempted": (stub, "not-attempted"),
}


def with_a_loop(accuracy):
    right = 1
    for _ in range(10):
        right = right * accuracy
    return 1 - right


TEN_RIGHT = {
    "a power": lambda p: 1 - p**10,
    "NumPy": lambda p: 1 - np.power(p, 10),
    "a loop": with_a_loop,
    "by logarithms": lambda p: -np.expm1(10 * np.log(np.maximum(p, 1e-300))),
    "single precision": lambda p: 1 - np.asarray(p, "float32") ** 10,
}


def in_place(images):
    scaled = images.astype("float32") / 255
    images //= 2
    return scaled


def own_mean(images):
    x = images.astype("float32") / 255
    return x - x.mean()


def own_maximum(images):
    x = images.astype("float32")
    return x / x.max()


def own_range(images):
    x = images.astype("float32")
    return (x - x.min()) / (x.max() - x.min())


def each_own_maximum(images):
    x = images.astype("float32")
    return x / x.max(axis=(1, 2, 3), keepdims=True)


PREPROCESS_WRONG = {
    "own maximum": (own_maximum, "own-maximum"),
    "own range": (own_range, "own-maximum"),
    "each image by its maximum": (each_own_maximum, "own-maximum"),
    "own mean": (own_mean, "mean"),
    "float64": (lambda x: x / 255, "float64"),
    "half precision": (lambda x: (x / 255).astype("float16"), "dtype"),
    "not scaled": (lambda x: x.astype("float32"), "not-scaled"),
    "scaled twice": (lambda x: x.astype("float32") / 255 / 255, "scaled-twice"),
    "256": (lambda x: x.astype("float32") / 256, "256"),
    "whole numbers": (lambda x: x // 255, "integer-division"),
    "-1 to 1": (lambda x: x.astype("float32") / 127.5 - 1, "minus-one"),
    "inverted": (lambda x: 1 - x.astype("float32") / 255, "inverted"),
    "blue, green, red": (lambda x: x[..., ::-1].astype("float32") / 255, "moved"),
    "squared": (lambda x: (x.astype("float32") / 255) ** 2, "other-values"),
    "flattened": (lambda x: x.reshape(len(x), -1).astype("float32") / 255, "shape"),
    "channels first": (lambda x: x.transpose(0, 3, 1, 2).astype("float32") / 255, "shape"),
    "grey": (lambda x: x.mean(axis=3).astype("float32") / 255, "shape"),
    "first image only": (lambda x: x[0].astype("float32") / 255, "shape"),
    "changes its input": (in_place, "in-place"),
    "no return": (lambda x: None, "no-return"),
    "divides in place": (lambda x: x.__itruediv__(255), "stopped"),
    "not attempted": (stub, "not-attempted"),
}


def to_tensor(images):
    import keras

    return keras.ops.cast(images, "float32") / 255


def with_layer(images):
    import keras

    return keras.layers.Rescaling(1 / 255)(images)


PREPROCESS_RIGHT = {
    "astype, then divided": lambda x: x.astype("float32") / 255,
    "asarray": lambda x: np.asarray(x, dtype=np.float32) / np.float32(255),
    "divided, then cast": lambda x: (x / 255.0).astype("float32"),
    "multiplied": lambda x: np.multiply(x, 1 / 255, dtype="float32"),
    "a tensor": to_tensor,
    "a layer": with_layer,
}
