"""How often each class is taken for another."""

import numpy as np
import seaborn as sns

from cnn_utils.errors import check_choice
from cnn_utils.metrics import as_names, confusion_matrix, precision_recall_f1
from cnn_utils.plots.figure import Display

NORMALIZE = {None: "images", "true": "% of the true class", "pred": "% of the predicted class"}


def plot_confusion_matrix(
    y_true, y_pred, class_names, *, normalize=None, ax=None, title="Confusion matrix"
) -> Display:
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
    display : Display
        With the counts in `counts`, the drawn counts or percentages in `values_`, and the heat map
        in `mesh_`.
    """
    class_names = as_names(class_names)
    counts = confusion_matrix(y_true, y_pred, len(class_names))
    return draw_confusion_matrix(counts, class_names, normalize=normalize, ax=ax, title=title)


def draw_confusion_matrix(
    counts, class_names, *, normalize=None, scores=False, ax=None, title="Confusion matrix"
) -> Display:
    """Draw counts (n_classes, n_classes): true classes go down, predicted ones across.

    With `scores`, precision, recall and F1 of each class replace the colour bar.
    """
    check_choice("normalize", normalize, NORMALIZE)
    display = Display(ax, figsize=(6.8, 5.8))
    (ax,) = display.panels
    display.counts = counts
    display.values_ = counts if normalize is None else as_percentages(counts, normalize)
    sns.heatmap(
        display.values_,
        annot=True,
        fmt="d" if normalize is None else ".0f",
        annot_kws={"fontsize": 9},
        cmap="Blues",
        cbar=not scores,
        cbar_kws=None if scores else {"label": NORMALIZE[normalize]},
        xticklabels=class_names,
        yticklabels=class_names,
        linewidths=0.5,
        square=not scores,
        ax=ax,
    )
    display.mesh_ = ax.collections[-1]
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.tick_params(axis="y", rotation=0)
    if max(map(len, class_names)) > 2:
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
        ax.set_xticks(ax.get_xticks(), class_names, **turned)
    if scores:
        _draw_scores(ax, counts)
        ax.set_xlabel(f"predicted class ({NORMALIZE[normalize]})")
    text = f"{title}: {np.trace(counts)} of {counts.sum()} images on the diagonal."
    mistakes = counts - np.diag(np.diag(counts))
    if mistakes.any():
        true, pred = np.unravel_index(mistakes.argmax(), mistakes.shape)
        names = f"true {class_names[true]}, predicted {class_names[pred]}"
        text += f" Most frequent mistake: {names}, {mistakes.max()} images."
    return display.finish(title, text)


def _draw_scores(ax, counts) -> None:
    columns = zip(("precision", "recall", "F1"), precision_recall_f1(counts), strict=True)
    for i, (name, values) in enumerate(columns):
        x = len(counts) * (1.08 + 0.1 * i)
        ax.text(x, -0.1, name, rotation=45, ha="left", va="bottom", fontsize=9)
        for row, value in enumerate(values):
            ax.text(x, row + 0.5, f"{value:.2f}", ha="center", va="center", fontsize=9)


def as_percentages(counts, normalize: str) -> np.ndarray:
    """Return counts as percentages of their row ("true") or column ("pred"); 0 of 0 is 0."""
    totals = counts.sum(axis=1 if normalize == "true" else 0, keepdims=True)
    return 100 * counts / np.maximum(totals, 1)
