"""cnn_utils.plots.augmentation: originals first, the variants that training gets, one scale."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.plots.augmentation import plot_augmentation, show_augmentation

IMAGES = np.linspace(0, 1, 2 * 4 * 4).reshape(2, 4, 4, 1)
VARIANTS = np.stack([IMAGES[:, ::-1], IMAGES[:, :, ::-1], 1 - IMAGES], axis=1)


def drawn(display):
    return [np.asarray(image.get_array()) for image in display.images_]


def test_each_row_is_an_original_followed_by_its_variants():
    display = plot_augmentation(IMAGES, VARIANTS)
    expected = [IMAGES[0], *VARIANTS[0], IMAGES[1], *VARIANTS[1]]
    np.testing.assert_allclose(drawn(display), np.stack(expected)[..., 0])
    lefts, _, _, tops = np.transpose([image.get_extent() for image in display.images_])
    assert len(set(lefts)) == 4
    assert len(set(tops)) == 2
    assert [text.get_text() for text in display.ax_.texts] == ["original", "1", "2", "3"]


@pytest.mark.parametrize(("images", "white"), [(IMAGES, 1), ((IMAGES * 255).astype("uint8"), 255)])
def test_black_is_0_and_white_is_the_full_value(images, white):
    display = plot_augmentation(images, images[:, None])
    assert {image.get_clim() for image in display.images_} == {(0, white)}


def test_colour_images_and_crops_are_welcome():
    images = np.zeros((2, 4, 4, 3))
    display = plot_augmentation(images, np.ones((2, 5, 3, 3, 3)))
    assert drawn(display)[1].shape == (3, 3, 3)
    assert len(display.images_) == 12


def test_values_beyond_black_and_white_are_clipped_and_counted():
    variants = VARIANTS.copy()
    variants[0, 0] = 2
    display = plot_augmentation(IMAGES, variants)
    assert display.clipped_ == 1 / 6  # one of six variants
    np.testing.assert_array_equal(drawn(display)[1], 1)
    assert display.ax_.get_title() == (
        "Augmentation\n16.7% of the values, beyond black or white, are clipped"
    )


def test_rounding_is_not_counted_as_clipping():
    display = plot_augmentation(IMAGES, VARIANTS + 1e-6)
    assert display.clipped_ == 0
    assert display.ax_.get_title() == "Augmentation"


def test_alt_text_tells_the_grid():
    text = plot_augmentation(IMAGES, VARIANTS, title="Flips").alt_text_
    assert text == "Flips: 2 images, each followed by 3 variants."
    text = plot_augmentation(IMAGES[:1], VARIANTS[:1] + 5).alt_text_
    assert text == (
        "Augmentation: 1 image, each followed by 3 variants;"
        " 100.0% of the values, beyond black or white, are clipped."
    )


def test_given_axes_hold_all_pictures():
    _, ax = plt.subplots()
    assert {image.axes for image in plot_augmentation(IMAGES, VARIANTS, ax=ax).images_} == {ax}


PHOTOS = np.random.default_rng(458).random((3, 8, 8, 3), dtype=np.float32)


def random_layers():
    return keras.Sequential([layers.RandomFlip(), layers.RandomTranslation(0.2, 0.2)])


def states(layer):
    return [np.asarray(variable).copy() for variable in layer.variables]


def test_variants_are_what_the_function_returns():
    display = show_augmentation(lambda images: images[:, :, ::-1], PHOTOS, n=2)
    np.testing.assert_array_equal(display.images, PHOTOS)
    np.testing.assert_allclose(display.variants, np.stack([PHOTOS[:, :, ::-1]] * 2, axis=1))


def test_layers_are_called_as_in_training():
    variants = show_augmentation(layers.RandomFlip("horizontal"), PHOTOS, n=8).variants
    same = [
        (variant == image).all()
        for image, row in zip(PHOTOS, variants, strict=True)
        for variant in row
    ]
    flipped = [
        (variant == image[:, ::-1]).all()
        for image, row in zip(PHOTOS, variants, strict=True)
        for variant in row
    ]
    assert all(np.logical_xor(same, flipped))
    assert any(same)
    assert any(flipped)


@pytest.mark.parametrize("make", [random_layers, lambda: layers.RandomRotation(0.2)])
def test_a_seed_gives_the_same_variants_again(make):
    augment = make()
    first, again = (show_augmentation(augment, PHOTOS, seed=3).variants for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, show_augmentation(make(), PHOTOS, seed=3).variants)
    assert not np.allclose(first, show_augmentation(augment, PHOTOS, seed=4).variants)
    assert not np.allclose(first[:, 0], first[:, 1])


def test_generators_are_as_before():
    augment = random_layers()
    augment(PHOTOS, training=True)
    before = states(augment)
    show_augmentation(augment, PHOTOS)
    np.testing.assert_equal(states(augment), before)


def test_generators_are_as_before_a_failure():
    augment = keras.Sequential([layers.RandomFlip(), layers.Conv2D(1, 1)])  # loses the colours
    augment(PHOTOS, training=True)
    before = states(augment)
    with pytest.raises(KitError, match="`augment` must return images"):
        show_augmentation(augment, PHOTOS)
    np.testing.assert_equal(states(augment), before)


def test_a_function_that_writes_into_its_images_does_no_harm():
    def blacken(images):
        images[:] = 0
        return images

    before = PHOTOS.copy()
    assert not show_augmentation(blacken, PHOTOS).variants.any()
    np.testing.assert_array_equal(PHOTOS, before)


def test_crops_are_welcome():
    display = show_augmentation(layers.RandomCrop(5, 6), PHOTOS, n=2)
    assert display.variants.shape == (3, 2, 5, 6, 3)


def test_images_on_another_scale_are_stretched_with_their_variants():
    display = show_augmentation(lambda images: images + 2, 4 * PHOTOS - 2, n=1)
    span = 4 * (PHOTOS.max() - PHOTOS.min())
    np.testing.assert_allclose(display.variants[:, 0] - display.images, 2 / span, rtol=1e-4)


def test_brightness_on_the_wrong_scale_is_seen():
    augment = layers.RandomBrightness(0.5)  # made for 0-255
    assert "clipped" in show_augmentation(augment, PHOTOS).ax_.get_title()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"augment": lambda images: None},
            r"`augment` must return images of shape \(3, height, wid",
        ),
        ({"augment": lambda images: images[:2]}, r"`augment` must return images .*\(2, 8, 8, 3\)"),
        ({"augment": lambda images: images[..., :1]}, "`augment` must return images"),
        ({"images": (PHOTOS * 255).astype(np.uint8)}, "`images` must be floating-point"),
        ({"images": PHOTOS[0]}, r"`images` must have shape \(n, height, width, channels\); rec"),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    with pytest.raises(KitError, match=message):
        show_augmentation(**{"augment": layers.RandomFlip(), "images": PHOTOS, **change})
