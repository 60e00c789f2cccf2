"""cnn_utils.plots.images: which pixels are drawn, which captions, and how mistakes are set off."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots.images import (
    plot_class_examples,
    plot_class_means,
    plot_images,
)

BYTES = np.arange(6 * 4 * 4, dtype=np.uint8).reshape(6, 4, 4)
NAMES = ["cat", "dog", "frog"]


def drawn(display):
    return [np.asarray(image.get_array()) for image in display.images_]


def captions(display):
    return [text.get_text() for text in display.captions_]


def grid(display):
    """Count rows and columns: the places of the images' left upper corners."""
    lefts, _, _, tops = np.transpose([image.get_extent() for image in display.images_])
    return len(set(tops)), len(set(lefts))


@pytest.mark.parametrize(
    "images",
    [
        BYTES,
        BYTES / 255,
        (BYTES / 255).astype(np.float32),
        np.stack([BYTES] * 3, axis=-1),
        np.stack([BYTES / 255] * 3, axis=-1),
    ],
    ids=["uint8", "float64", "float32", "uint8 colour", "float colour"],
)
def test_images_are_drawn_as_they_are(images):
    np.testing.assert_array_equal(drawn(plot_images(images)), images)


def test_a_single_channel_is_no_axis():
    np.testing.assert_array_equal(drawn(plot_images(BYTES[..., None])), BYTES)


def test_lists_of_images_are_welcome():
    np.testing.assert_array_equal(drawn(plot_images(list(BYTES))), BYTES)


@pytest.mark.parametrize(("image", "white"), [(BYTES, 255), (BYTES / 255, 1.0)])
def test_black_is_0_and_white_is_the_full_value(image, white):
    assert plot_images(image).images_[0].get_clim() == (0, white)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            np.zeros((4, 4)),
            r"`images` must have shape \(n, height.* shape \(4, 4\).*images\[i:i \+",
        ),
        (np.zeros((8, 8, 1)), r"`images` must have .* shape \(8, 8, 1\).*images\[i:i \+"),
        (np.zeros((8, 8, 3)), r"`images` must have .* shape \(8, 8, 3\).*images\[i:i \+"),
        (np.zeros((2, 4, 4, 2)), r"`images` must have shape .* shape \(2, 4, 4, 2\)"),
        (np.zeros((0, 4, 4)), r"`images` must have shape .*n > 0; received .* shape \(0, 4, 4\)"),
        (
            np.full((1, 2, 2), 255.0),
            r"uint8 in 0-255 or float in 0-1; received float64 in 255",
        ),
        (np.full((1, 2, 2), -0.5), r"received float64 in -0\.5 to -0\.5.*divide by 255 once"),
        (np.full((1, 2, 2), np.nan), r"received float64 in nan to nan"),
        (np.full((1, 2, 2), np.nextafter(1, 2)), r"float64 in 1\.0000000000000002 to"),
        (np.full((1, 2, 2), 7), r"uint8 in 0-255 or float in 0-1; received int64 in 7 to 7"),
    ],
)
def test_what_cannot_be_shown_is_described(images, message):
    with pytest.raises(KitError, match=message):
        plot_images(images)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["", "", ""]),
        ({"labels": [2, 0, 1]}, ["2", "0", "1"]),
        ({"labels": [[2], [0], [1]], "class_names": NAMES}, ["frog", "cat", "dog"]),
        ({"labels": np.eye(3)[[2, 0, 1]], "class_names": NAMES}, ["frog", "cat", "dog"]),
        ({"predictions": [2, 0, 1], "class_names": NAMES}, ["frog", "cat", "dog"]),
    ],
)
def test_captions_name_the_classes(arguments, expected):
    assert captions(plot_images(BYTES[:3], **arguments)) == expected


def test_mistakes_are_set_off_by_cross_bold_type_and_colour():
    display = plot_images(BYTES[:3], labels=[2, 0, 1], predictions=[2, 1, 1], class_names=NAMES)
    assert captions(display) == ["✓ frog\n", "✗ dog\n(true cat)", "✓ dog\n"]
    assert [text.get_weight() for text in display.captions_] == ["normal", "bold", "normal"]
    right, wrong, also_right = (text.get_color() for text in display.captions_)
    assert right == also_right != wrong


def test_scores_are_accepted_as_predictions():
    display = plot_images(BYTES[:2], labels=[0, 1], predictions=[[0.9, 0.1], [0.8, 0.2]])
    assert captions(display) == ["✓ 0\n", "✗ 0\n(true 1)"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [0, 1]}, r"`labels` must hold one label per image, 6; received 2"),
        ({"predictions": [0] * 7}, r"`predictions` must hold one label per image, 6; received 7"),
        ({"labels": ["cat"] * 6}, r"`labels` must hold integer labels"),
        (
            {"labels": [0, 1, 2, 3, 0, 0], "class_names": NAMES},
            r"`labels` and `class_names` must fit together, .* labels from 0 to 3 and 3 names",
        ),
        ({"labels": [-1] * 6, "class_names": NAMES}, r"labels from -1 to -1 and 3 names"),
    ],
)
def test_labels_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(KitError, match=message):
        plot_images(BYTES, **arguments)


@pytest.mark.parametrize(
    ("n", "columns", "shape"), [(6, 4, (2, 4)), (6, 3, (2, 3)), (2, 8, (1, 2)), (1, 8, (1, 1))]
)
def test_the_grid_has_as_many_rows_as_needed(n, columns, shape):
    display = plot_images(BYTES[:n], columns=columns)
    assert len(display.images_) == n
    assert grid(display) == shape
    assert not display.ax_.axison


def test_given_axes_hold_all_images():
    _, ax = plt.subplots()
    assert {image.axes for image in plot_images(BYTES, ax=ax).images_} == {ax}


def test_a_caption_stands_below_its_image():
    display = plot_images(BYTES[:3], [0, 1, 2], columns=2)
    for image, caption in zip(display.images_, display.captions_, strict=True):
        left, right, bottom, _ = image.get_extent()
        x, y = caption.get_position()
        assert x == pytest.approx((left + right) / 2)
        assert bottom < y < bottom + 0.1  # inches from above


def test_alt_text_names_the_captions():
    display = plot_images(BYTES[:2], [0, 1], [0, 2], NAMES, title="Pets")
    assert display.alt_text_ == "Pets: 2 images: ✓ cat; ✗ frog (true dog)."
    assert display.ax_.get_title() == "Pets"
    assert plot_images(BYTES).alt_text_ == "Images: 6 images."


def test_examples_come_in_a_column_per_class_in_class_order():
    display = plot_class_examples(BYTES, [1, 0, 1, 0, 1, 0], ["cat", "dog"], n_per_class=2)
    np.testing.assert_array_equal(drawn(display), BYTES[[1, 0, 3, 2]])
    assert captions(display) == ["cat", "dog", "cat", "dog"]
    assert grid(display) == (2, 2)


def test_classes_without_an_image_have_no_column():
    display = plot_class_examples(BYTES[:4], [0, 2, 0, 2], NAMES, n_per_class=2)
    assert captions(display) == ["cat", "frog", "cat", "frog"]


def test_a_class_with_too_few_images_repeats_its_last():
    display = plot_class_examples(BYTES[:4], [0, 0, 0, 1], NAMES, n_per_class=3)
    np.testing.assert_array_equal(drawn(display), BYTES[[0, 3, 1, 3, 2, 3]])


def test_the_mean_of_a_class_is_its_average_picture():
    display = plot_class_means(BYTES, [0, 0, 2, 2, 2, 2], NAMES)
    expected = [BYTES[:2].mean(axis=0) / 255, BYTES[2:].mean(axis=0) / 255]
    np.testing.assert_allclose(drawn(display), expected, rtol=1e-6)
    assert captions(display) == ["cat", "frog"]


def test_the_mean_of_float_images_is_not_scaled_again():
    images = np.stack([np.full((2, 2), 0.25), np.full((2, 2), 0.75)])
    np.testing.assert_allclose(drawn(plot_class_means(images, [0, 0], ["grey"])), 0.5)


def test_the_mean_keeps_colours_apart():
    images = np.zeros((2, 2, 2, 3), np.uint8)
    images[0, ..., 0] = 255  # one red image, one black
    (mean,) = drawn(plot_class_means(images, [0, 0], ["red"]))
    np.testing.assert_allclose(mean[0, 0], [0.5, 0, 0])


@pytest.mark.parametrize("function", [plot_class_examples, plot_class_means])
def test_examples_and_means_need_one_label_per_image(function):
    message = r"`labels` must hold one label per image, 6; received 2"
    with pytest.raises(KitError, match=message):
        function(BYTES, [0, 1], NAMES)


@pytest.mark.parametrize("function", [plot_class_examples, plot_class_means])
def test_labels_that_all_lack_a_name_are_refused(function):
    with pytest.raises(KitError):
        function(BYTES, [7] * 6, NAMES)
