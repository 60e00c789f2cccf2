"""How often each class occurs."""

import numpy as np
import seaborn as sns

from cnn_utils.metrics import as_labels, as_names, check_named
from cnn_utils.plots.figure import BLUE, Display, tidy


def plot_class_distribution(labels, class_names, *, ax=None, title="Images per class") -> Display:
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
    display : Display
        With the drawn bars in `bars_`.
    """
    labels, class_names = as_labels(labels, "labels"), as_names(class_names)
    check_named(labels, "labels", class_names)
    counts = np.bincount(labels, minlength=len(class_names))
    display = Display(ax, figsize=(7, 3.4))
    (ax,) = display.panels
    sns.barplot(x=counts, y=class_names, orient="h", color=BLUE, ax=ax)
    display.bars_ = ax.containers[-1]
    ax.bar_label(display.bars_, padding=3, fontsize=9)
    ax.set(xlabel="images", ylabel="")
    ax.margins(x=0.1)
    tidy(ax)
    ax.grid(visible=False, axis="y")
    listed = ", ".join(f"{name} {n}" for name, n in zip(class_names, counts, strict=True))
    return display.finish(title, f"{title}: {listed}.")
