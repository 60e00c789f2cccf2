"""Many small pictures in one Axes: an Axes for each would take ten times as long."""

from __future__ import annotations

import numpy as np
from matplotlib import rcParams
from matplotlib.patches import Rectangle

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import Display, titled

# Inches: between a picture and the words beside it, and the height of a line of words.
GAP, LINE = 0.03, 0.14
# Inches: the margins of a new figure, and its smallest width, for the title.
MARGIN_X, MARGIN_Y, MIN_WIDTH = 0.2, 0.5, 5
# Where words stand: the point of the picture's frame, from 0 to 1, and their alignment there.
SIDES = {
    "above": (0.5, 0, "center", "bottom"),
    "below": (0.5, 1, "center", "top"),
    "left": (0, 0.5, "right", "center"),
    "on": (0.5, 0.5, "center", "center"),
}


class SheetDisplay(Display):
    """Base of the displays that hold many pictures: they lie on a sheet, measured in inches."""

    def _sheet(self, ax, width: float, height: float, *, beside: float = 0):
        """Return `ax`, or the axes of a new figure, as a sheet of `width` and `height` inches.

        Places are measured from its upper left corner; `beside` leaves room for a colour bar. On
        given axes of another size, everything but the words grows or shrinks with them.
        """
        if np.size(ax) != 1:
            expected = "be one Matplotlib axes, which holds all the pictures"
            raise KitError.about("`ax`", expected, f"{np.size(ax)} axes", "Give one, or none.")
        figsize = max(width + MARGIN_X + beside, MIN_WIDTH), height + MARGIN_Y
        (sheet,) = self._panels(ax, figsize=figsize)
        sheet.set(xlim=(0, width), ylim=(height, 0))
        sheet.set_axis_off()
        return sheet

    def _draw_title(self, title: str) -> None:
        """Draw the title above a new figure, or above the given axes."""
        if self._owns_figure:
            self.figure_.suptitle(titled(title), fontsize="large")
        else:
            self.ax_.set_title(titled(title))


def draw_image(ax, picture, x: float, y: float, size: float, *, framed=False, **style):
    """Draw a picture (height, width[, 3]) on the sheet and return the AxesImage.

    Its middle lies at (x, y), and its longer side is `size`, all in inches. A thin frame keeps
    white edges visible on the page. `style` is that of `imshow`.
    """
    height, width = np.divide(picture.shape[:2], max(picture.shape[:2])) * size
    left, top = x - width / 2, y - height / 2
    image = ax.imshow(picture, extent=(left, left + width, top + height, top), **style)
    if framed:
        look = {"fill": False, "linewidth": 0.5, "edgecolor": rcParams["axes.edgecolor"]}
        ax.add_patch(Rectangle((left, top), width, height, clip_on=False, **look))
    return image


def draw_text(image, side: str, words: str, **style):
    """Write words "above", "below", "left" of or "on" a picture, and return the Text."""
    across, down, ha, va = SIDES[side]
    left, right, bottom, top = image.get_extent()
    x = left + across * (right - left) + GAP * (2 * across - 1)
    y = top + down * (bottom - top) + GAP * (2 * down - 1)
    look = {"fontsize": 8, "ha": ha, "va": va, **style}
    return image.axes.text(x, y, words, **look)
