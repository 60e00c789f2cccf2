import numpy as np
import pytest

from cnn_utils.widgets.arguments import check_labels, check_names, check_probabilities


def test_scores_become_labels_and_none_stays_none():
    assert check_labels(np.eye(3)[[2, 0]], "labels", 2).tolist() == [2, 0]
    assert check_labels(None, "predictions", 2) is None


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_may_have_any_precision(dtype):
    rows = np.array([[0.25, 0.75], [1, 0]], dtype)
    assert check_probabilities(rows, 2) is rows
    assert check_probabilities(None, 2) is None


def test_names_default_to_the_labels():
    labels = np.array([0, 2])
    assert check_names(None, labels, None, 0) == ["0", "1", "2"]
    assert check_names(None, labels, None, 4) == ["0", "1", "2", "3"]
    assert check_names(["a", "b", "c"], labels, None, 3) == ["a", "b", "c"]
