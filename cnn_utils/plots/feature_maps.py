"""The response of a layer to one image: the image beside the layer's feature maps."""

from math import ceil

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array
from cnn_utils.plots.figure import Display
from cnn_utils.plots.filters import ACROSS, COLOUR_BAR, COLUMNS, DOWN, SIDE, place_of
from cnn_utils.plots.images import as_images, pixel_style
from cnn_utils.plots.layer_io import (
    as_model_images,
    capture_outputs,
    feature_maps_of,
    find_convolution,
    for_display,
)
from cnn_utils.plots.tiles import Sheet, draw_text

MAX_MAPS = 32


def show_feature_maps(model, image, layer=None, *, n=MAX_MAPS) -> Display:
    """Draw an image beside the feature maps that a layer computes; bright is a large response.

    Parameters
    ----------
    model : keras.Model
    image : array of shape (height, width, channels), float
        As the network gets it, preprocessed. Values beyond 0-1 are stretched for display.
    layer : str or int, optional
        By name or by index; by default the first convolution. The layers of a nested model are
        counted one by one.
    n : int, default=32
        Maximum number of maps; the title says how many are left out.

    Returns
    -------
    display : Display
        With the drawn image in `image_` and the drawn maps in `maps_`.
    """
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


def plot_feature_maps(image, maps, *, n=MAX_MAPS, title="Feature maps", ax=None) -> Display:
    """Draw an image and the first `n` of its maps (height, width, n_maps), numbered from 0.

    One colour scale runs from the smallest to the largest response of the maps shown.
    """
    (image,) = as_images(image[None])
    height, width, total = maps.shape
    n = min(n, total)
    columns = min(COLUMNS, n)
    rows = ceil(n / columns)
    large = min(2, rows)  # the image takes the place of so many maps across and down
    display = Sheet(ax, ACROSS * (large + columns), DOWN * rows, beside=COLOUR_BAR)
    size = SIDE + ACROSS * (large - 1)
    x, y = ACROSS * large / 2, DOWN - SIDE + size / 2
    display.image_ = display.draw_image(image, x, y, size, **pixel_style(image))
    draw_text(display.image_, "above", "image")
    shown = maps[..., :n]
    low, high = float(shown.min()), float(shown.max())
    style = {"cmap": "viridis", "vmin": low, "vmax": high}
    display.maps_ = []
    for i in range(n):
        x, y = place_of(i, columns)
        display.maps_.append(
            display.draw_image(shown[..., i], x + ACROSS * large, y, SIDE, **style)
        )
        draw_text(display.maps_[-1], "above", str(i))
    display.figure_.colorbar(display.maps_[0], ax=display.ax_, label="response")
    counted = f"{n} maps of {height}x{width}"
    if n < total:
        counted = f"{n} of {total} maps of {height}x{width}, {total - n} left out"
    scale = f"responses from {low:.3g} to {high:.3g}, bright is large"
    text = f"{title}: an image beside {counted}; {scale}."
    return display.finish(f"{title}\n{counted}", text)
