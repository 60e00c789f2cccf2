"""cnn_utils.plots.tiles: where a picture lies on the sheet, and where the words beside it stand."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.plots.filters import plot_filters
from cnn_utils.plots.images import plot_images
from cnn_utils.plots.tiles import Sheet, draw_text


@pytest.fixture
def sheet():
    _, ax = plt.subplots()
    return Sheet(ax, 6, 3)


def test_the_sheet_is_measured_in_inches_from_its_upper_left_corner(sheet):
    assert sheet.ax_.get_xlim() == (0, 6)
    assert sheet.ax_.get_ylim() == (3, 0)


def test_a_square_picture_fills_its_place(sheet):
    # Middle at (2, 1), side 1: left, right, bottom, top.
    image = sheet.draw_image(np.zeros((4, 4)), 2, 1, 1)
    assert tuple(image.get_extent()) == (1.5, 2.5, 1.5, 0.5)


def test_of_an_oblong_picture_the_longer_side_counts(sheet):
    wide, high = np.zeros((4, 8)), np.zeros((8, 4, 3))
    assert tuple(sheet.draw_image(wide, 2, 1, 2).get_extent()) == (1, 3, 1.5, 0.5)
    assert tuple(sheet.draw_image(high, 2, 1, 2).get_extent()) == (1.5, 2.5, 2, 0)


def test_pictures_leave_the_sheet_as_it_is(sheet):
    sheet.draw_image(np.zeros((4, 4)), 2, 1, 1)
    assert sheet.ax_.get_xlim() == (0, 6)
    assert sheet.ax_.get_aspect() == 1


def test_a_frame_lies_around_the_picture(sheet):
    sheet.draw_image(np.zeros((4, 4)), 2, 1, 1)
    (frame,) = sheet.ax_.patches
    assert frame.get_bbox().extents.tolist() == [1.5, 0.5, 2.5, 1.5]
    assert not frame.get_fill()


@pytest.mark.parametrize(
    ("side", "place"),
    [("above", (2, 0.47)), ("below", (2, 1.53)), ("left", (1.47, 1))],
)
def test_words_stand_beside_the_picture(sheet, side, place):
    image = sheet.draw_image(np.zeros((4, 4)), 2, 1, 1)
    text = draw_text(image, side, "cat", color="red")
    np.testing.assert_allclose(text.get_position(), place)
    assert (text.get_text(), text.get_color()) == ("cat", "red")


def test_on_given_axes_the_title_is_theirs():
    figure, (left, right) = plt.subplots(1, 2)
    plot_images(np.zeros((2, 4, 4)), ax=left, title="Zeros")
    plot_filters(np.ones((2, 3, 3, 1)), ax=right, title="Ones")
    assert (left.get_title(), right.get_title()) == ("Zeros", "Ones")
    assert figure.get_suptitle() == ""
