"""cnn_utils.insight.augmentation: the variants that training gets, the same for the same seed."""

import random

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.insight import show_augmentation

IMAGES = np.random.default_rng(458).random((3, 8, 8, 3), dtype=np.float32)


def random_layers():
    return keras.Sequential([layers.RandomFlip(), layers.RandomTranslation(0.2, 0.2)])


def shift(images):
    """Augment with the global generators of Python and NumPy."""
    return np.roll(images, random.randint(0, 3), axis=1) * np.random.random()  # noqa: NPY002


def states(layer):
    return [np.asarray(variable).copy() for variable in layer.variables]


def test_variants_are_what_the_function_returns():
    display = show_augmentation(lambda images: images[:, :, ::-1], IMAGES, n=2)
    np.testing.assert_array_equal(display.images, IMAGES)
    np.testing.assert_allclose(display.variants, np.stack([IMAGES[:, :, ::-1]] * 2, axis=1))


def test_layers_are_called_as_in_training():
    variants = show_augmentation(layers.RandomFlip("horizontal"), IMAGES, n=8).variants
    same = [
        (variant == image).all()
        for image, row in zip(IMAGES, variants, strict=True)
        for variant in row
    ]
    flipped = [
        (variant == image[:, ::-1]).all()
        for image, row in zip(IMAGES, variants, strict=True)
        for variant in row
    ]
    assert all(np.logical_xor(same, flipped))
    assert any(same)
    assert any(flipped)


@pytest.mark.parametrize("make", [random_layers, lambda: layers.RandomRotation(0.2), lambda: shift])
def test_a_seed_gives_the_same_variants_again(make):
    augment = make()
    first, again = (show_augmentation(augment, IMAGES, seed=3).variants for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, show_augmentation(make(), IMAGES, seed=3).variants)
    assert not np.allclose(first, show_augmentation(augment, IMAGES, seed=4).variants)
    assert not np.allclose(first[:, 0], first[:, 1])


def test_generators_are_as_before():
    augment = random_layers()
    augment(IMAGES, training=True)
    before = states(augment), random.getstate(), np.random.get_state()  # noqa: NPY002
    show_augmentation(augment, IMAGES)
    show_augmentation(shift, IMAGES)
    for old, new in zip(before[0], states(augment), strict=True):
        np.testing.assert_array_equal(old, new)
    assert random.getstate() == before[1]
    np.testing.assert_array_equal(np.random.get_state()[1], before[2][1])  # noqa: NPY002


def test_generators_are_as_before_a_failure():
    def fail(images):
        random.random()
        raise RuntimeError("no")

    before = random.getstate()
    with pytest.raises(RuntimeError, match="no"):
        show_augmentation(fail, IMAGES)
    assert random.getstate() == before


def test_a_function_that_writes_into_its_images_does_no_harm():
    def blacken(images):
        images[:] = 0
        return images

    before = IMAGES.copy()
    assert not show_augmentation(blacken, IMAGES).variants.any()
    np.testing.assert_array_equal(IMAGES, before)


def test_crops_are_welcome():
    display = show_augmentation(layers.RandomCrop(5, 6), IMAGES, n=2)
    assert display.variants.shape == (3, 2, 5, 6, 3)


def test_images_on_another_scale_are_stretched_with_their_variants():
    display = show_augmentation(lambda images: images + 2, 4 * IMAGES - 2, n=1)
    span = 4 * (IMAGES.max() - IMAGES.min())
    np.testing.assert_allclose(display.variants[:, 0] - display.images, 2 / span, rtol=1e-4)


def test_brightness_on_the_wrong_scale_is_seen():
    augment = layers.RandomBrightness(0.5)  # made for 0-255
    assert "clipped" in show_augmentation(augment, IMAGES).figure_.get_suptitle()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"augment": None},
            "`augment` must be a Keras layer or a function of images; received None",
        ),
        ({"augment": layers.RandomFlip}, "`augment` must be a Keras layer or a function of images"),
        (
            {"augment": lambda images: None},
            r"`augment` must return images of shape \(3, height, wid",
        ),
        ({"augment": lambda images: images[:2]}, r"`augment` must return images .*\(2, 8, 8, 3\)"),
        ({"augment": lambda images: images[..., :1]}, "`augment` must return images"),
        ({"images": (IMAGES * 255).astype(np.uint8)}, "`images` must be floating-point"),
        ({"images": IMAGES[0]}, r"`images` must have shape \(n, height, width, channels\), n > 0"),
        ({"images": IMAGES[:0]}, r"n > 0"),
        ({"n": 0}, "`n` must be a whole number of at least 1"),
        ({"seed": -1}, "`seed` must be a whole number from 0"),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    with pytest.raises(KitError, match=message):
        show_augmentation(**{"augment": layers.RandomFlip(), "images": IMAGES, **change})


def test_variants_of_different_sizes_are_refused():
    sizes = iter(range(3, 9))
    with pytest.raises(KitError, match="must have rows of equal length"):
        show_augmentation(lambda images: images[:, : next(sizes)], IMAGES, n=3)
