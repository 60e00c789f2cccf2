"""cnn_utils.insight.filters: the weights of the right layer, one picture per filter."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.insight import show_filters
from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet


def test_the_first_convolution_is_shown_filter_by_filter():
    model = build_lenet()
    kernel = model.layers[0].get_weights()[0]  # 5, 5, 1, 6
    display = show_filters(model)
    drawn = [np.asarray(image.get_array()) for image in display.images_]
    np.testing.assert_array_equal(drawn, [kernel[:, :, 0, i] for i in range(6)])
    assert display.figure_.get_suptitle() == f"Filters of {model.layers[0].name}"


def test_colour_filters_keep_their_channels():
    model = build_cifar_cnn()
    kernel = model.layers[0].get_weights()[0]
    display = show_filters(model, 0)
    assert display.kernels.shape == (32, 3, 3, 3)
    np.testing.assert_array_equal(display.kernels[7], kernel[..., 7])


def test_a_convolution_inside_a_nested_model_is_found():
    body = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="inner")])
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.RandomFlip(), body])
    assert show_filters(model).kernels.shape == (2, 3, 3, 1)
    assert show_filters(model, "inner").kernels.shape == (2, 3, 3, 1)


@pytest.mark.parametrize(
    ("model", "layer", "message"),
    [
        (
            build_lenet,
            2,
            r"`layer` must be a Conv2D .*Conv2D of 6 channels\)\. .*show_feature_maps",
        ),
        (build_lenet, 1, r"`layer` must be a Conv2D .*MaxPooling2D\)"),
        (
            build_lenet,
            "conv",
            r"`layer` must be the name or index .*'conv' \(str\)\. It has: 0 conv",
        ),
        (build_dense, None, "`model` must hold a convolution"),
        (lambda: None, None, "`model` must be a Keras model; received None"),
    ],
)
def test_layers_without_filters_of_the_image_are_refused(model, layer, message):
    with pytest.raises(KitError, match=message):
        show_filters(model(), layer)
