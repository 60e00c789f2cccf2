"""cnn_utils.data.student_file: labels for training images, a new order for test images."""

import h5py
import numpy as np
import pandas as pd
import pytest

from cnn_utils.data import formats, mirrors
from cnn_utils.data.fetch import content_sha256
from cnn_utils.data.student_file import make_student_file
from cnn_utils.errors import KitError
from tests.data.originals import cifar10_archive, remote


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "cifar-10-python.tar.gz"
    path.write_bytes(cifar10_archive())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirrors, "CIFAR10", remote(path.name, path.read_bytes()))
        yield path


@pytest.fixture(scope="module")
def made(archive, tmp_path_factory):
    return make_student_file(archive, tmp_path_factory.mktemp("made") / "new", seed=1)


def number_of(images):
    """Return which test images these are, 0-9999: see `cifar10_archive`."""
    corner = images[:, 0, 0].astype(int)
    return corner[:, 2] * 250 + corner[:, 1] - 50_000


def test_the_file_is_one_that_the_kit_reads(made):
    arrays, is_sample = formats.read_cifar10(made[0])
    assert not is_sample
    assert arrays["y_train"][:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert arrays["X_train"][12_345, 0, 0].tolist() == [5, 95, 49]


def test_test_images_are_all_there_in_another_order(made):
    with h5py.File(made[0]) as file:
        assert set(file) == {"X_train", "y_train", "X_test"}
        numbers = number_of(file["X_test"][:])
    assert sorted(numbers) == list(range(10_000))
    assert np.mean(numbers == np.arange(10_000)) < 0.01


def test_labels_are_those_of_the_images_in_their_new_order(made):
    labels = pd.read_csv(made[1])
    assert list(labels.columns) == ["ID", "Prediction"]
    assert labels["ID"].tolist() == list(range(10_000))
    with h5py.File(made[0]) as file:
        assert labels["Prediction"].tolist() == (number_of(file["X_test"][:]) % 10).tolist()


def test_each_array_carries_the_hash_of_its_content(made):
    with h5py.File(made[0]) as file:
        for array in file.values():
            assert array.attrs["sha256"].decode() == content_sha256(array[:])


def test_the_order_is_the_seeds_and_without_one_nobody_knows(archive, made, tmp_path):
    def order(name, seed):
        file, _ = make_student_file(archive, tmp_path / name, seed)
        with h5py.File(file) as opened:
            return number_of(opened["X_test"][:]).tolist()

    with h5py.File(made[0]) as opened:
        first = number_of(opened["X_test"][:]).tolist()
    assert order("a", 1) == first
    assert order("b", None) != order("c", None) != first


def test_a_folder_that_can_not_be_is_told(archive, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KitError, match=r"student_dataset_CIFAR10\.h5' must be a file to write to"):
        make_student_file(archive, tmp_path / "file")
    with pytest.raises(KitError, match=r"`seed` must be a whole number from 0"):
        make_student_file(archive, tmp_path, seed=-1)
