"""Are accuracy and F1 those of the test set? Worked out again from the network's answers."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.metrics import confusion_matrix, precision_recall_f1

# Three digits will do.
TOLERANCE = 6e-4


def check_evaluation(model, x_test, y_test_hot, test_accuracy, test_f1, hint: int = 1) -> None:
    """Check the two numbers of task 1.1.4.

    Parameters
    ----------
    model : keras.Model
        The trained network.
    x_test : array of shape (n, 28, 28, 1)
    y_test_hot : array of shape (n, 10)
    test_accuracy, test_f1 : float
        What the student found.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If a number is not the test set's; the text says what it seems to be instead.
    """
    with checking("evaluate-lenet", hint) as well:
        accuracy, f1 = _number("test_accuracy", test_accuracy), _number("test_f1", test_f1)
        y_prob = np.asarray(model.predict(x_test, batch_size=500, verbose=0))
        labels, answers = np.argmax(y_test_hot, axis=1), y_prob.argmax(axis=1)
        counts = confusion_matrix(labels, answers, 10)
        by_class = precision_recall_f1(counts)[2]
        expected = {"accuracy": np.trace(counts) / counts.sum(), "macro F1": by_class.mean()}
        mse = float(np.mean((y_prob - np.asarray(y_test_hot)) ** 2))
        others = {
            "the loss": mse,
            "the share of mistakes": 1 - expected["accuracy"],
            "weighted F1": np.average(by_class, weights=counts.sum(axis=1)),
        }
        _compare("test_accuracy", accuracy, "accuracy", expected, others)
        _compare("test_f1", f1, "macro F1", expected, others)
        well(f"accuracy {accuracy:.4f} and macro F1 {f1:.4f} on {len(labels):,} test images.")


def _number(name: str, value) -> float:
    if value is None or value is Ellipsis:
        raise NotImplementedError
    try:
        number = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        number = np.empty(2)
    if number.size != 1:
        raise Mistake(
            "not-a-number",
            f"`{name}` is a {type(value).__name__}; expected a single number.",
            "`evaluate` gives the loss and each metric, in the order of `compile`: unpack them.",
        )
    return float(number.item())


def _compare(name: str, found: float, what: str, expected: dict, others: dict) -> None:
    if abs(found - expected[what]) < TOLERANCE:
        return
    told = f"`{name}` is {found:.4f}; worked out again, the {what} is {expected[what]:.4f}."
    if abs(found / 100 - expected[what]) < TOLERANCE:
        raise Mistake("percent", told, "Keep it as a fraction, 0 to 1; print it as you like.")
    known = {**others, **{key: value for key, value in expected.items() if key != what}}
    for label, value in known.items():
        if abs(found - value) < TOLERANCE:
            name = "swapped" if label in expected else label.removeprefix("the ").replace(" ", "-")
            raise Mistake(
                name,
                f"{told} Yours is {label}.",
                "`evaluate` gives the loss and each metric, in the order of `compile`.",
            )
    raise Mistake(
        "other-data",
        told,
        "Which images was it measured on? Training and validation images are not the test set.",
        "Was the network trained further since? Then evaluate it again.",
    )
