"""cnn_utils.fast.prediction: means of answers that can be written down."""

import keras
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.fast.prediction import predict_averaged, scale


def left_or_right():
    """Return a model for 1x2 images: class 0 as far as the left pixel is white, class 1 the right.

    A white pixel counts 1, so that the answers for (1, 0) are softmax(1, 0) = (0.731, 0.269).
    """
    model = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(2, activation="softmax", use_bias=False))
    model.set_weights([np.eye(2)])
    return model


def test_mirrored_answers_are_the_mean_of_both_views():
    images = np.array([[255, 0], [0, 0], [0, 255]], dtype=np.uint8).reshape(3, 1, 2, 1)
    model = left_or_right()
    plain = model.predict(images / 255, verbose=0)
    assert plain[0] == pytest.approx([0.7311, 0.2689], abs=1e-4)
    mean = (plain + model.predict(images[:, :, ::-1] / 255, verbose=0)) / 2
    for batch_size in (2, 500):
        found = predict_averaged(model, images, batch_size=batch_size)
        np.testing.assert_allclose(found, mean, atol=1e-6)
    np.testing.assert_allclose(found, np.full((3, 2), 0.5), atol=1e-6)


def test_shifted_answers_count_half():
    """A 2x2 image shifted by one: the border reflected, both shifts give its point mirror image."""
    images = np.array([[[[255], [0]], [[0], [0]]]], dtype=np.uint8)
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(4, activation="softmax", use_bias=False))
    model.set_weights([np.eye(4)])
    white, other = np.exp(1) / (np.exp(1) + 3), 1 / (np.exp(1) + 3)
    found = predict_averaged(model, images, flip=False, shift=1)
    # Weights 1, 1/2, 1/2: half of the answers see the white pixel at (0, 0), half at (1, 1).
    half = (white + other) / 2
    assert found[0] == pytest.approx([half, other, other, half])
    both = predict_averaged(model, images, shift=1)  # and mirrored: at each place once
    assert both[0] == pytest.approx([0.25] * 4)
    with pytest.raises(KitError, match=r"`shift` must be a whole number .* received -1"):
        predict_averaged(model, images, shift=-1)


def test_mirrored_answers_use_the_preprocessing_given():
    images = np.array([[1, 3]], dtype=np.uint8).reshape(1, 1, 2, 1)
    brightest_first = predict_averaged(left_or_right(), images, lambda x: np.sort(x, axis=2) * 1.0)
    assert brightest_first[0] == pytest.approx([0.1192, 0.8808], abs=1e-4)  # softmax(1, 3)


def test_whole_numbers_are_scaled_and_floats_taken_as_they_are():
    assert scale(np.array([0, 51, 255], dtype=np.uint8)).tolist() == pytest.approx([0, 0.2, 1])
    floats = np.array([0.0, 0.2, 1.0])
    assert scale(floats).dtype == np.float32
    assert scale(floats).tolist() == pytest.approx([0, 0.2, 1])


@pytest.mark.parametrize("floats", [[0.0, 255.0], [-0.1, 0.5], [0.5, float("nan")]])
def test_floats_of_another_range_are_refused(floats):
    with pytest.raises(KitError, match=r"`images` must be uint8, or floats in \[0, 1\]; received"):
        scale(np.array(floats))


def test_answers_are_the_same_for_both_forms_of_an_image():
    images = np.array([[255, 51]], dtype=np.uint8).reshape(1, 1, 2, 1)
    model = left_or_right()
    expected = predict_averaged(model, images, flip=False)
    found = predict_averaged(model, images / 255, flip=False)
    np.testing.assert_allclose(found, expected, atol=1e-6)


IMAGES = np.zeros((2, 4, 4, 1), dtype=np.uint8)


@pytest.mark.parametrize(
    ("model", "images", "options", "message"),
    [
        ("m", IMAGES, {}, "`model` must be a Keras model; received m"),
        (None, IMAGES[0], {}, r"`images` must have shape \(n, height, width, channels\), n > 0"),
        (None, IMAGES[:0], {}, r"received an array of shape \(0, 4, 4, 1\), uint8"),
        (None, IMAGES, {"shift": 4}, "`shift` must be below 4 pixels; received 4"),
        (None, IMAGES, {"shift": -1}, "`shift` must be a whole number of at least 0; received -1"),
    ],
)
def test_what_does_not_fit_is_refused(model, images, options, message):
    with pytest.raises(KitError, match=message):
        predict_averaged(model or left_or_right(), images, **options)
