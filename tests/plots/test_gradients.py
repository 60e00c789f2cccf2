"""cnn_utils.plots.gradients: saliency and Grad-CAM against numbers worked out on paper."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.insight import grad_cam, gradients, saliency
from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet

RNG = np.random.default_rng(458)
WEIGHTS = RNG.normal(size=(4 * 4 * 3, 5)).astype(np.float32)
IMAGES = RNG.random((3, 4, 4, 3), dtype=np.float32)


def linear(*last, activation=None):
    """Scores are a weighted sum of the pixels: the gradient is the weights, whatever the image."""
    model = keras.Sequential(
        [keras.Input((4, 4, 3)), layers.Flatten(), layers.Dense(5, activation=activation), *last]
    )
    model.set_weights([WEIGHTS, np.zeros(5)])
    return model


def expected_saliency(labels):
    strength = np.abs(WEIGHTS.T[labels]).reshape(-1, 4, 4, 3).max(axis=-1)
    return strength / strength.max(axis=(1, 2), keepdims=True)


def with_known_maps(activation="softmax", front=()):
    """Two maps, the image and its negative, averaged; class 0 adds them as 3 and 1, class 1 not.

    A_0 = x, A_1 = -x, their means m and -m; the scores are 3 m - m = 2 m, and -2 m. Each of the n
    pixels of a map has the gradient 3/n or 1/n for class 0; so alpha = (3/n, 1/n), and Grad-CAM
    is ReLU(3 x - x) / n, proportional to ReLU(x). For class 1 it is ReLU(-x).
    """
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            *front,
            layers.Conv2D(2, 1, use_bias=False, name="maps"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation=activation, use_bias=False),
        ]
    )
    model.get_layer("maps").set_weights([np.array([[[[1.0, -1.0]]]])])
    model.layers[-1].set_weights([np.array([[3.0, -3.0], [1.0, -1.0]])])
    return model


SIGNED = RNG.normal(size=(3, 4, 4, 1)).astype(np.float32)


def relu_shares(maps):
    maps = np.maximum(maps[..., 0], 0)
    return maps / maps.max(axis=(1, 2), keepdims=True)


@pytest.mark.parametrize(
    "model",
    [
        lambda: linear(),
        lambda: linear(activation="softmax"),
        lambda: linear(layers.Softmax()),
        lambda: linear(layers.Activation("softmax")),
    ],
    ids=["logits", "Dense", "Softmax", "Activation"],
)
def test_saliency_of_a_linear_model_is_the_size_of_its_weights(model):
    found = saliency(model(), IMAGES, [0, 3, 4])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected_saliency([0, 3, 4]), rtol=1e-4)


def test_without_labels_the_predicted_class_is_explained():
    model = linear(activation="softmax")
    labels = model.predict(IMAGES, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(saliency(model, IMAGES), saliency(model, IMAGES, labels))
    cnn = with_known_maps()
    labels = cnn.predict(SIGNED, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(grad_cam(cnn, SIGNED), grad_cam(cnn, SIGNED, labels))


def test_a_sure_network_has_a_saliency_too():
    model = linear(activation="softmax")
    model.set_weights([1000 * WEIGHTS, np.zeros(5)])
    assert model.predict(IMAGES, verbose=0).max(axis=1).tolist() == [1, 1, 1]
    np.testing.assert_allclose(saliency(model, IMAGES, [1, 1, 1])[0], expected_saliency([1])[0])


def test_saliency_is_what_a_change_of_one_pixel_changes():
    model = build_lenet()
    image = RNG.random((1, 28, 28, 1), dtype=np.float32)
    found = saliency(model, image, [2])[0]
    logits = keras.Sequential([*model.layers[:-1], layers.Dense(10)])
    logits(image)
    logits.set_weights(model.get_weights())
    strongest, second = (np.unravel_index(i, (28, 28)) for i in found.ravel().argsort()[[-1, -40]])
    changes = []
    for place in (strongest, second):
        score = []
        for step in (-1e-3, 1e-3):
            changed = image.copy()
            changed[0][place] += step
            score.append(float(logits(changed)[0, 2]))
        changes.append(abs(score[1] - score[0]))
    np.testing.assert_allclose(changes[1] / changes[0], found[second], rtol=0.05)


@pytest.mark.parametrize("activation", ["softmax", None])
def test_grad_cam_worked_out_by_hand(activation):
    model = with_known_maps(activation)
    np.testing.assert_allclose(grad_cam(model, SIGNED, [0] * 3), relu_shares(SIGNED), atol=1e-5)
    np.testing.assert_allclose(grad_cam(model, SIGNED, [1] * 3), relu_shares(-SIGNED), atol=1e-5)


def test_grad_cam_of_nothing_in_favour_is_zero():
    assert not grad_cam(with_known_maps(), np.abs(SIGNED), [1] * 3).any()


def test_grad_cam_is_resized_to_the_image():
    model = with_known_maps(front=[layers.AveragePooling2D(2)])
    image = np.zeros((1, 4, 4, 1), dtype=np.float32)
    image[0, :2, :2] = 1  # one of the four pooled pixels
    (found,) = grad_cam(model, image, [0])
    assert found.shape == (4, 4)
    # Bilinear, pixel centres: a weight of 1, 3/4, 1/4 and 0 along each side.
    side = np.array([1, 0.75, 0.25, 0])
    np.testing.assert_allclose(found, np.outer(side, side), atol=1e-6)


def test_grad_cam_of_another_layer():
    model = with_known_maps(front=[layers.Conv2D(1, 1, use_bias=False, name="before")])
    model.get_layer("before").set_weights([np.array([[[[2.0]]]])])
    expected = relu_shares(SIGNED)
    for layer in ("before", 0, "maps", model.layers[1]):
        np.testing.assert_allclose(grad_cam(model, SIGNED, [0] * 3, layer), expected, atol=1e-5)


def test_augmentation_in_front_is_inactive_and_rescaling_counts():
    front = [
        keras.Sequential([layers.RandomFlip(seed=1), layers.RandomRotation(0.5, seed=2)]),
        layers.Rescaling(1 / 255),
        layers.Dropout(0.5),
    ]
    found = grad_cam(with_known_maps(front=front), SIGNED * 255, [0] * 3)
    np.testing.assert_allclose(found, relu_shares(SIGNED), atol=1e-5)


def test_functional_and_nested_models_and_models_that_grew_agree():
    grown = keras.Sequential([keras.Input((4, 4, 1))])
    for layer in with_known_maps().layers:
        grown.add(layer)
    inputs = keras.Input((4, 4, 1))
    outputs = inputs
    for layer in with_known_maps().layers:
        outputs = layer(outputs)
    whole = keras.Sequential([keras.Input((4, 4, 1)), layers.Rescaling(1.0), with_known_maps()])
    for model in (grown, keras.Model(inputs, outputs), whole):
        found = grad_cam(model, SIGNED, [0] * 3)
        np.testing.assert_allclose(found, relu_shares(SIGNED), atol=1e-5)


def test_a_branch_that_does_not_reach_the_scores_says_nothing():
    inputs = keras.Input((4, 4, 1))
    maps = layers.Conv2D(2, 1, name="used")(inputs)
    other = layers.Conv2D(2, 1, name="stopped")(inputs)
    stopped = layers.Lambda(keras.ops.stop_gradient)(other)
    scores = layers.GlobalAveragePooling2D()(layers.Add()([maps, stopped]))
    assert not grad_cam(keras.Model(inputs, scores), SIGNED, layer="stopped").any()


@pytest.mark.parametrize(
    ("build", "shape"),
    [(build_lenet, (28, 28, 1)), (build_cifar_cnn, (32, 32, 3))],
)
def test_the_kits_networks_can_be_explained_and_stay_as_they_were(build, shape):
    model = build()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.layers[0].trainable = False
    images = RNG.random((2, *shape), dtype=np.float32)
    before, names = model.get_weights(), [set(vars(layer)) for layer in model.layers]
    for found in (saliency(model, images), grad_cam(model, images)):
        assert found.shape == (2, *shape[:2])
        assert found.min() >= 0
        np.testing.assert_allclose(found.max(axis=(1, 2)), 1)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert [set(vars(layer)) for layer in model.layers] == names
    assert [layer.trainable for layer in model.layers][:2] == [False, True]
    assert model.compiled
    assert not model.stop_training
    assert int(model.optimizer.iterations) == 0


def test_results_do_not_depend_on_the_batches(monkeypatch):
    model = with_known_maps()
    whole = saliency(model, SIGNED), grad_cam(model, SIGNED)
    monkeypatch.setattr(gradients, "BATCH_SIZE", 2)
    np.testing.assert_allclose(saliency(model, SIGNED), whole[0], rtol=1e-6)
    np.testing.assert_allclose(grad_cam(model, SIGNED), whole[1], rtol=1e-6)


def test_frozen_layers_are_explained_too():
    model = with_known_maps()
    model.trainable = False
    np.testing.assert_allclose(grad_cam(model, SIGNED, [0] * 3), relu_shares(SIGNED), atol=1e-5)


def test_images_without_a_channel_axis_have_a_saliency():
    model = keras.Sequential([keras.Input((4, 4)), layers.Flatten(), layers.Dense(5)])
    model.set_weights([WEIGHTS[:16], np.zeros(5)])
    expected = np.abs(WEIGHTS[:16, 1]).reshape(4, 4)
    found = saliency(model, SIGNED[..., 0], [1] * 3)[2]
    np.testing.assert_allclose(found, expected / expected.max(), rtol=1e-5)


def test_a_dense_network_has_a_saliency_but_no_grad_cam():
    model, images = build_dense(), RNG.random((2, 28, 28, 1), dtype=np.float32)
    assert saliency(model, images).shape == (2, 28, 28)
    with pytest.raises(KitError, match=r"`model` must hold a convolution; .*Flatten, Dense"):
        grad_cam(model, images)


@pytest.mark.parametrize("function", [saliency, grad_cam])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": None}, "`model` must be a Keras model; received None"),
        ({"images": (SIGNED > 0).astype(np.uint8)}, "`images` must be floating-point"),
        ({"images": SIGNED[:, :3]}, r"`images` must have the shape .*\(n, 4, 4, 1\)"),
        ({"images": SIGNED[:0]}, "n > 0"),
        ({"images": SIGNED * np.float32("inf")}, "`images` must hold finite numbers"),
        ({"labels": [0]}, "`labels` must hold one label per image, 3"),
        ({"labels": [0, 1, 2]}, r"`labels` must lie in 0\.\.1"),
    ],
)
def test_what_does_not_fit_is_described(function, change, message):
    arguments = {"model": with_known_maps(), "images": SIGNED, "labels": None}
    with pytest.raises(KitError, match=message):
        function(**{**arguments, **change})


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("conv", r"`layer` must be the name or index .*It has: 0 maps, 1 global"),
        (-1, r"`layer` must return feature maps .*'dense.*Choose a convolution"),
    ],
)
def test_layers_without_maps_are_refused(layer, message):
    with pytest.raises(KitError, match=message):
        grad_cam(with_known_maps(), SIGNED, layer=layer)
