import pytest

from cnn_utils import CheckFailed, check_submission
from tests.checks.cases_predictions import answers, shuffled, written


def test_a_wrong_order_is_recognised():
    with pytest.raises(CheckFailed, match="so the order is wrong"):
        check_submission(*shuffled())


def test_an_invalid_file_gets_the_validator_s_message():
    path, *rest = written(0, "ID,Prediction\n0,3\n")
    with pytest.raises(CheckFailed, match=r"submission\.csv' must hold 10,000 predictions"):
        check_submission(path, *rest)


def test_a_right_solution_is_confirmed(capsys):
    check_submission(*written(answers()))
    assert "10,000 predictions, and they are your network's" in capsys.readouterr().out
