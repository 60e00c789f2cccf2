"""The response of a layer to one image: the image beside the layer's feature maps."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array
from cnn_utils.plots.filters import ACROSS, COLOUR_BAR, DOWN, TILE, place_of
from cnn_utils.plots.images import as_images, pixel_style
from cnn_utils.plots.layer_io import capture_outputs, feature_maps_of, find_convolution
from cnn_utils.plots.model_inputs import as_model_images, check_model, for_display
from cnn_utils.plots.tiles import SheetDisplay, draw_image, draw_text

MAX_MAPS = 32


class FeatureMapsDisplay(SheetDisplay):
    """An image beside the first of its `maps` (height, width, n_maps), all on one colour scale.

    Bright means a large response: the pattern of the filter is there. The scale runs from the
    smallest to the largest response of the maps shown.

    The drawn image, maps and colour bar are in `image_`, `maps_` and `colorbar_`.
    """

    def __init__(self, image, maps):
        self.image, self.maps = as_images(np.asarray(image)[None])[0], np.asarray(maps)

    def plot(self, *, n=MAX_MAPS, columns=8, title="Feature maps", ax=None):
        """Draw the image and at most `n` maps, numbered from 0, and return the display."""
        height, width, total = self.maps.shape
        n = min(n, total)
        columns = min(columns, n)
        rows = ceil(n / columns)
        large = min(2, rows)  # the image takes the place of so many maps across and down
        ax = self._sheet(ax, ACROSS * (large + columns), DOWN * rows, beside=COLOUR_BAR)
        size = TILE + ACROSS * (large - 1)
        x, y = ACROSS * large / 2, DOWN - TILE + size / 2
        self.image_ = draw_image(ax, self.image, x, y, size, framed=True, **pixel_style(self.image))
        draw_text(self.image_, "above", "image")
        shown = self.maps[..., :n]
        low, high = float(shown.min()), float(shown.max())
        style = {"cmap": "viridis", "interpolation": "nearest", "vmin": low, "vmax": high}
        self.maps_ = []
        for i in range(n):
            x, y = place_of(i, columns)
            x += ACROSS * large
            self.maps_.append(draw_image(ax, shown[..., i], x, y, TILE, framed=True, **style))
            draw_text(self.maps_[-1], "above", str(i))
        self.colorbar_ = self.figure_.colorbar(self.maps_[0], ax=ax, label="response")
        counted = f"{n} maps of {height}x{width}"
        if n < total:
            counted = f"{n} of {total} maps of {height}x{width}, {total - n} left out"
        self._draw_title(f"{title}\n{counted}")
        scale = f"responses from {low:.3g} to {high:.3g}, bright is large"
        self._describe(f"{title}: an image beside {counted}; {scale}.")
        return self


def show_feature_maps(model, image, layer=None, *, n=MAX_MAPS) -> FeatureMapsDisplay:
    """Draw an image beside the feature maps that a layer computes; bright is a large response.

    Parameters
    ----------
    model : keras.Model
    image : array of shape (height, width, channels), float
        As the network gets it, preprocessed. Values beyond 0-1 are stretched for display.
    layer : str, int or layer, optional
        By name or by index; by default the first convolution. The layers of a nested model are
        counted one by one.
    n : int, default=32
        Maximum number of maps; the title says how many are left out.

    Returns
    -------
    display : FeatureMapsDisplay

    Raises
    ------
    KitError
        If the image does not fit the model, there is no such layer, or it has no feature maps.
    """
    check_model(model)
    image = as_array(image, "image")
    if image.ndim != 3:
        raise KitError.about(
            "`image`",
            "be one image, (height, width, channels)",
            image,
            "One image of many is images[i]; a grey image gets its channel by image[..., None].",
        )
    images = as_model_images(model, image[None], "image")
    layer = find_convolution(model, layer)
    (maps,) = feature_maps_of(layer, capture_outputs(model, images, layer)[1])
    (shown,) = for_display(images)
    title = f"Feature maps of {layer.name}"
    return plot_feature_maps(shown[0], np.asarray(maps, dtype=np.float32), n=n, title=title)


def plot_feature_maps(image, maps, **options) -> FeatureMapsDisplay:
    """Draw an image and a layer's output for it; see `FeatureMapsDisplay` and its `plot`."""
    return FeatureMapsDisplay(image, maps).plot(**options)
