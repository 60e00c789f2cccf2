"""Are accuracy and F1 those of the test set? Computed again from the network's outputs."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.metrics import confusion_matrix, f1_score

TOLERANCE = 6e-4  # three digits are enough
ROUNDING = 2e-6  # of float32


def check_evaluation(model, x_test, y_test_hot, test_accuracy, test_f1, hint: int = 1) -> None:
    """Check the two numbers of task 1.1.4; `CheckFailed` says what a wrong one seems to be.

    Parameters
    ----------
    model : keras.Model
        The trained network.
    x_test : array of shape (n, 28, 28, 1)
    y_test_hot : array of shape (n, 10)
    test_accuracy, test_f1 : float
        What the student found.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("evaluate-lenet", hint) as passed:
        accuracy, f1 = _number("test_accuracy", test_accuracy), _number("test_f1", test_f1)
        y_prob = np.asarray(model.predict(x_test, batch_size=500, verbose=0))
        counts = confusion_matrix(y_test_hot, y_prob, 10)
        values = {
            "accuracy": np.trace(counts) / counts.sum(),
            "macro F1": f1_score(y_test_hot, y_prob),
            "weighted F1": f1_score(y_test_hot, y_prob, "weighted"),
            "the loss": float(np.mean((y_prob - np.asarray(y_test_hot)) ** 2)),
        }
        values["the share of mistakes"] = 1 - values["accuracy"]
        _compare("test_accuracy", accuracy, "accuracy", values)
        _check_count(accuracy, len(y_prob))
        _compare("test_f1", f1, "macro F1", values)
        passed(f"accuracy {accuracy:.4f} and macro F1 {f1:.4f} on {len(y_prob):,} test images.")


def _number(name: str, value) -> float:
    if value is None or value is Ellipsis:
        raise NotImplementedError
    try:
        return float(np.asarray(value, dtype=np.float64).item())
    except (TypeError, ValueError):
        found = f"`{name}` is a {type(value).__name__}; expected a single number."
        hint = "`evaluate` gives the loss and each metric, in the order of `compile`: unpack them."
        raise Mistake("not-a-number", found, hint) from None


def _compare(name: str, number: float, what: str, values: dict[str, float]) -> None:
    right = values[what]
    nearest = min(values, key=lambda key: abs(number - values[key]))
    # A good network's values are close to each other: then the later digits tell.
    is_other = abs(number - values[nearest]) < ROUNDING < abs(number - right)
    if abs(number - right) < TOLERANCE and (_is_rounded(number) or not is_other):
        return
    found = f"`{name}` is {number:.4f}; computed again, the {what} is {right:.4f}."
    if abs(number / 100 - right) < TOLERANCE:
        raise Mistake("percent", found, "Keep it as a fraction, 0 to 1; print it as you like.")
    if abs(number - values[nearest]) < TOLERANCE:
        is_swapped = nearest in ("accuracy", "macro F1")
        raise Mistake(
            "swapped" if is_swapped else nearest.removeprefix("the ").replace(" ", "-"),
            f"{found} Yours is {nearest}.",
            "Macro F1, the metric of task 1.1.1, gives each class the same weight."
            if nearest == "weighted F1"
            else "`evaluate` gives the loss and each metric, in the order of `compile`.",
        )
    _other_data(found)


def _check_count(accuracy: float, n_images: int) -> None:
    """Refuse an accuracy that no number of right answers for the test images gives."""
    right = accuracy * n_images
    if abs(right - round(right)) > ROUNDING * n_images and not _is_rounded(accuracy):
        _other_data(
            f"`test_accuracy` is {accuracy:.6f}; no whole number of {n_images:,} images gives that."
        )


def _is_rounded(number: float) -> bool:
    return abs(number - round(number, 4)) < 1e-7


def _other_data(found: str) -> None:
    raise Mistake(
        "other-data",
        found,
        "Which images was it measured on? Training and validation images are not the test set.",
        "Was the network trained further since? Then evaluate it again.",
    )
