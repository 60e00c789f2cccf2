"""How often each class occurs."""

from __future__ import annotations

import numpy as np
import seaborn as sns

from cnn_utils.metrics import as_labels, as_names, check_named
from cnn_utils.plots.figure import BLUE, Display, tidy, titled


class ClassDistributionDisplay(Display):
    """Numbers of images, `counts` (n_classes,), as bars.

    The drawn bars are in `bars_`.
    """

    def __init__(self, counts, class_names):
        self.counts, self.class_names = np.asarray(counts), class_names

    def plot(self, *, ax=None, title="Images per class"):
        """Draw the bars and return the display."""
        (ax,) = self._panels(ax, figsize=(7, 3.4))
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


def plot_class_distribution(
    labels, class_names, *, ax=None, title="Images per class"
) -> ClassDistributionDisplay:
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

    Raises
    ------
    KitError
        If a label has no name.
    """
    labels, class_names = as_labels(labels, "labels"), as_names(class_names)
    check_named(labels, "labels", class_names)
    counts = np.bincount(labels, minlength=len(class_names))
    return ClassDistributionDisplay(counts, class_names).plot(ax=ax, title=title)
