"""The weights of a convolution that sees the image, as small pictures."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array
from cnn_utils.plots.tiles import SheetDisplay, put, write

COLUMNS = 8
# Inches: a kernel's longer side, and the way from one to the next, across and down.
TILE, ACROSS, DOWN = 0.85, 0.95, 1.1
# For the title.
LEAST_WIDTH = 5.2


class FiltersDisplay(SheetDisplay):
    """Kernels in a grid, all on one scale, symmetric about weight zero.

    Kernels of one channel are drawn in a diverging colour map (red positive, blue negative, white
    zero) with a colour bar. Kernels of three channels are drawn in their own colours: mid-grey is
    weight zero in all channels, a bright red pixel a positive weight for red.

    Parameters
    ----------
    kernels : array of shape (n, height, width, 1) or (n, height, width, 3), float
        Finite weights, any range.

    Attributes
    ----------
    largest_ : float
        The largest absolute weight: the end of the scale.
    images_ : list of matplotlib.image.AxesImage
    colorbar_ : matplotlib.colorbar.Colorbar or None
        None for kernels of three channels.
    """

    def __init__(self, kernels):
        self.kernels = as_array(kernels, "kernels")
        shaped = self.kernels.ndim == 4 and self.kernels.shape[-1] in (1, 3) and self.kernels.size
        if not shaped or self.kernels.dtype.kind != "f" or not np.isfinite(self.kernels).all():
            raise KitError.about(
                "`kernels`",
                "be finite weights of shape (n, height, width, 1) or (n, height, width, 3), n > 0",
                self.kernels,
            )

    def plot(self, *, columns=COLUMNS, title="Filters", ax=None):
        """Draw the kernels, `columns` a row, numbered from 0, and return the display.

        Parameters
        ----------
        columns : int, default=8
        title : str, default="Filters"
        ax : matplotlib Axes, optional
            Holds all of it; by default that of a new figure.
        """
        check_count("columns", columns)
        n, height, width, channels = self.kernels.shape
        columns = min(columns, n)
        across, down = ACROSS * columns, DOWN * ceil(n / columns)
        figsize = (max(across + 1.4, LEAST_WIDTH), down + 0.5)
        ax = self._sheet(ax, across, down, figsize)
        # A layer of zeros alone has no scale of its own.
        self.largest_ = float(np.abs(self.kernels).max()) or 1.0
        limits = {"vmin": -self.largest_, "vmax": self.largest_}
        style = {"cmap": "RdBu_r", "interpolation": "nearest", **limits}
        self.images_ = []
        for i, kernel in enumerate(self.kernels):
            place = (*place_of(i, columns), TILE)
            self.images_.append(put(ax, self._pixels(kernel), *place, framed=True, **style))
            write(self.images_[-1], "above", str(i))
        self.colorbar_ = None
        if channels == 1:
            self.colorbar_ = self.figure_.colorbar(self.images_[0], ax=ax, label="weight")
        scale = f"weights from {-self.largest_:.2g} to {self.largest_:.2g}"
        key = "" if channels == 1 else f"\n{scale}; mid-grey is weight 0"
        self._write_title(f"{title}{key}")
        kind = "blue negative, red positive" if channels == 1 else "in colour, mid-grey is zero"
        self._describe(f"{title}: {n} filters of {height}x{width} pixels, {scale}, {kind}.")
        return self

    def _pixels(self, kernel):
        """Return what `imshow` draws: weights, or colours with zero at one half."""
        return kernel[..., 0] if kernel.shape[-1] == 1 else 0.5 + kernel / (2 * self.largest_)


def plot_filters(kernels, *, columns=COLUMNS, title="Filters", ax=None):
    """Draw the kernels of a convolution that sees the image.

    Parameters
    ----------
    kernels : array of shape (n, height, width, 1) or (n, height, width, 3), float
        One kernel per filter. Keras keeps them as (height, width, channels, n): move the last
        axis to the front with ``np.moveaxis(weights, -1, 0)``.
    columns : int, default=8
    title : str, default="Filters"
    ax : matplotlib Axes, optional

    Returns
    -------
    display : FiltersDisplay

    Raises
    ------
    KitError
        If the kernels have another shape or are not finite numbers.
    """
    return FiltersDisplay(kernels).plot(columns=columns, title=title, ax=ax)


def place_of(i: int, columns: int) -> tuple[float, float]:
    """Return where on a sheet the middle of the i-th small picture lies, its number above it."""
    return ACROSS * (i % columns + 0.5), DOWN * (i // columns + 1) - TILE / 2
