"""Originals, each followed by what augmentation makes of it."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array
from cnn_utils.plots.images import PITCH, TILE, check_images, pixel_style
from cnn_utils.plots.tiles import LINE, SheetDisplay, put, write

# Interpolation may leave the range by rounding; half a grey level can't be seen.
TOLERANCE = 0.5 / 255
# Inches, for the title.
LEAST_WIDTH = 5


class AugmentationDisplay(SheetDisplay):
    """One row per image: the original, then its variants.

    Parameters
    ----------
    images : array of shape (n, height, width[, 1 or 3])
        The originals: float 0-1, or uint8.
    variants : array of shape (n, n_variants, height, width[, 1 or 3])
        On the originals' scale; height and width may differ (a crop). Values beyond black and
        white are clipped, and the title says what share of them.

    Attributes
    ----------
    clipped_ : float, 0-1
        Share of the variants' values beyond black and white.
    images_ : list of matplotlib.image.AxesImage
        Row by row, original first.
    """

    def __init__(self, images, variants):
        self.images = check_images(images)
        self.variants = as_array(variants, "variants")
        shape, n, channels = self.variants.shape, len(self.images), np.shape(images)[3:]
        fits = len(shape) == 4 + len(channels) and shape[0] == n and shape[4:] == channels
        if not fits or self.variants.size == 0:
            trailing = "".join(f", {c}" for c in channels)
            expected = f"have shape ({n}, n_variants, height, width{trailing})"
            raise KitError.about("`variants`", expected, self.variants)
        if channels == (1,):
            self.variants = self.variants[..., 0]

    def plot(self, *, title="Augmentation", ax=None):
        """Draw the rows and return the display.

        Parameters
        ----------
        title : str, default="Augmentation"
        ax : matplotlib Axes, optional
            Holds all of it; by default that of a new figure.
        """
        n, n_variants = self.variants.shape[:2]
        columns = n_variants + 1
        across, down = PITCH * columns, PITCH * n + LINE
        figsize = (max(across + 0.2, LEAST_WIDTH), down + 0.5)
        ax = self._sheet(ax, across, down, figsize)
        style = pixel_style(self.images)
        slack = TOLERANCE * style["vmax"]
        outside = (self.variants < -slack) | (self.variants > style["vmax"] + slack)
        self.clipped_ = float(outside.mean())
        self.images_ = []
        for i in range(n * columns):
            row, column = divmod(i, columns)
            picture = self.images[row] if column == 0 else self.variants[row, column - 1]
            picture = np.clip(picture, 0, style["vmax"])
            x, y = PITCH * (column + 0.5), PITCH * (row + 0.5) + LINE
            self.images_.append(put(ax, picture, x, y, TILE, framed=True, **style))
            if row == 0:
                write(self.images_[-1], "above", "original" if column == 0 else str(column))
        note = f"{self.clipped_:.1%} of the values, beyond black or white, are clipped"
        self._write_title(f"{title}\n{note}" if self.clipped_ else title)
        plural = "s" if n > 1 else ""
        rows = f"{n} image{plural}, each followed by {n_variants} variants"
        self._describe(f"{title}: {rows}{'; ' + note if self.clipped_ else ''}.")
        return self


def plot_augmentation(images, variants, *, title="Augmentation", ax=None):
    """Draw each image followed by its variants, one row per image.

    Parameters
    ----------
    images : array of shape (n, height, width[, 1 or 3])
        The originals: float 0-1, or uint8.
    variants : array of shape (n, n_variants, height, width[, 1 or 3])
        On the originals' scale. Values beyond black and white are clipped, and the title says so.
    title : str, default="Augmentation"
    ax : matplotlib Axes, optional

    Returns
    -------
    display : AugmentationDisplay

    Raises
    ------
    KitError
        If the images can't be shown, or the variants don't fit them.
    """
    return AugmentationDisplay(images, variants).plot(title=title, ax=ax)
