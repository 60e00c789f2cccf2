"""What a layer makes of one image: the image beside the layer's feature maps."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array
from cnn_utils.plots.filters import ACROSS, DOWN, TILE, place_of
from cnn_utils.plots.images import check_images, pixel_style
from cnn_utils.plots.tiles import SheetDisplay, put, write

COLUMNS, MOST_MAPS = 8, 32
# Inches, for the title.
LEAST_WIDTH = 4.5


class FeatureMapsDisplay(SheetDisplay):
    """An image beside the first feature maps of a layer, all maps on one colour scale.

    Bright means a large response: the pattern that the filter looks for is there. The scale runs
    from the smallest to the largest response of the maps shown, and its bar says so.

    Parameters
    ----------
    image : array of shape (height, width[, 1 or 3])
        uint8 0-255, or float 0-1.
    maps : array of shape (map_height, map_width, n_maps), float
        The layer's output for this image; finite, any range.

    Attributes
    ----------
    image_ : matplotlib.image.AxesImage
    maps_ : list of matplotlib.image.AxesImage
    colorbar_ : matplotlib.colorbar.Colorbar
    """

    def __init__(self, image, maps):
        self.image = check_images(as_array(image, "image")[None])[0]
        self.maps = as_array(maps, "maps")
        shaped = self.maps.ndim == 3 and self.maps.size > 0
        if not shaped or self.maps.dtype.kind != "f" or not np.isfinite(self.maps).all():
            raise KitError.about(
                "`maps`", "be finite numbers of shape (height, width, n_maps)", self.maps
            )

    def plot(self, *, n=MOST_MAPS, columns=COLUMNS, title="Feature maps", ax=None):
        """Draw the image and the first `n` maps, numbered from 0, and return the display.

        Parameters
        ----------
        n : int, default=32
            At most so many maps; the title says how many are left out.
        columns : int, default=8
            Maps in a row.
        title : str, default="Feature maps"
        ax : matplotlib Axes, optional
            Holds all of it; by default that of a new figure.
        """
        check_count("n", n)
        check_count("columns", columns)
        height, width, total = self.maps.shape
        n = min(n, total)
        columns = min(columns, n)
        rows = ceil(n / columns)
        large = min(2, rows)  # the image takes the place of so many maps across and down
        across, down = ACROSS * (large + columns), DOWN * rows
        figsize = (max(across + 1.4, LEAST_WIDTH), down + 0.6)
        ax = self._sheet(ax, across, down, figsize)
        shown = self.maps[..., :n]
        limits = {"vmin": float(shown.min()), "vmax": float(shown.max())}
        size = TILE + ACROSS * (large - 1)
        place = (ACROSS * large / 2, DOWN - TILE + size / 2, size)
        self.image_ = put(ax, self.image, *place, framed=True, **pixel_style(self.image))
        write(self.image_, "above", "image")
        self.maps_ = []
        style = {"cmap": "viridis", "interpolation": "nearest", **limits}
        for i in range(n):
            x, y = place_of(i, columns)
            x += ACROSS * large
            self.maps_.append(put(ax, shown[..., i], x, y, TILE, framed=True, **style))
            write(self.maps_[-1], "above", str(i))
        self.colorbar_ = self.figure_.colorbar(self.maps_[0], ax=ax, label="response")
        counted = f"{n} maps of {height}x{width}"
        if n < total:
            counted = f"{n} of {total} maps of {height}x{width}, {total - n} left out"
        self._write_title(f"{title}\n{counted}")
        scale = f"responses from {limits['vmin']:.3g} to {limits['vmax']:.3g}, bright is large"
        self._describe(f"{title}: an image beside {counted}; {scale}.")
        return self


def plot_feature_maps(image, maps, *, n=MOST_MAPS, columns=COLUMNS, title="Feature maps", ax=None):
    """Draw an image beside the feature maps that a layer makes of it; bright is a large response.

    Parameters
    ----------
    image : array of shape (height, width[, 1 or 3])
        uint8 0-255, or float 0-1.
    maps : array of shape (map_height, map_width, n_maps), float
        The layer's output for this image.
    n : int, default=32
        At most so many maps; the title says how many are left out.
    columns : int, default=8
    title : str, default="Feature maps"
    ax : matplotlib Axes, optional

    Returns
    -------
    display : FeatureMapsDisplay

    Raises
    ------
    KitError
        If the image can't be shown, or the maps are not finite numbers (height, width, n_maps).
    """
    display = FeatureMapsDisplay(image, maps)
    return display.plot(n=n, columns=columns, title=title, ax=ax)
