"""The assignment's networks as uncompiled Keras models, with the shape after each layer."""

import keras
from keras import layers


def build_dense() -> keras.Model:
    """Build the earlier assignment's dense network, to compare LeNet with.

    Two hidden layers of 256 and 128 ReLU units see the image as a list of pixels: 235,146
    parameters for 28x28 digits, and about 97.3 % of MNIST's test digits right after 5 epochs
    (mean squared error, Adam, batches of 128).

    Returns
    -------
    model : keras.Sequential
        Uncompiled; images (n, 28, 28, 1) in [0, 1] to probabilities (n, 10).
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),  # 784
            layers.Dense(256, activation="relu"),  # 256
            layers.Dense(128, activation="relu"),  # 128
            layers.Dense(10, activation="softmax"),  # 10
        ],
        name="dense",
    )


def build_lenet() -> keras.Model:
    """Build LeNet-5 with ReLU and max pooling: 61,706 parameters for 28x28 digits.

    Returns
    -------
    model : keras.Sequential
        Uncompiled; images (n, 28, 28, 1) in [0, 1] to probabilities (n, 10).

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998), "Gradient-based learning applied to
    document recognition", Proceedings of the IEEE 86(11), 2278-2324. (LeCun's network has tanh
    units, trainable average pooling, a sparse second convolution and an RBF output.)
    """
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="relu"),  # 28x28x6
            layers.MaxPooling2D(2),  # 14x14x6
            layers.Conv2D(16, 5, padding="valid", activation="relu"),  # 10x10x16
            layers.MaxPooling2D(2),  # 5x5x16
            layers.Flatten(),  # 400
            layers.Dense(120, activation="relu"),  # 120
            layers.Dense(84, activation="relu"),  # 84
            layers.Dense(10, activation="softmax"),  # 10
        ],
        name="lenet",
    )
    ### END SOLUTION


def build_cifar_cnn() -> keras.Model:
    """Build the worked network for CIFAR-10; 2,397,226 parameters for 32x32 colour.

    Returns
    -------
    model : keras.Sequential
        Uncompiled; images (n, 32, 32, 3) in [0, 1] to probabilities (n, 10).
    """
    ### BEGIN SOLUTION
    # Three blocks of two 3x3 convolutions, then a dense layer. The blocks follow VGG (K. Simonyan,
    # A. Zisserman 2015, "Very deep convolutional networks for large-scale image recognition",
    # ICLR): small filters, twice as many after each pooling; with batch normalisation (S. Ioffe,
    # C. Szegedy 2015, ICML) and dropout (N. Srivastava et al. 2014, JMLR 15, 1929-1958).
    # Momentum 0.9: with Keras' 0.99 the moving averages used for validation still remember their
    # initial values after a few hundred batches, and a short training looks much worse than it is.
    model = keras.Sequential([keras.Input((32, 32, 3))], name="cifar_cnn")
    for filters in (32, 64, 128):  # 16x16x32, 8x8x64, 4x4x128 after each block
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.MaxPooling2D(2))
        model.add(layers.Dropout(0.2))
    model.add(layers.Flatten())  # 2048
    model.add(layers.Dense(1024, activation="relu"))  # 1024
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))  # 10
    return model
    ### END SOLUTION
