"""Models side by side: one panel per quantity, one bar per model."""

from __future__ import annotations

import pandas as pd
import seaborn as sns

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import BLUE, Display, titled


class ModelComparisonDisplay(Display):
    """A table of models (rows) and their measured quantities (columns), drawn as bars.

    `bars_` holds the drawn bars of each quantity, by its name.
    """

    def __init__(self, table):
        self.table = table

    def plot(self, *, ax=None, title="Models compared"):
        """Draw the bars, each labelled with its value, and return the display."""
        n_panels, n_models = self.table.shape[1], len(self.table)
        figsize = (2.9 * n_panels + 0.6, 0.42 * n_models + 1.3)
        axes = self._panels(ax, n_panels, n_panels, figsize=figsize, sharey=True)
        self.bars_ = {}
        names = [str(name) for name in self.table.index]
        for panel, column in zip(axes, self.table, strict=True):
            values = self.table[column].to_numpy()
            sns.barplot(x=values, y=names, orient="h", color=BLUE, ax=panel)
            self.bars_[column] = panel.containers[-1]
            panel.bar_label(self.bars_[column], fmt=_label, padding=3, fontsize=9)
            panel.set(title=column, xlabel="", ylabel="", xticks=[])
            panel.margins(x=0.3)
            panel.spines[["top", "right", "bottom"]].set_visible(False)
        self.figure_.suptitle(titled(title), fontsize="large")
        rows = (
            f"{name}: " + ", ".join(f"{column} {_label(row[column])}" for column in self.table)
            for name, row in self.table.iterrows()
        )
        self._describe(f"{title}. " + "; ".join(rows) + ".")
        return self


def plot_model_comparison(results, *, ax=None, title="Models compared") -> ModelComparisonDisplay:
    """Draw measured quantities of several models side by side.

    Parameters
    ----------
    results : DataFrame, or dict of model name to dict of quantity to number
        For example ``{"LeNet": {"test accuracy": 0.988, "training time / s": 200}, ...}``.
    ax : sequence of matplotlib Axes, optional
        One per quantity.
    title : str, default="Models compared"

    Returns
    -------
    display : ModelComparisonDisplay

    Raises
    ------
    KitError
        If `results` is not a table of numbers.
    """
    try:
        table = pd.DataFrame(results)
        table = (table.T if isinstance(results, dict) else table).astype("float64")
    except (ValueError, TypeError) as error:
        expected = "be a table of numbers: a dict of quantities for each model, or a DataFrame"
        raise KitError.about("`results`", expected, f"{results} ({error})") from None
    return ModelComparisonDisplay(table).plot(ax=ax, title=title)


def _label(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
