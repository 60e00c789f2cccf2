"""From the error rate of one digit to the error rate of a ten-digit number."""

from statistics import NormalDist

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_label_pairs


def sequence_error_rate(accuracy, length: int = 10):
    """Return the probability that a number of `length` digits contains at least one mistake.

    Assumes that mistakes are independent, and that every digit is as hard as those of the test set.

    Parameters
    ----------
    accuracy : float or array-like, 0-1
        Probability that one digit is read correctly.
    length : int, default=10
        Number of digits, at least 1.

    Returns
    -------
    error_rate : float (or ndarray, like `accuracy`), 0-1

    Raises
    ------
    KitError
        If `accuracy` is outside 0-1 (98.8 % is written 0.988) or `length` is below 1.

    Examples
    --------
    >>> round(sequence_error_rate(0.988), 3)
    0.114
    """
    values = _check_accuracy(accuracy)
    check_count("length", length)
    ### BEGIN SOLUTION
    error_rate = 1 - values**length  # all digits are right with probability values**length
    return float(error_rate) if error_rate.ndim == 0 else error_rate
    ### END SOLUTION


def accuracy_interval(accuracy: float, n_test: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of an accuracy that was measured on `n_test` images.

    Wilson's score interval. The interval of a quantity that rises or falls with the accuracy lies
    between its values at the two ends.

    Parameters
    ----------
    accuracy : float, 0-1
        Measured share of correct digits.
    n_test : int
        Number of test images it was measured on, at least 1.

    Returns
    -------
    low, high : float, 0-1

    Raises
    ------
    KitError
        If an argument is outside its range.

    References
    ----------
    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 209-212.
    """
    check_count("n_test", n_test)
    _check_accuracy(accuracy)
    z = NormalDist().inv_cdf(0.975)
    centre = accuracy + z**2 / (2 * n_test)
    spread = z * np.sqrt(accuracy * (1 - accuracy) / n_test + (z / (2 * n_test)) ** 2)
    # Rounding can move an end slightly past 0 or 1.
    low, high = np.clip((centre + np.array([-spread, spread])) / (1 + z**2 / n_test), 0, 1)
    return float(low), float(high)


def simulate_sequence_errors(
    y_true, y_pred, length: int = 10, n_sequences: int = 100_000, seed: int = 458
) -> float:
    """Measure the error rate of digit strings drawn at random from the test set.

    Parameters
    ----------
    y_true, y_pred : array-like
        True and predicted digits of the same test images; see `cnn_utils.metrics.as_labels`.
    length : int, default=10
        Digits per string, drawn with replacement.
    n_sequences : int, default=100_000
        Number of strings.
    seed : int, default=458
        Seed of the draw.

    Returns
    -------
    error_rate : float, 0-1
        Share of strings with at least one mistake.
    """
    true, pred = as_label_pairs(y_true, y_pred)
    check_count("length", length)
    wrong = true != pred
    rng = np.random.default_rng(seed)
    draws = rng.integers(len(wrong), size=(n_sequences, length), dtype=np.int32)
    return float(wrong[draws].any(axis=1).mean())


def _check_accuracy(accuracy) -> np.ndarray:
    values = np.asarray(accuracy, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        next_step = "Write 98.8 % as 0.988."
        raise KitError.about("`accuracy`", "be a fraction in 0-1", accuracy, next_step)
    return values
