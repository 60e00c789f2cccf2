"""cnn_utils.models: parameter counts derived on paper, shapes, and what a network must not hold."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.fast.whitening import whitening_kernel
from cnn_utils.models import build_cifar_cnn, build_dense, build_fast_cnn, build_lenet, pass_on

BUILDERS = [build_dense, build_lenet, build_cifar_cnn]
IMAGES = np.random.default_rng(0).integers(0, 256, (20, 16, 16, 3), dtype=np.uint8)


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


def test_one_normalisation_less_saves_128_parameters():
    plain = build_cifar_cnn(regularise_first_block=False)
    assert plain.count_params() == 2_397_226 - 4 * 32 == 2_397_098


def test_the_first_block_without_its_second_normalisation_and_dropout():
    plain = kinds(build_cifar_cnn(regularise_first_block=False))
    conv_norm, end = ["Conv2D", "BatchNormalization"], ["MaxPooling2D", "Dropout"]
    block = conv_norm + conv_norm + end
    last = ["Flatten", "Dense", "Dropout", "Dense"]
    assert plain == [*conv_norm, "Conv2D", "MaxPooling2D", *block, *block, *last]
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
    model = build_fast_cnn(IMAGES, widths=(4,))
    assert model.input_shape == (None, 16, 16, 3)
    patches = model.get_layer("patches")
    for weights, expected in zip(patches.get_weights(), whitening_kernel(IMAGES), strict=True):
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


def test_new_convolutions_hand_their_inputs_on():
    """Two channels in, three filters: the first two filters copy, the third one is random."""
    layer = layers.Conv2D(3, 3, padding="same", use_bias=False)
    layer.build((None, 4, 4, 2))
    before = layer.get_weights()[0]
    layer.set_weights([pass_on(before)])
    images = np.random.default_rng(0).random((1, 4, 4, 2), dtype="float32")
    outputs = keras.ops.convert_to_numpy(layer(images))
    np.testing.assert_allclose(outputs[..., :2], images, atol=1e-6)
    np.testing.assert_array_equal(layer.get_weights()[0][..., 2], before[..., 2])


def test_all_convolutions_of_the_fast_cnn_hand_on():
    for layer in build_fast_cnn(widths=(4, 8)).layers[2:]:
        if isinstance(layer, layers.Conv2D):
            kernel = layer.get_weights()[0]
            np.testing.assert_array_equal(kernel, pass_on(kernel))


def test_fast_cnn_is_unsure_at_first():
    model = build_fast_cnn(IMAGES, widths=(8, 8), n_classes=4)
    rows = model.predict(IMAGES / np.float32(255), verbose=0)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
    assert rows.max() < 0.6


def test_fast_cnn_with_another_activation_comes_back_from_a_file(tmp_path):
    model = build_fast_cnn(IMAGES, widths=(4, 8), residual=True, activation="silu")
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    images = IMAGES / np.float32(255)
    np.testing.assert_allclose(again.predict(images, verbose=0), model.predict(images, verbose=0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"widths": ()},
            "`widths` must hold a number of filters for each block; received a tuple of 0",
        ),
        ({"widths": (8, 0)}, "`widths` must be a whole number of at least 1; received 0"),
        ({"widths": 5}, "`widths` must hold a number of filters for each block; received 5"),
        ({"n_classes": 0}, "`n_classes` must be a whole number of at least 1; received 0"),
        (
            {"activation": "rleu"},
            "`activation` must be one of .*'relu', .*; received",
        ),
        ({"activation": 3}, "`activation` must be one of .*'relu', .*; received 3"),
        ({"images": IMAGES[0]}, r"`images` must have shape \(n, height, width, channels\), n > 0"),
        ({"images": "x"}, "`images` must have shape"),
        ({"images": IMAGES * np.nan}, "`images` must hold finite numbers, uint8 or floats"),
        (
            {"images": IMAGES[:, :8, :8]},
            "`images` must be at least 9 pixels each way, to be halved 3 times; received an array",
        ),
    ],
)
def test_a_fast_cnn_that_cannot_be_built_is_refused(options, message):
    with pytest.raises(KitError, match=message):
        build_fast_cnn(**options)


@pytest.mark.parametrize("build", [*BUILDERS, build_fast_cnn])
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
    ("build", "input_shape"),
    [(build_dense, (8, 8, 3)), (build_lenet, (32, 32, 3)), (build_cifar_cnn, (8, 8, 1))],
)
def test_other_images_and_other_classes(build, input_shape):
    model = build(input_shape, n_classes=4)
    assert model.input_shape == (None, *input_shape)
    assert model.output_shape == (None, 4)


@pytest.mark.parametrize(
    ("build", "name"),
    zip([*BUILDERS, build_fast_cnn], ["dense", "lenet", "cifar_cnn", "fast_cnn"], strict=True),
)
def test_models_have_names(build, name):
    assert build().name == name
