"""Training curves: loss and every metric, training against validation."""

from __future__ import annotations

from math import ceil

import numpy as np
from matplotlib.ticker import MaxNLocator

from cnn_utils.history import best_epoch, history_table
from cnn_utils.plots.figure import BLUE, INK, VERMILION, Display, name_log_ticks, tidy, titled

NOT_CURVES = {"learning_rate", "lr"}
SHADE = "#F2E6D8"
# Histories of so few epochs get a dot for each.
MAX_DOTS = 15


class TrainingHistoryDisplay(Display):
    """Curves of a `cnn_utils.history.history_table`: a panel for the loss and for each metric.

    `best_epoch_` is the epoch of the lowest validation loss (None without validation), `lines_`
    holds the curves by column, `after_best_` the shaded spans after the best epoch.
    """

    def __init__(self, table):
        self.table = table

    def plot(self, *, ax=None, title="Training history"):
        """Draw the curves and return the display."""
        others = [n for n in self.table if not n.startswith("val_") and n not in NOT_CURVES]
        names = ["loss", *(name for name in others if name != "loss")]
        columns = min(len(names), 3)
        # A single panel needs room for the legend below it.
        figsize = (5.2, 3.9) if columns == 1 else (4.2 * columns, 3.4 * ceil(len(names) / columns))
        axes = self._panels(ax, len(names), columns, figsize=figsize)
        has_validation = "val_loss" in self.table and self.table["val_loss"].notna().any()
        self.best_epoch_ = best_epoch(self.table) if has_validation else None
        self.lines_, self.after_best_ = {}, []
        for panel, name in zip(axes, names, strict=True):
            self._draw_curves(panel, name)
            self._mark_best(panel)
        self._scale_loss(axes[0])
        if self._owns_figure:
            self.figure_.legend(
                *axes[0].get_legend_handles_labels(),
                loc="outside lower center",
                ncols=4 if columns == 3 else 2,
                frameon=False,
            )
        else:
            axes[0].legend(fontsize="small")
        self.figure_.suptitle(titled(title), fontsize="large")
        self._describe(self._alt_text(title, names))
        return self

    def _draw_curves(self, ax, name) -> None:
        # Dots keep a history of one epoch visible; line styles keep the curves apart in grey.
        dots = {"marker": "o"} if len(self.table) <= MAX_DOTS else {}
        for column, colour, style, label in (
            (name, BLUE, "-", "training"),
            (f"val_{name}", VERMILION, "--", "validation"),
        ):
            if column in self.table:
                values = self.table[column]
                (line,) = ax.plot(values.index, values, style, color=colour, label=label, **dots)
                self.lines_[column] = line
        ax.set(title=name.replace("_", " "), xlabel="epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        tidy(ax)

    def _mark_best(self, ax) -> None:
        best, last = self.best_epoch_, self.table.index[-1]
        if best is None:
            return
        label = f"lowest validation loss (epoch {best})"
        ax.axvline(best, color=INK, linewidth=1, linestyle=":", label=label)
        if best < last:
            label = "after the lowest validation loss"
            self.after_best_.append(ax.axvspan(best, last, color=SHADE, zorder=0, label=label))

    def _scale_loss(self, ax) -> None:
        """Draw the loss on a logarithmic scale: the first epochs would flatten the rest."""
        losses = self.table.filter(["loss", "val_loss"]).where(np.isfinite)
        low, high = losses.min().min(), losses.max().max()
        if not low > 0:
            return
        ax.set(yscale="log", ylabel="logarithmic scale")
        name_log_ticks(ax.yaxis, low, high)

    def _alt_text(self, title, names) -> str:
        first, last = (self.table.iloc[i].map("{:.4g}".format) for i in (0, -1))
        parts = [f"{title} over {len(self.table)} epoch{'s' if len(self.table) > 1 else ''}."]
        for name in names:
            text, val = f"Training {name} goes from {first[name]} to {last[name]}", f"val_{name}"
            if val in self.table:
                text += f", validation from {first[val]} to {last[val]}"
            parts.append(f"{text}.")
        if self.best_epoch_ is not None:
            parts.append(f"The validation loss is lowest at epoch {self.best_epoch_}.")
        return " ".join(parts)


def plot_training_history(history, *, ax=None, title="Training history") -> TrainingHistoryDisplay:
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
    display : TrainingHistoryDisplay

    Raises
    ------
    KitError
        If there is no finished epoch or no loss, or if `ax` holds too few axes.
    """
    return TrainingHistoryDisplay(history_table(history)).plot(ax=ax, title=title)
