import struct

import numpy as np
import pytest

from cnn_utils import ConfusionMatrixExplorer, ImageBrowser
from cnn_utils.widgets.static import detail_figure, img_tag, to_png


def size(png):
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((28, 28), (84, 84)), ((32, 32, 3), (96, 96)), ((200, 100), (100, 200))],
)
def test_images_are_enlarged_by_whole_numbers(shape, expected):
    assert size(to_png(np.zeros(shape, np.uint8), height=96)) == expected


def test_float_images_are_encoded_as_the_bytes_they_stand_for():
    bright = np.full((4, 4), 200, np.uint8)
    assert to_png(bright / 255, height=8) == to_png(bright, height=8)


def test_the_enlarged_image_stands_beside_its_probabilities():
    image = np.zeros((4, 4, 3), np.uint8)
    figure = detail_figure(image, np.array([0.25, 0.75]), ["cat", "dog"], "image 3: ✓ dog 75%")
    picture, bars = figure.axes
    assert picture.images[0].get_array().shape == (4, 4, 3)
    assert [bar.get_width() for bar in bars.patches] == [0.25, 0.75]
    assert [label.get_text() for label in bars.texts] == ["25.0%", "75.0%"]
    assert figure.get_suptitle() == "image 3: ✓ dog 75%"


def test_without_probabilities_there_are_no_bars():
    figure = detail_figure(np.zeros((4, 4), np.uint8), None, ["cat"], "image 0: cat")
    assert not figure.axes[1].get_visible()


def test_a_picture_carries_its_words_safely():
    tag = img_tag(b"png", 'a "cat" <b>', width="96px")
    assert 'src="data:image/png;base64,cG5n"' in tag
    assert 'alt="a &quot;cat&quot; &lt;b&gt;"' in tag


def parts(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def test_outside_a_notebook_the_text_says_what_is_shown():
    browser = ImageBrowser(np.zeros((2, 2, 2), np.uint8), [0, 1])
    told = "Image browser, page 1 of 1, 2 of 2 images: 0; 1"
    assert repr(browser) == f"<ImageBrowser: {told}>"


def test_all_parts_are_core_widgets_that_every_front_end_knows():
    images, labels = np.zeros((4, 2, 2), np.uint8), [0, 1, 0, 1]
    browser = ImageBrowser(images, labels, class_names=["cat", "dog"])
    explorer = ConfusionMatrixExplorer(labels, [0, 1, 1, 1], images, ["cat", "dog"])
    modules = {part._view_module for widget in (browser, explorer) for part in parts(widget)}
    assert modules <= {"@jupyter-widgets/base", "@jupyter-widgets/controls"}
