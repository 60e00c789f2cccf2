"""Training curves: loss and every metric, training against validation."""

from math import ceil

import numpy as np
from matplotlib.ticker import MaxNLocator

from cnn_utils.history import best_epoch, history_table
from cnn_utils.plots.figure import BLUE, INK, VERMILION, Display, name_log_ticks, tidy

NOT_CURVES = {"learning_rate", "lr"}
SHADE = "#F2E6D8"
# Histories of so few epochs get a dot for each.
MAX_DOTS = 15


def plot_training_history(history, *, ax=None, title="Training history") -> Display:
    """Draw loss and every metric, training against validation, over the epochs.

    A dotted line marks the epoch of the lowest validation loss; the epochs after it are shaded.

    Parameters
    ----------
    history : keras.callbacks.History, dict, pandas.DataFrame, or path of a CSV log
        What `model.fit` returned, its ``.history``, or what `keras.callbacks.CSVLogger` wrote.
    ax : sequence of matplotlib Axes, optional
        One per panel.
    title : str, default="Training history"

    Returns
    -------
    display : Display
        With the epoch of the lowest validation loss in `best_epoch_` (None without validation), the
        curves by column in `lines_`, and the shaded spans after the best epoch in `after_best_`.
    """
    return draw_history(history_table(history), ax=ax, title=title)


def draw_history(table, *, ax=None, title="Training history") -> Display:
    """Draw a `history_table`: a panel for the loss and for each metric."""
    others = [n for n in table if not n.startswith("val_") and n not in NOT_CURVES]
    names = ["loss", *(name for name in others if name != "loss")]
    columns = min(len(names), 3)
    # A single panel needs room for the legend below it.
    figsize = (5.2, 3.9) if columns == 1 else (4.2 * columns, 3.4 * ceil(len(names) / columns))
    display = Display(ax, len(names), columns, figsize=figsize)
    display.table = table
    has_validation = "val_loss" in table and table["val_loss"].notna().any()
    display.best_epoch_ = best_epoch(table) if has_validation else None
    display.lines_, display.after_best_ = {}, []
    for panel, name in zip(display.panels, names, strict=True):
        display.lines_ |= _draw_curves(panel, table, name)
        if has_validation:
            best, last = display.best_epoch_, table.index[-1]
            label = f"lowest validation loss (epoch {best})"
            panel.axvline(best, color=INK, linewidth=1, linestyle=":", label=label)
            if best < last:
                style = {"color": SHADE, "zorder": 0, "label": "after the lowest validation loss"}
                display.after_best_.append(panel.axvspan(best, last, **style))
    first, losses = display.panels[0], table.filter(["loss", "val_loss"]).where(np.isfinite)
    low, high = losses.min().min(), losses.max().max()
    if low > 0:  # on a linear scale, the first epochs would flatten the rest
        first.set(yscale="log", ylabel="logarithmic scale")
        name_log_ticks(first.yaxis, low, high)
    if ax is None:
        handles, labels = first.get_legend_handles_labels()
        place = {"loc": "outside lower center", "ncols": 4 if columns == 3 else 2}
        display.figure_.legend(handles, labels, frameon=False, **place)
    else:
        first.legend(fontsize="small")
    return display.finish(title, _alt_text(title, table, names, display.best_epoch_))


def _draw_curves(ax, table, name) -> dict:
    """Draw the training and the validation curve of a quantity; return the lines by column."""
    # Dots keep a history of one epoch visible; line styles keep the curves apart in grey.
    dots = {"marker": "o"} if len(table) <= MAX_DOTS else {}
    lines = {}
    for column, colour, style, label in (
        (name, BLUE, "-", "training"),
        (f"val_{name}", VERMILION, "--", "validation"),
    ):
        if column in table:
            look = {"color": colour, "label": label, **dots}
            (lines[column],) = ax.plot(table.index, table[column], style, **look)
    ax.set(title=name.replace("_", " "), xlabel="epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlim(table.index[0] - 0.5, table.index[-1] + 0.5)
    tidy(ax)
    return lines


def _alt_text(title, table, names, best) -> str:
    first, last = (table.iloc[i].map("{:.4g}".format) for i in (0, -1))
    parts = [f"{title} over {len(table)} epoch{'s' if len(table) > 1 else ''}."]
    for name in names:
        text, val = f"Training {name} goes from {first[name]} to {last[name]}", f"val_{name}"
        if val in table:
            text += f", validation from {first[val]} to {last[val]}"
        parts.append(f"{text}.")
    if best is not None:
        parts.append(f"The validation loss is lowest at epoch {best}.")
    return " ".join(parts)
