"""The results of a parameter search: the score of each trial against each parameter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import BLUE, INK, VERMILION, Display, name_log_ticks, tidy, titled

NOT_PARAMETERS = ("score", "seconds")
# Up to so many different values all get a tick.
MAX_TICKS = 6


class SearchDisplay(Display):
    """Trials in their order with the best so far, and their scores against each parameter.

    `best_` is the trial with the highest score (the first of equals), `points_` holds the points
    of each panel by its name, `line_` the best score so far.
    """

    def __init__(self, trials):
        self.trials = trials.sort_index()  # a table sorted by score returns to the trials' order
        self.parameters = [name for name in self.trials if name not in NOT_PARAMETERS]

    def plot(self, *, ax=None, title="Parameter search"):
        """Draw the trials and return the display."""
        n_panels = 1 + len(self.parameters)
        columns = min(n_panels, 3)
        figsize = (3.6 * columns, 3.0 * -(-n_panels // columns))
        panels = self._panels(ax, n_panels, columns, figsize=figsize)
        self.best_ = self.trials["score"].idxmax()
        order = self.trials.index
        self.points_ = {"trial": self._draw_points(panels[0], order, "trial")}
        best_so_far = self.trials["score"].cummax()
        (self.line_,) = panels[0].step(
            order, best_so_far, where="post", color=INK, linewidth=1, label="best so far"
        )
        panels[0].xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panels[0].legend(fontsize="small", frameon=False)
        for panel, name in zip(panels[1:], self.parameters, strict=True):
            self.points_[name] = self._draw_points(panel, self.trials[name], name)
            _set_scale(panel, self.trials[name])
        self.figure_.suptitle(titled(title), fontsize="large")
        self._describe(self._alt_text(title))
        return self

    def _draw_points(self, panel, values, name):
        is_best = self.trials.index == self.best_
        colours = np.where(is_best, VERMILION, BLUE)
        # Words, True and False are categories: each has a place of its own.
        places = values if _is_numeric(values) else [str(value) for value in values]
        points = panel.scatter(places, self.trials["score"], c=colours, zorder=3)
        panel.set(xlabel=name.replace("_", " "), ylabel="score")
        tidy(panel)
        return points

    def _alt_text(self, title) -> str:
        chosen = ", ".join(
            f"{name} {_short(self.trials.at[self.best_, name])}" for name in self.parameters
        )
        trials = "trial" if len(self.trials) == 1 else "trials"
        lowest, highest = self.trials["score"].min(), self.trials["score"].max()
        return (
            f"{title}: {len(self.trials)} {trials}, scores {lowest:.4g} to {highest:.4g}. "
            f"The best is trial {self.best_}: {chosen}."
        )


def plot_search(trials, *, ax=None, title="Parameter search") -> SearchDisplay:
    """Draw the scores of a parameter search, over its trials and against each parameter.

    Parameters
    ----------
    trials : DataFrame
        As `search_recipe` returns it: one row per trial, with its parameters, its "score"
        and perhaps its "seconds".
    ax : sequence of matplotlib Axes, optional
        One per parameter, and one more.
    title : str, default="Parameter search"

    Returns
    -------
    display : SearchDisplay

    Raises
    ------
    KitError
        If it is no table with a score for each trial.
    """
    is_table = isinstance(trials, pd.DataFrame) and "score" in trials and len(trials) > 0
    if not is_table or not np.isfinite(trials["score"]).all():
        expected = 'be the table of a search, with a finite "score" in every row'
        received = f"columns {list(trials)}" if isinstance(trials, pd.DataFrame) else trials
        raise KitError.about("`trials`", expected, received)
    return SearchDisplay(trials).plot(ax=ax, title=title)


def _set_scale(panel, values) -> None:
    if not _is_numeric(values):
        return
    if values.min() > 0 and values.max() / values.min() > 5:
        panel.set_xscale("log")
        name_log_ticks(panel.xaxis, values.min(), values.max())
    elif values.nunique() <= MAX_TICKS:
        panel.set_xticks(sorted(set(values)))


def _is_numeric(values) -> bool:
    return values.dtype.kind in "iuf"


def _short(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
