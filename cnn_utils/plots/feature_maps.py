"""What a layer makes of one image: the image beside the layer's feature maps."""

from __future__ import annotations

from math import ceil

import matplotlib.pyplot as plt
import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array
from cnn_utils.plots.figure import DescribedFigure, Display, framed, titled
from cnn_utils.plots.images import check_images, pixel_style

COLUMNS, MOST_MAPS = 8, 32
# Inches, for the title.
LEAST_WIDTH = 4.5


class FeatureMapsDisplay(Display):
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
        ax : sequence of matplotlib Axes, optional
            One for the image and one for each map; by default a new figure.
        """
        check_count("n", n)
        check_count("columns", columns)
        height, width, total = self.maps.shape
        n = min(n, total)
        first, *panels = (
            self._image_and_maps(n, columns) if ax is None else self._panels(ax, n + 1, 1)
        )
        shown = self.maps[..., :n]
        limits = {"vmin": float(shown.min()), "vmax": float(shown.max())}
        self.image_ = first.imshow(self.image, **pixel_style(self.image))
        first.set_title("image", fontsize=9, pad=3)
        framed(first)
        self.maps_ = []
        for i, panel in enumerate(panels):
            drawn = panel.imshow(shown[..., i], cmap="viridis", interpolation="nearest", **limits)
            self.maps_.append(drawn)
            panel.set_title(str(i), fontsize=8, pad=2)
            framed(panel)
        label = "response"
        self.colorbar_ = self.figure_.colorbar(self.maps_[0], ax=panels, label=label)
        counted = f"{n} maps of {height}x{width}"
        if n < total:
            counted = f"{n} of {total} maps of {height}x{width}, {total - n} left out"
        self.figure_.suptitle(titled(f"{title}\n{counted}"), fontsize="large")
        scale = f"responses from {limits['vmin']:.3g} to {limits['vmax']:.3g}, bright is large"
        self._describe(f"{title}: an image beside {counted}; {scale}.")
        return self

    def _image_and_maps(self, n, columns):
        """Return the axes of a new figure: a large one on the left, then a grid of `n`."""
        columns = min(columns, n)
        rows = ceil(n / columns)
        large = min(2, rows)
        grid = np.arange(rows * columns).reshape(rows, columns).astype(object)
        grid[grid >= n] = "."
        left = np.full((rows, large), ".", dtype=object)
        left[:large] = "image"
        figsize = (max(0.95 * (columns + large) + 1.4, LEAST_WIDTH), 1.1 * rows + 1)
        figure = plt.figure(FigureClass=DescribedFigure, layout="constrained", figsize=figsize)
        axes = figure.subplot_mosaic(np.hstack([left, grid]).tolist())
        return self._axes([axes["image"], *(axes[i] for i in range(n))])


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
    ax : sequence of matplotlib Axes, optional
        One for the image and one for each map.

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
