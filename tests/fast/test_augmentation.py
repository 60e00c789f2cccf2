"""cnn_utils.fast.augmentation: small images whose every variant can be written down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_utils.errors import KitError
from cnn_utils.fast.augmentation import Augmentation

# 0 1 2
# 3 4 5
# 6 7 8
NINE = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
MANY = np.repeat(NINE, 400, axis=0)


def rows(image):
    return image[..., 0].tolist()


def kinds(images):
    """Return the different images, as tuples of their pixels."""
    return {tuple(image.ravel().tolist()) for image in images}


def test_with_everything_off_the_images_stay():
    variants = Augmentation(flip=False, shift=0)(MANY)
    np.testing.assert_array_equal(variants, MANY)


def test_about_every_other_image_is_mirrored_left_to_right():
    variants = Augmentation(flip=True, shift=0)(MANY)
    mirrored = [rows(image) == [[2, 1, 0], [5, 4, 3], [8, 7, 6]] for image in variants]
    assert kinds(variants) == {tuple(range(9)), (2, 1, 0, 5, 4, 3, 8, 7, 6)}
    assert 160 < sum(mirrored) < 240  # 200 expected; 4 standard deviations of sqrt(400) / 2 = 10


def test_a_shift_by_one_has_nine_variants_with_the_border_reflected():
    """Reflection at the border: the row above 0 1 2 is 3 4 5, left of column 0 comes column 1."""
    padded = np.array(
        [
            [4, 3, 4, 5, 4],
            [1, 0, 1, 2, 1],
            [4, 3, 4, 5, 4],
            [7, 6, 7, 8, 7],
            [4, 3, 4, 5, 4],
        ]
    )
    expected = {
        tuple(padded[down : down + 3, right : right + 3].ravel().tolist())
        for down in range(3)
        for right in range(3)
    }
    variants = Augmentation(flip=False, shift=1)(MANY)
    assert len(expected) == 9
    assert kinds(variants) == expected


def test_colours_are_shifted_together():
    colour = np.concatenate([MANY, MANY + 100], axis=3)
    variants = Augmentation(flip=True, shift=2)(colour)
    np.testing.assert_array_equal(variants[..., 1], variants[..., 0] + 100)


def test_each_call_draws_anew_and_a_seed_repeats_all_calls():
    one, same, other = (Augmentation(seed=seed) for seed in (1, 1, 2))
    first = one(MANY)
    np.testing.assert_array_equal(first, same(MANY))
    assert (first != other(MANY)).any()
    second = one(MANY)
    assert (first != second).any()
    np.testing.assert_array_equal(second, same(MANY))


def test_the_images_given_are_not_changed():
    images = MANY.copy()
    Augmentation(flip=True, shift=2)(images)
    np.testing.assert_array_equal(images, MANY)


@given(
    height=st.integers(3, 6),
    width=st.integers(3, 6),
    channels=st.integers(1, 3),
    flip=st.booleans(),
    shift=st.integers(0, 2),
    dtype=st.sampled_from(["uint8", "float32"]),
)
def test_shape_type_and_range_are_kept(height, width, channels, flip, shift, dtype):
    images = np.random.default_rng(0).integers(50, 200, (4, height, width, channels)).astype(dtype)
    variants = Augmentation(flip, shift)(images)
    assert (variants.shape, variants.dtype) == (images.shape, images.dtype)
    assert variants.flags.c_contiguous
    assert images.min() <= variants.min() <= variants.max() <= images.max()


def test_it_says_what_it_does():
    assert repr(Augmentation(shift=4)) == "Augmentation(flip=True, shift=4)"


@pytest.mark.parametrize("images", [NINE[0], MANY[:, :2], MANY[:, :, :2]])
def test_images_must_be_larger_than_the_shift(images):
    message = (
        r"`images` must have shape \(n, height, width, channels\), more than 2 pixels each way; "
        r"received an array of shape"
    )
    with pytest.raises(KitError, match=message):
        Augmentation(shift=2)(images)
