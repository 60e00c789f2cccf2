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


def two_inputs():
    one, two = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    return keras.Model([one, two], layers.Flatten()(layers.Add()([one, two])))


def gone_wrong():
    model = keras.Sequential([keras.Input((2, 2, 1)), layers.Flatten(), layers.Dense(2)])
    model.set_weights([np.full((4, 2), np.nan), np.zeros(2)])
    return model


class Subclassed(keras.Model):
    def call(self, images):
        return images


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: "lenet", r"`model` must be a Keras model; received 'lenet' \(str\)"),
        (lambda: build_lenet, r"`model` must be a Keras model; received a function"),
        (lambda: layers.Conv2D(2, 3), r"`model` must be a Keras model; received a Conv2D"),
        (
            lambda: keras.Sequential([layers.Dense(2)], name="young"),
            r"knows the shape of its images; received 'young', which does not\. Start it with",
        ),
        (lambda: Subclassed(name="own"), r"Sequential or functional .*'own', which does not"),
        (two_inputs, r"take images .*one output; .*\(None, 4, 4, 1\), \(None, 4, 4, 1\)\] and 1"),
        (
            lambda: keras.Sequential([keras.Input((784,)), layers.Dense(2)]),
            r"take images .* with input shapes \[\(None, 784\)\]",
        ),
        (gone_wrong, r"`model` must have finite weights; .*NaN.*smaller learning rate"),
    ],
)
def test_what_is_no_model_of_images_is_refused(make, message):
    with pytest.raises(KitError, match=message):
        model_inputs.check_model(make())


def test_a_sequential_model_that_has_seen_a_batch_is_built():
    model = keras.Sequential([layers.Flatten(), layers.Dense(2)])
    model(IMAGES)
    model_inputs.check_model(model)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES.astype(np.uint8), r"`images` must be floating-point .*uint8\. Preprocess them as"),
        (IMAGES.astype(int), r"floating-point numbers, as the network gets them; .*int64"),
        (IMAGES + np.nan, r"`images` must hold finite numbers; received 1568 values that are NaN"),
        (IMAGES[0], r"the shape that 'lenet' takes, \(n, 28, 28, 1\), n > 0; .*images\[i:i \+ 1\]"),
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


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0], r"`labels` must hold one label per image, 2; received 1"),
        ([0, 10], r"`labels` must lie in 0\.\.9; received labels from 0 to 10"),
        ([-1, 0], r"received labels from -1 to 0"),
        (["cat", "dog"], r"`labels` must hold integer labels"),
    ],
)
def test_labels_that_do_not_fit_are_described(lenet, labels, message):
    with pytest.raises(KitError, match=message):
        model_inputs.as_labels_for(lenet, labels, "labels", 2)


def test_labels_may_be_one_hot_rows_or_missing(lenet):
    assert model_inputs.as_labels_for(lenet, np.eye(10)[[3, 7]], "labels", 2).tolist() == [3, 7]
    assert model_inputs.as_labels_for(lenet, None, "labels", 2) is None


@pytest.mark.parametrize("last", [layers.Dense(1), layers.Reshape((4, 4, 1))])
def test_a_model_without_class_scores_has_no_classes(last):
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), last])
    with pytest.raises(KitError, match=r"`model` must end in one score per class"):
        inputs.n_classes_of(model)


def test_images_in_0_to_1_are_shown_as_they_are():
    images = np.array([0.25, 0.5])
    assert model_inputs.for_display(images)[0] is images


def test_other_images_are_stretched_and_their_variants_along_with_them():
    shown, variants = model_inputs.for_display(np.array([-2.0, 0, 2]), np.array([0.0, 6]))
    np.testing.assert_allclose(shown, [0, 0.5, 1])
    np.testing.assert_allclose(variants, [0.5, 2])
    np.testing.assert_allclose(model_inputs.for_display(np.array([3.0, 3]))[0], 0)
