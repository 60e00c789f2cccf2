"""cnn_utils.insight.evidence: the maps, predictions and probabilities of the same network."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.insight import evidence, grad_cam, saliency, show_evidence
from cnn_utils.models import build_dense, build_lenet

IMAGES = np.random.default_rng(458).random((4, 28, 28, 1), dtype=np.float32)


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
    probabilities = lenet.predict(IMAGES, verbose=0)
    predicted = probabilities.argmax(axis=1)
    display = show_evidence(lenet, IMAGES)
    np.testing.assert_allclose(display.saliency, saliency(lenet, IMAGES, predicted), rtol=1e-5)
    np.testing.assert_allclose(display.cams, grad_cam(lenet, IMAGES, predicted), rtol=1e-5)
    captions = [text.get_text() for text in display.captions_]
    rows = zip(predicted, probabilities.max(axis=1), strict=True)
    assert captions == [f"{p} {sure:.0%}" for p, sure in rows]


@pytest.mark.parametrize("activation", ["softmax", None])
def test_logits_become_probabilities(activation):
    display = show_evidence(
        constant([np.log(3), 0, 0], activation), IMAGES, [0, 1, 0, 0], list("abc")
    )
    assert [text.get_text() for text in display.captions_][:2] == ["✓ a 60%\n", "✗ a 60%\n(true b)"]


def test_single_scores_from_0_to_1_are_shown_as_they_are():
    display = show_evidence(constant([0, -2], "sigmoid"), IMAGES)
    assert display.captions_[0].get_text() == "0 50%"


def test_without_a_convolution_there_is_no_grad_cam():
    display = show_evidence(build_dense(), IMAGES)
    assert display.cams is None
    assert len(display.saliency_) == 4


def test_another_layer_gives_another_map(lenet):
    first = show_evidence(lenet, IMAGES, layer=0).cams
    assert not np.allclose(first, show_evidence(lenet, IMAGES).cams)


def test_standardised_images_are_stretched_for_the_picture_only(lenet):
    display = show_evidence(lenet, 2 * IMAGES - 1)
    assert (display.images.min(), display.images.max()) == (0, 1)
    np.testing.assert_allclose(display.saliency, saliency(lenet, 2 * IMAGES - 1), rtol=1e-5)


def test_many_images_are_taken_in_batches(lenet, monkeypatch):
    whole = show_evidence(lenet, IMAGES)
    monkeypatch.setattr(evidence, "BATCH_SIZE", 3)
    parts = show_evidence(lenet, IMAGES, columns=2)
    assert [t.get_text() for t in parts.captions_] == [t.get_text() for t in whole.captions_]
    assert len({image.get_extent()[3] for image in parts.images_}) == 2  # bands


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": (IMAGES * 255).astype(np.uint8)}, "`images` must be floating-point"),
        ({"y_true": [0]}, "`y_true` must hold one label per image, 4; received 1"),
        ({"y_true": [0, 1, 2, 10]}, r"`y_true` must lie in 0\.\.9"),
        (
            {"class_names": ["a"]},
            "`class_names` must name each of the 10 classes; received 1 names",
        ),
        ({"layer": "conv"}, "`layer` must be the name or index"),
        ({"columns": 0}, "`columns` must be a whole number"),
        ({"model": "lenet"}, "`model` must be a Keras model"),
    ],
)
def test_what_does_not_fit_is_described(lenet, change, message):
    with pytest.raises(KitError, match=message):
        show_evidence(**{"model": lenet, "images": IMAGES, **change})
