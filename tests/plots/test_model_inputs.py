"""cnn_utils.plots.model_inputs: one sentence for each thing that a model can't be asked."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.models import build_lenet
from cnn_utils.plots import model_inputs

IMAGES = np.zeros((2, 28, 28, 1), dtype=np.float32)


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
        model_inputs.check_weights(gone_wrong())
    with pytest.raises(KitError, match=message):
        model_inputs.as_model_images(gone_wrong(), IMAGES)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES.astype(np.uint8), r"`images` must be floating-point .*uint8\. Preprocess them as"),
        (IMAGES.astype(int), r"floating-point numbers, as the network gets them; .*int64"),
        (IMAGES[0], r"the input shape of 'lenet', \(n, 28, 28, 1\), n > 0; .*images\[i:i \+ 1\]"),
        (IMAGES[..., 0], r"\(n, 28, 28, 1\).*received .*\(2, 28, 28\).*images\[\.\.\., None\]"),
        (IMAGES[:, :27], r"\(n, 28, 28, 1\).*received an array of shape \(2, 27, 28, 1\)"),
        (IMAGES[:0], r"n > 0; received an array of shape \(0, 28, 28, 1\)"),
        (3.0, r"\(n, 28, 28, 1\).*received an array of shape \(\)"),
        ("digits.png", r"`images` must be floating-point numbers"),
        ([[1.0], [1.0, 2.0]], r"`images` must have rows of equal length"),
    ],
)
def test_images_that_do_not_fit_are_described(lenet, images, message):
    with pytest.raises(KitError, match=message):
        model_inputs.as_model_images(lenet, images)


def test_images_become_float32_without_a_copy_if_they_are():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 1)])
    assert model_inputs.as_model_images(model, IMAGES) is IMAGES
    assert model_inputs.as_model_images(model, IMAGES.astype(np.float64)).dtype == np.float32


def test_sides_of_any_length_are_named():
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(1, 1)], name="any")
    with pytest.raises(KitError, match=r"\(n, any, any, 3\)"):
        model_inputs.as_model_images(model, IMAGES)


def test_without_an_input_shape_keras_checks_the_images():
    assert model_inputs.as_model_images(Subclassed(), IMAGES) is IMAGES


def test_images_in_0_to_1_are_shown_as_they_are():
    images = np.array([0.25, 0.5])
    assert model_inputs.for_display(images)[0] is images


def test_other_images_are_stretched_and_their_variants_along_with_them():
    shown, variants = model_inputs.for_display(np.array([-2.0, 0, 2]), np.array([0.0, 6]))
    np.testing.assert_allclose(shown, [0, 0.5, 1])
    np.testing.assert_allclose(variants, [0.5, 2])
    np.testing.assert_allclose(model_inputs.for_display(np.array([3.0, 3]))[0], 0)
