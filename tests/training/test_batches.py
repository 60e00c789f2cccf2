import itertools

import keras
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.profile import set_seed

IMAGES = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
LABELS = np.arange(10) * 10


def halve(images):
    return images.astype("float32") / 2


def seen(batches):
    return [images.ravel().tolist() for images, _ in (batches[i] for i in range(len(batches)))]


def order(batches):
    return list(itertools.chain(*seen(batches)))


def test_batches_come_in_order_the_last_one_short():
    batches = ImageBatches(IMAGES, LABELS, batch_size=4)
    assert len(batches) == 3
    assert seen(batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_only_the_batch_is_preprocessed():
    images, labels = ImageBatches(IMAGES, LABELS, halve, batch_size=4)[1]
    assert images.dtype == np.float32
    assert images.ravel().tolist() == [2, 2.5, 3, 3.5]
    assert labels.tolist() == [40, 50, 60, 70]


def test_the_images_are_not_copied():
    assert ImageBatches(IMAGES).images is IMAGES


@pytest.mark.parametrize("preprocess", [32, np.zeros((4, 2))])
def test_preprocess_is_a_function(preprocess):
    with pytest.raises(KitError, match=r"`preprocess` must be a function; .*batch_size=32\)"):
        ImageBatches(np.zeros((4, 2, 2, 1)), np.zeros(4), preprocess)


def test_without_labels_a_batch_is_images_alone():
    assert ImageBatches(IMAGES, batch_size=4)[2].ravel().tolist() == [8, 9]


def test_shuffling_draws_a_new_order_each_epoch_and_keeps_labels_with_images():
    batches = ImageBatches(IMAGES, LABELS, batch_size=4, shuffle=True)
    first = order(batches)
    assert sorted(first) == list(range(10))
    assert first != list(range(10))
    for images, labels in (batches[i] for i in range(3)):
        assert (images.ravel().astype(int) * 10).tolist() == labels.tolist()
    batches.on_epoch_end()
    assert order(batches) != first


def test_a_seed_gives_the_same_orders_again():
    one, two = (ImageBatches(IMAGES, LABELS, shuffle=True, seed=3) for _ in range(2))
    assert seen(one) == seen(two)
    one.on_epoch_end(), two.on_epoch_end()
    assert seen(one) == seen(two)
    assert seen(ImageBatches(IMAGES, LABELS, shuffle=True, seed=4)) != seen(two)


def test_keras_learns_evaluates_and_predicts_from_it():
    """y = 20 x for x = image / 2: one weight, so the answer can be checked by hand."""
    model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(1, use_bias=False))
    model.compile(keras.optimizers.SGD(0.02), "mse")
    train = ImageBatches(IMAGES, LABELS.astype("float32"), halve, batch_size=5, shuffle=True)
    history = model.fit(train, epochs=20, verbose=0)
    assert len(history.history["loss"]) == 20
    assert float(model.get_weights()[0][0, 0]) == pytest.approx(20, rel=1e-3)
    predicted = model.predict(ImageBatches(IMAGES, preprocess=halve), verbose=0)
    assert predicted.ravel() == pytest.approx(LABELS, rel=1e-3)


def test_lists_are_taken_too():
    images, labels = ImageBatches(IMAGES.tolist(), LABELS.tolist(), batch_size=4)[0]
    assert images.shape == (4, 1, 1, 1)
    assert labels.tolist() == [0, 10, 20, 30]


def test_a_preprocessing_without_return_is_explained():
    with pytest.raises(KitError, match=r"`preprocess` must return the images; received None"):
        ImageBatches(IMAGES, preprocess=lambda images: None)[0]


def test_images_are_augmented_before_they_are_preprocessed():
    """Plus 1, then halved: image i, of value i, becomes (i + 1) / 2; the labels stay."""
    batches = ImageBatches(IMAGES, LABELS, halve, batch_size=4, augment=lambda images: images + 1)
    images, labels = batches[0]
    assert images.ravel().tolist() == [0.5, 1, 1.5, 2]
    assert labels.tolist() == [0, 10, 20, 30]


def test_an_augmentation_without_return_is_explained():
    with pytest.raises(KitError, match=r"`augment` must return the images; received None"):
        ImageBatches(IMAGES, augment=lambda images: None)[0]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[:0], None, "same length, not 0; received 0 images and no labels"),
        (IMAGES, LABELS[:9], "received 10 images and 9 labels"),
    ],
)
def test_images_and_labels_have_the_same_length(images, labels, message):
    with pytest.raises(KitError, match=message):
        ImageBatches(images, labels)


def test_the_same_seed_trains_the_same_network():
    """Initial weights, dropout and the order of the batches all come from the seed."""

    def train():
        set_seed(458)
        model = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten()])
        model.add(keras.layers.Dense(8, activation="relu"))
        model.add(keras.layers.Dropout(0.5))
        model.add(keras.layers.Dense(1))
        model.compile("adam", "mse")
        batches = ImageBatches(IMAGES, LABELS, halve, batch_size=3, shuffle=True)
        model.fit(batches, epochs=3, verbose=0)
        return np.concatenate([weights.ravel() for weights in model.get_weights()])

    np.testing.assert_array_equal(train(), train())


class Noise:
    """An augmentation of one's own."""

    def __init__(self):
        self.rng = np.random.default_rng(3)

    def __call__(self, images):
        """Return brighter images."""
        return images + self.rng.integers(0, 100, images.shape, np.uint8)


def test_its_draws_can_be_taken_up_again():
    def made():
        return ImageBatches(IMAGES, LABELS, batch_size=2, shuffle=True, augment=Noise())

    one, other = made(), made()
    one[0]
    one.on_epoch_end()
    one[1]
    other.draws = one.draws
    for _ in range(2):
        np.testing.assert_array_equal(one[0][0], other[0][0])
        one.on_epoch_end()
        other.on_epoch_end()
