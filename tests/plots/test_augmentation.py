"""cnn_utils.plots.augmentation: originals first, one scale, clipped values counted."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots import plot_augmentation

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
    assert display.figure_.get_suptitle() == (
        "Augmentation\n16.7% of the values, beyond black or white, are clipped"
    )


def test_rounding_is_not_counted_as_clipping():
    display = plot_augmentation(IMAGES, VARIANTS + 1e-6)
    assert display.clipped_ == 0
    assert display.figure_.get_suptitle() == "Augmentation"


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


@pytest.mark.parametrize(
    "variants",
    [VARIANTS[:1], VARIANTS[:, 0], VARIANTS[:, :0], np.zeros((2, 3, 4, 4, 3))],
    ids=["too few", "no variants' axis", "none", "colour for grey"],
)
def test_variants_that_do_not_fit_are_described(variants):
    with pytest.raises(
        KitError, match=r"`variants` must have shape \(2, n_variants, height, width, 1\); rec"
    ):
        plot_augmentation(IMAGES, variants)
