"""The weights of a convolution that sees the image, as small pictures."""

from __future__ import annotations

from math import ceil

import numpy as np
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.plots.layer_io import find_convolution
from cnn_utils.plots.model_inputs import check_model
from cnn_utils.plots.tiles import SheetDisplay, draw_image, draw_text

# Inches: a kernel's longer side, the distances to the next one, and room for the colour bar.
TILE, ACROSS, DOWN, COLOUR_BAR = 0.85, 0.95, 1.1, 1.2


class FiltersDisplay(SheetDisplay):
    """Kernels (n, height, width, 1 or 3) in a grid, all on one scale, symmetric about zero.

    Kernels of one channel are drawn in a diverging colour map (red positive, blue negative, white
    zero) with a colour bar. Kernels of three channels are drawn in their own colours: mid-grey is
    weight zero in all channels, a bright red pixel a positive weight for red.

    The drawn kernels are in `images_`, the largest absolute weight in `largest_`, and the colour
    bar of kernels of one channel in `colorbar_`.
    """

    def __init__(self, kernels):
        self.kernels = np.asarray(kernels)

    def plot(self, *, columns=8, title="Filters", ax=None):
        """Draw the kernels, `columns` in a row, numbered from 0, and return the display."""
        n, height, width, channels = self.kernels.shape
        columns = min(columns, n)
        ax = self._sheet(ax, ACROSS * columns, DOWN * ceil(n / columns), beside=COLOUR_BAR)
        # A layer of zeros has no scale of its own.
        self.largest_ = float(np.abs(self.kernels).max()) or 1.0
        style = {"cmap": "RdBu_r", "vmin": -self.largest_, "vmax": self.largest_}
        style |= {"interpolation": "nearest", "framed": True}
        self.images_ = []
        for i, kernel in enumerate(self.kernels):
            # In colour, weight zero becomes one half.
            pixels = kernel[..., 0] if channels == 1 else 0.5 + kernel / (2 * self.largest_)
            x, y = place_of(i, columns)
            self.images_.append(draw_image(ax, pixels, x, y, TILE, **style))
            draw_text(self.images_[-1], "above", str(i))
        scale = f"weights from {-self.largest_:.2g} to {self.largest_:.2g}"
        if channels == 1:
            self.colorbar_ = self.figure_.colorbar(self.images_[0], ax=ax, label="weight")
            self._draw_title(title)
            kind = "blue negative, red positive"
        else:
            self.colorbar_ = None
            self._draw_title(f"{title}\n{scale}; mid-grey is weight 0")
            kind = "in colour, mid-grey is zero"
        self._describe(f"{title}: {n} filters of {height}x{width} pixels, {scale}, {kind}.")
        return self


def show_filters(model, layer=None) -> FiltersDisplay:
    """Draw the filters of a convolution that sees the image: small pictures of its weights.

    Parameters
    ----------
    model : keras.Model
        Trained or not.
    layer : str, int or layer, optional
        A convolution of images with 1 or 3 channels, by name or by index; by default the first
        one. The layers of a nested model are counted one by one.

    Returns
    -------
    display : FiltersDisplay

    Raises
    ------
    KitError
        If there is no such layer, or its filters have no colours: deeper in, a filter has one
        channel for each feature map of the layer before.
    """
    check_model(model)
    layer = find_convolution(model, layer)
    is_convolution = isinstance(layer, layers.Conv2D)
    if not is_convolution or layer.kernel.shape[2] not in (1, 3):
        channels = f" of {layer.kernel.shape[2]} channels" if is_convolution else ""
        raise KitError.about(
            "`layer`",
            "be a Conv2D layer of images with 1 or 3 channels",
            f"'{layer.name}' ({type(layer).__name__}{channels})",
            "For layers deeper in, use show_feature_maps.",
        )
    kernels = np.moveaxis(np.asarray(layer.kernel, dtype=np.float32), -1, 0)
    return plot_filters(kernels, title=f"Filters of {layer.name}")


def plot_filters(kernels, **options) -> FiltersDisplay:
    """Draw kernels (n, height, width, 1 or 3); the options are those of `FiltersDisplay.plot`."""
    return FiltersDisplay(kernels).plot(**options)


def place_of(i: int, columns: int) -> tuple[float, float]:
    """Return the middle of the i-th small picture on a sheet, with room for its number above."""
    return ACROSS * (i % columns + 0.5), DOWN * (i // columns + 1) - TILE / 2
