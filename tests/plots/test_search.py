"""cnn_utils.plots.search: every trial a point in each parameter's panel, the best one marked."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import BLUE, VERMILION
from cnn_utils.plots.search import plot_search

TRIALS = pd.DataFrame(
    {
        "learning_rate": [0.01, 0.1, 0.05],
        "shift": [0, 2, 4],
        "optimizer": ["adam", "muon", "muon"],
        "score": [0.7, 0.8, 0.75],
        "seconds": [60.0, 70.0, 65.0],
    },
    index=pd.RangeIndex(1, 4, name="trial"),
)


def test_each_trial_is_a_point_in_the_panel_of_each_number():
    display = plot_search(TRIALS)
    assert list(display.points_) == ["learning_rate", "shift"]
    points = display.points_["learning_rate"].get_offsets()
    np.testing.assert_allclose(points, [[0.01, 0.7], [0.1, 0.8], [0.05, 0.75]])
    np.testing.assert_allclose(display.points_["shift"].get_offsets()[:, 0], [0, 2, 4])


def test_wide_ranges_are_drawn_on_a_logarithmic_scale():
    """0.01 to 0.1 is a factor of 10, above 5; 0 to 4 begins at 0, which has no logarithm."""
    rate, shift = plot_search(TRIALS).figure_.axes
    assert (rate.get_xscale(), shift.get_xscale()) == ("log", "linear")
    assert rate.get_xlabel() == "learning rate"
    named = [text.get_text() for text in rate.get_xticklabels()]
    assert {"0.01", "0.02", "0.05", "0.1"} <= set(named)
    assert not any(text.get_text() for text in rate.get_xticklabels(minor=True))


def test_alt_text_tells_scores_and_winner():
    assert plot_search(TRIALS, title="Rates").alt_text_ == (
        "Rates: 3 trials, scores 0.7 to 0.8. The best is trial 2: learning_rate 0.1, shift 2."
    )


def test_a_search_over_words_alone_is_refused():
    with pytest.raises(KitError, match="`trials` must hold a parameter that is a number; received"):
        plot_search(TRIALS[["optimizer", "score"]])


def test_the_best_trial_has_a_colour_of_its_own():
    display = plot_search(TRIALS)
    assert display.best_ == 2
    for points in display.points_.values():
        colours = [tuple(colour[:3]) for colour in points.get_facecolors()]
        assert colours == [to_rgb(BLUE), to_rgb(VERMILION), to_rgb(BLUE)]


@pytest.mark.parametrize(
    "trials",
    [
        TRIALS.drop(columns="score"),
        TRIALS.head(0),
        TRIALS.assign(score=np.nan),
    ],
)
def test_a_table_without_scores_is_refused(trials):
    message = (
        '`trials` must be the table of a search, with a finite "score" in every row; received col'
    )
    with pytest.raises(KitError, match=message):
        plot_search(trials)


@pytest.mark.parametrize("trials", [None, "score", {"score": [1.0]}])
def test_what_is_no_table_is_refused(trials):
    with pytest.raises(KitError, match="`trials` must be the table of a search, with a finite"):
        plot_search(trials)
