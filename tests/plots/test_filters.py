"""cnn_utils.plots.filters: one symmetric scale, weight zero in the middle of it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots import FiltersDisplay, plot_filters

GREY = np.array([[[0.5, -0.25]], [[0.0, 0.1]]], dtype=np.float32)[..., None]
COLOUR = np.zeros((1, 1, 2, 3))
COLOUR[0, 0, 0, 0] = 2  # red at its most positive
COLOUR[0, 0, 1] = -1  # halfway from grey to black


def test_grey_kernels_are_drawn_as_weights_on_a_scale_symmetric_about_zero():
    display = plot_filters(GREY)
    drawn = [np.asarray(image.get_array()) for image in display.images_]
    np.testing.assert_array_equal(drawn, GREY[..., 0])
    assert {image.get_clim() for image in display.images_} == {(-0.5, 0.5)}
    assert display.colorbar_.ax.get_ylabel() == "weight"


def test_in_colour_mid_grey_is_weight_zero():
    display = plot_filters(COLOUR)
    (drawn,) = [np.asarray(image.get_array()) for image in display.images_]
    np.testing.assert_allclose(drawn, [[[1, 0.5, 0.5], [0.25, 0.25, 0.25]]])
    assert display.colorbar_ is None
    assert "weights from -2 to 2; mid-grey is weight 0" in display.figure_.get_suptitle()


def test_kernels_of_zeros_are_drawn():
    assert plot_filters(np.zeros((2, 3, 3, 1))).images_[0].get_clim() == (-1, 1)
    drawn = plot_filters(np.zeros((2, 3, 3, 3))).images_[0].get_array()
    np.testing.assert_array_equal(drawn, 0.5)


@pytest.mark.parametrize(
    ("n", "columns", "shape"), [(10, 8, (2, 8)), (3, 8, (1, 3)), (4, 2, (2, 2))]
)
def test_kernels_are_numbered_in_rows(n, columns, shape):
    display = plot_filters(np.ones((n, 3, 3, 1)), columns=columns)
    lefts, _, _, tops = np.transpose([image.get_extent() for image in display.images_])
    assert (len(set(tops)), len(set(lefts))) == shape
    assert [text.get_text() for text in display.ax_.texts] == [str(i) for i in range(n)]


def test_title_and_alt_text():
    display = plot_filters(GREY, title="Filters of conv2d")
    assert display.figure_.get_suptitle() == "Filters of conv2d"
    assert display.alt_text_ == (
        "Filters of conv2d: 2 filters of 1x2 pixels, weights from -0.5 to 0.5,"
        " blue negative, red positive."
    )
    assert "in colour, mid-grey is zero" in plot_filters(COLOUR).alt_text_


def test_given_axes_hold_all_kernels():
    _, ax = plt.subplots()
    assert {image.axes for image in FiltersDisplay(GREY).plot(ax=ax).images_} == {ax}


@pytest.mark.parametrize(
    "kernels",
    [
        np.zeros((3, 3)),
        np.zeros((2, 3, 3, 2)),
        np.zeros((0, 3, 3, 1)),
        np.zeros((2, 3, 3, 1), int),
        np.full((1, 2, 2, 1), np.nan),
    ],
    ids=["two axes", "two channels", "none", "integers", "NaN"],
)
def test_what_is_no_kernel_is_described(kernels):
    with pytest.raises(KitError, match=r"`kernels` must be finite weights of shape \(n, height"):
        plot_filters(kernels)


def test_columns_are_counted():
    with pytest.raises(KitError, match="`columns` must be a whole number of at least 1"):
        plot_filters(GREY, columns=0)
