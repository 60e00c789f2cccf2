"""Training curves: loss and every metric, train against validation."""

from __future__ import annotations

from math import ceil

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from cnn_utils.history import best_epoch, history_table
from cnn_utils.plots.figure import BLUE, INK, SHADE, VERMILION, Display, tidy, titled

NOT_CURVES = {"learning_rate", "lr"}


class TrainingHistoryDisplay(Display):
    """Curves of a training history, one panel for the loss and one for each metric.

    Parameters
    ----------
    table : DataFrame
        One row per epoch; see `cnn_utils.history.history_table`.

    Attributes
    ----------
    best_epoch_ : int or None
        Epoch of the lowest validation loss; None without validation.
    lines_ : dict of str to matplotlib.lines.Line2D
        One curve per column of `table`.
    overfitting_ : list of matplotlib.patches.Rectangle
        The shaded spans after `best_epoch_`, one per panel.
    """

    def __init__(self, table):
        self.table = table

    @classmethod
    def from_history(cls, history, *, ax=None, title="Training history"):
        """Draw what `model.fit` returned, its ``.history``, a DataFrame, or a CSV log's path."""
        return cls(history_table(history)).plot(ax=ax, title=title)

    def plot(self, *, ax=None, title="Training history"):
        """Draw the curves and return the display.

        Parameters
        ----------
        ax : sequence of matplotlib Axes, optional
            One per panel; by default a new figure.
        title : str, default="Training history"
        """
        others = [n for n in self.table if not n.startswith("val_") and n not in NOT_CURVES]
        names = ["loss", *(name for name in others if name != "loss")]
        columns = min(len(names), 3)
        # One panel alone has to hold the key below it.
        figsize = (5.2, 3.9) if columns == 1 else (4.2 * columns, 3.3 * ceil(len(names) / columns))
        axes = self._panels(ax, len(names), columns, figsize=figsize)
        has_validation = "val_loss" in self.table and self.table["val_loss"].notna().any()
        self.best_epoch_ = best_epoch(self.table) if has_validation else None
        self.lines_, self.overfitting_ = {}, []
        for panel, name in zip(axes, names, strict=True):
            self._draw_panel(panel, name)
        if ax is None:
            curves = axes[0].get_legend_handles_labels()
            self.figure_.legend(
                *curves, loc="outside lower center", ncols=4 if columns > 1 else 2, frameon=False
            )
        else:
            axes[0].legend(fontsize="small")
        self.figure_.suptitle(titled(title), fontsize="large")
        self._describe(self._alt_text(title, names))
        return self

    def _draw_panel(self, ax, name):
        epochs = self.table.index
        # Markers keep a one-epoch history visible; line styles keep the curves apart in grey.
        for column, colour, style, label in (
            (name, BLUE, "-", "training"),
            (f"val_{name}", VERMILION, "--", "validation"),
        ):
            if column in self.table:
                marker = "o" if len(epochs) <= 15 else ""
                (self.lines_[column],) = ax.plot(
                    epochs, self.table[column], style, color=colour, marker=marker, label=label
                )
        if self.best_epoch_ is not None:
            best = f"lowest validation loss (epoch {self.best_epoch_})"
            ax.axvline(self.best_epoch_, color=INK, linewidth=1, linestyle=":", label=best)
        if self.best_epoch_ is not None and self.best_epoch_ < epochs[-1]:
            span = ax.axvspan(
                self.best_epoch_, epochs[-1], color=SHADE, zorder=0, label="overfitting"
            )
            self.overfitting_.append(span)
        ax.set(title=name.replace("_", " "), xlabel="epoch")
        losses = self.table[list(self.lines_)].where(np.isfinite)
        if name == "loss" and losses.min().min() > 0:
            # Differences late in training would drown in the first epoch's large loss.
            ax.set(yscale="log", ylabel="logarithmic scale")
            is_wide = losses.max().max() > 10 * losses.min().min()
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if is_wide else (1, 2, 3, 5, 7)))
            ax.yaxis.set_major_formatter("{x:g}")
            ax.yaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        tidy(ax)

    def _alt_text(self, title, names):
        first, last = self.table.iloc[0], self.table.iloc[-1]
        epochs = "epoch" if len(self.table) == 1 else "epochs"
        parts = [f"{title} over {len(self.table)} {epochs}."]
        for name in names:
            parts.append(f"Training {name} goes from {first[name]:.4g} to {last[name]:.4g}")
            if f"val_{name}" in self.table:
                change = f"{first[f'val_{name}']:.4g} to {last[f'val_{name}']:.4g}"
                parts[-1] += f", validation from {change}"
            parts[-1] += "."
        if self.best_epoch_ is not None:
            parts.append(f"The validation loss is lowest at epoch {self.best_epoch_}.")
        return " ".join(parts)


def plot_training_history(history, *, ax=None, title="Training history"):
    """Draw loss and every metric, train against validation, over the epochs.

    The epoch of the lowest validation loss is marked; what comes after it is shaded as
    overfitting: the network still improves on its training images, no longer on others.

    Parameters
    ----------
    history : keras.callbacks.History, dict, pandas.DataFrame, or path of a CSV log
    ax : sequence of matplotlib Axes, optional
        One per panel; by default a new figure.
    title : str, default="Training history"

    Returns
    -------
    display : TrainingHistoryDisplay
    """
    return TrainingHistoryDisplay.from_history(history, ax=ax, title=title)
