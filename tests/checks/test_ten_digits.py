import pytest

from cnn_utils import CheckFailed, check_ten_digits
from cnn_utils.checks.ten_digits import VALUES


def test_the_values_are_right():
    assert {p: 1 - p**10 for p in VALUES} == pytest.approx(VALUES, abs=1e-7)


def test_hints_lead_step_by_step():
    messages = []
    for hint in (1, 2, 3):
        with pytest.raises(CheckFailed) as caught:
            check_ten_digits(lambda p: 0.1 * p, hint=hint)
        messages.append(str(caught.value))
    assert "For an accuracy of 0.988 your function gives 0.0988; that is not right." in messages[0]
    assert "when is a number of ten digits read correctly?" in messages[0]
    assert "and two independent ones?" in messages[1]
    assert "are multiplied" in messages[2]
