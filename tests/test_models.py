"""cnn_utils.models: parameter counts derived on paper, shapes, and what a network must not hold."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet

BUILDERS = [build_dense, build_lenet, build_cifar_cnn]


def conv(channels_in, filters, size):
    """Count the weights of a convolution, with one bias per filter."""
    return size * size * channels_in * filters + filters


def dense(n_in, n_out):
    """Count the weights of a dense layer, with one bias per unit."""
    return n_in * n_out + n_out


def shapes(model):
    """List the output shapes after each layer, without the batch."""
    return [tuple(layer.output.shape[1:]) for layer in model.layers]


def kinds(model):
    return [type(layer).__name__ for layer in model.layers]


def test_dense_has_235146_parameters():
    expected = dense(28 * 28, 256) + dense(256, 128) + dense(128, 10)
    assert build_dense().count_params() == expected == 200_960 + 32_896 + 1_290 == 235_146


def test_lenet_has_61706_parameters():
    convolutions = conv(1, 6, 5) + conv(6, 16, 5)  # 156 + 2,416
    decision = dense(5 * 5 * 16, 120) + dense(120, 84) + dense(84, 10)  # 48,120 + 10,164 + 850
    assert build_lenet().count_params() == convolutions + decision == 61_706


def test_cifar_cnn_has_2397226_parameters():
    blocks = 0
    for channels_in, filters in ((3, 32), (32, 64), (64, 128)):
        normalisation = 2 * 4 * filters  # two layers; scale, offset, moving mean and variance
        blocks += conv(channels_in, filters, 3) + conv(filters, filters, 3) + normalisation
    expected = blocks + dense(4 * 4 * 128, 1024) + dense(1024, 10)
    assert build_cifar_cnn().count_params() == expected == 2_397_226


def test_the_cifar_cnn_has_three_equal_blocks():
    conv_norm, end = ["Conv2D", "BatchNormalization"], ["MaxPooling2D", "Dropout"]
    block = conv_norm + conv_norm + end
    last = ["Flatten", "Dense", "Dropout", "Dense"]
    assert kinds(build_cifar_cnn()) == [*block, *block, *block, *last]


def test_shape_after_each_layer_of_lenet():
    assert list(zip(kinds(build_lenet()), shapes(build_lenet()), strict=True)) == [
        ("Conv2D", (28, 28, 6)),
        ("MaxPooling2D", (14, 14, 6)),
        ("Conv2D", (10, 10, 16)),
        ("MaxPooling2D", (5, 5, 16)),
        ("Flatten", (400,)),
        ("Dense", (120,)),
        ("Dense", (84,)),
        ("Dense", (10,)),
    ]


def test_shape_after_each_layer_of_dense():
    assert shapes(build_dense()) == [(784,), (256,), (128,), (10,)]


def test_each_block_of_the_cifar_cnn_halves_the_image_and_doubles_the_maps():
    model = build_cifar_cnn()
    pooled = [
        tuple(layer.output.shape[1:])
        for layer in model.layers
        if isinstance(layer, layers.MaxPooling2D)
    ]
    assert pooled == [(16, 16, 32), (8, 8, 64), (4, 4, 128)]
    assert shapes(model)[-4:] == [(2048,), (1024,), (1024,), (10,)]


def test_lenet_has_no_dropout():
    assert not any(isinstance(layer, layers.Dropout) for layer in build_lenet().layers)


def test_cifar_cnn_drops_a_fifth_in_the_blocks_and_half_before_the_decision():
    rates = [layer.rate for layer in build_cifar_cnn().layers if isinstance(layer, layers.Dropout)]
    assert rates == [0.2, 0.2, 0.2, 0.5]


def test_moving_averages_of_the_cifar_cnn_forget_within_a_short_training():
    kept = {
        layer.momentum
        for layer in build_cifar_cnn().layers
        if isinstance(layer, layers.BatchNormalization)
    }
    assert kept == {0.9}


@pytest.mark.parametrize("build", BUILDERS)
def test_hidden_layers_are_relu_and_the_last_is_softmax(build):
    *hidden, last = [
        layer.activation.__name__ for layer in build().layers if hasattr(layer, "activation")
    ]
    assert set(hidden) == {"relu"}
    assert last == "softmax"


@pytest.mark.parametrize("build", BUILDERS)
def test_models_come_uncompiled(build):
    model = build()
    assert model.compiled is False
    assert getattr(model, "optimizer", None) is None


@pytest.mark.parametrize("build", BUILDERS)
def test_each_output_row_is_a_distribution(build):
    model = build()
    images = np.random.default_rng(0).random((3, *model.input_shape[1:]), dtype="float32")
    rows = keras.ops.convert_to_numpy(model(images, training=False))
    assert rows.shape == (3, 10)
    assert (rows >= 0).all()
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("build", "name"),
    [(build_dense, "dense"), (build_lenet, "lenet"), (build_cifar_cnn, "cifar_cnn")],
)
def test_models_have_names(build, name):
    assert build().name == name
