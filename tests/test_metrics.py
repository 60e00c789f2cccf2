"""cnn_utils.metrics: numbers to check on paper, scikit-learn as oracle, every error message."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from cnn_utils import metrics
from cnn_utils.errors import KitError

#         predicted: 0  1  2      images   precision   recall   F1
TRUE = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
PRED = [0, 0, 0, 1, 1, 1, 2, 2, 0, 0]
COUNTS = [  # true
    [3, 1, 0],  # 0       4        3/5         3/4      2*3/(4+5) = 2/3
    [0, 2, 1],  # 1       3        2/3         2/3      2*2/(3+3) = 2/3
    [2, 0, 1],  # 2       3        1/2         1/3      2*1/(3+2) = 2/5
]


@pytest.fixture
def predictions():
    """100 labels of 10 classes, of which 9 never occurs and 8 is never predicted."""
    rng = np.random.default_rng(0)
    true = rng.integers(9, size=100)
    pred = np.where(rng.random(100) < 0.6, true, rng.integers(9, size=100))
    return true, np.where(pred == 8, 0, pred)


@pytest.mark.parametrize(
    "values",
    [
        [2, 0, 1],
        np.array([2, 0, 1], np.uint8),
        np.array([[2], [0], [1]]),
        np.array([2.0, 0.0, 1.0]),
        [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        [[0.1, 0.2, 0.7], [0.4, 0.3, 0.3], [0.0, 0.9, 0.1]],
        [[-3.0, -2.0, 5.0], [9.0, -1.0, 2.0], [-9.0, -1.0, -2.0]],
    ],
    ids=["list", "uint8", "column", "float", "one-hot", "probabilities", "logits"],
)
def test_labels_may_come_in_any_of_these_forms(values):
    labels = metrics.as_labels(values)
    assert labels.dtype == np.int64
    assert labels.tolist() == [2, 0, 1]


def test_bool_labels_count_as_0_and_1():
    assert metrics.as_labels([True, False]).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((2, 3, 4)), r"`labels` must hold integer labels .* array of shape \(2, 3, 4\)"),
        (np.float64(3), r"`labels` must hold integer labels"),
        ([["a", "b"], ["c", "d"]], r"`labels` must hold integer labels .* array of shape \(2, 2\)"),
        (["cat", "dog"], r"received an array of shape \(2,\), .*Class names .* cannot be counted"),
        ([0.2, 0.9], r"one score per class .*float64.* single scores cannot be counted"),
        ([[0.2], [0.9]], r"one score per class .*float64.* single scores cannot be counted"),
        ([1.0, np.nan], r"`labels` must hold integer labels"),
        ([[0, np.nan], [1, 0], [np.inf, 0]], r"finite scores; received 2 rows .* learning rate"),
    ],
)
def test_what_is_not_labels_is_named(values, message):
    with pytest.raises(KitError, match=message):
        metrics.as_labels(values, "labels")


def test_rows_are_true_classes_and_columns_predicted_ones():
    counts = metrics.confusion_matrix(TRUE, PRED)
    assert counts.tolist() == COUNTS
    assert counts.dtype == np.int64


def test_confusion_matrix_can_be_wider_than_the_labels_seen():
    counts = metrics.confusion_matrix([0, 1], [0, 0], n_classes=3)
    assert counts.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_small_integer_types_do_not_overflow():
    labels = np.array([39], np.uint8)  # 39 * 40 + 39 = 1599 would not fit into 8 bits
    assert metrics.confusion_matrix(labels, labels)[39, 39] == 1


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        (
            [0, 1, 2],
            [0, 1],
            r"same length, at least 1; received 3 and 2 labels.* in the same order",
        ),
        ([], [], r"same length, at least 1; received 0 and 0 labels"),
        ([0, 1], [0, 3], r"labels must lie in 0\.\.2; received labels from 0 to 3"),
        ([3, 1], [0, 1], r"labels must lie in 0\.\.2; received labels from 0 to 3"),
        ([0, -1], [0, 1], r"labels must lie in 0\.\.2; received labels from -1 to 1"),
        (["cat"], [0], r"`y_true` must"),
        ([0], ["cat"], r"`y_pred` must"),
    ],
)
def test_what_cannot_be_counted_is_named(true, pred, message):
    with pytest.raises(KitError, match=message):
        metrics.confusion_matrix(true, pred, n_classes=3)


def test_precision_recall_and_f1_of_each_class():
    precision, recall, f1 = metrics.precision_recall_f1(COUNTS)
    assert precision == pytest.approx([3 / 5, 2 / 3, 1 / 2])
    assert recall == pytest.approx([3 / 4, 2 / 3, 1 / 3])
    assert f1 == pytest.approx([2 / 3, 2 / 3, 2 / 5])


def test_nothing_true_or_nothing_predicted_gives_0_not_nan():
    # Class 1 is never predicted, class 2 never true, class 3 neither.
    counts = [[5, 0, 1, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    for values in metrics.precision_recall_f1(counts):
        assert values[0] > 0
        assert values[1:].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("average", "expected"),
    [
        ("macro", (2 / 3 + 2 / 3 + 2 / 5) / 3),  # 26/45
        ("weighted", (4 * 2 / 3 + 3 * 2 / 3 + 3 * 2 / 5) / 10),  # 22/37.5
        ("micro", 6 / 10),  # the diagonal
        (None, [2 / 3, 2 / 3, 2 / 5]),
    ],
)
def test_each_average_of_f1(average, expected):
    assert metrics.f1_score(TRUE, PRED, average) == pytest.approx(expected)


def test_macro_is_the_default_and_a_plain_float():
    score = metrics.f1_score(TRUE, PRED)
    assert type(score) is float
    assert score == pytest.approx(26 / 45)


def test_f1_says_which_averages_there_are():
    with pytest.raises(KitError, match=r"`average` must be one of .*'macro'.*received 'mean'"):
        metrics.f1_score(TRUE, PRED, "mean")


def test_confusion_matrix_agrees_with_scikit_learn(predictions):
    expected = sk.confusion_matrix(*predictions, labels=range(10))
    np.testing.assert_array_equal(metrics.confusion_matrix(*predictions, 10), expected)


def test_precision_recall_f1_agree_with_scikit_learn(predictions):
    ours = metrics.precision_recall_f1(metrics.confusion_matrix(*predictions, 10))
    theirs = sk.precision_recall_fscore_support(*predictions, labels=range(10), zero_division=0)
    np.testing.assert_allclose(ours, theirs[:3], atol=1e-12)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted", None])
def test_f1_agrees_with_scikit_learn(predictions, average):
    ours = metrics.f1_score(*predictions, average, n_classes=10)
    theirs = sk.f1_score(*predictions, labels=range(10), average=average, zero_division=0)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_classification_table_has_a_named_row_per_class():
    table = metrics.classification_table(TRUE, PRED, ["cat", "dog", "frog"])
    assert table.index.tolist() == ["cat", "dog", "frog"]
    assert table.columns.tolist() == ["precision", "recall", "F1", "images"]
    assert table.loc["cat"].tolist() == pytest.approx([3 / 5, 3 / 4, 2 / 3, 4])
    assert table["images"].tolist() == [4, 3, 3]


def test_most_confused_lists_mistakes_by_frequency_then_in_class_order():
    table = metrics.most_confused(TRUE, PRED, ["cat", "dog", "frog"])
    assert table.to_numpy().tolist() == [["frog", "cat", 2], ["cat", "dog", 1], ["dog", "frog", 1]]
    assert table.columns.tolist() == ["true", "predicted", "images"]


def test_equally_frequent_mistakes_stay_in_class_order():
    table = metrics.most_confused(range(10), np.roll(range(10), -1), list("0123456789"), n=10)
    assert "".join(table["true"]) == "0123456789"


def test_most_confused_stops_after_n():
    assert len(metrics.most_confused(TRUE, PRED, ["cat", "dog", "frog"], n=1)) == 1


def test_without_mistakes_most_confused_is_empty_but_still_a_table():
    table = metrics.most_confused([0, 1], [0, 1], ["cat", "dog"])
    assert table.empty
    assert table.columns.tolist() == ["true", "predicted", "images"]


@pytest.mark.parametrize("function", [metrics.classification_table, metrics.most_confused])
def test_tables_refuse_labels_without_a_name(function):
    with pytest.raises(KitError, match=r"labels must lie in 0\.\.1; received labels from 0 to 2"):
        function(TRUE, PRED, ["cat", "dog"])


@pytest.mark.parametrize("names", ["cat", 3, None, {"cat", "dog"}])
def test_class_names_are_a_list(names):
    with pytest.raises(KitError, match="`class_names` must be a list of names, in the order"):
        metrics.as_names(names)


def test_absurdly_many_classes_are_refused_before_memory_runs_out():
    with pytest.raises(KitError, match="number of classes must be at most 10000"):
        metrics.confusion_matrix([0, 10**6], [0, 1])


def test_ragged_rows_are_named():
    with pytest.raises(KitError, match="`y_pred` must have rows of equal length"):
        metrics.confusion_matrix([0, 1], [[1, 2], [3]])


def test_swapped_arguments_are_named():
    """Probabilities are predictions; one-hot rows may be either."""
    y_prob = np.array([[0.9, 0.1], [0.4, 0.6]])
    message = r"`y_true` must hold labels or one-hot rows; .* Swap the two arguments: the true la"
    with pytest.raises(KitError, match=message):
        metrics.f1_score(y_prob, [0, 1])
    assert metrics.f1_score([0, 1], y_prob) == metrics.f1_score(np.eye(2), y_prob) == 1


def test_scores_tell_the_number_of_classes():
    """Three classes, two of them present: their F1 is 1, the third's 0."""
    rows = np.eye(3)[[0, 1]]
    assert metrics.f1_score(rows, rows) == pytest.approx(2 / 3)


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers(-3, 12) | st.floats() | st.text(max_size=3) | st.booleans(),
        lambda inner: st.lists(inner, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_is_given_is_labels_or_explained(values):
    try:
        labels = metrics.as_labels(values)
    except KitError:
        return
    assert labels.dtype == np.int64
    assert labels.ndim == 1


def test_half_precision_of_mixed_training_is_understood():
    import ml_dtypes

    scores = np.array([[0.25, 0.75], [0.5, 0.5]], dtype=ml_dtypes.bfloat16)
    assert metrics.as_labels(scores).tolist() == [1, 0]


def test_names_must_differ():
    with pytest.raises(KitError, match=r"name each class differently; received \['a', 'a'\]"):
        metrics.classification_table([0, 1], [0, 1], ["a", "a"])
