"""cnn_utils.plots.confusion_matrix: cells hold counts or percentages, with the classes' names."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots.confusion_matrix import draw_confusion_matrix, plot_confusion_matrix

NAMES = ["cat", "dog", "frog"]
TRUE = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
PRED = [0, 0, 0, 1, 1, 1, 1, 2, 0, 0]
COUNTS = np.array([[3, 1, 0], [0, 3, 0], [2, 0, 1]])  # rows true, columns predicted


def cell_texts(display):
    return [text.get_text() for text in display.ax_.texts]


def tick_texts(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_true_classes_go_down_and_predicted_ones_across():
    display = plot_confusion_matrix(TRUE, PRED, NAMES)
    np.testing.assert_array_equal(display.mesh_.get_array().reshape(3, 3), COUNTS)
    np.testing.assert_array_equal(display.values_, COUNTS)
    assert cell_texts(display) == ["3", "1", "0", "0", "3", "0", "2", "0", "1"]
    assert display.ax_.get_xlabel() == "predicted class"
    assert display.ax_.get_ylabel() == "true class"
    assert tick_texts(display.ax_.xaxis) == tick_texts(display.ax_.yaxis) == NAMES
    assert display.ax_.yaxis_inverted()  # class 0 on top


@pytest.mark.parametrize(
    ("normalize", "expected", "unit"),
    [
        (None, COUNTS, "images"),
        ("true", [[75, 25, 0], [0, 100, 0], [200 / 3, 0, 100 / 3]], "% of the true class"),
        ("pred", [[60, 25, 0], [0, 75, 0], [40, 0, 100]], "% of the predicted class"),
    ],
)
def test_counts_or_percentages(normalize, expected, unit):
    display = plot_confusion_matrix(TRUE, PRED, NAMES, normalize=normalize)
    np.testing.assert_allclose(display.mesh_.get_array().reshape(3, 3), expected)
    assert cell_texts(display) == [f"{value:.0f}" for value in np.ravel(expected)]
    assert display.mesh_.colorbar.ax.get_ylabel() == unit
    np.testing.assert_array_equal(display.counts, COUNTS)


@pytest.mark.parametrize("normalize", ["true", "pred"])
def test_a_class_that_never_occurs_has_0_percent(normalize):
    display = plot_confusion_matrix([0, 1], [0, 1], NAMES, normalize=normalize)
    assert display.values_[2].tolist() == display.values_[:, 2].tolist() == [0, 0, 0]


def test_scores_and_one_hot_rows_are_welcome():
    display = plot_confusion_matrix(np.eye(3)[TRUE], np.eye(3)[PRED] * 0.9, NAMES)
    np.testing.assert_array_equal(display.counts, COUNTS)


def test_precision_recall_and_f1_may_replace_the_colour_bar():
    display = draw_confusion_matrix(COUNTS, NAMES, scores=True)
    assert len(display.figure_.axes) == 1
    # Cat: 3 of 5 predictions, 3 of 4 images, 6/9; dog: 3 of 4 and 3 of 3, 6/7; frog: 1/1, 1/3, 2/4.
    assert cell_texts(display)[9:] == [
        *("precision", "0.60", "0.75", "1.00"),
        *("recall", "0.75", "1.00", "0.33"),
        *("F1", "0.67", "0.86", "0.50"),
    ]


def test_alt_text_names_the_most_frequent_mistake():
    assert plot_confusion_matrix(TRUE, PRED, NAMES).alt_text_ == (
        "Confusion matrix: 7 of 10 images on the diagonal."
        " Most frequent mistake: true frog, predicted cat, 2 images."
    )


def test_without_mistakes_none_is_named():
    display = plot_confusion_matrix([0, 1, 2], [0, 1, 2], NAMES)
    assert display.alt_text_ == "Confusion matrix: 3 of 3 images on the diagonal."


def test_long_names_are_turned_and_digits_are_not():
    def rotation(names):
        ax = plot_confusion_matrix(TRUE, PRED, names).ax_
        return {label.get_rotation() for label in ax.get_xticklabels()}

    assert rotation(NAMES) == {45}
    assert rotation(["0", "1", "2"]) == {0}


def test_other_normalizations_are_refused():
    message = r"`normalize` must be one of .*'true', 'pred'.*; received 'all'"
    with pytest.raises(KitError, match=message):
        plot_confusion_matrix(TRUE, PRED, NAMES, normalize="all")


@pytest.mark.parametrize(
    ("true", "pred", "message"),
    [
        ([0, 3], [0, 0], r"labels must lie in 0\.\.2; received labels from 0 to 3"),
        ([0, 1], [0], r"same length, at least 1; received 2 and 1"),
    ],
)
def test_what_cannot_be_counted_is_named(true, pred, message):
    with pytest.raises(KitError, match=message):
        plot_confusion_matrix(true, pred, NAMES)


def test_axes_may_already_hold_a_drawing():
    _, ax = plt.subplots()
    plot_confusion_matrix(TRUE, PRED, NAMES, ax=ax)
    plot_confusion_matrix(PRED, TRUE, NAMES, ax=ax)
