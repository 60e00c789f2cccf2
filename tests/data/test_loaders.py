import shutil

import h5py
import numpy as np
import pytest

from cnn_utils.data import course, data_source, loaders, locate, stand_in
from cnn_utils.data.dataset import CIFAR10_CLASSES
from cnn_utils.errors import DataError, KitError
from tests.data.faulty_server import serving


@pytest.fixture(autouse=True)
def no_files_but_those_of_the_test(tmp_path, monkeypatch):
    """Look only into the test's own folder."""
    monkeypatch.delenv("CNN_UTILS_SOURCE")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(locate, "data_folders", lambda: [tmp_path])
    monkeypatch.setattr(locate, "fetched_folder", lambda: tmp_path / "fetched")
    monkeypatch.setattr(locate, "_not_fetched", set())
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))


def write_cifar10(path, n=6):
    with h5py.File(path, "w") as file:
        file["X_train"] = np.zeros((n, 32, 32, 3), np.uint8)
        file["y_train"] = np.arange(n)
        file["X_test"] = np.zeros((n, 32, 32, 3), np.uint8)
    return path


def write_mnist(path):
    y = np.zeros(70000, np.uint8)
    x = np.zeros((70000, 28, 28), np.uint8)
    np.savez(path, x_train=x[:60000], y_train=y[:60000], x_test=x[60000:], y_test=y[60000:])


def test_the_file_in_the_folder_is_taken(tmp_path, capsys):
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    data = loaders.load_cifar10()
    assert (data.source, data.class_names) == ("official", CIFAR10_CLASSES)
    assert data["y_train"].tolist() == [0, 1, 2, 3, 4, 5]
    assert "CIFAR-10 from" in capsys.readouterr().out
    assert data_source.source_of("CIFAR-10") == "official"


def test_verbose_0_is_silent_about_real_data(tmp_path, capsys):
    write_mnist(tmp_path / "mnist.npz")
    data = loaders.load_mnist(verbose=0)
    assert data.source == "official"
    assert capsys.readouterr().out == ""


def test_keras_own_download_is_found(tmp_path):
    folder = tmp_path / "home" / ".keras" / "datasets"
    folder.mkdir(parents=True)
    write_mnist(folder / "mnist.npz")
    assert loaders.load_mnist().path == folder / "mnist.npz"


def test_without_a_file_the_sample_is_taken_and_says_so(capsys):
    data = loaders.load_mnist(verbose=0)
    assert data.source == "sample"
    assert data["X_train"].shape == (50000, 28, 28)
    said = capsys.readouterr().out
    assert "results on them are not MNIST results" in said
    assert "put mnist.npz into one of" in said
    assert data_source.sample_note() == "synthetic sample, not MNIST"


def test_the_sample_can_be_asked_for_although_the_file_is_there(tmp_path, monkeypatch):
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    assert loaders.cifar10_path(source="sample") == stand_in.cifar10_sample_path()
    monkeypatch.setenv("CNN_UTILS_SOURCE", "sample")
    assert loaders.cifar10_path() == stand_in.cifar10_sample_path()


def test_a_copied_sample_file_is_still_a_sample(tmp_path):
    """Its file says so itself: renaming does not make it CIFAR-10."""
    shutil.copy(stand_in.cifar10_sample_path(), tmp_path / "student_dataset_CIFAR10.h5")
    assert loaders.load_cifar10().source == "sample"


def test_official_without_a_file_says_where_to_put_it(tmp_path):
    with pytest.raises(DataError, match=r"mnist\.npz must lie in .*CNN_UTILS_DATA") as caught:
        loaders.load_mnist(source="official")
    assert str(tmp_path) in str(caught.value)


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(DataError, match=r"nothing at that place\. Leave the path out"):
        loaders.load_cifar10(tmp_path / "none.h5")


@pytest.mark.parametrize("path", [5, ["mnist.npz"], b"mnist.npz"])
def test_a_path_of_another_kind(path):
    with pytest.raises(DataError, match="`path` must be a text or a Path; received"):
        loaders.load_mnist(path)


@pytest.mark.parametrize("folder", ["/nope", "~nobody-of-that-name/x" + "y" * 300])
def test_a_named_folder_that_does_not_exist_is_not_passed_over(monkeypatch, folder):
    monkeypatch.undo()
    monkeypatch.setenv("CNN_UTILS_DATA", folder)
    monkeypatch.delenv("CNN_UTILS_SOURCE")
    with pytest.raises(DataError, match=r"CNN_UTILS_DATA must name a folder .* unset it"):
        loaders.load_mnist()


def test_a_web_page_is_recognised_before_the_notebook_opens_it(tmp_path):
    (tmp_path / "student_dataset_CIFAR10.h5").write_text("<!DOCTYPE html>Please log in")
    with pytest.raises(DataError, match="received a web page"):
        loaders.cifar10_path()


def test_an_unknown_source():
    with pytest.raises(KitError, match=r"`source`.*'auto', 'official', 'sample'.*received real"):
        loaders.load_mnist(source="real")


def test_the_named_folder_comes_first(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("CNN_UTILS_DATA", str(tmp_path))
    assert locate.data_folders()[0] == tmp_path


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


@pytest.mark.parametrize("limit", ["4", "many", "-1"])
def test_a_limit_that_is_none_is_refused(monkeypatch, limit):
    monkeypatch.setenv("CNN_UTILS_LIMIT", limit)
    with pytest.raises(KitError, match="CNN_UTILS_LIMIT must be a whole number of at least 5"):
        loaders.load_mnist(source="sample")


@pytest.fixture
def online(monkeypatch, tmp_path):
    """Pretend to be online: what is fetched is written by the test; returns what was asked for."""
    monkeypatch.delenv("CNN_UTILS_OFFLINE")
    asked = []

    def fetch_mnist(folder, patient):
        asked.append(("mnist", patient))
        folder.mkdir(exist_ok=True)
        write_mnist(folder / "mnist.npz")
        return folder / "mnist.npz"

    def fetch_cifar10(folder, patient):
        asked.append(("cifar10", patient))
        return folder / "cifar-10-python.tar.gz"

    def make(archive, folder, seed):
        asked.append((archive.name, seed))
        folder.mkdir(exist_ok=True)
        return write_cifar10(folder / "student_dataset_CIFAR10.h5"), folder / "labels_CIFAR10.csv"

    monkeypatch.setattr(locate.fetch, "fetch_mnist", fetch_mnist)
    monkeypatch.setattr(locate.fetch, "fetch_cifar10", fetch_cifar10)
    monkeypatch.setattr(locate.student_file, "make_student_file", make)
    return asked


@pytest.mark.parametrize(("source", "patient"), [("auto", False), ("official", True)])
def test_what_is_not_at_hand_is_fetched_once(online, source, patient, tmp_path):
    assert loaders.load_mnist(source=source).path == tmp_path / "fetched" / "mnist.npz"
    assert loaders.load_mnist().source == "official"
    assert online == [("mnist", patient)]


def test_cifar10_is_made_from_its_archive_in_an_order_that_is_always_the_same(online):
    assert loaders.load_cifar10().source == "official"
    assert loaders.load_cifar10().path.parent.name == "fetched"
    assert online == [("cifar10", False), ("cifar-10-python.tar.gz", 458)]


def test_an_archive_at_hand_is_taken_even_offline(online, tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_UTILS_OFFLINE", "1")
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"")
    assert loaders.load_cifar10(source="official").source == "official"
    assert online == [("cifar-10-python.tar.gz", 458)]


def test_what_can_not_be_fetched_is_told_once_and_replaced_by_the_sample(
    online, monkeypatch, capsys
):
    tried = []

    def fails(folder, patient):
        tried.append(patient)
        raise DataError("no mirror answers")

    monkeypatch.setattr(locate.fetch, "fetch_mnist", fails)
    assert loaders.load_mnist().source == loaders.load_mnist().source == "sample"
    assert tried == [False]
    assert capsys.readouterr().out.count("no mirror answers") == 1
    with pytest.raises(DataError, match="no mirror answers"):
        loaders.load_mnist(source="official")


def test_the_sample_is_not_fetched(online):
    loaders.load_mnist(source="sample")
    assert online == []


def test_a_file_made_here_says_that_its_order_is_its_own(online, capsys, tmp_path):
    loaders.load_cifar10(verbose=0)
    assert (
        "NOTE: This file was made here, with its test images in an order" in capsys.readouterr().out
    )
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    loaders.load_cifar10()
    assert "NOTE" not in capsys.readouterr().out


@pytest.fixture
def course_server(online, tmp_path, monkeypatch):
    """Let the course hand out a file of its own from a server; yield that server."""
    content = write_cifar10(tmp_path / "its_own.h5", n=9).read_bytes()
    with serving(content) as server:
        remote = course.describe_file(tmp_path / "its_own.h5", [f"{server.address}/good"])
        course.write(remote, tmp_path / "kit" / "course.json")
        monkeypatch.setattr(course, "COURSE_FILE", tmp_path / "kit" / "course.json")
        yield server


def test_the_courses_file_is_fetched_where_the_release_names_one(
    course_server, online, tmp_path, capsys, monkeypatch
):
    # What was made here before is no match for it.
    (tmp_path / "fetched").mkdir()
    write_cifar10(tmp_path / "fetched" / "student_dataset_CIFAR10.h5")
    assert len(loaders.load_cifar10()["X_train"]) == 9
    assert "NOTE" not in capsys.readouterr().out
    monkeypatch.setenv("CNN_UTILS_OFFLINE", "1")
    assert len(loaders.load_cifar10()["X_train"]) == 9
    assert online == []


def test_a_file_at_hand_is_not_fetched(course_server, tmp_path):
    write_cifar10(tmp_path / "student_dataset_CIFAR10.h5")
    assert len(loaders.load_cifar10()["X_train"]) == 6


def test_where_the_courses_file_can_not_be_had_another_takes_its_place_and_says_so(
    course_server, capsys
):
    course_server.content = b"another file"
    assert len(loaders.load_cifar10()["X_train"]) == 6
    said = capsys.readouterr().out
    assert "student_dataset_CIFAR10.h5 must come from one of its mirrors" in said
    assert "NOTE: This file was made here" in said
    with pytest.raises(DataError, match="must come from one of its mirrors"):
        loaders.load_cifar10(source="official")
