"""Is the error rate of ten-digit numbers right? Compared with known values."""

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking, number_of, recognise, result_of

# Accuracy of one digit, error rate of ten, computed in advance.
VALUES = {0.0: 1.0, 0.5: 0.9990234375, 0.9: 0.6513215599, 0.988: 0.1137230675, 1.0: 0.0}
# The same for nine digits.
NINE = np.array([1.0, 0.998046875, 0.612579511, 0.1029585708, 0.0])
TOLERANCE = 1e-5
UNROUNDED = "Return the number itself; round and format it only when you print it."


def check_ten_digits(ten_digit_error_rate, hint: int = 1) -> None:
    """Check the function of task 1.2.3; `CheckFailed` says which value is wrong.

    Parameters
    ----------
    ten_digit_error_rate : callable
        The student's function: accuracy of one digit (0-1) to error rate of ten (0-1).
    hint : {1, 2, 3}, how much to give away
    """
    with checking("ten-digits", hint) as passed:
        name = "ten_digit_error_rate"
        results = [result_of(name, ten_digit_error_rate, accuracy) for accuracy in VALUES]
        _compare(np.array([number_of(f"What `{name}` returns", x, UNROUNDED) for x in results]))
        _check_arrays(ten_digit_error_rate)
        passed("98.8 % accuracy for a digit means 11.4 % errors for ten.")


def _compare(found: np.ndarray) -> None:
    accuracies, expected = np.array(list(VALUES)), np.array(list(VALUES.values()))
    if np.allclose(found, expected, atol=TOLERANCE):
        return
    if np.ptp(found) < TOLERANCE:
        message = f"For every accuracy your function gives {found[0]:.4g}."
        raise Mistake(
            "ignores-argument", message, "Compute with its argument: from 0 to 1, not 100."
        )
    if any(np.allclose(found, np.round(expected, n), atol=1e-9) for n in range(1, 6)):
        raise Mistake("rounded", "The formula is right, but you round its result.", UNROUNDED)
    begin = "Begin with the opposite: when are all ten digits right?"
    suspects = {
        "success": (
            1 - expected,
            "That is how often a number is read correctly; the task asks for the opposite.",
        ),
        "times-ten": (
            10 * (1 - accuracies),
            "Ten times the error rate would be more than 100 % for a poor network: can that be?",
            begin,
        ),
        "all-wrong": (
            (1 - accuracies) ** 10,
            "That is how often all ten digits are wrong; one wrong digit spoils a number.",
            begin,
        ),
        "one-digit": (1 - accuracies, "That is the error rate of one digit, not of ten."),
        "percent": (100 * expected, "The number is in percent; expected a fraction, 0 to 1."),
        "product": (1 - 10 * accuracies, "Ten times a probability? A power is written `**`."),
        "exactly-one": (10 * (1 - accuracies) * accuracies**9, "Two wrong digits count as well."),
        "at-least-one": (1 - (1 - accuracies) ** 10, "All ten digits have to be right, not one."),
        "nine": (NINE, "How many digits does a number have?"),
    }
    value = dict(zip(VALUES, found, strict=True))[0.988]
    message = f"For an accuracy of 0.988 your function gives {value:.4g}; that is not right."
    recognise(suspects, lambda values: np.allclose(found, values, atol=TOLERANCE), message)
    raise Mistake(
        "other-value",
        message,
        "Begin with the opposite: when is a number of ten digits read correctly?",
        "One digit is right with the probability of its accuracy; and two independent ones?",
        "The probabilities of independent events are multiplied.",
    )


def _check_arrays(function) -> None:
    try:
        values = np.asarray(function(np.array([0.5, 0.9])), dtype=float)
        fits = values.shape == (2,) and np.allclose(values, [VALUES[0.5], VALUES[0.9]], atol=1e-5)
    except Exception:  # a student's code may raise anything
        fits = False
    if not fits:
        found = "It is right for one accuracy, but not for an array of them, as used below."
        raise Mistake("no-arrays", found, "`if`, `float()` and `math` take single numbers only.")
