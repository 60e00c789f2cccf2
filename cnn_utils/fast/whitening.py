"""Kernels that make the pixels of small patches uncorrelated."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array

# Directions in which patches hardly differ are noise; this keeps them from being blown up.
SMALLEST_VARIANCE = 5e-4


def whitening_kernel(images, size: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Compute a convolution whose outputs are uncorrelated over the patches of images.

    Neighbouring pixels are nearly equal, so that raw pixels say the same thing many times. The
    eigenvectors of the patches' covariance are the directions in which patches differ on their
    own; divided by the square roots of the eigenvalues, all count alike. Each comes with both
    signs, since a ReLU follows and would drop one.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        uint8 in 0-255, or floats in [0, 1]; the first 5,000 are used.
    size : int, default=2
        Side of the patches.

    Returns
    -------
    kernel : ndarray of shape (size, size, channels, 2 * size * size * channels), float32
        For images in [0, 1].
    bias : ndarray of shape (2 * size * size * channels,), float32
        Takes the mean colour away.

    Raises
    ------
    KitError
        If `images` are no images of at least `size` pixels each way.

    References
    ----------
    D. Page (2019), "How to train your ResNet", with whitening as the first layer; the small
    constant is that of K. Jordan (2024), "94 % on CIFAR-10 in 3.29 seconds on a single GPU",
    arXiv 2404.00498.
    """
    check_count("size", size)
    images = as_array(images, "images")
    if images.ndim != 4 or 0 in images.shape or min(images.shape[1:3]) < size:
        raise KitError.about(
            "`images`",
            f"have shape (n, height, width, channels), n > 0, at least {size} pixels each way",
            images,
        )
    if images.dtype.kind not in "iuf" or not np.isfinite(images[:5000]).all():
        raise KitError.about("`images`", "hold finite numbers, uint8 or floats in [0, 1]", images)
    x = images[:5000].astype("float32")
    if images.dtype.kind in "iu":
        x /= 255
    # First over images, then over places: summed all at once, float32 would lose three digits.
    mean = x.mean(axis=0).mean(axis=(0, 1))
    x -= mean
    deviation = np.sqrt(np.square(x).mean(axis=0).mean(axis=(0, 1))) + 1e-6
    x /= deviation
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    # Every third place in each direction: neighbouring patches overlap and add little.
    patches = windows[:, ::3, ::3].transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * x.shape[3])
    variances, directions = np.linalg.eigh(patches.T @ patches / len(patches))
    kernel = directions / np.sqrt(np.maximum(variances, 0) + SMALLEST_VARIANCE)
    kernel = np.concatenate([kernel, -kernel], axis=1)
    kernel = kernel.reshape(size, size, x.shape[3], -1) / deviation[:, None]
    bias = -np.einsum("hwcf,c->f", kernel, mean)
    return kernel.astype("float32"), bias.astype("float32")
