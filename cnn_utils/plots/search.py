"""The results of a parameter search: the score of each trial against each parameter."""

from math import ceil

import numpy as np
import pandas as pd

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import BLUE, VERMILION, Display, name_log_ticks, tidy

NOT_PARAMETERS = ["score", "seconds"]


def plot_search(trials, *, ax=None, title="Parameter search") -> Display:
    """Draw the scores of a parameter search against each parameter; the best trial is marked.

    Parameters
    ----------
    trials : DataFrame
        One row per trial, with its parameters, its "score" and perhaps its "seconds".
    ax : sequence of matplotlib Axes, optional
        One per parameter that is a number.
    title : str, default="Parameter search"

    Returns
    -------
    display : Display
        With the index of the best trial in `best_`, and the points of each panel in `points_`, by
        the parameter's name.
    """
    is_table = isinstance(trials, pd.DataFrame) and "score" in trials and len(trials) > 0
    if not is_table or not np.isfinite(trials["score"]).all():
        expected = 'be the table of a search, with a finite "score" in every row'
        received = f"columns {list(trials)}" if isinstance(trials, pd.DataFrame) else trials
        raise KitError.about("`trials`", expected, received)
    parameters = trials.drop(columns=NOT_PARAMETERS, errors="ignore").select_dtypes("number")
    if parameters.empty:
        raise KitError.about("`trials`", "hold a parameter that is a number", f"{list(trials)}")
    columns = min(parameters.shape[1], 3)
    figsize = (3.6 * columns, 3.0 * ceil(parameters.shape[1] / columns))
    display = Display(ax, parameters.shape[1], columns, figsize=figsize)
    display.best_ = trials["score"].idxmax()
    colours = np.where(trials.index == display.best_, VERMILION, BLUE)
    display.points_ = {}
    for panel, (name, values) in zip(display.panels, parameters.items(), strict=True):
        display.points_[name] = panel.scatter(values, trials["score"], c=colours, zorder=3)
        panel.set(xlabel=name.replace("_", " "), ylabel="score")
        tidy(panel)
        if 0 < 5 * values.min() < values.max():
            panel.set_xscale("log")
            name_log_ticks(panel.xaxis, values.min(), values.max())
    best = ", ".join(f"{name} {value:.3g}" for name, value in parameters.loc[display.best_].items())
    scores = trials["score"]
    text = f"{len(trials)} trials, scores {scores.min():.4g} to {scores.max():.4g}"
    return display.finish(title, f"{title}: {text}. The best is trial {display.best_}: {best}.")
