"""cnn_utils.data.locations: where a file is looked for, and when it is downloaded."""

import hashlib
import json

import pytest

from cnn_utils.data import loaders, locations
from cnn_utils.errors import DataError, KitError
from tests.data.faulty_server import serving
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


def test_keras_own_download_is_found(tmp_path):
    folder = tmp_path / "home" / ".keras" / "datasets"
    folder.mkdir(parents=True)
    write_mnist(folder / "mnist.npz")
    assert locations.locate(None, "mnist.npz", "auto") == folder / "mnist.npz"


def test_official_without_a_file_names_the_folders(tmp_path):
    with pytest.raises(DataError, match=r"mnist\.npz must be in .*CNN_UTILS_DATA") as caught:
        loaders.load_mnist(source="official")
    assert str(tmp_path) in str(caught.value)


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(DataError, match=r"none\.h5' must be readable; received No such file"):
        loaders.load_cifar10(tmp_path / "none.h5")


def test_a_named_folder_that_does_not_exist_is_not_ignored(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("CNN_UTILS_DATA", "/nope")
    monkeypatch.delenv("CNN_UTILS_SOURCE")
    with pytest.raises(DataError, match=r"CNN_UTILS_DATA must name a folder .* unset it"):
        loaders.load_mnist()


def test_an_unknown_source():
    with pytest.raises(KitError, match=r"`source`.*'auto', 'official', 'sample'.*received real"):
        loaders.load_mnist(source="real")


def test_the_named_folder_comes_first(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("CNN_UTILS_DATA", str(tmp_path))
    assert locations.data_folders()[0] == tmp_path


@pytest.fixture
def online(monkeypatch, tmp_path):
    """Pretend to be online: the test writes what is downloaded; returns what was asked for."""
    monkeypatch.delenv("CNN_UTILS_OFFLINE")
    (tmp_path / "downloads").mkdir()
    asked = []

    def make_mnist(folder):
        asked.append("mnist")
        return write_mnist(folder / "mnist.npz")

    def download(file, folder):
        asked.append(file.name)
        return folder / file.name

    def make_cifar10(archive, folder):
        asked.append(f"made of {archive.name}")
        return write_cifar10(folder / "student_dataset_CIFAR10.h5"), None

    monkeypatch.setattr(locations.originals, "make_mnist", make_mnist)
    monkeypatch.setattr(locations.originals, "make_cifar10", make_cifar10)
    monkeypatch.setattr(locations, "download", download)
    return asked


@pytest.mark.parametrize("source", ["auto", "official"])
def test_a_missing_file_is_downloaded_once(online, source, tmp_path):
    assert loaders.load_mnist(source=source).path == tmp_path / "downloads" / "mnist.npz"
    assert loaders.load_mnist().path == tmp_path / "downloads" / "mnist.npz"
    assert online == ["mnist"]


def test_cifar10_is_made_of_its_archive(online, tmp_path):
    assert loaders.cifar10_path().parent == tmp_path / "downloads"
    assert loaders.cifar10_path().parent == tmp_path / "downloads"
    assert online == ["cifar-10-python.tar.gz", "made of cifar-10-python.tar.gz"]


def test_an_existing_archive_is_used_even_offline(online, tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_UTILS_OFFLINE", "1")
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"")
    assert loaders.load_cifar10(source="official").source == "official"
    assert online == ["made of cifar-10-python.tar.gz"]


def test_a_failed_download_is_reported_and_the_sample_is_used(online, monkeypatch, capsys):
    def fails(folder):
        raise DataError("no mirror answers")

    monkeypatch.setattr(locations.originals, "make_mnist", fails)
    assert loaders.load_mnist().source == "sample"
    assert "no mirror answers" in capsys.readouterr().out
    with pytest.raises(DataError, match="no mirror answers"):
        loaders.load_mnist(source="official")


def test_the_sample_is_not_downloaded(online):
    loaders.load_mnist(source="sample")
    assert online == []


@pytest.fixture
def course_server(tmp_path, monkeypatch):
    """Offer a course's own file on a server, and name it in the kit; yield that server."""
    monkeypatch.delenv("CNN_UTILS_OFFLINE")
    content = write_cifar10(tmp_path / "its_own.h5", n=20).read_bytes()
    with serving(content) as server:
        file = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        file["addresses"] = [f"{server.address}/good"]
        (tmp_path / "course.json").write_text(json.dumps({"student_dataset_CIFAR10.h5": file}))
        monkeypatch.setattr(locations, "COURSE_FILE", tmp_path / "course.json")
        yield server


def test_the_courses_file_is_downloaded(course_server, tmp_path, capsys, monkeypatch):
    # The course's file is preferred to one that was made here.
    (tmp_path / "downloads").mkdir()
    write_cifar10(tmp_path / "downloads" / "student_dataset_CIFAR10.h5")
    assert len(loaders.load_cifar10()["X_train"]) == 20
    assert "NOTE" not in capsys.readouterr().out
    monkeypatch.setenv("CNN_UTILS_OFFLINE", "1")
    assert len(loaders.load_cifar10()["X_train"]) == 20
    assert len(course_server.asked) == 1


def test_an_existing_file_is_preferred(course_server, tmp_path):
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    assert len(loaders.load_cifar10()["X_train"]) == 10
    assert course_server.asked == []


def test_if_the_courses_file_fails_another_one_is_used(course_server, tmp_path, capsys):
    (tmp_path / "downloads").mkdir()
    write_cifar10(tmp_path / "downloads" / "student_dataset_CIFAR10.h5")
    course_server.content = b"another file"
    assert len(loaders.load_cifar10()["X_train"]) == 10
    message = capsys.readouterr().out
    assert "student_dataset_CIFAR10.h5 must be downloaded from one of its mirrors" in message
    assert "NOTE: This file was made from the original CIFAR-10" in message
    with pytest.raises(DataError, match="must be downloaded from one of its mirrors"):
        loaders.load_cifar10(source="official")
