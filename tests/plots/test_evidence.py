"""cnn_utils.plots.evidence: which map is drawn where, and how mistakes are set off."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots import EvidenceDisplay, plot_evidence
from cnn_utils.plots.figure import WARNING_INK

IMAGES = np.linspace(0, 1, 3 * 2 * 2).reshape(3, 2, 2)
SALIENCY = np.full((3, 2, 2), 0.5)
CAMS = np.zeros((3, 2, 2))
CAMS[:2, 0, 0] = 1
SURE = np.array([[0.9, 0.1], [0.25, 0.75], [0.6, 0.4]])
NAMES = ["cat", "dog"]


def drawn(images):
    return [np.asarray(image.get_array()) for image in images]


def captions(display):
    return [text.get_text() for text in display.captions_]


def test_each_image_has_its_maps_below_it():
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE)
    np.testing.assert_array_equal(drawn(display.images_), IMAGES)
    np.testing.assert_array_equal(drawn(display.saliency_), SALIENCY)
    np.testing.assert_array_equal(drawn(display.cams_), CAMS)
    for kinds in zip(display.images_, display.saliency_, display.cams_, strict=True):
        lefts, _, _, tops = np.transpose([kind.get_extent() for kind in kinds])
        assert len(set(lefts)) == 1
        assert tops[0] < tops[1] < tops[2]  # inches from above


def test_maps_are_on_the_scale_from_0_to_1():
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE)
    assert {map_.get_clim() for map_ in display.saliency_ + display.cams_} == {(0, 1)}


def test_grad_cam_lies_over_a_grey_picture_and_covers_it_where_it_is_strong():
    colour = np.zeros((1, 2, 2, 3))
    colour[..., 1] = 1  # pure green has a brightness of 0.587
    display = plot_evidence(colour, SALIENCY[:1], CAMS[:1], SURE[:1])
    _, _, below, above = display.ax_.get_images()
    assert below.get_extent() == above.get_extent()
    np.testing.assert_allclose(below.get_array(), 0.587)
    np.testing.assert_allclose(above.get_alpha(), [[0.8, 0], [0, 0]])


def test_a_map_of_zeros_is_put_into_words():
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE)
    (words,) = [text for text in display.ax_.texts if "no region" in text.get_text()]
    assert words.get_text() == "no region\nspeaks for it"
    left, right, bottom, top = display.cams_[2].get_extent()
    np.testing.assert_allclose(words.get_position(), [(left + right) / 2, (bottom + top) / 2])


def test_without_grad_cam_there_are_two_rows():
    display = plot_evidence(IMAGES, SALIENCY, None, SURE)
    assert len(display.ax_.get_images()) == 6
    assert display.cams_ == []
    assert "3 images with saliency: 0 90%" in display.alt_text_


def test_captions_tell_prediction_probability_and_mistake():
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE, [0, 0, 0], NAMES)
    assert captions(display) == ["✓ cat 90%\n", "✗ dog 75%\n(true cat)", "✓ cat 60%\n"]
    assert [text.get_weight() for text in display.captions_] == ["normal", "bold", "normal"]
    assert [text.get_color() == WARNING_INK for text in display.captions_] == [False, True, False]


def test_without_true_classes_the_prediction_stands_alone():
    assert captions(plot_evidence(IMAGES, SALIENCY, CAMS, SURE)) == ["0 90%", "1 75%", "0 60%"]


def test_without_mistakes_no_line_is_kept_for_them():
    display = plot_evidence(IMAGES[:1], SALIENCY[:1], CAMS[:1], SURE[:1], [0])
    assert captions(display) == ["✓ 0 90%"]


def test_more_images_than_columns_follow_in_a_band_below():
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE, columns=2)
    left, _, _, top = display.images_[2].get_extent()
    assert left == display.images_[0].get_extent()[0]
    assert top > display.cams_[0].get_extent()[2]


def test_rows_are_named_at_the_left():
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE)
    left, *_ = display.images_[0].get_extent()
    named = [text for text in display.ax_.texts if text.get_position()[0] < left]
    assert [text.get_text().split("\n")[0] for text in named] == ["image", "saliency", "Grad-CAM"]


def test_alt_text_names_the_captions():
    display = plot_evidence(
        IMAGES[:2], SALIENCY[:2], CAMS[:2], SURE[:2], [0, 0], NAMES, title="Why"
    )
    assert display.alt_text_ == (
        "Why: 2 images with saliency and Grad-CAM: ✓ cat 90%; ✗ dog 75% (true cat)."
    )
    assert display.figure_.get_suptitle() == "Why"


def test_given_axes_hold_all_of_it():
    _, ax = plt.subplots()
    display = plot_evidence(IMAGES, SALIENCY, CAMS, SURE, ax=ax)
    assert {image.axes for image in display.images_ + display.cams_} == {ax}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": IMAGES * 2}, "`images` must be uint8 in 0-255 or float in 0-1"),
        ({"saliency": SALIENCY[:2]}, r"`saliency` must have shape \(3, 2, 2\), float in 0-1"),
        ({"saliency": SALIENCY * 3}, "`saliency` must have shape"),
        ({"cams": CAMS - 1}, "`cams` must have shape"),
        ({"cams": np.full((3, 2, 2), np.nan)}, "`cams` must have shape"),
        ({"probabilities": SURE[:2]}, r"`probabilities` must have shape \(3, n_classes\)"),
        ({"probabilities": SURE * 2}, r"`probabilities` must have shape"),
        ({"probabilities": SURE[0]}, r"`probabilities` must have shape"),
        ({"y_true": [0, 1]}, "`y_true` must hold one label per image, 3; received 2"),
        ({"y_true": [0, 1, 2]}, r"`y_true` must lie in 0\.\.1; received labels from 0 to 2"),
        ({"class_names": ["cat"]}, "`class_names` must name each of the 2 classes; received 1"),
        ({"columns": 0}, "`columns` must be a whole number"),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    arguments = {"images": IMAGES, "saliency": SALIENCY, "cams": CAMS, "probabilities": SURE}
    with pytest.raises(KitError, match=message):
        plot_evidence(**{**arguments, **change})


def test_captions_are_counted():
    with pytest.raises(KitError, match="`captions` must hold one text per image; received 1 cap"):
        EvidenceDisplay(IMAGES, SALIENCY, captions=["a"])
