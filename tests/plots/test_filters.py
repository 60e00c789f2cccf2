"""cnn_utils.plots.filters: the weights of the right layer, one scale, zero in its middle."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet
from cnn_utils.plots.filters import plot_filters, show_filters

GREY = np.array([[[0.5, -0.25]], [[0.0, 0.1]]], dtype=np.float32)[..., None]
COLOUR = np.zeros((1, 1, 2, 3))
COLOUR[0, 0, 0, 0] = 2  # red at its most positive
COLOUR[0, 0, 1] = -1  # halfway from grey to black


def test_grey_kernels_are_drawn_as_weights_on_a_scale_symmetric_about_zero():
    display = plot_filters(GREY)
    drawn = [np.asarray(image.get_array()) for image in display.images_]
    np.testing.assert_array_equal(drawn, GREY[..., 0])
    assert {image.get_clim() for image in display.images_} == {(-0.5, 0.5)}
    assert display.figure_.axes[1].get_ylabel() == "weight"


def test_in_colour_mid_grey_is_weight_zero():
    display = plot_filters(COLOUR)
    (drawn,) = [np.asarray(image.get_array()) for image in display.images_]
    np.testing.assert_allclose(drawn, [[[1, 0.5, 0.5], [0.25, 0.25, 0.25]]])
    assert len(display.figure_.axes) == 1
    assert "weights from -2 to 2; mid-grey is weight 0" in display.ax_.get_title()


def test_kernels_of_zeros_are_drawn():
    assert plot_filters(np.zeros((2, 3, 3, 1))).images_[0].get_clim() == (-1, 1)
    drawn = plot_filters(np.zeros((2, 3, 3, 3))).images_[0].get_array()
    np.testing.assert_array_equal(drawn, 0.5)


@pytest.mark.parametrize(("n", "shape"), [(10, (2, 8)), (3, (1, 3))])
def test_kernels_are_numbered_in_rows(n, shape):
    display = plot_filters(np.ones((n, 3, 3, 1)))
    lefts, _, _, tops = np.transpose([image.get_extent() for image in display.images_])
    assert (len(set(tops)), len(set(lefts))) == shape
    assert [text.get_text() for text in display.ax_.texts] == [str(i) for i in range(n)]


def test_title_and_alt_text():
    display = plot_filters(GREY, title="Filters of conv2d")
    assert display.ax_.get_title() == "Filters of conv2d"
    assert display.alt_text_ == (
        "Filters of conv2d: 2 filters of 1x2 pixels, weights from -0.5 to 0.5,"
        " blue negative, red positive."
    )
    assert "in colour, mid-grey is zero" in plot_filters(COLOUR).alt_text_


def test_given_axes_hold_all_kernels():
    _, ax = plt.subplots()
    assert {image.axes for image in plot_filters(GREY, ax=ax).images_} == {ax}


def test_the_first_convolution_is_shown_filter_by_filter():
    model = build_lenet()
    kernel = model.layers[0].get_weights()[0]  # 5, 5, 1, 6
    display = show_filters(model)
    drawn = [np.asarray(image.get_array()) for image in display.images_]
    np.testing.assert_array_equal(drawn, [kernel[:, :, 0, i] for i in range(6)])
    assert display.ax_.get_title() == f"Filters of {model.layers[0].name}"


def test_colour_filters_keep_their_channels():
    model = build_cifar_cnn()
    kernel = model.layers[0].get_weights()[0]
    display = show_filters(model, 0)
    assert len(display.images_) == 32
    drawn = 0.5 + kernel[..., 7] / (2 * np.abs(kernel).max())
    np.testing.assert_allclose(display.images_[7].get_array(), drawn, rtol=1e-5)


def test_a_convolution_inside_a_nested_model_is_found():
    body = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="inner")])
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.RandomFlip(), body])
    assert len(show_filters(model).images_) == 2
    assert len(show_filters(model, "inner").images_) == 2


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
    ],
)
def test_layers_without_filters_of_the_image_are_refused(model, layer, message):
    with pytest.raises(KitError, match=message):
        show_filters(model(), layer)
