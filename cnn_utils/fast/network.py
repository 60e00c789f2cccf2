"""A network that learns CIFAR-10 in few epochs; its first layer is computed from the images."""

import keras
import numpy as np
from keras import layers, ops

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array

# Directions in which patches hardly differ are noise; this (K. Jordan's) limits their gain.
MIN_VARIANCE = 5e-4


def build_fast_cnn(
    images=None,
    widths=(32, 128, 128),
    n_classes: int = 10,
    residual: bool = False,
    activation: str = "relu",
) -> keras.Model:
    """Build a network that learns CIFAR-10 in few epochs, in little time on a processor.

    The first layer is computed from the images (`whitening_kernel`). A block of two 3x3
    convolutions follows for each of `widths`, with pooling after the first one, where it saves
    most time. Instead of a large dense layer, global max pooling keeps the largest value of each
    feature map. 498,680 parameters for the default widths.

    Parameters
    ----------
    images : array of shape (n, height, width, channels), optional
        Training images, uint8 or floats in [0, 1], for the first layer, which is then frozen;
        without images it is trained.
    widths : sequence of int, default=(32, 128, 128)
        Filters of each block; twice as many take about four times as long.
    n_classes : int, default=10
    residual : bool, default=False
        Give each block a third convolution, and add its output to that of the first one. Worth
        its time from about ten epochs on.
    activation : str, default="relu"
        Name of a Keras activation; "silu" takes a little longer and pays off in a long training.

    Returns
    -------
    model : keras.Model
        Uncompiled; images (n, height, width, channels) in [0, 1], 32x32x3 by default, to
        probabilities (n, n_classes).

    Raises
    ------
    KitError
        If the images are too small to be halved once per width, or are not images.

    References
    ----------
    K. Jordan (2024), "94 % on CIFAR-10 in 3.29 seconds on a single GPU", arXiv 2404.00498; there
    with 64, 256 and 256 filters and GELU. D. Page (2019), "How to train your ResNet". K. He,
    X. Zhang, S. Ren, J. Sun (2016), "Deep residual learning for image recognition", CVPR.
    """
    if images is not None:
        images = as_array(images, "images")
        whitening = whitening_kernel(images, size=2)
    inputs = keras.Input((32, 32, 3) if images is None else images.shape[1:])
    min_side = 2 ** len(widths) + 1
    if min(inputs.shape[1:3]) < min_side:
        expected = f"be at least {min_side} pixels each way, to be halved {len(widths)} times"
        raise KitError.about("`images`", expected, images)
    patches = layers.Conv2D(8 * inputs.shape[-1], 2, activation="relu", name="patches")
    x = patches(inputs)  # 31x31x24
    if images is not None:
        patches.set_weights(whitening)
        patches.trainable = False
    for width in widths:  # 15x15x32, 7x7x128, 3x3x128 after each block
        x = first = _normalise(layers.MaxPooling2D(2)(_convolve(x, width)), activation)
        x = _normalise(_convolve(x, width), activation)
        if residual:
            x = layers.Add()([first, _normalise(_convolve(x, width), activation)])
    x = layers.GlobalMaxPooling2D()(x)  # 128
    x = layers.Dense(n_classes, use_bias=False)(x)
    # Small logits at first: a network that starts out confident learns slowly.
    outputs = layers.Softmax()(layers.Rescaling(1 / 9)(x))
    return keras.Model(inputs, outputs, name="fast_cnn")


def _convolve(x, filters: int):
    # No bias: the normalisation that follows would remove it.
    layer = layers.Conv2D(filters, 3, padding="same", use_bias=False)
    outputs = layer(x)
    layer.kernel.assign(dirac_init(ops.convert_to_numpy(layer.kernel)))
    return outputs


def _normalise(x, activation: str):
    # Momentum 0.6: in a training of one epoch the moving averages must follow fast.
    x = layers.BatchNormalization(momentum=0.6, scale=False)(x)
    return layers.Activation(activation)(x)


def dirac_init(kernel) -> np.ndarray:
    """Make the first filters of a new kernel copy their inputs, one channel each.

    Signals then reach the last layer from the first step on. The kernel has shape
    (height, width, channels in, filters); further filters stay as they were.
    """
    kernel = np.array(kernel)
    n = min(kernel.shape[2:])
    kernel[..., :n] = 0
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, range(n), range(n)] = 1
    return kernel


def whitening_kernel(images, size: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Compute a convolution whose outputs are uncorrelated over the patches of images.

    The eigenvectors of the patches' covariance are the directions in which patches differ
    independently; divided by the square roots of the eigenvalues, all count alike. Each direction
    comes with both signs, because the ReLU that follows would drop one.

    Parameters
    ----------
    images : array of shape (n, height, width, channels)
        uint8 in 0-255, or floats in [0, 1]; the first 5,000 are used.
    size : int, default=2
        Side of the patches in pixels.

    Returns
    -------
    kernel : ndarray of shape (size, size, channels, 2 * size * size * channels), float32
        For images in [0, 1].
    bias : ndarray of shape (2 * size * size * channels,), float32
        Subtracts the mean colour.

    Raises
    ------
    KitError
        If `images` are not images of at least `size` pixels each way.
    """
    images = as_array(images, "images")
    if images.ndim != 4 or 0 in images.shape or min(images.shape[1:3]) < size:
        raise KitError.about(
            "`images`",
            f"have shape (n, height, width, channels), n > 0, at least {size} pixels each way",
            images,
        )
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
    kernel = directions / np.sqrt(np.maximum(variances, 0) + MIN_VARIANCE)
    kernel = np.concatenate([kernel, -kernel], axis=1)
    kernel = kernel.reshape(size, size, x.shape[3], -1) / deviation[:, None]
    bias = -np.einsum("hwcf,c->f", kernel, mean)
    return kernel.astype("float32"), bias.astype("float32")
