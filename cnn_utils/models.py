"""The assignment's networks as uncompiled Keras models, with the shape after each layer."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from cnn_utils.errors import KitError, check_choice, check_count, check_flag, check_image_shape
from cnn_utils.fast.whitening import whitening_kernel
from cnn_utils.metrics import as_array

ACTIVATIONS = ("relu", "silu", "gelu", "elu", "tanh")


def build_dense(input_shape=(28, 28, 1), n_classes: int = 10) -> keras.Model:
    """Build the earlier assignment's dense network, to compare LeNet with.

    Two hidden layers of 256 and 128 ReLU units see the image as a list of pixels: 235,146
    parameters for 28x28 digits, and about 97.3 % of MNIST's test digits right after 5 epochs
    (mean squared error, Adam, batches of 128).

    Parameters
    ----------
    input_shape : tuple of int, default=(28, 28, 1)
        Height, width, channels.
    n_classes : int, default=10

    Returns
    -------
    model : keras.Sequential
        Uncompiled; images (n, *input_shape) in [0, 1] to probabilities (n, n_classes).

    Raises
    ------
    KitError
        If the shape or the number of classes is none.
    """
    check_image_shape(input_shape)
    check_count("n_classes", n_classes)
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),  # 784
            layers.Dense(256, activation="relu"),  # 256
            layers.Dense(128, activation="relu"),  # 128
            layers.Dense(n_classes, activation="softmax"),  # 10
        ],
        name="dense",
    )


def build_lenet(input_shape=(28, 28, 1), n_classes: int = 10) -> keras.Model:
    """Build LeNet-5 with ReLU and max pooling: 61,706 parameters for 28x28 digits.

    Parameters
    ----------
    input_shape : tuple of int, default=(28, 28, 1)
        Height, width, channels.
    n_classes : int, default=10

    Returns
    -------
    model : keras.Sequential
        Uncompiled; images (n, *input_shape) in [0, 1] to probabilities (n, n_classes).

    Raises
    ------
    KitError
        If the shape or the number of classes is none.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), "Gradient-based learning applied to
    document recognition", Proceedings of the IEEE 86(11), 2278-2324. (LeCun's network has tanh
    units, trainable average pooling, a sparse second convolution and an RBF output.)
    """
    ### BEGIN SOLUTION
    check_image_shape(input_shape, least=12)
    check_count("n_classes", n_classes)
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(6, 5, padding="same", activation="relu"),  # 28x28x6
            layers.MaxPooling2D(2),  # 14x14x6
            layers.Conv2D(16, 5, padding="valid", activation="relu"),  # 10x10x16
            layers.MaxPooling2D(2),  # 5x5x16
            layers.Flatten(),  # 400
            layers.Dense(120, activation="relu"),  # 120
            layers.Dense(84, activation="relu"),  # 84
            layers.Dense(n_classes, activation="softmax"),  # 10
        ],
        name="lenet",
    )
    ### END SOLUTION


def build_cifar_cnn(
    input_shape=(32, 32, 3), n_classes: int = 10, regularise_first_block: bool = True
) -> keras.Model:
    """Build the worked network for CIFAR-10; 2,397,226 parameters for 32x32 colour.

    Parameters
    ----------
    input_shape : tuple of int, default=(32, 32, 3)
        Height, width, channels; height and width at least 8.
    n_classes : int, default=10
    regularise_first_block : bool, default=True
        False leaves two regularising layers of the first block out (2,397,098 parameters).

    Returns
    -------
    model : keras.Sequential
        Uncompiled; images (n, *input_shape) in [0, 1] to probabilities (n, n_classes).

    Raises
    ------
    KitError
        If the shape or the number of classes is none.
    """
    ### BEGIN SOLUTION
    check_image_shape(input_shape, least=8)
    check_count("n_classes", n_classes)
    check_flag("regularise_first_block", regularise_first_block)
    # Three blocks of two 3x3 convolutions, then a dense layer. The blocks follow VGG (K. Simonyan,
    # A. Zisserman 2015, "Very deep convolutional networks for large-scale image recognition",
    # ICLR): small filters, twice as many after each pooling; with batch normalisation (S. Ioffe,
    # C. Szegedy 2015, ICML) and dropout (N. Srivastava et al. 2014, JMLR 15, 1929-1958).
    # Momentum 0.9: with Keras' 0.99 the moving averages used for validation still remember their
    # initial values after a few hundred batches, and a short training looks much worse than it is.
    model = keras.Sequential([keras.Input(input_shape)], name="cifar_cnn")
    for filters in (32, 64, 128):  # 16x16x32, 8x8x64, 4x4x128 after each block
        complete = regularise_first_block or filters > 32
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        if complete:
            model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.MaxPooling2D(2))
        if complete:
            model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())  # 2048
    model.add(layers.Dense(1024, activation="relu"))  # 1024
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(n_classes, activation="softmax"))  # 10
    return model
    ### END SOLUTION


def build_fast_cnn(
    images=None,
    widths=(32, 128, 128),
    n_classes: int = 10,
    residual: bool = False,
    activation: str = "relu",
) -> keras.Model:
    """Build a network that learns CIFAR-10 in few epochs, in little time on a processor.

    A first layer that is computed from the images instead of learned, then a block of two 3x3
    convolutions for each of `widths`, with the pooling early, where it saves most. The large
    dense layer of `build_cifar_cnn` is gone: each of the last maps is asked only for its largest
    value. 498,680 parameters for the default widths.

    Parameters
    ----------
    images : array of shape (n, height, width, channels), optional
        Training images, uint8 or floats in [0, 1], for the first layer (`whitening_kernel`),
        which then stays as it is. None: it begins at random, and learns.
    widths : sequence of int, default=(32, 128, 128)
        Filters of each block; twice as many take about four times as long.
    n_classes : int, default=10
    residual : bool, default=False
        Give each block a third convolution, and add to its output what the first one gave. Worth
        its time from about ten epochs on.
    activation : {"relu", "silu", "gelu", "elu", "tanh"}, default="relu"
        After each normalisation; "silu" takes a little longer, and pays in a long training.

    Returns
    -------
    model : keras.Model
        Uncompiled; images (n, height, width, channels) in [0, 1], 32x32x3 by default, to
        probabilities (n, n_classes).

    Raises
    ------
    KitError
        If a setting is wrong, or the images are none, or too small to be halved once per width.

    References
    ----------
    K. Jordan (2024), "94 % on CIFAR-10 in 3.29 seconds on a single GPU", arXiv 2404.00498; there
    with 64, 256 and 256 filters and GELU. D. Page (2019), "How to train your ResNet". K. He,
    X. Zhang, S. Ren, J. Sun (2016), "Deep residual learning for image recognition", CVPR.
    """
    if not isinstance(widths, (list, tuple, np.ndarray)) or len(widths) == 0:
        raise KitError.about("`widths`", "hold a number of filters for each block", widths)
    for width in widths:
        check_count("widths", width)
    check_count("n_classes", n_classes)
    check_flag("residual", residual)
    check_choice("activation", activation, ACTIVATIONS)
    if images is not None:
        images = as_array(images, "images")
        whitening = whitening_kernel(images, size=2)
    inputs = keras.Input((32, 32, 3) if images is None else images.shape[1:])
    least = 2 ** len(widths) + 1
    if min(inputs.shape[1:3]) < least:
        expected = f"be at least {least} pixels each way, to be halved {len(widths)} times"
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
    # Small logits at first: a network that is sure before it knows anything learns slowly.
    outputs = layers.Softmax()(layers.Rescaling(1 / 9)(x))
    return keras.Model(inputs, outputs, name="fast_cnn")


def _convolve(x, filters: int):
    # A bias would be taken away again by the normalisation that follows.
    layer = layers.Conv2D(filters, 3, padding="same", use_bias=False)
    outputs = layer(x)
    layer.kernel.assign(pass_on(ops.convert_to_numpy(layer.kernel)))
    return outputs


def _normalise(x, activation: str):
    # Momentum 0.6: in a training of one epoch the moving averages must follow fast.
    x = layers.BatchNormalization(momentum=0.6, scale=False)(x)
    return layers.Activation(activation)(x)


def pass_on(kernel) -> np.ndarray:
    """Change a new kernel so that its first filters hand their inputs on unchanged.

    Signals then reach the last layer from the first step on.

    Parameters
    ----------
    kernel : array of shape (height, width, channels in, filters)
        Height and width odd.

    Returns
    -------
    kernel : ndarray of the same shape
        The filters for which there is no input stay as they were.
    """
    kernel = np.array(kernel)
    n = min(kernel.shape[2:])
    kernel[..., :n] = 0
    kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, range(n), range(n)] = 1
    return kernel
