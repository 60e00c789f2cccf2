"""Is there a figure that shows what was asked for? Told by its curves, images and words."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.errors import describe
from cnn_utils.history import history_table


def check_history_plot(figure, history, hint: int = 1) -> None:
    """Check the curves of task 1.1.3.

    Parameters
    ----------
    figure : display of this kit, or matplotlib Figure, Axes or array of Axes
        What the student drew.
    history : keras.callbacks.History, dict or DataFrame
        What it should show.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If a curve, a name or the key to the curves is missing.
    """
    with checking("plot-history", hint) as well:
        axes = _axes(figure)
        table = history_table(history)
        drawn = [np.asarray(line.get_ydata(), float) for ax in axes for line in ax.get_lines()]
        for column in _wanted(list(table.columns)):
            if not any(_same(curve, table[column].to_numpy()) for curve in drawn):
                _missing(column)
        curves = [ax for ax in axes if ax.get_lines()]
        if not all(_says_epoch(ax) for ax in _lowest(curves)):
            raise Mistake(
                "unnamed-axes",
                "The horizontal axis does not say that it counts epochs.",
                "Name it, so that one can read the figure without the code: `set_xlabel`.",
            )
        if not _has_key(axes):
            raise Mistake(
                "no-legend",
                "Nothing says which curve is training and which validation.",
                "Give each curve a `label`, and the figure a legend.",
            )
        well(f"{len(_wanted(list(table.columns)))} curves over {len(table)} epochs.")


def check_images_figure(figure, hint: int = 1) -> None:
    """Check that there is a figure with pictures in it (task 2.2).

    Parameters
    ----------
    figure : display of this kit, or matplotlib Figure, Axes or array of Axes
        What the student drew.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If there is none, or it shows no image.
    """
    with checking("look", hint) as well:
        n_images = sum(len(ax.get_images()) for ax in _axes(figure))
        if n_images == 0:
            raise Mistake(
                "no-images",
                "The figure shows no image.",
                "Charts come further below; here, look at the photographs themselves.",
                "`imshow` draws one; `cnn_utils` has functions that draw many.",
            )
        well("a figure to look at.")


def _axes(figure) -> list:
    """Return the axes of whatever stands for a figure."""
    if figure is None or figure is Ellipsis:
        raise NotImplementedError
    if hasattr(figure, "figure_"):  # a display of this kit
        figure = figure.figure_
    if hasattr(figure, "get_axes") and hasattr(figure, "savefig"):
        axes = figure.get_axes()
    else:
        axes = [ax for ax in np.ravel(np.asarray(figure, dtype=object)) if hasattr(ax, "get_lines")]
        if not axes:
            raise Mistake(
                "not-a-figure",
                f"That is no figure but {describe(figure)}.",
                "Keep what the plotting function gives back, or `plt.gcf()`.",
            )
    if not any(ax.has_data() for ax in axes):
        raise Mistake(
            "empty",
            "The figure is empty.",
            "Was it drawn in this cell? Matplotlib begins a new figure after each cell.",
        )
    return axes


def _wanted(columns: list[str]) -> list[str]:
    names = [name for name in columns if name in ("loss", "accuracy") or "f1" in name.lower()]
    names = [name for name in names if not name.startswith("val_")]
    return [column for name in names for column in (name, f"val_{name}") if column in columns]


def _same(curve: np.ndarray, values: np.ndarray) -> bool:
    """Compare a curve with a column; it may be in percent."""
    if curve.shape != values.shape:
        return False
    return any(np.allclose(curve, scale * values, equal_nan=True) for scale in (1, 100))


def _missing(column: str) -> None:
    name = column.removeprefix("val_")
    is_validation = column.startswith("val_")
    raise Mistake(
        f"no-{'validation-' if is_validation else ''}{'f1' if 'f1' in name.lower() else name}",
        f"There is no curve of {name} on the {'validation' if is_validation else 'training'} "
        "images, with one point per epoch.",
        f"It is in the history under the name '{column}'.",
    )


def _lowest(axes: list) -> list:
    """Return the axes that may carry the epochs' name: of a column, the lowest will do."""
    boxes = {ax: ax.get_position() for ax in axes}
    shared = {ax: [o for o in axes if ax.get_shared_x_axes().joined(ax, o)] for ax in axes}
    return [ax for ax in axes if all(boxes[ax].y0 <= boxes[o].y0 + 1e-3 for o in shared[ax])]


def _says_epoch(ax) -> bool:
    figure_label = ax.figure.get_supxlabel() if hasattr(ax.figure, "get_supxlabel") else ""
    told = f"{ax.get_xlabel()} {figure_label}".lower()
    return any(word in told for word in ("epoch", "epok"))


def _has_key(axes: list) -> bool:
    """Say whether the curves can be told apart by words: a legend, or words beside them."""
    legends = [ax.get_legend() for ax in axes] + list(axes[0].figure.legends)
    if any(legends):
        return True
    words = [text.get_text().lower() for ax in axes for text in [*ax.texts, ax.title]]
    return all(any(kind in word for word in words) for kind in ("train", "val"))
