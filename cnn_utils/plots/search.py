"""What a parameter search found: the score of each trial against each parameter."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from cnn_utils.errors import KitError, describe
from cnn_utils.plots.figure import BLUE, INK, VERMILION, Display, tidy, titled

NOT_PARAMETERS = ("score", "seconds")
# So many different values are all named at the axis.
FEW = 6


class SearchDisplay(Display):
    """Trials in their order with the best so far, and their scores against each parameter.

    Parameters
    ----------
    trials : DataFrame
        As `search_recipe` returns it: parameters, "score", "seconds".

    Attributes
    ----------
    best_ : int
        Trial with the highest score; the first of equals.
    points_ : dict of str to matplotlib.collections.PathCollection
        One per panel: "trial", then the parameters.
    line_ : matplotlib.lines.Line2D
        The best score so far.
    """

    def __init__(self, trials):
        if not isinstance(trials, pd.DataFrame):
            raise KitError.about("`trials`", "be the table of a search", describe(trials))
        scores = trials.get("score", pd.Series(dtype=object))
        if scores.dtype.kind not in "iuf" or len(scores) == 0 or not np.isfinite(scores).all():
            expected = 'have a column "score" of finite numbers, and a row'
            raise KitError.about("`trials`", expected, f"columns {', '.join(map(str, trials))}")
        # In the order in which they were made, however the table was sorted.
        trials = trials.sort_index()
        unique = trials.index.is_unique and trials.index.dtype.kind in "iu"
        self.trials = trials if unique else trials.reset_index(drop=True)

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters."""
        return [name for name in self.trials if name not in NOT_PARAMETERS]

    def plot(self, *, ax=None, title="Parameter search"):
        """Draw the trials and return the display.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, optional
            One per parameter, and one more; by default a new figure.
        title : str, default="Parameter search"
        """
        n_panels = 1 + len(self.parameters)
        columns = min(n_panels, 3)
        size = (3.6 * columns, 3.0 * -(-n_panels // columns))
        panels = self._panels(ax, n_panels, columns, figsize=size)
        self.best_ = self.trials["score"].idxmax()
        order = self.trials.index
        self.points_ = {"trial": self._draw(panels[0], order, "trial")}
        best_so_far = self.trials["score"].cummax()
        (self.line_,) = panels[0].step(
            order, best_so_far, where="post", color=INK, linewidth=1, label="best so far"
        )
        panels[0].xaxis.set_major_locator(MaxNLocator(integer=True))
        panels[0].legend(loc="lower right", fontsize="small", frameon=False)
        for panel, name in zip(panels[1:], self.parameters, strict=True):
            self.points_[name] = self._draw(panel, self.trials[name], name)
            self._set_scale(panel, self.trials[name])
        self.figure_.suptitle(titled(title), fontsize="large")
        self._describe(self._alt_text(title))
        return self

    def _draw(self, panel, values, name):
        is_best = self.trials.index == self.best_
        colours = np.where(is_best, VERMILION, BLUE)
        # Some parameters are words, True or False: each is a place of its own.
        numeric = np.asarray(values).dtype.kind in "iuf"
        places = values if numeric else [str(value) for value in values]
        points = panel.scatter(places, self.trials["score"], c=colours, zorder=3)
        panel.set(xlabel=name.replace("_", " "), ylabel="score")
        tidy(panel)
        return points

    @staticmethod
    def _set_scale(panel, values):
        if values.dtype.kind not in "iuf":
            return
        if values.min() > 0 and values.max() / values.min() > 5:
            panel.set_xscale("log")
            panel.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            panel.xaxis.set_minor_formatter(NullFormatter())
        elif values.nunique() <= FEW:
            panel.set_xticks(sorted(set(values)))

    def _alt_text(self, title):
        chosen = ", ".join(
            f"{name} {_short(self.trials.at[self.best_, name])}" for name in self.parameters
        )
        trials = "trial" if len(self.trials) == 1 else "trials"
        lowest, highest = self.trials["score"].min(), self.trials["score"].max()
        return (
            f"{title}: {len(self.trials)} {trials}, scores {lowest:.4g} to {highest:.4g}. "
            f"The best is trial {self.best_}: {chosen}."
        )


def plot_search(trials, *, ax=None, title="Parameter search"):
    """Draw the scores of a parameter search, over its trials and against each parameter.

    Parameters
    ----------
    trials : DataFrame
        As `search_recipe` returns it.
    ax : sequence of matplotlib Axes, optional
        One per parameter, and one more; by default a new figure.
    title : str, default="Parameter search"

    Returns
    -------
    display : SearchDisplay

    Raises
    ------
    KitError
        If it is no such table, or a score is missing.
    """
    return SearchDisplay(trials).plot(ax=ax, title=title)


def _short(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
