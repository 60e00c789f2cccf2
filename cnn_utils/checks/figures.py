"""Is there a figure that shows what was asked for? Told by its curves, images and words."""

from __future__ import annotations

from collections.abc import Iterator

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
        if not all(_says_epoch(ax, axes) for ax in axes if ax.get_lines()):
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
        _check_labels(axes, table)
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
    axes = list(dict.fromkeys(_axes_within(figure)))
    if not axes and not hasattr(getattr(figure, "figure_", figure), "savefig"):
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


def _axes_within(figure) -> Iterator:
    """Yield the axes of a display, a figure, a grid, axes, or a collection of any of these."""
    figure = getattr(figure, "figure_", figure)  # of this kit's displays
    if hasattr(figure, "get_lines"):
        yield figure
    elif hasattr(figure, "get_axes") and hasattr(figure, "savefig"):
        yield from figure.get_axes()
    elif isinstance(figure, (list, tuple)) or isinstance(figure, np.ndarray):
        for part in np.ravel(np.asarray(figure, dtype=object)) if len(figure) else ():
            yield from _axes_within(part)
    elif hasattr(getattr(figure, "figure", None), "get_axes"):  # such as seaborn's grids
        yield from figure.figure.get_axes()


def _says_epoch(ax, axes: list) -> bool:
    """Say whether the epochs are named at the axes, or at others that share them."""
    shared = [o for o in axes if o is ax or ax.get_shared_x_axes().joined(ax, o)]
    told = [other.get_xlabel() for other in shared] + [ax.figure.get_supxlabel()]
    return any(word in label.lower() for label in told for word in ("epoch", "epok"))


def _check_labels(axes: list, table) -> None:
    """Refuse a key that calls training validation, or the other way round."""
    for line in (line for ax in axes for line in ax.get_lines()):
        label, curve = str(line.get_label()).lower(), np.asarray(line.get_ydata(), float)
        says = "val" if "val" in label else "train" if "train" in label else ""
        same = [c for c in table.columns if _same(curve, table[c].to_numpy())]
        kinds = {"val" if column.startswith("val_") else "train" for column in same}
        if says and kinds and says not in kinds:
            raise Mistake(
                "labels-swapped",
                f"The curve with the label '{line.get_label()}' shows the other one's numbers.",
                "Compare it with the history: what begins with 'val_' is validation.",
            )


def _has_key(axes: list) -> bool:
    """Say whether the curves can be told apart by words: a legend, or words beside them."""
    legends = [ax.get_legend() for ax in axes] + list(axes[0].figure.legends)
    if any(legends):
        return True
    words = [text.get_text().lower() for ax in axes for text in [*ax.texts, ax.title]]
    return all(any(kind in word for word in words) for kind in ("train", "val"))
