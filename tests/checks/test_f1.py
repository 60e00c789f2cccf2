import numpy as np
import pytest

from cnn_utils import CheckFailed, check_f1
from cnn_utils.checks.f1 import SEED, batches, make_epoch, means_of_batches, suspects
from cnn_utils.metrics import f1_score
from tests.checks.cases_f1 import BatchAveraged, Counting


def test_the_message_shows_both_numbers_and_names_the_mistake():
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


def test_a_right_solution_is_confirmed(capsys):
    check_f1(Counting)
    assert "macro F1 of the whole epoch" in capsys.readouterr().out


def test_the_suspects_differ_from_each_other_and_from_the_right_value():
    """Otherwise a wrong metric could pass, or get another one's name."""
    y_true, y_prob = make_epoch(SEED)
    numbers = [float(f1_score(y_true, y_prob))]
    for values, *_ in suspects(y_true, y_prob).values():
        numbers += np.atleast_1d(values).tolist()
    # Several classes may have no hit at all: 0 has a message of its own.
    assert np.diff(np.unique(numbers)).min() > 1e-3
    assert np.abs(np.array(numbers[1:]) - numbers[0]).min() > 1e-3


def test_the_epoch_has_all_classes_but_not_each_batch():
    y_true, _ = make_epoch(SEED)
    assert (y_true.sum(axis=0) > 0).all()
    assert (batches(*make_epoch(SEED))[0][0].sum(axis=0) == 0).any()
    assert len(set(means_of_batches(*make_epoch(SEED)))) >= 2
