"""cnn_utils.insight.feature_maps: what a layer makes of an image, drawn as it is."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.insight import show_feature_maps
from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet

IMAGE = np.random.default_rng(458).random((28, 28, 1), dtype=np.float32)


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
    display = show_feature_maps(doubling(), IMAGE)
    np.testing.assert_allclose(display.maps, IMAGE * [2, -1], rtol=1e-6)
    np.testing.assert_array_equal(display.image, IMAGE[..., 0])
    assert display.figure_.get_suptitle() == "Feature maps of double\n2 maps of 28x28"


@pytest.mark.parametrize("layer", ["pool", 2, -1])
def test_another_layer_is_chosen_by_name_or_index(layer):
    maps = show_feature_maps(doubling(), IMAGE, layer).maps
    largest = IMAGE[..., 0].reshape(14, 2, 14, 2).max(axis=(1, 3))
    np.testing.assert_allclose(maps[..., 0], 2 * largest, rtol=1e-6)


def test_no_more_maps_than_asked_for_are_drawn():
    display = show_feature_maps(build_lenet(), IMAGE, 2, n=3)
    assert len(display.maps_) == 3
    assert "3 of 16 maps of 10x10, 13 left out" in display.figure_.get_suptitle()


def test_standardised_images_are_stretched_for_the_picture_only():
    display = show_feature_maps(doubling(), 4 * IMAGE - 2)
    assert (display.image.min(), display.image.max()) == (0, 1)
    np.testing.assert_allclose(display.maps[..., 1], 2 - 4 * IMAGE[..., 0], rtol=1e-5, atol=1e-6)


def test_the_model_stays_as_it_was():
    model = build_cifar_cnn()
    before = model.get_weights()
    show_feature_maps(model, np.ones((32, 32, 3), np.float32))
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": (IMAGE * 255).astype(np.uint8)}, "`image` must be floating-point .*Preprocess"),
        ({"image": IMAGE[None]}, r"one image, .* received .* \(1, 28, 28, 1\).*images\[i\]"),
        ({"image": IMAGE[..., 0]}, r"one image, .* received .* \(28, 28\).*image\[\.\.\., None\]"),
        ({"image": None}, "`image` must be one image, .* received an array of shape"),
        ({"image": IMAGE[:5]}, r"`image` must have the shape"),
        ({"layer": "conv"}, "`layer` must be the name or index of a layer"),
        ({"layer": "flat"}, "`layer` must return feature maps .*'flat'"),
        ({"n": 0}, "`n` must be a whole number of at least 1"),
        ({"model": build_dense()}, "`model` must hold a convolution"),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Conv2D(1, 1), layers.Flatten(name="flat")]
    )
    with pytest.raises(KitError, match=message):
        show_feature_maps(**{"model": model, "image": IMAGE, **change})
