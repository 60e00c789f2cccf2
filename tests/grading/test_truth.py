import numpy as np
import pytest

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.errors import KitError
from cnn_utils.grading.truth import Truth, rate_lenet, read_truth


def test_lenet_is_rated_as_keras_would():
    from cnn_utils import build_lenet, f1_score

    model = build_lenet()
    weights = model.get_weights()
    assert [w.shape for w in weights] == LENET_SHAPES
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (600, 28, 28), dtype=np.uint8)
    y_pred = model.predict(images[..., None] / np.float32(255), verbose=0).argmax(axis=1)
    labels = np.where(rng.random(600) < 0.8, y_pred, (y_pred + 1) % 10)
    accuracy, f1 = rate_lenet(weights, Truth((images, labels)))
    assert accuracy == pytest.approx(np.mean(labels == y_pred), abs=2e-3)
    assert f1 == pytest.approx(f1_score(labels, y_pred, n_classes=10), abs=5e-3)


def test_without_labels_nothing_is_rated():
    assert rate_lenet([], Truth()) is None
    assert Truth().shown(np.random.default_rng(0)) is None
    assert read_truth(None) == Truth()


def test_photographs_are_shown_in_a_new_order_each_time():
    truth = Truth(photos=np.zeros((10_000, 1, 1, 1), np.uint8))
    first, second = (truth.shown(np.random.default_rng()) for _ in range(2))
    assert len(set(first)) == 2_000
    assert not np.array_equal(first, second)


def test_labels_are_read_as_a_submission_is(tmp_path):
    from cnn_utils import export_submission

    export_submission(np.arange(10_000) % 10, tmp_path / "labels_CIFAR10.csv")
    assert read_truth(tmp_path).photo_labels[:3].tolist() == [0, 1, 2]


def test_a_folder_without_any_file_is_said(tmp_path):
    with pytest.raises(KitError, match=r"--labels .* must hold mnist.npz, .*; received none"):
        read_truth(tmp_path)
