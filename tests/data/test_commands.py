"""cnn_utils.data.commands: `python -m cnn_utils data`, from end to end on small originals."""

import h5py
import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.data import loaders, locate, mirrors
from cnn_utils.data.stand_in import cifar10_sample_path
from tests.data.faulty_server import serving
from tests.data.originals import cifar10_archive, remote


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Keep to the test's own folders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(locate, "data_folders", lambda: [tmp_path])
    monkeypatch.setattr(locate, "fetched_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))


@pytest.fixture
def cifar10_server(monkeypatch):
    with serving(cifar10_archive()) as server:
        file = remote("cifar-10-python.tar.gz", server.content, f"{server.address}/good")
        monkeypatch.setattr(mirrors, "CIFAR10", file)
        yield server


@pytest.fixture
def mnist(monkeypatch, tmp_path):
    """Put a small MNIST where it would be fetched to."""
    arrays = {
        "x_train": np.zeros((60_000, 28, 28), np.uint8),
        "y_train": np.arange(60_000, dtype=np.uint8) % 10,
        "x_test": np.ones((10_000, 28, 28), np.uint8),
        "y_test": np.arange(10_000, dtype=np.uint8) % 10,
    }
    from cnn_utils.data.fetch import content_sha256

    content = {name: content_sha256(array) for name, array in arrays.items()}
    monkeypatch.setattr(mirrors, "MNIST_CONTENT", content)
    (tmp_path / "cache").mkdir()
    np.savez(tmp_path / "cache" / "mnist.npz", **arrays)


def test_without_files_check_says_how_to_get_them(capsys):
    assert main(["data"]) == 1
    assert capsys.readouterr().out == (
        "mnist.npz\n  not at hand: --fetch gets it\n"
        "student_dataset_CIFAR10.h5\n  not at hand: --fetch gets it\n"
    )


def test_fetched_and_checked(mnist, cifar10_server, tmp_path, capsys):
    assert main(["data", "--fetch"]) == 0
    assert main(["data", "--fetch"]) == 0
    assert [name for name, _ in cifar10_server.asked] == ["good"]
    assert not (tmp_path / "cache" / "cifar-10-python.tar.gz").exists()
    capsys.readouterr()
    assert main(["data", "--check"]) == 0
    told = capsys.readouterr().out
    assert "cache/mnist.npz: the original images and labels" in told
    assert "student_dataset_CIFAR10.h5: as it was made, 184 MB" in told
    assert loaders.load_cifar10(source="official")["X_train"][12_345, 0, 0].tolist() == [5, 95, 49]


def test_a_bundle_for_a_place_without_a_network(mnist, cifar10_server, tmp_path, capsys):
    (tmp_path / "cache").rename(tmp_path / "bundle")
    assert main(["data", "--fetch", "--out", "bundle"]) == 0
    assert f"CNN_UTILS_DATA={tmp_path / 'bundle'}" in capsys.readouterr().out
    assert (tmp_path / "bundle" / "student_dataset_CIFAR10.h5").exists()


def test_the_instructors_file_and_labels(cifar10_server, tmp_path, capsys):
    command = ["data", "--make-student-file", "--out", "course", "--seed", "1"]
    assert main(command) == 0
    told = capsys.readouterr().out
    assert "course/student_dataset_CIFAR10.h5 written: hand it out." in told
    assert "course/labels_CIFAR10.csv written: keep it to yourself" in told
    own = str(tmp_path / "cache" / "cifar-10-python.tar.gz")
    assert main([*command, "--archive", own]) == 0
    assert len(cifar10_server.asked) == 1


def test_what_was_changed_is_found(mnist, cifar10_server, tmp_path, capsys):
    main(["data", "--fetch"])
    with h5py.File(tmp_path / "cache" / "student_dataset_CIFAR10.h5", "r+") as file:
        file["X_test"][5, 5, 5, 0] += 1
    with np.load(tmp_path / "cache" / "mnist.npz") as archive:
        arrays = dict(archive)
    arrays["y_test"][3] = 9
    np.savez(tmp_path / "cache" / "mnist.npz", **arrays)
    capsys.readouterr()
    assert main(["data"]) == 1
    told = capsys.readouterr().out
    assert "mnist.npz' must hold MNIST's images and labels; received other ones" in told
    assert "CIFAR10.h5' must be as it was made; received other images or labels" in told


def test_a_file_of_another_making_and_the_sample_are_told_apart(mnist, tmp_path, capsys):
    with h5py.File(tmp_path / "student_dataset_CIFAR10.h5", "w") as file:
        file["X_train"] = file["X_test"] = np.zeros((2, 32, 32, 3), np.uint8)
        file["y_train"] = np.zeros(2, np.uint8)
    assert main(["data"]) == 0
    assert "made by another program, so that its content can't be" in capsys.readouterr().out
    (tmp_path / "student_dataset_CIFAR10.h5").unlink()
    (tmp_path / "student_dataset_CIFAR10.h5").symlink_to(cifar10_sample_path())
    assert main(["data"]) == 0
    assert "the synthetic sample, not CIFAR-10" in capsys.readouterr().out


def test_a_damaged_file_is_told_and_the_other_looked_at(mnist, tmp_path, capsys):
    (tmp_path / "mnist.npz").write_bytes(b"<html>")
    assert main(["data"]) == 1
    told = capsys.readouterr().out
    assert "received a web page" in told
    assert "student_dataset_CIFAR10.h5\n  not at hand" in told
