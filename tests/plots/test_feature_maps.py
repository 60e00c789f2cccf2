"""cnn_utils.plots.feature_maps: the right layer, one scale, and how many maps are left out."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet
from cnn_utils.plots.feature_maps import plot_feature_maps, show_feature_maps

IMAGE = np.arange(16).reshape(4, 4) / 16
MAPS = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5) - 4


def maps(display):
    return np.stack([np.asarray(image.get_array()) for image in display.maps_], axis=-1)


def test_the_image_and_the_maps_are_drawn_as_they_are():
    display = plot_feature_maps(IMAGE, MAPS)
    np.testing.assert_array_equal(display.image_.get_array(), IMAGE)
    np.testing.assert_array_equal(maps(display), MAPS)
    assert [text.get_text() for text in display.ax_.texts] == ["image", *"01234"]


def test_all_maps_share_the_scale_of_the_maps_shown():
    display = plot_feature_maps(IMAGE, MAPS, n=2)
    assert {image.get_clim() for image in display.maps_} == {(-4, MAPS[..., :2].max())}
    assert display.figure_.axes[1].get_ylabel() == "response"


def test_the_title_says_how_many_maps_are_left_out():
    display = plot_feature_maps(IMAGE, np.zeros((2, 2, 40)))
    assert len(display.maps_) == 32
    assert display.ax_.get_title() == "Feature maps\n32 of 40 maps of 2x2, 8 left out"
    assert plot_feature_maps(IMAGE, MAPS).ax_.get_title() == "Feature maps\n5 maps of 2x3"


@pytest.mark.parametrize("n", [1, 3, 9, 17])
def test_every_map_has_a_place_beside_the_image(n):
    display = plot_feature_maps(IMAGE, np.zeros((2, 2, n)))
    places = [tuple(image.get_extent()) for image in display.maps_]
    assert len(set(places)) == n
    _, right, _, _ = display.image_.get_extent()
    assert all(left > right for left, *_ in places)


def test_alt_text_tells_the_scale():
    assert plot_feature_maps(IMAGE, MAPS, n=2, title="First layer").alt_text_ == (
        "First layer: an image beside 2 of 5 maps of 2x3, 3 left out;"
        " responses from -4 to 22, bright is large."
    )


def test_given_axes_hold_the_image_and_the_maps():
    _, ax = plt.subplots()
    display = plot_feature_maps(IMAGE, MAPS, n=2, ax=ax)
    assert {image.axes for image in [display.image_, *display.maps_]} == {ax}


DIGIT = np.random.default_rng(458).random((28, 28, 1), dtype=np.float32)


def doubling():
    """The first map is the image doubled, the second its negative; then the larger of four."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.RandomFlip(seed=1),
            layers.Conv2D(2, 1, use_bias=False, name="double"),
            layers.MaxPooling2D(2, name="pool"),
        ]
    )
    model.get_layer("double").set_weights([np.array([[[[2.0, -1.0]]]])])
    return model


def test_maps_are_what_the_layer_returns():
    display = show_feature_maps(doubling(), DIGIT)
    np.testing.assert_allclose(maps(display), DIGIT * [2, -1], rtol=1e-6)
    np.testing.assert_array_equal(display.image_.get_array(), DIGIT[..., 0])
    assert display.ax_.get_title() == "Feature maps of double\n2 maps of 28x28"


@pytest.mark.parametrize("layer", ["pool", 2, -1])
def test_another_layer_is_chosen_by_name_or_index(layer):
    found = maps(show_feature_maps(doubling(), DIGIT, layer))
    largest = DIGIT[..., 0].reshape(14, 2, 14, 2).max(axis=(1, 3))
    np.testing.assert_allclose(found[..., 0], 2 * largest, rtol=1e-6)


def test_no_more_maps_than_asked_for_are_drawn():
    display = show_feature_maps(build_lenet(), DIGIT, 2, n=3)
    assert len(display.maps_) == 3
    assert "3 of 16 maps of 10x10, 13 left out" in display.ax_.get_title()


def test_standardised_images_are_stretched_for_the_picture_only():
    display = show_feature_maps(doubling(), 4 * DIGIT - 2)
    shown = display.image_.get_array()
    assert (shown.min(), shown.max()) == (0, 1)
    np.testing.assert_allclose(maps(display)[..., 1], 2 - 4 * DIGIT[..., 0], rtol=1e-5, atol=1e-6)


def test_the_model_stays_as_it_was():
    model = build_cifar_cnn()
    before = model.get_weights()
    show_feature_maps(model, np.ones((32, 32, 3), np.float32))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": (DIGIT * 255).astype(np.uint8)}, "`image` must be floating-point .*Preprocess"),
        ({"image": DIGIT[None]}, r"one image, .* received .* \(1, 28, 28, 1\).*images\[i\]"),
        ({"image": DIGIT[..., 0]}, r"one image, .* received .* \(28, 28\).*image\[\.\.\., None\]"),
        ({"image": None}, "`image` must be one image, .* received an array of shape"),
        ({"image": DIGIT[:5]}, r"`image` must have the input shape"),
        ({"layer": "conv"}, "`layer` must be the name or index of a layer"),
        ({"layer": "flat"}, "`layer` must return feature maps .*'flat'"),
        ({"model": build_dense()}, "`model` must hold a convolution"),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(1, 1), layers.Flatten(name="flat")]
    )
    with pytest.raises(KitError, match=message):
        show_feature_maps(**{"model": model, "image": DIGIT, **change})
