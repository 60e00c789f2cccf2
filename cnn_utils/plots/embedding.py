"""Images as points in a plane, by class."""

from __future__ import annotations

from math import ceil

import numpy as np
import seaborn as sns
from matplotlib.patheffects import withStroke

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array, as_labels_of_images, as_names, check_named
from cnn_utils.plots.figure import INK, Display, titled

# Ten of each, and no common divisor: 90 classes get a pair of their own.
MARKERS = "osD^vP<>p"
N_COLOURS = 10
LEGEND_ROWS = 25


class EmbeddingDisplay(Display):
    """A scatter of points by class: colour, marker, and the class's name at its median point.

    Parameters
    ----------
    points : array of shape (n, 2), float
    labels : array-like of n labels
    class_names : sequence of str
    y_pred : array-like of n labels, optional
        Predicted classes. Points whose class was not predicted are crossed out.

    Attributes
    ----------
    points_ : dict of str to matplotlib.collections.PathCollection
        One per class that has a point.
    names_ : list of matplotlib.text.Annotation
        Names that would overlap are moved apart, and tied to their points by a line.
    crosses_ : matplotlib.collections.PathCollection or None
        None without a mistake.
    """

    def __init__(self, points, labels, class_names, y_pred=None):
        self.points = as_array(points, "points")
        shaped = self.points.ndim == 2 and self.points.shape[1] == 2 and len(self.points) > 0
        if not shaped or self.points.dtype.kind != "f" or not np.isfinite(self.points).all():
            raise KitError.about("`points`", "be finite numbers of shape (n, 2)", self.points)
        n = len(self.points)
        self.labels = as_labels_of_images(labels, "labels", n)
        self.class_names = as_names(class_names)
        check_named(self.labels, "labels", self.class_names)
        self.wrong = np.zeros(n, dtype=bool)
        if y_pred is not None:
            self.wrong = as_labels_of_images(y_pred, "y_pred", n) != self.labels

    def plot(self, *, axis_labels=("", ""), title="Embedding", ax=None):
        """Draw the points and return the display.

        Parameters
        ----------
        axis_labels : pair of str, default=("", "")
            What the axes are, for x and y.
        title : str, default="Embedding"
        ax : matplotlib Axes, optional
        """
        (ax,) = self._panels(ax, 1, 1, figsize=(8.2, 6))
        palette = sns.color_palette("colorblind", N_COLOURS)
        present = np.unique(self.labels)
        self.points_, self.names_ = {}, []
        for label in present:
            name, own = self.class_names[label], self.points[self.labels == label]
            self.points_[name] = ax.scatter(
                *own.T,
                s=22,
                color=palette[label % N_COLOURS],
                marker=MARKERS[label % len(MARKERS)],
                edgecolors=INK,
                linewidths=0.3,
                label=name,
            )
            self.names_.append(_write(ax, name, np.median(own, axis=0)))
        self.crosses_ = None
        n_wrong = int(self.wrong.sum())
        if n_wrong:
            style = {"s": 22, "color": "black", "marker": "x", "linewidths": 0.9, "zorder": 3}
            crossed = self.points[self.wrong]
            self.crosses_ = ax.scatter(*crossed.T, label="mistake", **style)
        ax.set(xlabel=axis_labels[0], ylabel=axis_labels[1], xticks=[], yticks=[])
        ax.set_aspect("equal", adjustable="datalim")
        beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "frameon": False}
        ax.legend(fontsize="small", ncols=ceil(len(present) / LEGEND_ROWS), **beside)
        ax.set_title(titled(title))
        _move_apart(self.names_)
        counted = f"{len(self.points)} points of {len(present)} classes"
        mistakes = f", {n_wrong} of them mistakes" if n_wrong else ""
        axes = f" Across: {axis_labels[0]}; up: {axis_labels[1]}." if any(axis_labels) else ""
        self._describe(f"{title}: {counted}{mistakes}.{axes}")
        return self


def plot_embedding(
    points,
    labels,
    class_names,
    y_pred=None,
    *,
    axis_labels=("", ""),
    title="Embedding",
    ax=None,
):
    """Draw points by class: colour, marker, and the class's name at its median point.

    Parameters
    ----------
    points : array of shape (n, 2), float
    labels : array-like
        True classes: integers, one-hot rows or scores.
    class_names : sequence of str
    y_pred : array-like, optional
        Predicted classes. Points whose class was not predicted are crossed out.
    axis_labels : pair of str, default=("", "")
        What the axes are, for x and y.
    title : str, default="Embedding"
    ax : matplotlib Axes, optional

    Returns
    -------
    display : EmbeddingDisplay

    Raises
    ------
    KitError
        If the points are not finite pairs, the lengths differ, or a label has no name.
    """
    display = EmbeddingDisplay(points, labels, class_names, y_pred)
    return display.plot(axis_labels=axis_labels, title=title, ax=ax)


def _write(ax, name, point):
    """Write a name at a point, in dark letters with a white outline."""
    style = {"fontsize": 11, "weight": "bold", "color": INK, "ha": "center", "va": "center"}
    line = {"arrowstyle": "-", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    text = ax.annotate(name, point, point, arrowprops=line, zorder=4, **style)
    # Dark letters on dark points could not be read without an outline.
    text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return text


def _move_apart(texts) -> None:
    """Move texts down until none covers another, from the highest to the lowest."""
    figure = texts[0].figure
    # Where the letters lie is known only once the figure's layout is.
    figure.draw_without_rendering()
    to_data = texts[0].axes.transData.inverted()
    placed = []
    for text in sorted(texts, key=lambda text: -text.get_window_extent().y0):
        box = start = text.get_window_extent()
        while hit := next((other for other in placed if box.overlaps(other)), None):
            box = box.translated(0, hit.y0 - box.y1 - 1)
        placed.append(box)
        if box is not start:
            x, y = text.axes.transData.transform(text.xy)
            text.set_position(to_data.transform((x, y + box.y0 - start.y0)))
