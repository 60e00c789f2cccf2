"""Models side by side: one panel per quantity, one bar per model."""

import pandas as pd
import seaborn as sns

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import BLUE, Display


def plot_model_comparison(results, *, ax=None, title="Models compared") -> Display:
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
    display : Display
        With the drawn bars of each quantity in `bars_`, by its name.
    """
    try:
        table = pd.DataFrame(results)
        table = (table.T if isinstance(results, dict) else table).astype("float64")
    except (ValueError, TypeError) as error:
        expected = "be a table of numbers: a dict of quantities for each model, or a DataFrame"
        raise KitError.about("`results`", expected, f"{results} ({error})") from None
    n_models, n_panels = table.shape
    figsize = (2.9 * n_panels + 0.6, 0.42 * n_models + 1.3)
    display = Display(ax, n_panels, n_panels, figsize=figsize, sharey=True)
    names = [str(name) for name in table.index]
    display.bars_ = {}
    for panel, column in zip(display.panels, table, strict=True):
        sns.barplot(x=table[column].to_numpy(), y=names, orient="h", color=BLUE, ax=panel)
        bars = display.bars_[column] = panel.containers[-1]
        panel.bar_label(bars, fmt=_label, padding=3, fontsize=9)
        panel.set(title=column, xlabel="", ylabel="", xticks=[])
        panel.margins(x=0.3)
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    rows = (
        f"{name}: " + ", ".join(f"{column} {_label(row[column])}" for column in table)
        for name, row in table.iterrows()
    )
    return display.finish(title, f"{title}. {'; '.join(rows)}.")


def _label(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
