import shutil

import numpy as np
import pytest

from cnn_utils.data import data_source, loaders, locations, sample
from cnn_utils.data.loaders import CIFAR10_CLASSES, Dataset
from cnn_utils.errors import DataError
from tests.data.small_files import write_cifar10, write_mnist


@pytest.fixture(autouse=True)
def no_files_but_those_of_the_test(tmp_path, monkeypatch):
    """Look only into the test's own folder."""
    monkeypatch.delenv("CNN_UTILS_SOURCE")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(locations, "data_folders", lambda: [tmp_path])
    monkeypatch.setattr(locations, "downloads_folder", lambda: tmp_path / "downloads")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))


def test_the_file_in_the_folder_is_taken(tmp_path, capsys):
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    data = loaders.load_cifar10()
    assert (data.source, data.class_names) == ("official", CIFAR10_CLASSES)
    assert data["y_train"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert "CIFAR-10 from" in capsys.readouterr().out
    assert data_source.sources()["CIFAR-10"] == "official"


def test_verbose_0_prints_nothing_about_real_data(tmp_path, capsys, monkeypatch):
    write_mnist(tmp_path / "mnist.npz")
    monkeypatch.setattr(loaders.originals, "is_original_mnist", lambda arrays: True)
    data = loaders.load_mnist(verbose=0)
    assert data.source == "official"
    assert capsys.readouterr().out == ""


def test_another_mnist_is_not_announced_as_mnist(tmp_path, capsys):
    write_mnist(tmp_path / "mnist.npz")
    data = loaders.load_mnist(verbose=0)
    assert data.source == data_source.sources()["MNIST"] == "other"
    assert "holds other images or labels than the original MNIST" in capsys.readouterr().out
    assert repr(data).splitlines()[0].endswith("mnist.npz, not the original)")


def test_without_a_file_the_sample_is_loaded_and_announced(capsys):
    data = loaders.load_mnist(verbose=0)
    assert data.source == "sample"
    assert data["X_train"].shape == (50000, 28, 28)
    message = capsys.readouterr().out
    assert message.startswith("NOTE: This is a drawn sample, not MNIST")
    assert "put mnist.npz into the notebook's folder" in message
    assert data_source.sample_note() == "drawn sample, not MNIST"


def test_the_sample_can_be_chosen_although_the_file_exists(tmp_path, monkeypatch):
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    assert loaders.cifar10_path(source="sample") == sample.cifar10_file()
    monkeypatch.setenv("CNN_UTILS_SOURCE", "sample")
    assert loaders.cifar10_path() == sample.cifar10_file()


def test_a_copied_sample_file_is_still_a_sample(tmp_path):
    """The file itself is marked: renaming does not make it CIFAR-10."""
    shutil.copy(sample.cifar10_file(), tmp_path / "student_dataset_CIFAR10.h5")
    assert loaders.load_cifar10().source == "sample"


def test_a_web_page_is_recognised_before_the_notebook_opens_it(tmp_path):
    (tmp_path / "student_dataset_CIFAR10.h5").write_text("<!DOCTYPE html>Please log in")
    with pytest.raises(DataError, match="received a web page"):
        loaders.cifar10_path()


@pytest.mark.slow
def test_the_real_files_hold_what_the_docstrings_say(shared_data):
    data = loaders.load_mnist(shared_data / "mnist.npz")
    # Class frequencies of MNIST's 60,000 training images, as published.
    counts = np.bincount(np.concatenate([data["y_train"], data["y_val"]]))
    assert counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


def test_a_limit_shortens_all_arrays_alike(monkeypatch):
    monkeypatch.setenv("CNN_UTILS_LIMIT", "100")
    data = loaders.load_mnist(source="sample")
    assert {name: len(array) for name, array in data.items()} == {
        "X_train": 100,
        "y_train": 100,
        "X_val": 20,
        "y_val": 20,
        "X_test": 20,
        "y_test": 20,
    }


def test_a_file_made_here_has_a_note_about_its_order(tmp_path, capsys):
    (tmp_path / "downloads").mkdir()
    write_cifar10(tmp_path / "downloads" / "student_dataset_CIFAR10.h5")
    loaders.load_cifar10(verbose=0)
    assert "NOTE: This file was made from the original CIFAR-10" in capsys.readouterr().out
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    loaders.load_cifar10()
    assert "NOTE" not in capsys.readouterr().out


ARRAYS = {"X_train": np.zeros((3, 28, 28), np.uint8), "y_train": np.array([0, 4, 9])}


def test_a_dataset_is_the_dict_the_assignment_expects():
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
    assert repr(Dataset("MNIST", "sample", ARRAYS, "0123456789")).startswith("MNIST (drawn sample)")


def test_class_names_are_in_the_order_of_the_labels():
    assert CIFAR10_CLASSES[3] == "cat"
    assert CIFAR10_CLASSES[5] == "dog"
    assert len(set(CIFAR10_CLASSES)) == 10
