import numpy as np
import pytest

from cnn_utils import CheckFailed, check_training
from cnn_utils.checks.outcome import Mistake
from cnn_utils.checks.training import check_training_images, check_training_labels
from tests.checks.cases_training import data, trained

IMAGES = np.linspace(0, 1, 5 * 28 * 28, dtype=np.float32).reshape(5, 28, 28, 1)
LABELS = np.eye(10)[[0, 1, 2, 3, 4]]


def test_the_number_of_batches_shows_a_leak():
    x, y = data()
    # 480 images: 400 to learn from are 25 batches of 16, all of them 30.
    arguments = trained(validation_split=0.0, validation_data=(x[400:], y[400:]))
    with pytest.raises(CheckFailed) as caught:
        check_training(*arguments)
    assert str(caught.value).splitlines()[0] == (
        "✗ train-lenet: An epoch had 30 batches; expected 25. These are all of the images, "
        "including those for validation."
    )


def test_a_right_training_prints_its_accuracy(capsys):
    model, history, *rest = trained()
    check_training(model, history, *rest)
    accuracy = history.history["val_accuracy"][-1]
    printed = f"✓ train-lenet: 4 epochs; validation accuracy {accuracy:.4f}.\n"
    assert capsys.readouterr().out == printed


def name_of(check, *arguments):
    with pytest.raises(Mistake) as caught:
        check(*arguments)
    return caught.value.name


def test_right_images_and_labels_pass():
    check_training_images(IMAGES)
    check_training_images(IMAGES.astype(np.float16))
    check_training_labels(LABELS, 5)


def test_each_mistake_in_images_has_its_name():
    assert name_of(check_training_images, IMAGES[..., 0]) == "image-shape"
    assert name_of(check_training_images, 255 * IMAGES) == "not-scaled"
    assert name_of(check_training_images, IMAGES / 255) == "scaled-twice"
    assert name_of(check_training_images, IMAGES.astype(float)) == "float64"


def test_each_mistake_in_labels_has_its_name():
    assert name_of(check_training_labels, np.arange(5), 5) == "not-one-hot"
    assert name_of(check_training_labels, LABELS, 6) == "label-shape"
    assert name_of(check_training_labels, LABELS / 255, 5) == "labels-scaled"
