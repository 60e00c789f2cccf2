import hashlib

import h5py
import numpy as np
import pandas as pd
import pytest

from cnn_utils.__main__ import main
from cnn_utils.data import originals
from cnn_utils.data.download import read_remote_files
from cnn_utils.errors import DataError, KitError
from cnn_utils.grading.release.student_file import (
    describe_file,
    make_student_file,
    write_course_file,
)
from tests.data.small_originals import cifar10_archive, remote


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "cifar-10-python.tar.gz"
    path.write_bytes(cifar10_archive())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(originals, "CIFAR10", remote(path.name, path.read_bytes()))
        yield path


def classes_in(file):
    """Return the classes of the test images, which are their red value."""
    with h5py.File(file, locking=False) as f:
        return f["X_test"][:, 0, 0, 0].tolist()


def test_labels_are_those_of_the_test_images(archive, tmp_path, capsys):
    command = ["student-file", "--archive", str(archive), "--out", str(tmp_path / "course")]
    assert main([*command, "--seed", "1"]) == 0
    message = capsys.readouterr().out
    assert "course/student_dataset_CIFAR10.h5 written: hand it out." in message
    assert "course/labels_CIFAR10.csv written: keep it to yourself" in message
    labels = pd.read_csv(tmp_path / "course" / "labels_CIFAR10.csv")
    assert list(labels.columns) == ["ID", "Prediction"]
    assert labels["ID"].tolist() == list(range(10_000))
    file = tmp_path / "course" / "student_dataset_CIFAR10.h5"
    assert labels["Prediction"].tolist() == classes_in(file)


def test_without_a_seed_the_order_is_secret(monkeypatch, tmp_path):
    classes = np.arange(60_000, dtype=np.uint8) % 10
    images = np.tile(classes[:, None, None, None], 3)  # of one pixel each: the order is asked for
    monkeypatch.setattr(originals, "read_cifar10_archive", lambda archive: (images, classes))
    orders = [
        classes_in(make_student_file(tmp_path, tmp_path / str(i), seed)[0])
        for i, seed in enumerate((1, 1, None, None))
    ]
    assert orders[0] == orders[1]
    assert orders[1] != orders[2] != orders[3]


def test_a_wrong_archive(archive, tmp_path):
    (tmp_path / "student_dataset_CIFAR10.h5").write_bytes(b"HDF")
    with pytest.raises(DataError, match=r"must be the original cifar-10.*If it has that name"):
        make_student_file(tmp_path / "student_dataset_CIFAR10.h5", tmp_path)


@pytest.fixture
def student_file(tmp_path):
    with h5py.File(tmp_path / "mine.h5", "w", locking=False) as f:
        f["X_train"] = np.zeros((10, 32, 32, 3), np.uint8)
        f["y_train"] = np.arange(10)
        f["X_test"] = np.zeros((1, 32, 32, 3), np.uint8)
    return tmp_path / "mine.h5"


def test_the_kits_read_the_description(student_file, tmp_path):
    addresses = ["https://a.example/data.h5", "http://b.example/x"]
    described = describe_file(student_file, addresses)
    content = student_file.read_bytes()
    assert described.name == "student_dataset_CIFAR10.h5"
    assert described.size == len(content)
    assert described.sha256 == hashlib.sha256(content).hexdigest()
    assert described.mirrors == tuple(addresses)
    path = tmp_path / "data" / "course.json"
    write_course_file(described, path)
    assert read_remote_files(path) == {described.name: described}


@pytest.mark.parametrize("address", ["data.h5", "ftp://a.example/d", "https://a.example/d h5", ""])
def test_an_invalid_address(student_file, address):
    with pytest.raises(KitError, match="--data-url must begin with https://; received '"):
        describe_file(student_file, [address])


def test_a_file_of_another_kind(tmp_path):
    (tmp_path / "x.h5").write_text("<html>")
    with pytest.raises(DataError, match="received a web page"):
        describe_file(tmp_path / "x.h5", ["https://a.example"])
