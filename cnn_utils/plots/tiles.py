"""Many pictures in one frame: a frame, Matplotlib's Axes, for each would take ten times as long."""

from __future__ import annotations

import numpy as np
from matplotlib import rcParams
from matplotlib.patches import Rectangle

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import Display, titled

# Inches: between a picture and the words beside it, and a line of these.
GAP, LINE = 0.03, 0.14
# Where words stand: the point of the picture's frame, from 0 to 1, and how they lie to it.
SIDES = {
    "above": (0.5, 0, "center", "bottom"),
    "below": (0.5, 1, "center", "top"),
    "left": (0, 0.5, "right", "center"),
    "on": (0.5, 0.5, "center", "center"),
}


class SheetDisplay(Display):
    """Base of the displays that hold many pictures: they lie on a sheet, measured in inches."""

    def _sheet(self, ax, width: float, height: float, figsize):
        """Return `ax`, or the axes of a new figure, as a sheet.

        Parameters
        ----------
        ax : matplotlib Axes or None
            In a figure of another size, everything but the words grows or shrinks with it.
        width, height : float
            Of the sheet, from its upper left corner.
        figsize : tuple of float
            Of a new figure.
        """
        if np.size(ax) != 1:
            expected = "be one Matplotlib axes, which holds all the pictures"
            raise KitError.about("`ax`", expected, f"{np.size(ax)} axes", "Give one, or none.")
        (sheet,) = self._panels(ax, 1, 1, figsize=figsize)
        sheet.set(xlim=(0, width), ylim=(height, 0))
        sheet.set_axis_off()
        self._is_own = ax is None
        return sheet

    def _write_title(self, title: str) -> None:
        """Write the title above the figure; above given axes, of which there may be more."""
        if self._is_own:
            self.figure_.suptitle(titled(title), fontsize="large")
        else:
            self.ax_.set_title(titled(title))


def put(ax, picture, x: float, y: float, size: float, *, framed=False, **style):
    """Draw a picture on the sheet.

    Parameters
    ----------
    ax : matplotlib Axes
        A sheet.
    picture : array of shape (height, width[, 3])
    x, y : float
        Of its middle, in inches.
    size : float
        Of its longer side, in inches.
    framed : bool, default=False
        Draw a thin frame: white edges would be lost on the page.
    **style
        As for `imshow`.

    Returns
    -------
    image : matplotlib.image.AxesImage
    """
    height, width = np.divide(picture.shape[:2], max(picture.shape[:2])) * size
    left, top = x - width / 2, y - height / 2
    image = ax.imshow(picture, extent=(left, left + width, top + height, top), **style)
    if framed:
        look = {"fill": False, "linewidth": 0.5, "edgecolor": rcParams["axes.edgecolor"]}
        ax.add_patch(Rectangle((left, top), width, height, clip_on=False, **look))
    return image


def write(image, side: str, words: str, **style):
    """Write beside a picture, or on it.

    Parameters
    ----------
    image : matplotlib.image.AxesImage
        As `put` returns it.
    side : {"above", "below", "left", "on"}
    words : str
    **style
        As for `Axes.text`.

    Returns
    -------
    text : matplotlib.text.Text
    """
    across, down, ha, va = SIDES[side]
    left, right, bottom, top = image.get_extent()
    x = left + across * (right - left) + GAP * (2 * across - 1)
    y = top + down * (bottom - top) + GAP * (2 * down - 1)
    look = {"fontsize": 8, "ha": ha, "va": va, **style}
    return image.axes.text(x, y, words, **look)
