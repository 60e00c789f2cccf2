"""The weights of a convolution that sees the image, as small pictures."""

from math import ceil

import numpy as np
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.plots.figure import Display
from cnn_utils.plots.layer_io import check_weights, find_convolution
from cnn_utils.plots.tiles import Sheet, draw_text

# Inches: a kernel's longer side, the distances to the next one, and room for the colour bar.
SIDE, ACROSS, DOWN, COLOUR_BAR = 0.85, 0.95, 1.1, 1.2
COLUMNS = 8


def show_filters(model, layer=None) -> Display:
    """Draw the filters of a convolution that sees the image: small pictures of its weights.

    Parameters
    ----------
    model : keras.Model
        Trained or not.
    layer : str or int, optional
        A convolution of images with 1 or 3 channels, by name or by index; by default the first
        one. The layers of a nested model are counted one by one. Deeper in, filters have no colours
        but a channel for each feature map of the layer before.

    Returns
    -------
    display : Display
        As `plot_filters` describes it.
    """
    check_weights(model)
    layer = find_convolution(model, layer)
    is_convolution = isinstance(layer, layers.Conv2D)
    if not is_convolution or layer.kernel.shape[2] not in (1, 3):
        channels = f" of {layer.kernel.shape[2]} channels" if is_convolution else ""
        expected = "be a Conv2D layer of images with 1 or 3 channels"
        received = f"'{layer.name}' ({type(layer).__name__}{channels})"
        next_step = "For layers deeper in, use show_feature_maps."
        raise KitError.about("`layer`", expected, received, next_step)
    kernels = np.moveaxis(np.asarray(layer.kernel, dtype=np.float32), -1, 0)
    return plot_filters(kernels, title=f"Filters of {layer.name}")


def plot_filters(kernels, *, title="Filters", ax=None) -> Display:
    """Draw kernels (n, height, width, 1 or 3), all on one scale, symmetric about zero.

    Kernels of one channel are red where positive, blue where negative, with a colour bar. Kernels
    of three channels have their own colours: mid-grey is weight zero in all channels, a bright red
    pixel a positive weight for red. The display holds the drawn kernels in `images_`.
    """
    n, height, width, channels = kernels.shape
    display = Sheet(ax, ACROSS * min(COLUMNS, n), DOWN * ceil(n / COLUMNS), beside=COLOUR_BAR)
    # A layer of zeros has no scale of its own.
    largest = float(np.abs(kernels).max()) or 1.0
    style = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest}
    # In colour, weight zero becomes one half.
    pictures = kernels[..., 0] if channels == 1 else 0.5 + kernels / (2 * largest)
    display.images_ = []
    for i, picture in enumerate(pictures):
        display.images_.append(display.draw_image(picture, *place_of(i), SIDE, **style))
        draw_text(display.images_[-1], "above", str(i))
    scale = f"weights from {-largest:.2g} to {largest:.2g}"
    text = f"{title}: {n} filters of {height}x{width} pixels, {scale}"
    if channels == 1:
        display.figure_.colorbar(display.images_[0], ax=display.ax_, label="weight")
        return display.finish(title, f"{text}, blue negative, red positive.")
    return display.finish(
        f"{title}\n{scale}; mid-grey is weight 0", f"{text}, in colour, mid-grey is zero."
    )


def place_of(i: int, columns: int = COLUMNS) -> tuple[float, float]:
    """Return the middle of the i-th small picture on a sheet, with room for its number above."""
    return ACROSS * (i % columns + 0.5), DOWN * (i // columns + 1) - SIDE / 2
