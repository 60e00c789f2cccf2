"""Are images scaled as they should be, each like every other? Bright and dark ones tell."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.outcome import Mistake, call, checking

SHAPE = (6, 32, 32, 3)


def check_preprocess(preprocess, hint: int = 1) -> None:
    """Check the function of task 2.1 on bright and on dark images.

    Parameters
    ----------
    preprocess : callable
        The student's function: uint8 images (n, 32, 32, 3) to float32 in [0, 1].
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If an image comes out wrong; the text says how, and gives a hint.
    """
    with checking("preprocess", hint) as well:
        rng = np.random.default_rng(458)
        images = rng.integers(0, 256, SHAPE, dtype=np.uint8)
        images[0, 0, 0], images[0, 0, 1] = 0, 255
        given = images.copy()
        scaled = _array(call("preprocess", preprocess, images))
        if not np.array_equal(images, given):
            raise Mistake(
                "in-place",
                "`preprocess` changes the images it is given.",
                "Work on a copy: `astype` makes one, `/=` and `*=` do not.",
            )
        _check_shape(scaled)
        _check_values(scaled, images / 255)
        # Dark images, as a whole and one by one: what looks at the data shows here.
        dark = (images // 3)[:4]
        _check_same_for_all(_array(call("preprocess", preprocess, dark.copy())), dark / 255)
        if scaled.dtype != np.float32:
            _wrong_type(scaled.dtype)
        well("float32 in [0, 1], and the same for every image.")


def _array(value) -> np.ndarray:
    if value is None:
        raise Mistake("no-return", "`preprocess` gives back nothing.", "Does it end in a `return`?")
    return np.asarray(value)


def _check_shape(scaled: np.ndarray) -> None:
    if scaled.shape != SHAPE:
        raise Mistake(
            "shape",
            f"Images of shape {SHAPE} come back as {scaled.shape}.",
            "Only the values should change: the network needs height, width and channels.",
        )


def _check_values(scaled: np.ndarray, expected: np.ndarray) -> None:
    low, high = float(scaled.min()), float(scaled.max())
    told = f"Pixels from 0 to 255 become numbers from {low:.4g} to {high:.4g}; expected 0 to 1."
    values = scaled.astype(np.float64)
    if np.allclose(values, expected, atol=1e-3):
        return
    if np.isin(scaled, (0, 1)).all():
        raise Mistake(
            "integer-division",
            "All pixels become 0 or 1: what lies between is lost.",
            "What does a division give whose result must be a whole number?",
            "Change the type to float before dividing, and don't use `//`.",
        )
    suspects = {
        "not-scaled": (255 * expected, "The brightest pixel is 255. What should it become?"),
        "scaled-twice": (
            expected / 255,
            "The numbers are tiny: how often are they divided?",
            "Dividing by 255 once is enough.",
        ),
        "256": (
            expected * 255 / 256,
            "Which number must the brightest pixel be divided by to become 1?",
        ),
        "minus-one": (
            2 * expected - 1,
            "That range is used, too, but here black should be 0.",
        ),
        "inverted": (1 - expected, "Black and white have changed places."),
    }
    for name, (numbers, *hints) in suspects.items():
        if np.allclose(values, numbers, atol=1e-3 * max(1, np.abs(numbers).max())):
            raise Mistake(name, told, *hints)
    if np.allclose(np.sort(values, axis=None), np.sort(expected, axis=None), atol=1e-3):
        raise Mistake(
            "moved",
            "The numbers are right, but they stand in other places than the pixels did.",
            "Were channels, rows or images exchanged?",
        )
    centred = abs(values.mean()) < 0.05 and low < 0
    if centred:
        _looks_at_the_data("mean", "The mean of your images is 0: you subtract it.")
    raise Mistake(
        "other-values",
        told,
        "Each pixel should become its own 255th part, and nothing else.",
        "Print one pixel before and after, and work it out by hand.",
    )


def _check_same_for_all(scaled: np.ndarray, expected: np.ndarray) -> None:
    if scaled.shape == expected.shape and np.allclose(scaled, expected, atol=1e-3):
        return
    brightest = float(scaled.max())
    told = f"The brightest pixel of dark images, 85, becomes {brightest:.3f}; expected 0.333."
    _looks_at_the_data("own-maximum", told)


def _looks_at_the_data(name: str, told: str) -> None:
    raise Mistake(
        name,
        told,
        "If the test set is scaled by its own values, the same pixel means one thing in training "
        "and another in the test.",
        "Use a fixed number, not the minimum, maximum or mean of the images at hand.",
    )


def _wrong_type(dtype) -> None:
    raise Mistake(
        "float64" if dtype == np.float64 else "dtype",
        f"The numbers are right, but of type {dtype}; expected float32.",
        "`float64` is what NumPy takes if you say nothing: twice the memory, and no use to the "
        "network."
        if dtype == np.float64
        else "Name the type when you change it: `astype`, or `np.asarray(..., dtype=...)`.",
    )
