"""cnn_utils.data.commands: `python -m cnn_utils data`, from end to end on small originals."""

import numpy as np
import pytest

from cnn_utils.__main__ import main
from cnn_utils.data import formats, loaders, locations, originals, sample
from tests.data.faulty_server import serving
from tests.data.small_files import write_mnist
from tests.data.small_originals import cifar10_archive, remote


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """Keep to the test's own folders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(locations, "data_folders", lambda: [tmp_path])
    monkeypatch.setattr(locations, "downloads_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))


@pytest.fixture
def cifar10_server(monkeypatch):
    with serving(cifar10_archive()) as server:
        file = remote("cifar-10-python.tar.gz", server.content, f"{server.address}/good")
        monkeypatch.setattr(originals, "CIFAR10", file)
        yield server


@pytest.fixture
def mnist(monkeypatch, tmp_path):
    """Put a small MNIST where it would be downloaded to."""
    (tmp_path / "cache").mkdir()
    file = write_mnist(tmp_path / "cache" / "mnist.npz")
    labels = formats.read_mnist(file)["y_test"]

    def is_original(arrays):
        return np.array_equal(arrays["y_test"], labels)

    monkeypatch.setattr(originals, "is_original_mnist", is_original)


def test_without_files_check_says_how_to_get_them(capsys):
    assert main(["data"]) == 1
    assert capsys.readouterr().out == (
        "mnist.npz\n  missing: --fetch downloads it\n"
        "student_dataset_CIFAR10.h5\n  missing: --fetch downloads it\n"
    )


def test_fetched_and_checked(mnist, cifar10_server, tmp_path, capsys):
    assert main(["data", "--fetch"]) == 0
    assert main(["data", "--fetch"]) == 0
    assert [name for name, _ in cifar10_server.asked] == ["good"]
    assert not (tmp_path / "cache" / "cifar-10-python.tar.gz").exists()
    capsys.readouterr()
    assert main(["data", "--check"]) == 0
    message = capsys.readouterr().out
    assert "cache/mnist.npz: the original images and labels" in message
    assert "student_dataset_CIFAR10.h5: readable and complete" in message
    assert loaders.load_cifar10(source="official")["X_train"][12_345, 0, 0].tolist() == [5, 95, 49]


def test_a_bundle_for_a_place_without_a_network(mnist, cifar10_server, tmp_path, capsys):
    (tmp_path / "cache").rename(tmp_path / "bundle")
    assert main(["data", "--fetch", "--out", "bundle"]) == 0
    assert f"CNN_UTILS_DATA={tmp_path / 'bundle'}" in capsys.readouterr().out
    assert (tmp_path / "bundle" / "student_dataset_CIFAR10.h5").exists()


def test_a_changed_mnist_is_found(mnist, tmp_path, capsys):
    with np.load(tmp_path / "cache" / "mnist.npz") as archive:
        arrays = dict(archive)
    arrays["y_test"][3] = 9
    np.savez(tmp_path / "cache" / "mnist.npz", **arrays)
    assert main(["data"]) == 1
    message = "mnist.npz' must hold the original MNIST; received other images or labels"
    assert message in capsys.readouterr().out


def test_the_sample_is_recognised(mnist, tmp_path, capsys):
    (tmp_path / "student_dataset_CIFAR10.h5").symlink_to(sample.cifar10_file())
    assert main(["data"]) == 0
    assert "the drawn sample, not CIFAR-10" in capsys.readouterr().out


def test_a_damaged_file_is_named_and_the_other_verified(mnist, tmp_path, capsys):
    (tmp_path / "mnist.npz").write_bytes(b"<html>")
    assert main(["data"]) == 1
    message = capsys.readouterr().out
    assert "received a web page" in message
    assert "student_dataset_CIFAR10.h5\n  missing" in message
