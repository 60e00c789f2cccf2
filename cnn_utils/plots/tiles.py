"""Many pictures in one frame: a frame, Matplotlib's Axes, for each would take ten times as long."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Rectangle

from cnn_utils.plots.figure import INK

# Inches: between a picture and the words beside it, and a line of these.
GAP, LINE = 0.03, 0.14
# Where words stand: the point of the picture's frame, from 0 to 1, and how they lie to it.
SIDES = {
    "above": (0.5, 0, "center", "bottom"),
    "below": (0.5, 1, "center", "top"),
    "left": (0, 0.5, "right", "center"),
    "on": (0.5, 0.5, "center", "center"),
}


def lay_out(ax, width: float, height: float) -> None:
    """Make axes a sheet of so many inches, measured from its upper left corner.

    Parameters
    ----------
    ax : matplotlib Axes
        In a figure of another size, everything but the words grows or shrinks with it.
    width, height : float
    """
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.set_axis_off()


def put(ax, picture, x: float, y: float, size: float, *, framed=False, **style):
    """Draw a picture on the sheet.

    Parameters
    ----------
    ax : matplotlib Axes
        Laid out.
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
        look = {"fill": False, "linewidth": 0.5, "edgecolor": INK}
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
    look = {"color": INK, "fontsize": 8, "ha": ha, "va": va, **style}
    return image.axes.text(x, y, words, **look)
