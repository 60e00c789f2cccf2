import numpy as np
import pytest

from cnn_utils.checks.outcome import Mistake
from cnn_utils.checks.training_data import check_images, check_labels

IMAGES = np.linspace(0, 1, 5 * 28 * 28, dtype=np.float32).reshape(5, 28, 28, 1)
LABELS = np.eye(10)[[0, 1, 2, 3, 4]]


def name_of(check, *arguments):
    with pytest.raises(Mistake) as caught:
        check(*arguments)
    return caught.value.name


def test_what_is_right_passes():
    check_images(IMAGES)
    check_images(IMAGES.astype(np.float16))
    check_labels(LABELS, 5)


def test_images_that_are_not_are_named():
    assert name_of(check_images, IMAGES[..., 0]) == "image-shape"
    assert name_of(check_images, 255 * IMAGES) == "not-scaled"
    assert name_of(check_images, IMAGES / 255) == "scaled-twice"
    assert name_of(check_images, IMAGES.astype(float)) == "float64"


def test_labels_that_are_not_are_named():
    assert name_of(check_labels, np.arange(5), 5) == "not-one-hot"
    assert name_of(check_labels, LABELS, 6) == "label-shape"
    assert name_of(check_labels, LABELS / 255, 5) == "labels-scaled"
