import pytest

from cnn_utils.checks import CheckFailed, check_submission
from tests.checks.cases_predictions import answers, shuffled, written


def test_the_order_is_told_from_the_answers():
    with pytest.raises(CheckFailed, match="so the order is wrong"):
        check_submission(*shuffled())


def test_what_is_wrong_with_the_file_is_said_as_always():
    path, *rest = written(0, "ID,Prediction\n0,3\n")
    with pytest.raises(CheckFailed, match=r"submission\.csv' must hold 10,000 predictions"):
        check_submission(path, *rest)


def test_what_is_right_is_said(capsys):
    check_submission(*written(answers()))
    assert "10,000 predictions, and they are your network's" in capsys.readouterr().out
