"""cnn_utils.plots.layer_io: the right layer, what passes through it, and no trace left behind."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.models import build_lenet
from cnn_utils.plots import layer_io

IMAGES = np.random.default_rng(458).random((3, 6, 6, 1), dtype=np.float32)


def nested():
    """A model with a model inside, which has another one inside."""
    flips = keras.Sequential([layers.RandomFlip(name="flip"), layers.RandomRotation(0.3)])
    scale = keras.Sequential([flips, layers.Rescaling(2.0, name="scale")])
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            scale,
            layers.Conv2D(2, 3, name="first"),
            layers.SeparableConv2D(2, 3, name="second"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", name="last"),
        ],
        name="nested",
    )


def ending_in(*last):
    return keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), *last])


def test_layers_of_nested_models_stand_in_their_place():
    names = [layer.name for layer in layer_io.all_layers(nested())]
    assert [names[0], *names[2:4]] == ["flip", "scale", "first"]
    assert len(names) == 7


@pytest.mark.parametrize("which", ["first", 3, -4, np.int64(3)])
def test_a_layer_is_found_by_name_and_index(which):
    assert layer_io.find_layer(nested(), which).name == "first"


@pytest.mark.parametrize("which", ["conv", 7, -8, layers.Conv2D(1, 1)])
def test_a_layer_that_is_not_there_is_answered_by_those_that_are(which):
    message = r"`layer` must be the name or index of a layer of 'nested'; .* It has: 0 flip, .*last"
    with pytest.raises(KitError, match=message):
        layer_io.find_layer(nested(), which)


def test_convolutions_of_all_kinds_are_found():
    model = nested()
    assert [layer.name for layer in layer_io.convolutions_of(model)] == ["first", "second"]
    assert layer_io.find_convolution(model).name == "first"
    assert layer_io.find_convolution(model, place=-1).name == "second"
    assert layer_io.find_convolution(model, "scale").name == "scale"


def test_a_model_without_a_convolution_is_told_so():
    message = r"`model` must hold a convolution; received .* layers Flatten, Dense\. .* saliency"
    with pytest.raises(KitError, match=message):
        layer_io.find_convolution(ending_in(layers.Dense(2)))


def test_what_a_layer_receives_and_returns_is_captured():
    model = nested()
    scale, first = (layer_io.find_layer(model, name) for name in ("scale", "first"))
    output, captured = layer_io.capture_outputs(model, IMAGES, scale, first)
    np.testing.assert_allclose(captured[scale].input, IMAGES)  # no flip: as it predicts
    np.testing.assert_allclose(captured[scale].output, 2 * IMAGES)
    np.testing.assert_allclose(captured[first].input, 2 * IMAGES)
    np.testing.assert_allclose(output, model.predict(IMAGES, verbose=0), rtol=1e-5)


def test_listening_leaves_no_trace():
    model = nested()
    layer = layer_io.find_layer(model, "first")
    before, nodes = dict(vars(layer)), len(layer._inbound_nodes)
    layer_io.capture_outputs(model, IMAGES, layer)
    with pytest.raises(Exception, match="Exception encountered"):
        layer_io.capture_outputs(model, IMAGES[:, :1, :1, 0], layer)
    assert vars(layer).keys() == before.keys()
    assert len(layer._inbound_nodes) == nodes


def test_a_layer_in_use_twice_is_captured_the_last_time():
    inputs, twice = keras.Input((6, 6, 1)), layers.Rescaling(2.0)
    model = keras.Model(inputs, layers.Flatten()(twice(twice(inputs))))
    _, captured = layer_io.capture_outputs(model, IMAGES, twice, twice)
    np.testing.assert_allclose(captured[twice].output, 4 * IMAGES)


def test_a_layer_that_does_not_run_or_has_no_maps_is_named():
    inputs = keras.Input((6, 6, 1), name="entrance")
    model = keras.Model(inputs, layers.Flatten(name="flat")(inputs))
    for name in ("entrance", "flat"):
        layer = layer_io.find_layer(model, name)
        with pytest.raises(KitError, match=f"`layer` must return feature maps .*'{name}'"):
            layer_io.feature_maps_of(layer, layer_io.capture_outputs(model, IMAGES, layer)[1])


@pytest.mark.parametrize(
    "last",
    [
        lambda: [layers.Dense(3, activation="softmax")],
        lambda: [layers.Dense(3, activation="softmax", use_bias=False)],
        lambda: [layers.Dense(3), layers.Softmax()],
        lambda: [layers.Dense(3), layers.Activation("softmax")],
        lambda: [keras.Sequential([layers.Dense(3, activation="softmax")])],
    ],
    ids=["Dense", "without bias", "Softmax", "Activation", "nested"],
)
def test_the_final_softmax_is_left_out(last):
    model = ending_in(*last())
    model.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in model.get_weights()])
    scores, _ = layer_io.class_scores(model, IMAGES)
    weights = [*model.get_weights(), np.zeros(3)]
    np.testing.assert_allclose(
        scores, IMAGES.reshape(3, -1) @ weights[0] + weights[1], rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        keras.ops.softmax(scores), model.predict(IMAGES, verbose=0), rtol=1e-4
    )


@pytest.mark.parametrize("activation", [None, "sigmoid", "relu"])
def test_other_endings_are_left_as_they_are(activation):
    model = ending_in(layers.Dense(3, activation=activation))
    scores, _ = layer_io.class_scores(model, IMAGES)
    np.testing.assert_allclose(scores, model.predict(IMAGES, verbose=0), rtol=1e-5, atol=1e-6)


def test_functional_models_and_outputs_in_a_list_are_welcome():
    inputs = keras.Input((6, 6, 1))
    logits = layers.Dense(3)(layers.Flatten()(inputs))
    plain = keras.Model(inputs, logits)
    model = keras.Model(inputs, [layers.Softmax()(logits)])
    scores, _ = layer_io.class_scores(model, IMAGES)
    np.testing.assert_allclose(scores, plain.predict(IMAGES, verbose=0), rtol=1e-5, atol=1e-6)


def test_an_operation_after_the_last_layer_counts():
    inputs = keras.Input((6, 6, 1))
    outputs = 2.0 * layers.Dense(3, activation="softmax")(layers.Flatten()(inputs))
    scores, _ = layer_io.class_scores(keras.Model(inputs, outputs), IMAGES)
    np.testing.assert_allclose(keras.ops.sum(scores, axis=1), 2, rtol=1e-5)


DIGITS = np.zeros((2, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def lenet():
    return build_lenet()


def gone_wrong():
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(2)])
    model.set_weights([np.full((4, 2), np.nan), np.zeros(2)])
    return model


class Subclassed(keras.Model):
    def call(self, images):
        return images


def test_weights_that_are_not_finite_are_refused():
    message = r"`model` must have finite weights; .*NaN.*smaller learning rate"
    with pytest.raises(KitError, match=message):
        layer_io.check_weights(gone_wrong())
    with pytest.raises(KitError, match=message):
        layer_io.as_model_images(gone_wrong(), DIGITS)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (DIGITS.astype(np.uint8), r"`images` must be floating-point .*uint8\. Preprocess them as"),
        (DIGITS.astype(int), r"floating-point numbers, as the network gets them; .*int64"),
        (DIGITS[0], r"the input shape of 'lenet', \(n, 28, 28, 1\), n > 0; .*images\[i:i \+ 1\]"),
        (DIGITS[..., 0], r"\(n, 28, 28, 1\).*received .*\(2, 28, 28\).*images\[\.\.\., None\]"),
        (DIGITS[:, :27], r"\(n, 28, 28, 1\).*received an array of shape \(2, 27, 28, 1\)"),
        (DIGITS[:0], r"n > 0; received an array of shape \(0, 28, 28, 1\)"),
        (3.0, r"\(n, 28, 28, 1\).*received an array of shape \(\)"),
        ("digits.png", r"`images` must be floating-point numbers"),
        ([[1.0], [1.0, 2.0]], r"`images` must have rows of equal length"),
    ],
)
def test_images_that_do_not_fit_are_described(lenet, images, message):
    with pytest.raises(KitError, match=message):
        layer_io.as_model_images(lenet, images)


def test_images_become_float32_without_a_copy_if_they_are():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 1)])
    assert layer_io.as_model_images(model, DIGITS) is DIGITS
    assert layer_io.as_model_images(model, DIGITS.astype(np.float64)).dtype == np.float32


def test_sides_of_any_length_are_named():
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(1, 1)], name="any")
    with pytest.raises(KitError, match=r"\(n, any, any, 3\)"):
        layer_io.as_model_images(model, DIGITS)


def test_without_an_input_shape_keras_checks_the_images():
    assert layer_io.as_model_images(Subclassed(), DIGITS) is DIGITS


def test_images_in_0_to_1_are_shown_as_they_are():
    images = np.array([0.25, 0.5])
    assert layer_io.for_display(images)[0] is images


def test_other_images_are_stretched_and_their_variants_along_with_them():
    shown, variants = layer_io.for_display(np.array([-2.0, 0, 2]), np.array([0.0, 6]))
    np.testing.assert_allclose(shown, [0, 0.5, 1])
    np.testing.assert_allclose(variants, [0.5, 2])
    np.testing.assert_allclose(layer_io.for_display(np.array([3.0, 3]))[0], 0)
