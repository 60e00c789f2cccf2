"""cnn_utils.fast.network: parameters counted on paper, and outputs that are uncorrelated."""

from math import sqrt

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.fast.network import MIN_VARIANCE, build_fast_cnn, dirac_init, whitening_kernel

NOISE = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)


def conv(channels_in, filters, size):
    """Count the weights of a convolution, with one bias per filter."""
    return size * size * channels_in * filters + filters


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_fast_cnn_has_498680_parameters():
    """Its convolutions after the first have no bias, its normalisations no scale."""
    pairs = [(24, 32), (32, 32), (32, 128), (128, 128), (128, 128), (128, 128)]
    convolutions = conv(3, 24, 2) + sum(9 * n_in * filters for n_in, filters in pairs)
    normalisations = 3 * 2 * (32 + 128 + 128)
    expected = convolutions + normalisations + 128 * 10
    assert build_fast_cnn().count_params() == expected == 498_680


def test_a_third_convolution_in_each_residual_block():
    """As many filters in as out, and a normalisation each: 9 n^2 + 3 n more weights."""
    more = sum(9 * n**2 + 3 * n for n in (32, 128, 128))
    residual = build_fast_cnn(residual=True)
    assert residual.count_params() == 498_680 + more
    assert kinds(residual).count("Add") == 3


def test_the_first_layer_is_computed_from_the_images_and_stays():
    model = build_fast_cnn(NOISE, widths=(4,))
    assert model.input_shape == (None, 16, 16, 3)
    patches = model.get_layer("patches")
    for weights, expected in zip(patches.get_weights(), whitening_kernel(NOISE), strict=True):
        np.testing.assert_array_equal(weights, expected)
    assert patches.trainable_weights == []
    assert build_fast_cnn().get_layer("patches").trainable


def test_fast_cnn_pools_early():
    pooled = [
        tuple(layer.output.shape[1:])
        for layer in build_fast_cnn().layers
        if isinstance(layer, layers.MaxPooling2D)
    ]
    assert pooled == [(15, 15, 32), (7, 7, 128), (3, 3, 128)]


def test_new_convolutions_copy_their_inputs():
    """Two channels in, three filters: the first two filters copy, the third one is random."""
    layer = layers.Conv2D(3, 3, padding="same", use_bias=False)
    layer.build((None, 4, 4, 2))
    before = layer.get_weights()[0]
    layer.set_weights([dirac_init(before)])
    images = np.random.default_rng(0).random((1, 4, 4, 2), dtype="float32")
    outputs = keras.ops.convert_to_numpy(layer(images))
    np.testing.assert_allclose(outputs[..., :2], images, atol=1e-6)
    np.testing.assert_array_equal(layer.get_weights()[0][..., 2], before[..., 2])


def test_all_convolutions_of_the_fast_cnn_copy():
    for layer in build_fast_cnn(widths=(4, 8)).layers[2:]:
        if isinstance(layer, layers.Conv2D):
            kernel = layer.get_weights()[0]
            np.testing.assert_array_equal(kernel, dirac_init(kernel))


def test_fast_cnn_is_unsure_at_first():
    model = build_fast_cnn(NOISE, widths=(8, 8), n_classes=4)
    rows = model.predict(NOISE / np.float32(255), verbose=0)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
    assert rows.max() < 0.6


def test_fast_cnn_with_another_activation_comes_back_from_a_file(tmp_path):
    model = build_fast_cnn(NOISE, widths=(4, 8), residual=True, activation="silu")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    images = NOISE / np.float32(255)
    np.testing.assert_allclose(again.predict(images, verbose=0), model.predict(images, verbose=0))


def test_fast_cnn_comes_uncompiled_with_a_name():
    model = build_fast_cnn(widths=(4,), n_classes=3)
    assert (model.compiled, model.name, model.output_shape) == (False, "fast_cnn", (None, 3))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (NOISE[0], r"`images` must have shape \(n, height, width, channels\), n > 0, at least 2"),
        (
            NOISE[:, :8, :8],
            "`images` must be at least 9 pixels each way, to be halved 3 times",
        ),
    ],
)
def test_images_that_make_no_network_are_refused(images, message):
    with pytest.raises(KitError, match=message):
        build_fast_cnn(images)


def correlated_images(n=200, side=13, channels=3, seed=0):
    """Return smooth uint8 images: neighbouring pixels, and the colours, are much alike."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, side + 2, side + 2, channels)) + rng.normal(size=(n, 1, 1, 1))
    x = sum(x[:, i : i + side, j : j + side] for i in range(3) for j in range(3))
    x = (x - x.min()) / (x.max() - x.min())
    return np.round(255 * x).astype(np.uint8)


def convolved(images, kernel, bias):
    """Apply a kernel to images in [0, 1], at every place; return rows of outputs."""
    size = kernel.shape[0]
    windows = np.lib.stride_tricks.sliding_window_view(images / 255, (size, size), axis=(1, 2))
    rows = windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * images.shape[3])
    return rows @ kernel.reshape(rows.shape[1], -1) + bias


@pytest.mark.parametrize(("size", "channels"), [(2, 3), (2, 1), (3, 1), (1, 3)])
def test_one_filter_per_direction_and_sign(size, channels):
    kernel, bias = whitening_kernel(correlated_images(channels=channels), size)
    n = size * size * channels
    assert kernel.shape == (size, size, channels, 2 * n)
    assert bias.shape == (2 * n,)
    assert (kernel.dtype, bias.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(kernel[..., n:], -kernel[..., :n])
    np.testing.assert_allclose(bias[n:], -bias[:n], rtol=1e-5)


def test_outputs_are_uncorrelated_with_variance_1():
    images = correlated_images()
    outputs = convolved(images, *whitening_kernel(images))[:, :12]
    raw = convolved(images, np.eye(12).reshape(2, 2, 3, 12), np.zeros(12))
    assert np.corrcoef(raw.T).min() > 0.4  # as it was before
    # All places of these images, of which the kernel has seen a ninth.
    np.testing.assert_allclose(np.cov(outputs.T), np.eye(12), atol=0.1)
    np.testing.assert_allclose(outputs.mean(axis=0), np.zeros(12), atol=0.1)


def test_on_the_patches_it_has_seen_the_covariance_is_exact():
    """4x4 images have one such patch of 2x2 each; variances v become v / (v + 0.0005)."""
    images = correlated_images(n=2000, side=4)
    outputs = convolved(images[:, :2, :2], *whitening_kernel(images))[:, :12]
    second_moments = outputs.T @ outputs / len(outputs)
    diagonal = np.diag(second_moments)
    np.testing.assert_allclose(second_moments, np.diag(diagonal), atol=1e-3)
    assert 0.9 < diagonal.min() <= diagonal.max() < 1.001


def test_single_black_and_white_pixels_by_hand():
    """Mean 1/2, deviation 1/2: an output of +-1 over sqrt(1.0005) for white and black."""
    images = np.array([0, 255] * 10, dtype=np.uint8).reshape(20, 1, 1, 1)
    kernel, bias = whitening_kernel(images, size=1)
    expected = 2 / sqrt(1 + MIN_VARIANCE)
    assert sorted(kernel.ravel()) == pytest.approx([-expected, expected], rel=1e-5)
    assert bias == pytest.approx(-kernel.ravel() / 2, rel=1e-5)


def test_an_image_of_the_mean_colour_gives_nothing():
    images = correlated_images()
    kernel, bias = whitening_kernel(images)
    mean = images.mean(axis=(0, 1, 2), keepdims=True) * np.ones((1, 2, 2, 1))
    np.testing.assert_allclose(convolved(mean, kernel, bias), np.zeros((1, 24)), atol=1e-3)


def test_integers_and_floats_give_the_same():
    images = correlated_images()
    whole = whitening_kernel(images)
    for part, other in zip(whole, whitening_kernel(images.astype("float32") / 255), strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-4, atol=1e-4)


def test_the_first_5000_images_are_used():
    images = np.random.default_rng(0).integers(0, 256, (5001, 2, 2, 1), dtype=np.uint8)
    expected, _ = whitening_kernel(images[:5000])
    np.testing.assert_array_equal(whitening_kernel(images)[0], expected)
    assert (whitening_kernel(images[1:])[0] != expected).any()


def test_images_of_one_colour_give_finite_numbers():
    kernel, bias = whitening_kernel(np.full((5, 4, 4, 3), 7, dtype=np.uint8))
    assert np.isfinite(kernel).all()
    assert np.isfinite(bias).all()


@pytest.mark.parametrize(
    "images", [np.zeros((3, 4, 4)), np.zeros((0, 4, 4, 3)), np.zeros((3, 1, 4, 3))]
)
def test_images_of_another_shape_are_refused(images):
    message = r"`images` must have shape \(n, height, width, channels\), n > 0, at least 2 pixels"
    with pytest.raises(KitError, match=message):
        whitening_kernel(images)
