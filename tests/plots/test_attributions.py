"""cnn_utils.plots.attributions: maps against numbers worked out on paper, and their places."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.models import build_cifar_cnn, build_dense, build_lenet
from cnn_utils.plots import attributions
from cnn_utils.plots.attributions import (
    grad_cam,
    plot_attributions,
    saliency,
    show_attributions,
)
from cnn_utils.plots.figure import WARNING_INK

RNG = np.random.default_rng(458)
WEIGHTS = RNG.normal(size=(4 * 4 * 3, 5)).astype(np.float32)
PHOTOS = RNG.random((3, 4, 4, 3), dtype=np.float32)


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
    found = saliency(model(), PHOTOS, [0, 3, 4])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected_saliency([0, 3, 4]), rtol=1e-4)


def test_without_labels_the_predicted_class_is_explained():
    model = linear(activation="softmax")
    labels = model.predict(PHOTOS, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(saliency(model, PHOTOS), saliency(model, PHOTOS, labels))
    cnn = with_known_maps()
    labels = cnn.predict(SIGNED, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(grad_cam(cnn, SIGNED), grad_cam(cnn, SIGNED, labels))


def test_a_sure_network_has_a_saliency_too():
    model = linear(activation="softmax")
    model.set_weights([1000 * WEIGHTS, np.zeros(5)])
    assert model.predict(PHOTOS, verbose=0).max(axis=1).tolist() == [1, 1, 1]
    np.testing.assert_allclose(saliency(model, PHOTOS, [1, 1, 1])[0], expected_saliency([1])[0])


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
    for layer in ("before", 0, "maps"):
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
    monkeypatch.setattr(attributions, "BATCH_SIZE", 2)
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
        ({"images": (SIGNED > 0).astype(np.uint8)}, "`images` must be floating-point"),
        ({"images": SIGNED[:, :3]}, r"`images` must have the input shape .*\(n, 4, 4, 1\)"),
        ({"images": SIGNED[:0]}, "n > 0"),
        ({"labels": [0]}, "`labels` must hold one label per image, 3"),
        ({"labels": [0, 1, 2]}, r"a name for every label; received labels from 0 to 2 and 2 names"),
    ],
)
def test_models_images_and_labels_that_do_not_fit_are_described(function, change, message):
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


IMAGES = np.linspace(0, 1, 3 * 2 * 2).reshape(3, 2, 2)
SALIENCY = np.full((3, 2, 2), 0.5)
CAMS = np.zeros((3, 2, 2))
CAMS[:2, 0, 0] = 1
SURE = np.array([[0.9, 0.1], [0.25, 0.75], [0.6, 0.4]])
NAMES = ["cat", "dog"]


def drawn(images):
    return [np.asarray(image.get_array()) for image in images]


def captions(display):
    return [text.get_text() for text in display.captions_]


def test_each_image_has_its_maps_below_it():
    display = plot_attributions(IMAGES, SALIENCY, CAMS, SURE)
    np.testing.assert_array_equal(drawn(display.images_), IMAGES)
    np.testing.assert_array_equal(drawn(display.saliency_), SALIENCY)
    np.testing.assert_array_equal(drawn(display.cams_), CAMS)
    for kinds in zip(display.images_, display.saliency_, display.cams_, strict=True):
        lefts, _, _, tops = np.transpose([kind.get_extent() for kind in kinds])
        assert len(set(lefts)) == 1
        assert tops[0] < tops[1] < tops[2]  # inches from above


def test_maps_are_on_the_scale_from_0_to_1():
    display = plot_attributions(IMAGES, SALIENCY, CAMS, SURE)
    assert {map_.get_clim() for map_ in display.saliency_ + display.cams_} == {(0, 1)}


def test_grad_cam_lies_over_a_grey_picture_and_covers_it_where_it_is_strong():
    colour = np.zeros((1, 2, 2, 3))
    colour[..., 1] = 1  # pure green has a mean of 1/3
    display = plot_attributions(colour, SALIENCY[:1], CAMS[:1], SURE[:1])
    _, _, below, above = display.ax_.get_images()
    assert below.get_extent() == above.get_extent()
    np.testing.assert_allclose(below.get_array(), 1 / 3)
    np.testing.assert_allclose(above.get_alpha(), [[0.8, 0], [0, 0]])


def test_without_grad_cam_there_are_two_rows():
    display = plot_attributions(IMAGES, SALIENCY, None, SURE)
    assert len(display.ax_.get_images()) == 6
    assert display.cams_ == []
    assert "3 images with saliency: 0 90%" in display.alt_text_


def test_captions_tell_prediction_probability_and_mistake():
    display = plot_attributions(IMAGES, SALIENCY, CAMS, SURE, [0, 0, 0], NAMES)
    assert captions(display) == ["✓ cat 90%\n", "✗ dog 75%\n(true cat)", "✓ cat 60%\n"]
    assert [text.get_weight() for text in display.captions_] == ["normal", "bold", "normal"]
    assert [text.get_color() == WARNING_INK for text in display.captions_] == [False, True, False]


def test_without_true_classes_the_prediction_stands_alone():
    assert captions(plot_attributions(IMAGES, SALIENCY, CAMS, SURE)) == ["0 90%", "1 75%", "0 60%"]


def test_without_mistakes_no_line_is_kept_for_them():
    display = plot_attributions(IMAGES[:1], SALIENCY[:1], CAMS[:1], SURE[:1], [0])
    assert captions(display) == ["✓ 0 90%"]


def test_more_images_than_columns_follow_in_a_band_below():
    six = [np.concatenate([values, values]) for values in (IMAGES, SALIENCY, CAMS, SURE)]
    display = plot_attributions(*six)
    left, _, _, top = display.images_[4].get_extent()
    assert left == display.images_[0].get_extent()[0]
    assert top > display.cams_[0].get_extent()[2]


def test_rows_are_named_at_the_left():
    display = plot_attributions(IMAGES, SALIENCY, CAMS, SURE)
    left, *_ = display.images_[0].get_extent()
    named = [text for text in display.ax_.texts if text.get_position()[0] < left]
    assert [text.get_text().split("\n")[0] for text in named] == ["image", "saliency", "Grad-CAM"]


def test_alt_text_names_the_captions():
    display = plot_attributions(
        IMAGES[:2], SALIENCY[:2], CAMS[:2], SURE[:2], [0, 0], NAMES, title="Why"
    )
    assert display.alt_text_ == (
        "Why: 2 images with saliency and Grad-CAM: ✓ cat 90%; ✗ dog 75% (true cat)."
    )
    assert display.ax_.get_title() == "Why"


def test_given_axes_hold_all_of_it():
    _, ax = plt.subplots()
    display = plot_attributions(IMAGES, SALIENCY, CAMS, SURE, ax=ax)
    assert {image.axes for image in display.images_ + display.cams_} == {ax}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": IMAGES * 2}, "`images` must be uint8 in 0-255 or float in 0-1"),
        ({"y_true": [0, 1]}, "`y_true` must hold one label per image, 3; received 2"),
        ({"y_true": [0, 1, 2], "class_names": NAMES}, "labels from 0 to 2 and 2 names"),
        ({"class_names": ["cat"]}, "`predictions` and `class_names` must fit .*0 to 1 and 1 names"),
    ],
)
def test_arrays_that_do_not_fit_are_described(change, message):
    arguments = {"images": IMAGES, "saliency": SALIENCY, "cams": CAMS, "probabilities": SURE}
    with pytest.raises(KitError, match=message):
        plot_attributions(**{**arguments, **change})


DIGITS = np.random.default_rng(458).random((4, 28, 28, 1), dtype=np.float32)


@pytest.fixture(scope="module")
def lenet():
    keras.utils.set_random_seed(458)
    return build_lenet()


def constant(logits, activation):
    """Build a network that gives every image these scores."""
    inputs = keras.Input((28, 28, 1))
    dense = layers.Dense(len(logits), activation=activation)
    model = keras.Model(inputs, dense(layers.Flatten()(inputs)))
    model.set_weights([np.zeros((784, len(logits))), np.array(logits)])
    return model


def test_maps_and_captions_are_those_of_the_predicted_class(lenet):
    probabilities = lenet.predict(DIGITS, verbose=0)
    predicted = probabilities.argmax(axis=1)
    display = show_attributions(lenet, DIGITS)
    np.testing.assert_allclose(
        drawn(display.saliency_), saliency(lenet, DIGITS, predicted), rtol=1e-5
    )
    np.testing.assert_allclose(drawn(display.cams_), grad_cam(lenet, DIGITS, predicted), rtol=1e-5)
    rows = zip(predicted, probabilities.max(axis=1), strict=True)
    assert captions(display) == [f"{p} {sure:.0%}" for p, sure in rows]


@pytest.mark.parametrize("activation", ["softmax", None])
def test_logits_become_probabilities(activation):
    display = show_attributions(
        constant([np.log(3), 0, 0], activation), DIGITS, [0, 1, 0, 0], list("abc")
    )
    assert [text.get_text() for text in display.captions_][:2] == ["✓ a 60%\n", "✗ a 60%\n(true b)"]


def test_single_scores_from_0_to_1_are_shown_as_they_are():
    display = show_attributions(constant([0, -2], "sigmoid"), DIGITS)
    assert display.captions_[0].get_text() == "0 50%"


def test_without_a_convolution_there_is_no_grad_cam():
    display = show_attributions(build_dense(), DIGITS)
    assert display.cams_ == []
    assert len(display.saliency_) == 4


def test_another_layer_gives_another_map(lenet):
    first = show_attributions(lenet, DIGITS, layer=0).cams_
    assert not np.allclose(drawn(first), drawn(show_attributions(lenet, DIGITS).cams_))


def test_standardised_images_are_stretched_for_the_picture_only(lenet):
    display = show_attributions(lenet, 2 * DIGITS - 1)
    assert (np.min(drawn(display.images_)), np.max(drawn(display.images_))) == (0, 1)
    maps = saliency(lenet, 2 * DIGITS - 1)
    np.testing.assert_allclose(drawn(display.saliency_), maps, rtol=1e-5)


def subclassed():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.last = layers.Dense(2, activation="softmax")
            self.maps = layers.Conv2D(2, 1, use_bias=False, name="maps")
            self.pool = layers.GlobalAveragePooling2D()

        def call(self, images):
            return self.last(self.pool(self.maps(images)))

    model = Subclassed()
    model(SIGNED)
    model.maps.set_weights([np.array([[[[1.0, -1.0]]]])])
    model.last.set_weights([np.array([[3.0, -3.0], [1.0, -1.0]]), np.zeros(2)])
    return model


def test_subclassed_models_are_explained_too():
    """The same numbers as `with_known_maps`; its last layer was assigned first."""
    model = subclassed()
    np.testing.assert_allclose(grad_cam(model, SIGNED, [0] * 3), relu_shares(SIGNED), atol=1e-5)
    display = show_attributions(model, SIGNED)
    functional = show_attributions(with_known_maps(), SIGNED)
    np.testing.assert_allclose(drawn(display.saliency_), drawn(functional.saliency_), rtol=1e-5)
    assert captions(display) == captions(functional)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": (DIGITS * 255).astype(np.uint8)}, "`images` must be floating-point"),
        ({"y_true": [0]}, "`y_true` must hold one label per image, 4; received 1"),
        (
            {"y_true": [0, 1, 2, 10], "class_names": list("abcdefghij")},
            "a name for every label; received labels from 0 to 10 and 10 names",
        ),
        ({"layer": "conv"}, "`layer` must be the name or index"),
    ],
)
def test_what_does_not_fit_is_described(lenet, change, message):
    with pytest.raises(KitError, match=message):
        show_attributions(**{"model": lenet, "images": DIGITS, **change})
