"""How often each class occurs, and how often it is taken for another."""

from __future__ import annotations

import numpy as np
import seaborn as sns

from cnn_utils.errors import KitError, check_choice
from cnn_utils.metrics import as_labels, as_names, confusion_matrix, precision_recall_f1
from cnn_utils.plots.figure import BLUE, Display, tidy, titled

NORMALIZE = {
    None: "images",
    "true": "% of the true class",
    "pred": "% of the predicted class",
}


class ClassDistributionDisplay(Display):
    """Number of images per class, as bars with their counts.

    Parameters
    ----------
    counts : array of shape (n_classes,), int
    class_names : sequence of str

    Attributes
    ----------
    bars_ : matplotlib.container.BarContainer
    """

    def __init__(self, counts, class_names):
        self.counts, self.class_names = np.asarray(counts), as_names(class_names)

    def plot(self, *, ax=None, title="Images per class"):
        """Draw the bars and return the display."""
        (ax,) = self._panels(ax, 1, 1, figsize=(7, 3.4))
        sns.barplot(x=self.counts, y=self.class_names, orient="h", color=BLUE, ax=ax)
        self.bars_ = ax.containers[-1]
        ax.bar_label(self.bars_, padding=3, fontsize=9)
        ax.set(xlabel="images", ylabel="")
        ax.margins(x=0.1)
        tidy(ax)
        ax.grid(visible=False, axis="y")
        ax.set_title(titled(title))
        pairs = zip(self.class_names, self.counts, strict=True)
        self._describe(f"{title}: " + ", ".join(f"{name} {n}" for name, n in pairs) + ".")
        return self


class ConfusionMatrixDisplay(Display):
    """A confusion matrix as a heat map: true classes down, predicted classes across.

    Parameters
    ----------
    counts : array of shape (n_classes, n_classes), int
        Rows are true classes, columns predicted ones.
    class_names : sequence of str

    Attributes
    ----------
    values_ : ndarray of shape (n_classes, n_classes)
        What is drawn: counts or percentages.
    mesh_ : matplotlib.collections.QuadMesh
    """

    def __init__(self, counts, class_names):
        self.counts, self.class_names = np.asarray(counts), as_names(class_names)
        if self.counts.shape != (len(self.class_names),) * 2:
            raise KitError.about(
                "`class_names`", f"name each of {len(self.counts)} classes", self.class_names
            )

    @classmethod
    def from_predictions(cls, y_true, y_pred, class_names, **options):
        """Count, then draw: labels, one-hot rows or class scores are welcome."""
        class_names = as_names(class_names)
        counts = confusion_matrix(y_true, y_pred, len(class_names))
        return cls(counts, class_names).plot(**options)

    def plot(self, *, normalize=None, scores=False, ax=None, title="Confusion matrix"):
        """Draw the matrix and return the display.

        Parameters
        ----------
        normalize : {None, "true", "pred"}, default=None
            Counts, or percentages of each true (row) or predicted (column) class.
        scores : bool, default=False
            Write precision, recall and F1 of each class to the right, instead of a colour bar.
        ax : matplotlib Axes, optional
        title : str, default="Confusion matrix"
        """
        check_choice("normalize", normalize, NORMALIZE)
        self.values_ = self.counts if normalize is None else as_percentages(self.counts, normalize)
        (ax,) = self._panels(ax, 1, 1, figsize=(6.8, 5.8))
        sns.heatmap(
            self.values_,
            annot=True,
            fmt="d" if normalize is None else ".0f",
            annot_kws={"fontsize": 8},
            cmap="Blues",
            cbar=not scores,
            cbar_kws=None if scores else {"label": NORMALIZE[normalize]},
            xticklabels=self.class_names,
            yticklabels=self.class_names,
            linewidths=0.5,
            square=True,
            ax=ax,
        )
        self.mesh_ = ax.collections[-1]
        ax.set(xlabel="predicted class", ylabel="true class")
        ax.tick_params(axis="x", rotation=45 if max(map(len, self.class_names)) > 2 else 0)
        ax.tick_params(axis="y", rotation=0)
        if scores:
            self._write_scores(ax)
            ax.set_xlabel(f"predicted class ({NORMALIZE[normalize]})")
        ax.set_title(titled(title))
        self._describe(self._alt_text(title))
        return self

    def _write_scores(self, ax):
        n = len(self.counts)
        columns = zip(("precision", "recall", "F1"), precision_recall_f1(self.counts), strict=True)
        for i, (name, values) in enumerate(columns):
            x = n * (1.08 + 0.1 * i)
            ax.text(x, -0.1, name, rotation=45, ha="left", va="bottom", fontsize=8)
            for row, value in enumerate(values):
                ax.text(x, row + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=8)

    def _alt_text(self, title):
        total, hits = self.counts.sum(), np.trace(self.counts)
        mistakes = self.counts - np.diag(np.diag(self.counts))
        text = f"{title}: {hits} of {total} images on the diagonal."
        if mistakes.any():
            true, pred = np.unravel_index(mistakes.argmax(), mistakes.shape)
            names = f"true {self.class_names[true]}, predicted {self.class_names[pred]}"
            text += f" Most frequent mistake: {names}, {mistakes.max()} images."
        return text


def plot_class_distribution(labels, class_names, *, ax=None, title="Images per class"):
    """Draw how many images each class has.

    Parameters
    ----------
    labels : array-like
        Labels, one-hot rows or scores.
    class_names : sequence of str
    ax : matplotlib Axes, optional
    title : str, default="Images per class"

    Returns
    -------
    display : ClassDistributionDisplay
    """
    labels, class_names = as_labels(labels, "labels"), as_names(class_names)
    if len(labels) == 0 or labels.min() < 0 or labels.max() >= len(class_names):
        received = f"labels from {labels.min()} to {labels.max()}" if len(labels) else "no labels"
        raise KitError.about("`labels`", f"hold labels in 0..{len(class_names) - 1}", received)
    counts = np.bincount(labels, minlength=len(class_names))
    return ClassDistributionDisplay(counts, class_names).plot(ax=ax, title=title)


def plot_confusion_matrix(
    y_true, y_pred, class_names, *, normalize=None, ax=None, title="Confusion matrix"
):
    """Draw how often class i (row) was predicted as class j (column).

    Parameters
    ----------
    y_true, y_pred : array-like
        Labels, one-hot rows or class scores.
    class_names : sequence of str
    normalize : {None, "true", "pred"}, default=None
        Counts, or percentages of each true (row) or predicted (column) class.
    ax : matplotlib Axes, optional
    title : str, default="Confusion matrix"

    Returns
    -------
    display : ConfusionMatrixDisplay
    """
    return ConfusionMatrixDisplay.from_predictions(
        y_true, y_pred, class_names, normalize=normalize, ax=ax, title=title
    )


def as_percentages(counts, normalize: str) -> np.ndarray:
    """Return counts as percentages of their row ("true") or column ("pred"); 0 of none is 0."""
    totals = counts.sum(axis=1 if normalize == "true" else 0, keepdims=True)
    return 100 * counts / np.maximum(totals, 1)
