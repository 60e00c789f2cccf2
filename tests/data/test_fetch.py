"""cnn_utils.data.fetch: MNIST's four files become one; CIFAR-10 is read from its archive."""

import numpy as np
import pytest

from cnn_utils.data import fetch, mirrors
from cnn_utils.data.fetch import content_sha256, fetch_cifar10, fetch_mnist, read_cifar10_archive
from cnn_utils.errors import DataError, KitError
from tests.data.faulty_server import serving
from tests.data.originals import cifar10_archive, idx, remote

ARRAYS = {
    name: np.full(shape, 7, np.uint8)
    * (np.arange(shape[0]) % 3).astype(np.uint8).reshape(-1, *[1] * (len(shape) - 1))
    for name, shape in fetch.MNIST_SHAPES.items()
}


@pytest.fixture
def mnist_server(monkeypatch, tmp_path):
    """Serve four small files in place of the original ones."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        files = {}
        for name, array in ARRAYS.items():
            server = stack.enter_context(serving(idx(array)))
            files[name] = remote(f"{name}.gz", server.content, f"{server.address}/good")
        monkeypatch.setattr(mirrors, "MNIST", files)
        content = {name: content_sha256(array) for name, array in ARRAYS.items()}
        monkeypatch.setattr(mirrors, "MNIST_CONTENT", content)
        yield


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "cifar-10-python.tar.gz"
    path.write_bytes(cifar10_archive())
    return path


@pytest.fixture
def original(archive, monkeypatch):
    """Let the stand-in be the original."""
    monkeypatch.setattr(mirrors, "CIFAR10", remote(archive.name, archive.read_bytes()))
    return archive


def test_four_files_become_one(mnist_server, tmp_path):
    file = fetch_mnist(tmp_path)
    with np.load(file) as archive:
        assert set(archive.files) == set(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(archive[name], array)
    assert [path.name for path in tmp_path.iterdir() if path.suffix not in (".lock",)] == [
        "mnist.npz"
    ]
    assert fetch_mnist(tmp_path) == file


def test_other_numbers_in_a_right_file_are_refused(mnist_server, tmp_path, monkeypatch):
    monkeypatch.setitem(mirrors.MNIST_CONTENT, "y_test", "0" * 64)
    with pytest.raises(DataError, match=r"y_test\.gz' must hold MNIST's y_test; received other"):
        fetch_mnist(tmp_path)
    assert not (tmp_path / "mnist.npz").exists()


def test_the_real_mnist_has_the_content_expected(shared_data):
    with np.load(shared_data / "mnist.npz") as archive:
        found = {name: content_sha256(archive[name]) for name in archive.files}
    assert found == mirrors.MNIST_CONTENT


def test_content_is_that_of_the_rows_not_of_the_memory():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert content_sha256(np.asfortranarray(array)) == content_sha256(array)
    assert content_sha256(array.T) != content_sha256(array)


def test_the_archive_is_got(archive, monkeypatch, tmp_path):
    with serving(archive.read_bytes()) as server:
        file = remote(archive.name, server.content, f"{server.address}/good")
        monkeypatch.setattr(mirrors, "CIFAR10", file)
        assert fetch_cifar10(tmp_path).read_bytes() == archive.read_bytes()


def test_images_of_the_archive_are_red_green_blue(original):
    arrays = read_cifar10_archive(original)
    assert {name: array.shape for name, array in arrays.items()} == {
        "X_train": (50_000, 32, 32, 3),
        "y_train": (50_000,),
        "X_test": (10_000, 32, 32, 3),
        "y_test": (10_000,),
    }
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.uint8)}
    # Image 12,345: class 5; 12,345 = 49 * 250 + 95.
    assert arrays["X_train"][12_345, 31, 0].tolist() == [5, 95, 49]
    assert arrays["y_train"][12_345] == 5
    # Test image 3 is image 50,003 = 200 * 250 + 3.
    assert arrays["X_test"][3, 0, 31].tolist() == [3, 3, 200]
    assert arrays["y_test"][:5].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_another_archive_is_not_opened(tmp_path, content):
    """The stand-in, too, is another one: it could hold any program."""
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(cifar10_archive() if content is None else content)
    with pytest.raises(
        DataError, match=r"must be the original cifar-10-python\.tar\.gz, SHA-256 6d"
    ):
        read_cifar10_archive(path)


def test_an_archive_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match=r"must be readable; received No such file"):
        read_cifar10_archive(tmp_path / "cifar-10-python.tar.gz")


def test_a_full_or_forbidden_folder_is_told(mnist_server, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(
        KitError, match=r"mnist\.npz' must be a file to write to; received No space"
    ):
        fetch_mnist(tmp_path)
