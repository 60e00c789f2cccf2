"""cnn_utils.plots.embedding: points by class, names that can be read, mistakes crossed out."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots import EmbeddingDisplay, plot_embedding

POINTS = np.array([[0, 0], [1, 0], [2, 6], [8, 8], [9, 8], [10, 8]], dtype=float)
LABELS = [0, 0, 0, 2, 2, 2]
NAMES = ["cat", "dog", "frog"]


def boxes(display):
    display.figure_.draw_without_rendering()
    # Of the letters alone: an annotation's own extent holds its line, too.
    return [plt.Text.get_window_extent(text) for text in display.names_]


def test_each_class_has_its_points():
    display = plot_embedding(POINTS, LABELS, NAMES)
    assert list(display.points_) == ["cat", "frog"]  # no dog among the images
    np.testing.assert_array_equal(display.points_["cat"].get_offsets(), POINTS[:3])
    np.testing.assert_array_equal(display.points_["frog"].get_offsets(), POINTS[3:])


def test_classes_differ_in_colour_and_in_marker():
    points = np.random.default_rng(0).normal(size=(90, 2))
    display = plot_embedding(points, np.arange(90), [f"class {i}" for i in range(90)])
    looks = {
        (tuple(points.get_facecolor()[0]), points.get_paths()[0].vertices.tobytes())
        for points in display.points_.values()
    }
    assert len(looks) == 90


def test_each_name_stands_at_the_median_point_of_its_class():
    display = plot_embedding(POINTS, LABELS, NAMES)
    assert [text.get_text() for text in display.names_] == ["cat", "frog"]
    np.testing.assert_allclose([text.get_position() for text in display.names_], [[1, 0], [9, 8]])
    assert all(text.get_path_effects() for text in display.names_)


def test_names_that_would_overlap_are_moved_apart():
    points = np.random.default_rng(0).normal(size=(100, 2))
    display = plot_embedding(points, np.arange(100) % 10, [f"automobile {i}" for i in range(10)])
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes(display), 2))


def test_mistakes_are_crossed_out():
    display = plot_embedding(POINTS, LABELS, NAMES, y_pred=[0, 0, 1, 2, 2, 0])
    np.testing.assert_array_equal(display.crosses_.get_offsets(), POINTS[[2, 5]])
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["cat", "frog", "mistake"]
    assert plot_embedding(POINTS, LABELS, NAMES, y_pred=LABELS).crosses_ is None
    assert plot_embedding(POINTS, LABELS, NAMES).crosses_ is None


def test_distances_are_the_same_across_and_up():
    assert plot_embedding(POINTS, LABELS, NAMES).ax_.get_aspect() == 1


def test_axes_title_and_alt_text_say_what_is_shown():
    display = plot_embedding(
        POINTS, LABELS, NAMES, [0, 0, 1, 2, 2, 2], axis_labels=("PC 1", "PC 2"), title="Pets"
    )
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("PC 1", "PC 2")
    assert display.ax_.get_title() == "Pets"
    assert display.alt_text_ == (
        "Pets: 6 points of 2 classes, 1 of them mistakes. Across: PC 1; up: PC 2."
    )
    assert plot_embedding(POINTS, LABELS, NAMES).alt_text_ == "Embedding: 6 points of 2 classes."


def test_given_axes_are_drawn_on():
    _, ax = plt.subplots()
    assert EmbeddingDisplay(POINTS, LABELS, NAMES).plot(ax=ax).ax_ is not None
    assert len(ax.collections) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": POINTS[:, :1]}, r"`points` must be finite numbers of shape \(n, 2\)"),
        ({"points": POINTS[:0]}, "`points` must be finite numbers"),
        ({"points": POINTS * np.nan}, "`points` must be finite numbers"),
        ({"labels": [0, 1]}, "`labels` must hold one label per image, 6; received 2"),
        ({"labels": [3] * 6}, "a name for every label; received labels from 3 to 3 and 3 names"),
        ({"class_names": "cat"}, "`class_names` must be a list of names"),
        ({"y_pred": [0]}, "`y_pred` must hold one label per image, 6; received 1"),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    arguments = {"points": POINTS, "labels": LABELS, "class_names": NAMES}
    with pytest.raises(KitError, match=message):
        plot_embedding(**{**arguments, **change})
