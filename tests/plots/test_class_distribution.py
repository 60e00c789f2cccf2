"""cnn_utils.plots.class_distribution: bars as long as the counts, with the classes' names."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots.class_distribution import plot_class_distribution

NAMES = ["cat", "dog", "frog"]


@pytest.mark.parametrize("form", [np.array, lambda labels: np.eye(3)[labels]])
def test_bars_are_as_long_as_the_class_is_frequent(form):
    display = plot_class_distribution(form([2, 0, 2, 2]), NAMES)
    assert [bar.get_width() for bar in display.bars_] == [1, 0, 3]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == NAMES
    assert [text.get_text() for text in display.ax_.texts] == ["1", "0", "3"]
    assert display.ax_.get_xlabel() == "images"
    assert display.ax_.get_title() == "Images per class"
    assert display.alt_text_ == "Images per class: cat 1, dog 0, frog 3."


@pytest.mark.parametrize(
    ("labels", "received"),
    [([0, 3], "labels from 0 to 3"), ([-1, 0], "labels from -1 to 0")],
)
def test_labels_without_a_name_are_refused(labels, received):
    message = rf"a name for every label; received {received} and 3 names\. Labels count from 0"
    with pytest.raises(KitError, match=message):
        plot_class_distribution(labels, NAMES)


def test_axes_may_already_hold_a_drawing():
    _, ax = plt.subplots()
    plot_class_distribution([0, 1], NAMES, ax=ax)
    display = plot_class_distribution([0, 1, 1], NAMES, ax=ax)
    assert [bar.get_width() for bar in display.bars_] == [1, 2, 0]


def test_class_names_are_no_labels():
    with pytest.raises(KitError, match=r"`labels` must hold integer labels"):
        plot_class_distribution(["cat"], NAMES)
