"""Does a figure show what was asked for? Judged by its curves, images and words."""

import re

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.errors import describe
from cnn_utils.history import history_table

WANTED = re.compile("^(val_)?(loss|accuracy)$|f1", re.IGNORECASE)


def check_history_plot(figure, history, hint: int = 1) -> None:
    """Check task 1.1.3; raise `CheckFailed` if a curve, its name or the axis' name is missing.

    Parameters
    ----------
    figure : display of this kit, or matplotlib Figure, Axes or array of Axes
        What the student drew.
    history : keras.callbacks.History, dict or DataFrame
        What it should show.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("plot-history", hint) as passed:
        axes, table = _axes(figure), history_table(history)
        lines = [line for ax in axes for line in ax.get_lines()]
        wanted = [name for name in table.columns if WANTED.search(name)]
        for column in wanted:
            if not any(_shows(line, table[column]) for line in lines):
                _missing(column)
        _check_words(axes)
        for line in lines:
            _check_label(line, table)
        passed(f"{len(wanted)} curves over {len(table)} epochs.")


def check_images_figure(figure, hint: int = 1) -> None:
    """Check task 2.2; raise `CheckFailed` unless a figure shows an image.

    Parameters
    ----------
    figure : display of this kit, or matplotlib Figure, Axes or array of Axes
        What the student drew.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("look", hint) as passed:
        if not any(ax.get_images() for ax in _axes(figure)):
            hint = "Charts come further below; here, look at the photographs themselves."
            answer = "`imshow` draws one; `cnn_utils` has functions that draw many."
            raise Mistake("no-images", "The figure shows no image.", hint, answer)
        passed("a figure to look at.")


def _axes(figure) -> list:
    """Return the axes of a display, a figure, a grid, axes, or a collection of any of these."""
    if figure is Ellipsis:
        raise NotImplementedError
    if figure is None:
        found = "The figure is None, which is what `plt.show()` returns."
        raise Mistake("no-figure", found, "Keep the figure before that: `plt.gcf()`.")
    # Displays of this kit have a `figure_`; all that Matplotlib and seaborn draw, a `figure`.
    parts = np.ravel(np.asarray(getattr(figure, "figure_", figure), dtype=object))
    figures = dict.fromkeys(getattr(part, "figure", None) for part in parts)
    figures = [drawn for drawn in figures if hasattr(drawn, "get_axes")]
    if not figures:
        found = f"Expected a figure; received {describe(figure)}."
        raise Mistake("not-a-figure", found, "Draw first; then `plt.gcf()` is your figure.")
    axes = [ax for drawn in figures for ax in drawn.get_axes()]
    if not any(ax.has_data() for ax in axes):
        raise Mistake("empty", "The figure is empty.", "Draw, then `plt.gcf()`, then `plt.show()`.")
    return axes


def _shows(line, values) -> bool:
    """Say whether a curve shows a column, perhaps in percent."""
    curve = np.asarray(line.get_ydata(), float)
    return curve.shape == values.shape and any(
        np.allclose(curve, scale * values, equal_nan=True) for scale in (1, 100)
    )


def _missing(column: str) -> None:
    name = column.removeprefix("val_")
    kind = "validation" if name != column else "training"
    short = "f1" if "f1" in name.lower() else name
    found = f"There is no curve of {name} on the {kind} images, with one point per epoch."
    mistake = f"no-{short}" if name == column else f"no-validation-{short}"
    raise Mistake(mistake, found, f"`plot` draws history['{column}']; several figures: a list.")


def _check_words(axes: list) -> None:
    if not all(_names_epochs(ax, axes) for ax in axes if ax.get_lines()):
        found = "The horizontal axis does not say that it counts epochs."
        raise Mistake("unnamed-axes", found, "`plt.xlabel` or `ax.set_xlabel` names it.")
    if not _has_legend(axes):
        found = "Nothing says which curve is training and which validation."
        raise Mistake("no-legend", found, "Give each curve a `label`, and the figure a legend.")


def _names_epochs(ax, axes: list) -> bool:
    """Say whether the epochs are named at the axes, or at others that share them."""
    shared = [o for o in axes if o is ax or ax.get_shared_x_axes().joined(ax, o)]
    labels = [other.get_xlabel() for other in shared] + [ax.figure.get_supxlabel()]
    return any(word in label.lower() for label in labels for word in ("epoch", "epok"))


def _has_legend(axes: list) -> bool:
    """Say whether words tell the curves apart: in a legend, or beside the curves."""
    legends = [*axes[0].figure.legends, *filter(None, (ax.get_legend() for ax in axes))]
    if any(legend.get_texts() for legend in legends):
        return True
    words = [text.get_text().lower() for ax in axes for text in [*ax.texts, ax.title]]
    return all(any(kind in word for word in words) for kind in ("train", "val"))


def _check_label(line, table) -> None:
    """Refuse a label that calls training validation, or the other way round."""
    label, legend, lines = line.get_label(), line.axes.get_legend(), list(line.axes.get_lines())
    names = [text.get_text() for text in legend.get_texts()] if legend else []
    if label.startswith("_") and len(names) == len(lines):  # legend(["training", "validation"])
        label = names[lines.index(line)]
    kind = "val" if "val" in label.lower() else "train" if "train" in label.lower() else ""
    shown = [column for column in table.columns if _shows(line, table[column])]
    kinds = {"val" if column.startswith("val_") else "train" for column in shown}
    if kind and kinds and kind not in kinds:
        found = f"The curve with the label '{label}' shows the other one's numbers."
        raise Mistake("labels-swapped", found, "What begins with 'val_' is validation.")
