"""cnn_utils.plots.search: every trial a point, the best one marked, the best so far as steps."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import BLUE, VERMILION
from cnn_utils.plots.search import SearchDisplay, plot_search

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


def test_each_trial_is_a_point_in_every_panel():
    display = plot_search(TRIALS)
    assert list(display.points_) == ["trial", "learning_rate", "shift", "optimizer"]
    np.testing.assert_allclose(
        display.points_["trial"].get_offsets(), [[1, 0.7], [2, 0.8], [3, 0.75]]
    )
    np.testing.assert_allclose(display.points_["shift"].get_offsets()[:, 0], [0, 2, 4])
    words = [text.get_text() for text in display.figure_.axes[3].get_xticklabels()]
    assert words == ["adam", "muon"]


def test_the_best_trial_has_a_colour_of_its_own():
    display = plot_search(TRIALS)
    assert display.best_ == 2
    for points in display.points_.values():
        colours = [tuple(colour[:3]) for colour in points.get_facecolors()]
        assert colours == [to_rgb(BLUE), to_rgb(VERMILION), to_rgb(BLUE)]


def test_the_line_holds_the_best_so_far():
    assert plot_search(TRIALS).line_.get_ydata().tolist() == [0.7, 0.8, 0.8]


def test_wide_ranges_are_drawn_on_a_logarithmic_scale():
    """0.01 to 0.1 is a factor of 10, above 5; 0 to 4 begins at 0, which has no logarithm."""
    panels = plot_search(TRIALS).figure_.axes
    assert [panel.get_xscale() for panel in panels[:3]] == ["linear", "log", "linear"]
    assert panels[1].get_xlabel() == "learning rate"
    named = [text.get_text() for text in panels[1].get_xticklabels()]
    assert {"0.01", "0.02", "0.05", "0.1"} <= set(named)
    assert not any(text.get_text() for text in panels[1].get_xticklabels(minor=True))


def test_few_values_are_all_named_at_the_axis():
    assert plot_search(TRIALS).figure_.axes[2].get_xticks().tolist() == [0, 2, 4]
    many = pd.DataFrame({"units": range(7), "score": range(7)})
    assert len(plot_search(many).figure_.axes[1].get_xticks()) != 7


def test_alt_text_tells_scores_and_winner():
    assert plot_search(TRIALS, title="Rates").alt_text_ == (
        "Rates: 3 trials, scores 0.7 to 0.8. "
        "The best is trial 2: learning_rate 0.1, shift 2, optimizer muon."
    )
    assert "1 trial, scores 0.7 to 0.7" in plot_search(TRIALS.head(1)).alt_text_


def test_a_table_can_be_drawn_again():
    display = SearchDisplay(TRIALS)
    assert display.plot().plot(title="Again").figure_.get_suptitle() == "Again"


def test_a_sorted_table_is_drawn_in_the_order_of_the_trials():
    display = plot_search(TRIALS.sort_values("score", ascending=False))
    assert display.line_.get_xdata().tolist() == [1, 2, 3]
    assert display.line_.get_ydata().tolist() == [0.7, 0.8, 0.8]


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
