import numpy as np

from cnn_utils.checks.f1 import SEED
from cnn_utils.checks.f1_by_hand import BATCHES, _means_of_batches, make_epoch, suspects
from cnn_utils.metrics import f1_score


def test_the_suspects_differ_from_each_other_and_from_what_is_right():
    """Else a wrong metric could pass, or be named wrongly."""
    y_true, y_prob = make_epoch(SEED)
    numbers = [float(f1_score(y_true, y_prob))]
    for values, *_ in suspects(y_true, y_prob).values():
        numbers += np.atleast_1d(values).tolist()
    # Several classes may have no hit at all: 0 is told apart before.
    assert np.diff(np.unique(numbers)).min() > 1e-3
    assert np.abs(np.array(numbers[1:]) - numbers[0]).min() > 1e-3


def test_the_epoch_has_all_classes_and_the_batches_not():
    y_true, _ = make_epoch(SEED)
    assert (y_true.sum(axis=0) > 0).all()
    assert (y_true[: BATCHES[0]].sum(axis=0) == 0).any()
    assert len(set(_means_of_batches(*make_epoch(SEED)))) >= 2
