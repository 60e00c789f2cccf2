import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.widgets.arguments import (
    by_model,
    check_names,
    check_predictions,
    check_probabilities,
)


def test_scores_become_labels_and_none_stays_none():
    labels, probabilities = check_predictions(np.eye(3)[[2, 0]], "predictions", None, 2)
    assert labels.tolist() == [2, 0]
    assert probabilities is None
    assert check_predictions(None, "predictions", None, 2) == (None, None)


def test_without_predictions_the_most_probable_classes_are_predicted():
    rows = np.array([[0.25, 0.75], [0.6, 0.4]])
    labels, probabilities = check_predictions(None, "predictions", rows, 2)
    assert labels.tolist() == [1, 0]
    assert probabilities is rows


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_may_have_any_precision(dtype):
    rows = np.array([[0.25, 0.75], [1, 0]], dtype)
    assert check_probabilities(rows, "probabilities", 2) is rows
    assert check_probabilities(None, "probabilities", 2) is None


def test_names_default_to_the_labels():
    labels = np.array([0, 2])
    assert check_names(None, labels, None, None) == ["0", "1", "2"]
    assert check_names(None, labels, None, np.eye(4)) == ["0", "1", "2", "3"]
    assert check_names(["a", "b", "c"], labels, None, np.eye(3)) == ["a", "b", "c"]


def test_one_model_or_two_come_out_by_name():
    rows = np.array([[0.25, 0.75], [0.6, 0.4]])
    assert by_model(rows, None) == {"model": (rows, None)}
    assert by_model({"dense": [1, 0]}, {"dense": rows}) == {"dense": ([1, 0], rows)}


def test_scores_that_are_probabilities_serve_as_such():
    rows = np.array([[0.25, 0.75], [0.6, 0.4]])
    labels, probabilities = check_predictions(rows, "y_pred", None, 2)
    assert labels.tolist() == [1, 0]
    assert probabilities is rows


@pytest.mark.parametrize("dtype", [int, float])
def test_rows_of_zeros_and_ones_are_labels(dtype):
    labels, probabilities = check_predictions(np.eye(2, dtype=dtype), "y_pred", None, 2)
    assert labels.tolist() == [0, 1]
    assert probabilities is None


def test_every_class_needs_its_probability():
    labels, rows = np.array([0, 2]), np.array([[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(KitError, match="one column for each of the 3 classes; received 2 columns"):
        check_names(None, labels, None, rows)
