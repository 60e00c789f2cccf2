"""How often each class is taken for another."""

from __future__ import annotations

import numpy as np
import seaborn as sns

from cnn_utils.errors import check_choice
from cnn_utils.metrics import as_names, confusion_matrix, precision_recall_f1
from cnn_utils.plots.figure import Display, titled

NORMALIZE = {
    None: "images",
    "true": "% of the true class",
    "pred": "% of the predicted class",
}


class ConfusionMatrixDisplay(Display):
    """A confusion matrix, `counts` (n_classes, n_classes), as a heat map.

    True classes go down, predicted ones across.

    `values_` holds the drawn counts or percentages, `mesh_` the heat map.
    """

    def __init__(self, counts, class_names):
        self.counts, self.class_names = np.asarray(counts), class_names

    def plot(self, *, normalize=None, scores=False, ax=None, title="Confusion matrix"):
        """Draw the matrix and return the display.

        With `scores`, precision, recall and F1 of each class replace the colour bar; the other
        arguments are those of `plot_confusion_matrix`.
        """
        check_choice("normalize", normalize, NORMALIZE)
        self.values_ = self.counts if normalize is None else as_percentages(self.counts, normalize)
        (ax,) = self._panels(ax, figsize=(6.8, 5.8))
        sns.heatmap(
            self.values_,
            annot=True,
            fmt="d" if normalize is None else ".0f",
            annot_kws={"fontsize": 9},
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
        ax.tick_params(axis="y", rotation=0)
        if max(map(len, self.class_names)) > 2:
            turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
            ax.set_xticks(ax.get_xticks(), self.class_names, **turned)
        if scores:
            self._draw_scores(ax)
            ax.set_xlabel(f"predicted class ({NORMALIZE[normalize]})")
        ax.set_title(titled(title))
        self._describe(self._alt_text(title))
        return self

    def _draw_scores(self, ax) -> None:
        n = len(self.counts)
        columns = zip(("precision", "recall", "F1"), precision_recall_f1(self.counts), strict=True)
        for i, (name, values) in enumerate(columns):
            x = n * (1.08 + 0.1 * i)
            ax.text(x, -0.1, name, rotation=45, ha="left", va="bottom", fontsize=8)
            for row, value in enumerate(values):
                ax.text(x, row + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=8)

    def _alt_text(self, title) -> str:
        total, hits = self.counts.sum(), np.trace(self.counts)
        mistakes = self.counts - np.diag(np.diag(self.counts))
        text = f"{title}: {hits} of {total} images on the diagonal."
        if mistakes.any():
            true, pred = np.unravel_index(mistakes.argmax(), mistakes.shape)
            names = f"true {self.class_names[true]}, predicted {self.class_names[pred]}"
            text += f" Most frequent mistake: {names}, {mistakes.max()} images."
        return text


def plot_confusion_matrix(
    y_true, y_pred, class_names, *, normalize=None, ax=None, title="Confusion matrix"
) -> ConfusionMatrixDisplay:
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

    Raises
    ------
    KitError
        If the lengths differ, or a label has no name.
    """
    class_names = as_names(class_names)
    counts = confusion_matrix(y_true, y_pred, len(class_names))
    display = ConfusionMatrixDisplay(counts, class_names)
    return display.plot(normalize=normalize, ax=ax, title=title)


def as_percentages(counts, normalize: str) -> np.ndarray:
    """Return counts as percentages of their row ("true") or column ("pred"); 0 of 0 is 0."""
    totals = counts.sum(axis=1 if normalize == "true" else 0, keepdims=True)
    return 100 * counts / np.maximum(totals, 1)
