"""What a layer makes of an image."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array
from cnn_utils.plots import FeatureMapsDisplay, plot_feature_maps
from cnn_utils.plots.layer_io import find_convolutions, find_layer, listen, maps_of
from cnn_utils.plots.model_inputs import as_images_for, check_model, for_display


def show_feature_maps(model, image, layer=None, *, n=32) -> FeatureMapsDisplay:
    """Draw an image beside what a layer makes of it; bright is a large response.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional.
    image : array of shape (height, width, channels), float
        One image as the network gets it, preprocessed.
    layer : str, int or layer, optional
        By name or by index; by default the first convolution. The layers of a nested model are
        counted one by one.
    n : int, default=32
        At most so many maps; the title says how many are left out.

    Returns
    -------
    display : FeatureMapsDisplay

    Raises
    ------
    KitError
        If the image does not fit the model, there is no such layer, or it has no feature maps.
    """
    check_model(model)
    check_count("n", n)
    image = as_array(image, "image")
    if image.ndim != len(model.inputs[0].shape) - 1:
        raise KitError.about(
            "`image`",
            "be one image, (height, width, channels)",
            image,
            "One image of many is images[i]; a grey image gets its channel by image[..., None].",
        )
    images = as_images_for(model, image[None], "image")
    layer = find_convolutions(model)[0] if layer is None else find_layer(model, layer)
    (maps,) = maps_of(layer, listen(model, images, layer)[1])
    maps = np.asarray(maps, dtype=np.float32)
    (shown,) = for_display(images)
    return plot_feature_maps(shown[0], maps, n=n, title=f"Feature maps of {layer.name}")
