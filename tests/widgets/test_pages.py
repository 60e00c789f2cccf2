import numpy as np
import pytest

from cnn_utils.widgets.pages import PAGE_SIZE, ImagePages

N = PAGE_SIZE + 2
IMAGES = np.zeros((N, 4, 4), np.uint8)
LABELS = np.zeros(N, int)


@pytest.fixture
def pages():
    return ImagePages(IMAGES, LABELS, class_names=["cat"])


def test_a_selection_starts_at_its_first_page(pages):
    pages.page = 1
    assert pages.shown().tolist() == [PAGE_SIZE, PAGE_SIZE + 1]
    pages.select([5, 3])
    assert pages.page == 0
    assert pages.shown().tolist() == [5, 3]
    assert pages.status() == "page 1 of 1, 2 of 22 images"


def test_an_empty_selection_has_one_empty_page(pages):
    pages.select([])
    assert pages.n_pages == 1
    assert pages.shown().tolist() == []
    assert pages._before.disabled
    assert pages._after.disabled


def test_the_surest_come_first():
    rows = np.array([[0.6, 0.4], [0.1, 0.9], [0.7, 0.3]])
    pages = ImagePages(IMAGES[:3], [0, 1, 1], probabilities=rows)
    assert pages.by_confidence(np.arange(3)).tolist() == [1, 2, 0]


def test_without_probabilities_the_order_stays(pages):
    assert pages.by_confidence(np.array([4, 1])).tolist() == [4, 1]


def test_an_enlarged_image_need_not_be_selected(pages):
    pages.select([5, 3])
    pages.chosen = 7
    assert 'alt="image 7: cat"' in pages._detail.value
    assert pages.page == 0


def test_the_focus_can_be_seen_on_any_colour(pages):
    assert "cnn-utils" in pages._dom_classes
    assert ":focus-visible" in pages.children[-1].value


def test_its_text_is_always_the_same(pages):
    assert repr(pages) == "ImagePages(22 images, page 1 of 2, 22 of 22 images)"
