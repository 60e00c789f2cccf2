"""cnn_utils.sequences: the ten-digit formula, its interval and its simulation."""

import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.sequences import (
    accuracy_interval,
    sequence_error_rate,
    simulate_sequence_errors,
)

Z95 = 1.959963985


@pytest.mark.parametrize(
    ("accuracy", "length", "expected"),
    [
        (0.988, 10, 0.1137),  # 0.988 ** 10 = 0.8863
        (0.9, 2, 0.19),  # 1 - 0.81
        (0.5, 3, 0.875),  # 1 - 1/8
        (0.7, 1, 0.3),
        (1.0, 10, 0.0),
        (0.0, 10, 1.0),
    ],
)
def test_error_rate_of_a_number(accuracy, length, expected):
    rate = sequence_error_rate(accuracy, length)
    assert type(rate) is float
    assert rate == pytest.approx(expected, abs=5e-5)


def test_ten_digits_are_the_default():
    assert sequence_error_rate(0.988) == pytest.approx(1 - 0.988**10, abs=1e-15)


def test_arrays_in_arrays_out():
    rates = sequence_error_rate([[0.5, 1.0], [0.0, 0.9]], length=2)
    np.testing.assert_allclose(rates, [[0.75, 0.0], [1.0, 0.19]])


@pytest.mark.parametrize("accuracy", [98.8, -0.1, float("nan"), np.array([0.9, 98.8])])
def test_percentages_are_refused_with_a_hint(accuracy):
    message = r"`accuracy` must be a fraction in 0-1; received .*Write 98.8 % as 0.988"
    with pytest.raises(KitError, match=message):
        sequence_error_rate(accuracy)


def test_a_numpy_number_is_shown_in_the_message():
    with pytest.raises(KitError, match=r"received 98\.8"):
        sequence_error_rate(np.float64(98.8))


@pytest.mark.parametrize("length", [0, -1, 2.0, True, None])
def test_length_is_a_whole_number(length):
    with pytest.raises(KitError, match=r"`length` must be a whole number of at least 1; received"):
        sequence_error_rate(0.9, length)


def test_numpy_integers_count_as_whole_numbers():
    assert sequence_error_rate(0.5, np.int64(2)) == 0.75


def test_wilson_interval_of_8_hits_in_10():
    # The textbook's interval for 8 of 10 at 95 % is 0.4902 to 0.9433.
    assert accuracy_interval(0.8, n_test=10) == pytest.approx((0.4902, 0.9433), abs=5e-5)


def test_wilson_interval_of_lenet():
    # z^2/n = 0.00038415; centre (0.988 + 0.00019207) / 1.00038415 = 0.98781261,
    # spread 1.95996 * sqrt(0.988 * 0.012 / 10000 + 0.00038415 / 40000) / 1.00038415 = 0.00214192.
    low, high = accuracy_interval(0.988, n_test=10_000)
    assert (low, high) == pytest.approx((0.98567069, 0.98995453), abs=1e-6)


@pytest.mark.parametrize("hits", [1, 30, 77, 99])
def test_wilson_ends_are_z_standard_errors_from_the_measurement(hits):
    measured, n = hits / 100, 100
    for p in accuracy_interval(measured, n):
        assert (measured - p) ** 2 == pytest.approx(Z95**2 * p * (1 - p) / n)


@pytest.mark.parametrize(("accuracy", "n_test"), [(0.988, 10_000), (0.5, 20), (0.99, 100)])
def test_interval_contains_the_measurement(accuracy, n_test):
    low, high = accuracy_interval(accuracy, n_test)
    assert 0 <= low < accuracy < high <= 1


def test_more_images_shrink_the_interval():
    def width(*args):
        low, high = accuracy_interval(*args)
        return high - low

    assert width(0.988, 100) > width(0.988, 1000) > width(0.988, 10_000)
    # Ten times narrower with a hundred times the images.
    assert width(0.9, 10**6) == pytest.approx(width(0.9, 10**4) / 10, rel=1e-3)


def test_a_perfect_score_does_not_prove_perfection():
    # Wilson's lower end for n of n hits is n / (n + z^2) = 100 / 103.8415 = 0.96301.
    low, high = accuracy_interval(1.0, n_test=100)
    assert low == pytest.approx(100 / (100 + Z95**2))
    assert high == 1


def test_no_hit_at_all_leaves_a_little_hope():
    # Wilson's upper end for 0 of n hits is z^2 / (n + z^2).
    low, high = accuracy_interval(0.0, n_test=100)
    assert low == 0
    assert high == pytest.approx(Z95**2 / (100 + Z95**2))


def test_95_percent_of_the_intervals_contain_the_truth():
    truth, n_test = 0.95, 1000
    measured = np.random.default_rng(1).binomial(n_test, truth, size=2000) / n_test
    intervals = np.array([accuracy_interval(float(value), n_test) for value in measured])
    covered = ((intervals[:, 0] <= truth) & (truth <= intervals[:, 1])).mean()
    assert 0.935 <= covered <= 0.965  # 0.95, and 3 standard errors of 2000 draws: 0.015


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_test": 0}, r"`n_test` must be a whole number of at least 1; received 0 \(int\)"),
        ({"n_test": 10.5}, r"`n_test` must be a whole number of at least 1; received 10\.5"),
        ({"accuracy": 98.8}, r"`accuracy` must be a fraction .*received 98\.8.*0\.988"),
    ],
)
def test_interval_says_which_argument_is_out_of_range(arguments, message):
    with pytest.raises(KitError, match=message):
        accuracy_interval(**{"accuracy": 0.9, "n_test": 100} | arguments)


def digits(n_wrong, n=1000):
    true = np.arange(n) % 10
    pred = true.copy()
    pred[:n_wrong] = (pred[:n_wrong] + 1) % 10
    return true, pred


@pytest.mark.parametrize(("n_wrong", "length"), [(12, 10), (100, 3), (300, 1)])
def test_simulation_agrees_with_the_formula(n_wrong, length):
    expected = sequence_error_rate(1 - n_wrong / 1000, length)
    simulated = simulate_sequence_errors(*digits(n_wrong), length, n_sequences=50_000)
    standard_error = np.sqrt(expected * (1 - expected) / 50_000)
    assert abs(simulated - expected) < 3 * standard_error


@pytest.mark.parametrize(("n_wrong", "expected"), [(0, 0.0), (1000, 1.0)])
def test_simulation_of_all_right_and_all_wrong(n_wrong, expected):
    assert simulate_sequence_errors(*digits(n_wrong), n_sequences=100) == expected


def test_simulation_depends_on_the_seed_alone():
    def simulated(seed):
        return simulate_sequence_errors(*digits(50), n_sequences=1000, seed=seed)

    assert simulated(7) == simulated(7)
    assert simulated(7) != simulated(8)


def test_simulation_takes_scores_too():
    scores = np.eye(10)[[3, 1]]
    assert simulate_sequence_errors([3, 1], scores, n_sequences=10) == 0.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [1]), r"`y_true` and `y_pred` must have the same length.*received 2 and 1"),
        (([], []), r"at least 1; received 0 and 0 labels"),
        (([0.5], [1]), r"`y_true` must hold integer labels"),
        (([1], ["one"]), r"`y_pred` must hold integer labels"),
        (([1], [1], 0), r"`length` must be a whole number of at least 1; received 0"),
    ],
)
def test_simulation_names_what_it_cannot_use(arguments, message):
    with pytest.raises(KitError, match=message):
        simulate_sequence_errors(*arguments)
