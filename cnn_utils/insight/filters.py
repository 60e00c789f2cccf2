"""The weights of a convolution that sees the image."""

from __future__ import annotations

import numpy as np
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.plots import FiltersDisplay, plot_filters
from cnn_utils.plots.layer_io import find_convolutions, find_layer
from cnn_utils.plots.model_inputs import check_model


def show_filters(model, layer=None) -> FiltersDisplay:
    """Draw the filters of a convolution that sees the image: small pictures of its weights.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, trained or not.
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
    layer = find_convolutions(model)[0] if layer is None else find_layer(model, layer)
    if not isinstance(layer, layers.Conv2D) or layer.kernel.shape[2] not in (1, 3):
        raise KitError.about(
            "`layer`",
            "be a Conv2D layer of images with 1 or 3 channels",
            f"'{layer.name}' ({_kind(layer)})",
            "What a layer deeper in looks for is seen by show_feature_maps.",
        )
    kernels = np.moveaxis(np.asarray(layer.kernel, dtype=np.float32), -1, 0)
    return plot_filters(kernels, title=f"Filters of {layer.name}")


def _kind(layer) -> str:
    kind = type(layer).__name__
    return (
        f"{kind} of {layer.kernel.shape[2]} channels" if isinstance(layer, layers.Conv2D) else kind
    )
