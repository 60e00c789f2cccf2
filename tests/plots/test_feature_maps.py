"""cnn_utils.plots.feature_maps: the image, its maps, one scale, and what is left out."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots import plot_feature_maps

IMAGE = np.arange(16).reshape(4, 4) / 16
MAPS = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5) - 4


def test_the_image_and_the_maps_are_drawn_as_they_are():
    display = plot_feature_maps(IMAGE, MAPS)
    np.testing.assert_array_equal(display.image_.get_array(), IMAGE)
    drawn = [np.asarray(image.get_array()) for image in display.maps_]
    np.testing.assert_array_equal(drawn, np.moveaxis(MAPS, -1, 0))
    assert [text.get_text() for text in display.ax_.texts] == ["image", *"01234"]


def test_all_maps_share_the_scale_of_the_maps_shown():
    display = plot_feature_maps(IMAGE, MAPS, n=2)
    assert {image.get_clim() for image in display.maps_} == {(-4, MAPS[..., :2].max())}
    assert display.colorbar_.ax.get_ylabel() == "response"


def test_the_title_says_how_many_maps_are_left_out():
    display = plot_feature_maps(IMAGE, np.zeros((2, 2, 40)))
    assert len(display.maps_) == 32
    assert display.figure_.get_suptitle() == "Feature maps\n32 of 40 maps of 2x2, 8 left out"
    assert plot_feature_maps(IMAGE, MAPS).figure_.get_suptitle() == "Feature maps\n5 maps of 2x3"


@pytest.mark.parametrize("n", [1, 3, 9, 17])
def test_every_map_has_a_place_beside_the_image(n):
    display = plot_feature_maps(IMAGE, np.zeros((2, 2, n)))
    places = [tuple(image.get_extent()) for image in display.maps_]
    assert len(set(places)) == n
    _, right, _, _ = display.image_.get_extent()
    assert all(left > right for left, *_ in places)


def test_alt_text_tells_the_scale():
    assert plot_feature_maps(IMAGE, MAPS, n=2, title="First layer").alt_text_ == (
        "First layer: an image beside 2 of 5 maps of 2x3, 3 left out;"
        " responses from -4 to 22, bright is large."
    )


def test_given_axes_hold_the_image_and_the_maps():
    _, ax = plt.subplots()
    display = plot_feature_maps(IMAGE, MAPS, n=2, ax=ax)
    assert {image.axes for image in [display.image_, *display.maps_]} == {ax}


@pytest.mark.parametrize(
    ("image", "maps", "message"),
    [
        (IMAGE * 255, MAPS, r"`images` must be uint8 in 0-255 or float in 0-1"),
        (IMAGE, MAPS[0], r"`maps` must be finite numbers of shape \(height, width, n_maps\)"),
        (IMAGE, MAPS[..., :0], r"`maps` must be finite numbers"),
        (IMAGE, MAPS.astype(int), r"`maps` must be finite numbers"),
        (IMAGE, MAPS + np.inf, r"`maps` must be finite numbers"),
    ],
)
def test_what_cannot_be_drawn_is_described(image, maps, message):
    with pytest.raises(KitError, match=message):
        plot_feature_maps(image, maps)


@pytest.mark.parametrize("option", ["n", "columns"])
def test_counts_are_checked(option):
    with pytest.raises(KitError, match=f"`{option}` must be a whole number of at least 1"):
        plot_feature_maps(IMAGE, MAPS, **{option: 0})
