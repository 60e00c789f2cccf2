import numpy as np

from cnn_utils.data.dataset import CIFAR10_CLASSES, Dataset

ARRAYS = {"X_train": np.zeros((3, 28, 28), np.uint8), "y_train": np.array([0, 4, 9])}


def test_it_is_the_dict_the_assignment_expects():
    data = Dataset("MNIST", "official", ARRAYS, "0123456789")
    assert isinstance(data, dict)
    assert list(data) == ["X_train", "y_train"]
    assert data["y_train"] is ARRAYS["y_train"]


def test_its_text_shows_shapes_types_ranges_and_the_source():
    text = repr(Dataset("MNIST", "official", ARRAYS, "0123456789", path="mnist.npz"))
    assert text.splitlines() == [
        "MNIST (mnist.npz)",
        "  X_train  (3, 28, 28)          uint8  0 to 0",
        "  y_train  (3,)                 int64  0 to 9",
    ]
    assert "stand-in" in repr(Dataset("MNIST", "sample", ARRAYS, "0123456789"))


def test_class_names_stand_in_the_order_of_the_labels():
    assert CIFAR10_CLASSES[3] == "cat"
    assert CIFAR10_CLASSES[5] == "dog"
    assert len(set(CIFAR10_CLASSES)) == 10
