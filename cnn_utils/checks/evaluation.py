"""Are accuracy and F1 those of the test set? Computed again from the network's outputs."""

import numpy as np

from cnn_utils.checks.network import predict
from cnn_utils.checks.outcome import Mistake, checking, number_of
from cnn_utils.metrics import confusion_matrix, f1_score

TOLERANCE = 6e-4  # three digits are enough
ROUNDING = 2e-6  # of float32
METRICS = "`evaluate` gives the loss and each metric, in the order of `compile`: unpack them."


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
        if any(value is None or value is Ellipsis for value in (test_accuracy, test_f1)):
            raise NotImplementedError
        accuracy = number_of("`test_accuracy`", test_accuracy, METRICS)
        f1 = number_of("`test_f1`", test_f1, METRICS)
        y_prob = predict(model, x_test)
        counts = confusion_matrix(y_test_hot, y_prob, 10)
        values = {
            "accuracy": np.trace(counts) / counts.sum(),
            "macro F1": f1_score(y_test_hot, y_prob),
            "weighted F1": f1_score(y_test_hot, y_prob, "weighted"),
            "the loss": float(np.mean((y_prob - np.asarray(y_test_hot)) ** 2)),
        }
        values["the share of mistakes"] = 1 - values["accuracy"]
        try:
            _compare("test_accuracy", accuracy, "accuracy", values, len(y_prob))
        except Mistake as mistake:
            y_unscaled = predict(model, 255 * np.asarray(x_test)).argmax(axis=1)
            gap = accuracy - np.mean(y_unscaled == np.argmax(y_test_hot, axis=1))
            if mistake.name == "other-data" and abs(gap) < ROUNDING:
                found = f"{mistake.found} Yours is that of images with pixels from 0 to 255."
                hint = "Give `evaluate` the scaled ones: `x_test`."
                raise Mistake("not-scaled", found, hint) from None
            raise
        _compare("test_f1", f1, "macro F1", values, len(y_prob))
        passed(f"accuracy {accuracy:.4f} and macro F1 {f1:.4f} on {len(y_prob):,} test images.")


def _compare(name: str, number: float, what: str, values: dict, n_images: int) -> None:
    right = values[what]
    nearest = min(values, key=lambda key: abs(number - values[key]))
    # A good network's values are close to each other: then the later digits tell.
    is_other = abs(number - values[nearest]) < ROUNDING < abs(number - right)
    is_rounded, is_short = (abs(number - round(number, n)) < 1e-7 for n in (4, 3))
    tolerance = TOLERANCE if is_short else min(TOLERANCE, 1.5 / n_images)  # an image or so
    if abs(number - right) < tolerance and (is_rounded or not is_other):
        return
    found = f"`{name}` is {number:.4f}; computed again, the {what} is {right:.4f}."
    if abs(number - round(right, 2)) < 1e-7:
        raise Mistake("rounded", found, "Keep all its digits: round it only when you print it.")
    if abs(number / 100 - right) < TOLERANCE:
        raise Mistake("percent", found, "Keep it as a fraction, 0 to 1; print it as you like.")
    if abs(number - values[nearest]) < tolerance:
        found = f"{found} Yours is {nearest}{', or micro F1' * (nearest == 'accuracy')}."
        if nearest == "weighted F1":
            raise Mistake("weighted-F1", found, "Macro F1 gives each class the same weight.")
        is_swapped = nearest in ("accuracy", "macro F1")
        mistake = "swapped" if is_swapped else nearest.removeprefix("the ").replace(" ", "-")
        raise Mistake(mistake, found, METRICS)
    hint = "Which images was it measured on? Training and validation images are not the test set."
    raise Mistake("other-data", found, hint, "Was it trained further since? Evaluate it again.")
