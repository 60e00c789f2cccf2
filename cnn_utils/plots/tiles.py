"""Many small pictures in one Axes: an Axes for each would take ten times as long."""

import numpy as np
from matplotlib import rcParams
from matplotlib.patches import Rectangle

from cnn_utils.plots.figure import Display

# Inches: a picture's longer side, the distance from one to the next, the gap between a picture and
# the words beside it, and the height of a line of words.
TILE, PITCH, GAP, LINE = 1.1, 1.2, 0.03, 0.14
# Inches: the margins of a new figure, and its smallest width, for the title.
MARGIN_X, MARGIN_Y, MIN_WIDTH = 0.2, 0.5, 5
# Where words stand: the point of the picture's frame, from 0 to 1, and their alignment there.
SIDES = {
    "above": (0.5, 0, "center", "bottom"),
    "below": (0.5, 1, "center", "top"),
    "left": (0, 0.5, "right", "center"),
}


class Sheet(Display):
    """A display of many pictures on a sheet, measured in inches from its upper left corner."""

    def __init__(self, ax, width: float, height: float, *, beside: float = 0):
        """Lay out the sheet in `ax`, or in a new figure with room `beside` for a colour bar.

        On given axes of another size, everything but the words grows or shrinks with them.
        """
        figsize = max(width + MARGIN_X + beside, MIN_WIDTH), height + MARGIN_Y
        super().__init__(ax, figsize=figsize)
        self.panels[0].set(xlim=(0, width), ylim=(height, 0))
        self.panels[0].set_axis_off()

    def draw_image(self, picture, x: float, y: float, size: float = TILE, **style):
        """Draw a picture (height, width[, 3]), its middle at (x, y), and return the AxesImage.

        Its longer side is `size`. `style` is that of `imshow`.
        """
        ax = self.panels[0]
        height, width = np.divide(picture.shape[:2], max(picture.shape[:2])) * size
        left, top = x - width / 2, y - height / 2
        style = {"interpolation": "nearest", **style}
        image = ax.imshow(picture, extent=(left, left + width, top + height, top), **style)
        # White edges would vanish on the page.
        look = {"fill": False, "linewidth": 0.5, "edgecolor": rcParams["axes.edgecolor"]}
        ax.add_patch(Rectangle((left, top), width, height, clip_on=False, **look))
        return image


def draw_text(image, side: str, words: str, **style):
    """Write words "above", "below" or "left" of a picture, and return the Text."""
    across, down, ha, va = SIDES[side]
    left, right, bottom, top = image.get_extent()
    x = left + across * (right - left) + GAP * (2 * across - 1)
    y = top + down * (bottom - top) + GAP * (2 * down - 1)
    look = {"fontsize": 8.5, "ha": ha, "va": va, **style}
    return image.axes.text(x, y, words, **look)
