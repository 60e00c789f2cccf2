"""cnn_utils.data.course: what the release says of the course's file comes back as it was."""

import hashlib
import json

import h5py
import numpy as np
import pytest

from cnn_utils.data import course
from cnn_utils.errors import DataError, KitError


@pytest.fixture
def student_file(tmp_path):
    with h5py.File(tmp_path / "mine.h5", "w") as file:
        file["X_train"] = np.zeros((2, 32, 32, 3), np.uint8)
        file["y_train"] = np.arange(2)
        file["X_test"] = np.zeros((1, 32, 32, 3), np.uint8)
    return tmp_path / "mine.h5"


def test_what_is_written_comes_back(student_file, tmp_path):
    addresses = ["https://a.example/data.h5", "http://b.example/x"]
    remote = course.describe_file(student_file, addresses)
    content = student_file.read_bytes()
    assert remote.name == "student_dataset_CIFAR10.h5"
    assert remote.size == len(content)
    assert remote.sha256 == hashlib.sha256(content).hexdigest()
    assert remote.mirrors == tuple(addresses)
    course.write(remote, tmp_path / "data" / "course.json")
    assert course.read(tmp_path / "data" / "course.json") == remote


def test_without_an_address_there_is_none(tmp_path):
    assert course.read(tmp_path / "course.json") is None


@pytest.mark.parametrize("address", ["data.h5", "ftp://a.example/d", "https://a.example/d h5", ""])
def test_an_address_that_is_none(student_file, address):
    with pytest.raises(KitError, match="--data-url must begin with https://; received '"):
        course.describe_file(student_file, [address])


def test_a_file_that_is_no_student_file(tmp_path):
    (tmp_path / "x.h5").write_text("<html>")
    with pytest.raises(DataError, match="received a web page"):
        course.describe_file(tmp_path / "x.h5", ["https://a.example"])


GOOD = {"size": 3, "sha256": "a" * 64, "addresses": ["https://a.example"]}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "\xff",
        json.dumps({"student_dataset_CIFAR10.h5": 5}),
        *(
            json.dumps({"student_dataset_CIFAR10.h5": {**GOOD, **wrong}})
            for wrong in ({"size": "3"}, {"size": 0}, {"sha256": "a"}, {"addresses": []})
        ),
    ],
)
def test_a_damaged_one_is_told(tmp_path, content):
    (tmp_path / "course.json").write_text(content, encoding="latin-1")
    with pytest.raises(
        DataError, match=r"must say where the course's data file lies.*or delete it"
    ):
        course.read(tmp_path / "course.json")
