import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.widgets.pages import PAGE_SIZE, ImagePages, as_predictions

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


ROWS = np.array([[0.25, 0.75], [0.6, 0.4]])


def test_one_hot_rows_are_labels_and_none_stays_none():
    labels, probabilities = as_predictions(np.eye(3)[[2, 0]], None, "predictions", 2)
    assert labels.tolist() == [2, 0]
    assert probabilities is None
    assert as_predictions(None, None, "predictions", 2) == (None, None)


def test_without_predictions_the_most_probable_classes_are_predicted():
    labels, probabilities = as_predictions(None, ROWS, "predictions", 2)
    assert labels.tolist() == [1, 0]
    assert probabilities is ROWS


def test_predictions_that_are_probabilities_serve_as_such():
    labels, probabilities = as_predictions(ROWS, None, "y_pred", 2)
    assert labels.tolist() == [1, 0]
    assert probabilities is ROWS


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_probabilities_may_have_any_precision(dtype):
    rows = ROWS.astype(dtype)
    assert as_predictions(None, rows, "predictions", 2)[1] is rows


@pytest.mark.parametrize("name", ["y_pred", "predictions"])
def test_logits_are_refused(name):
    message = f"`{name}` must be 2 rows of class probabilities that sum to one; .*, not logits"
    with pytest.raises(KitError, match=message):
        as_predictions(np.log(ROWS), None, name, 2)


def test_names_default_to_the_labels():
    assert ImagePages(IMAGES[:2], [0, 2]).class_names == ["0", "1", "2"]
    assert ImagePages(IMAGES[:2], [0, 0], [0, 1]).class_names == ["0", "1"]
    rows = np.eye(4)[:2]
    assert ImagePages(IMAGES[:2], [0, 2], probabilities=rows).class_names == ["0", "1", "2", "3"]


def test_every_class_needs_its_probability():
    with pytest.raises(KitError, match="one column for each of the 3 classes; received 2 columns"):
        ImagePages(IMAGES[:2], [0, 1], None, ROWS, ["cat", "dog", "frog"])
