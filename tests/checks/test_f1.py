import pytest

from cnn_utils.checks import CheckFailed, check_f1
from cnn_utils.checks.f1 import SEED
from cnn_utils.checks.f1_by_hand import make_epoch
from cnn_utils.metrics import f1_score
from tests.checks.cases_f1 import BatchAveraged, Counting


def test_the_text_shows_both_numbers_and_names_the_mistake():
    with pytest.raises(CheckFailed) as caught:
        check_f1(BatchAveraged)
    first, hint, _ = str(caught.value).splitlines()
    y_true, y_prob = make_epoch(SEED)
    assert f"expected {f1_score(y_true, y_prob):.4f}." in first
    assert "In batches of 8, 61, 131 your F1 is" in first
    assert hint == (
        "  Hint 1 of 2: That is the mean of the batches' F1 scores, as in the example above the "
        "task."
    )


def test_what_is_right_is_said(capsys):
    check_f1(Counting)
    assert "macro F1 of the whole epoch" in capsys.readouterr().out
