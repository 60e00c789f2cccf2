"""Are images scaled as they should be, all in the same way? Bright and dark ones show it."""

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking, recognise, result_of
from cnn_utils.errors import describe

SHAPE = (6, 32, 32, 3)
OWN_VALUES = (
    "If each set is scaled by its own values, one pixel means different things in each.",
    "Use a fixed number, not the minimum, maximum or mean of the images you receive.",
)


def check_preprocess(preprocess, hint: int = 1) -> None:
    """Check the function of task 2.1; `CheckFailed` says how an image comes out wrong.

    Parameters
    ----------
    preprocess : callable
        The student's function: uint8 images (n, 32, 32, 3) to float32 in [0, 1].
    hint : {1, 2, 3}, how much to give away
    """
    with checking("preprocess", hint) as passed:
        images = np.random.default_rng(458).integers(0, 256, SHAPE, dtype=np.uint8)
        images[0, 0, 0], images[0, 0, 1] = 0, 255
        before = images.copy()
        scaled = result_of("preprocess", preprocess, images)
        if isinstance(scaled, (tuple, dict)):
            found = f"`preprocess` returns {describe(scaled)}; expected one array."
            raise Mistake("not-an-array", found, "`return` the images alone, without a comma.")
        scaled = np.asarray(scaled)
        _check_arrays(scaled, images, before)
        _check_values(scaled, images / 255)
        # A function that looks at the data treats dark images, fewer of them, differently.
        dark = (images // 3)[:4]
        again = np.asarray(result_of("preprocess", preprocess, dark.copy()))
        if again.shape != dark.shape or not np.allclose(again, dark / 255, atol=1e-3):
            found = f"In dark images, the brightest pixel, 85, becomes {again.max():.3f}"
            raise Mistake("own-maximum", f"{found}; expected 0.333.", *OWN_VALUES)
        if scaled.dtype != np.float32:
            name = "float64" if scaled.dtype == np.float64 else "dtype"
            found = f"The numbers are right, but of type {scaled.dtype}; expected float32."
            raise Mistake(name, found, 'Write `astype("float32")` before the division.')
        passed("float32 in [0, 1], and the same for every image.")


def _check_arrays(scaled, images, before) -> None:
    if not np.array_equal(images, before):
        hint = "Work on a copy: `astype` makes one, `/=` and `*=` do not."
        raise Mistake("in-place", "`preprocess` changes the images it receives.", hint)
    if scaled.shape != SHAPE:
        found = f"Images of shape {SHAPE} become an array of shape {scaled.shape}."
        raise Mistake("shape", found, "Scale the values of the argument `images`, no more.")


def _check_values(scaled: np.ndarray, expected: np.ndarray) -> None:
    values = scaled.astype(np.float64)
    if np.allclose(values, expected, atol=1e-3):
        return
    if np.isin(scaled, (0, 1)).all():
        found = "All pixels become 0 or 1: the values between are lost."
        hint = "What does a division give if its result must be a whole number?"
        raise Mistake("integer-division", found, hint, "Change the type first, then divide.")
    low, high = float(scaled.min()), float(scaled.max())
    found = f"Pixels from 0 to 255 become numbers from {low:.4g} to {high:.4g}; expected 0 to 1."
    suspects = {
        "not-scaled": (255 * expected, "The brightest pixel is 255. What should it become?"),
        "scaled-twice": (
            expected / 255,
            "The numbers are tiny: how often are they divided?",
            "Dividing by 255 once is enough.",
        ),
        "256": (expected * 255 / 256, "Which number turns the brightest pixel, 255, into 1?"),
        "minus-one": (2 * expected - 1, "That range is used, too, but here black should be 0."),
        "inverted": (1 - expected, "Black and white have changed places."),
    }
    recognise(suspects, lambda x: np.allclose(values, x, atol=1e-3 * max(1, x.max())), found)
    if np.allclose(np.sort(values, axis=None), np.sort(expected, axis=None), atol=1e-3):
        found = "The numbers are right, but not at the places of their pixels."
        raise Mistake("moved", found, "Were channels, rows or images exchanged?")
    if abs(values.mean()) < 0.05 and low < 0:
        raise Mistake("mean", "The mean of your images is 0: you subtract it.", *OWN_VALUES)
    hint = "Each pixel should be divided by 255, and nothing else."
    raise Mistake("other-values", found, hint, "Print one pixel, and compute it on paper.")
