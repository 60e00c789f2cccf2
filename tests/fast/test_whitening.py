"""cnn_utils.fast.whitening: outputs that are uncorrelated, checked by convolving on paper."""

from math import sqrt

import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.fast.whitening import SMALLEST_VARIANCE, whitening_kernel


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
    expected = 2 / sqrt(1 + SMALLEST_VARIANCE)
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


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_numbers_that_are_none_are_refused(bad):
    images = np.full((5, 4, 4, 3), bad)
    with pytest.raises(KitError, match=r"`images` must hold finite numbers, uint8 or floats in"):
        whitening_kernel(images)


@pytest.mark.parametrize(
    "images", [np.zeros((3, 4, 4)), np.zeros((0, 4, 4, 3)), np.zeros((3, 1, 4, 3)), [1, 2]]
)
def test_what_is_no_images_is_described(images):
    message = r"`images` must have shape \(n, height, width, channels\), n > 0, at least 2 pixels"
    with pytest.raises(KitError, match=message):
        whitening_kernel(images)


def test_images_of_different_sizes_are_refused():
    with pytest.raises(KitError, match=r"`images` must have rows of equal length"):
        whitening_kernel([[1, 2], [3]])


def test_patches_have_at_least_a_pixel():
    with pytest.raises(KitError, match=r"`size` must be a whole number of at least 1; received 0"):
        whitening_kernel(correlated_images(n=1), size=0)
