"""cnn_utils.data.originals: MNIST's four files become one; CIFAR-10 is read from its archive."""

from contextlib import ExitStack

import h5py
import numpy as np
import pytest

from cnn_utils.data import formats, originals
from cnn_utils.data.formats import MNIST_SHAPES
from cnn_utils.data.originals import make_cifar10, make_mnist, read_cifar10_archive
from cnn_utils.errors import DataError
from tests.data.faulty_server import serving
from tests.data.small_originals import cifar10_archive, idx, remote

FILES = [*originals.MNIST.values(), originals.CIFAR10]
ARRAYS = {
    name: np.full(shape, 7, np.uint8)
    * (np.arange(shape[0]) % 3).astype(np.uint8).reshape(-1, *[1] * (len(shape) - 1))
    for name, shape in MNIST_SHAPES.items()
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_has_mirrors_of_different_people(file):
    hosts = [address.split("/")[2] for address in file.mirrors]
    assert len(set(hosts)) == len(hosts) >= 3
    assert all(address.startswith("https://") for address in file.mirrors)
    assert all(address.endswith(f"/{file.name}") for address in file.mirrors)
    assert len(file.sha256) == 64
    assert int(file.sha256, 16)


def test_each_array_of_mnist_has_its_file():
    assert {name: file.name[:16] for name, file in originals.MNIST.items()} == {
        "x_train": "train-images-idx",
        "y_train": "train-labels-idx",
        "x_test": "t10k-images-idx3",
        "y_test": "t10k-labels-idx1",
    }


@pytest.fixture
def mnist_server(monkeypatch):
    """Serve four small files in place of the original ones."""
    with ExitStack() as stack:
        files = {}
        for name, array in ARRAYS.items():
            server = stack.enter_context(serving(idx(array)))
            files[name] = remote(f"{name}.gz", server.content, f"{server.address}/good")
        monkeypatch.setattr(originals, "MNIST", files)
        yield


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "cifar-10-python.tar.gz"
    path.write_bytes(cifar10_archive())
    return path


@pytest.fixture
def original(archive, monkeypatch):
    """Let the small archive be the original one."""
    monkeypatch.setattr(originals, "CIFAR10", remote(archive.name, archive.read_bytes()))
    return archive


def test_four_files_become_one(mnist_server, tmp_path):
    file = make_mnist(tmp_path)
    with np.load(file) as archive:
        assert set(archive.files) == set(ARRAYS)
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(archive[name], array)
    assert [path.name for path in tmp_path.iterdir() if path.suffix not in (".lock",)] == [
        "mnist.npz"
    ]
    assert make_mnist(tmp_path) == file


def test_the_real_mnist_is_known_by_its_content(shared_data):
    arrays = formats.read_mnist(shared_data / "mnist.npz")
    assert originals.is_original_mnist(arrays)
    arrays["y_val"][3] = 9 - arrays["y_val"][3]
    assert not originals.is_original_mnist(arrays)


def test_images_of_the_archive_are_red_green_blue(original):
    images, labels = read_cifar10_archive(original)
    assert (images.shape, labels.shape) == ((60_000, 32, 32, 3), (60_000,))
    assert images.dtype == labels.dtype == np.uint8
    # Image 12,345: class 5; 12,345 = 49 * 250 + 95.
    assert images[12_345, 31, 0].tolist() == [5, 95, 49]
    assert labels[12_345] == 5
    # The first test images; 50,003 = 200 * 250 + 3.
    assert images[50_003, 0, 31].tolist() == [3, 3, 200]
    assert labels[50_000:50_005].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_another_archive_is_not_opened(tmp_path, content):
    """The small archive, too, is another one: it could run any program."""
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(cifar10_archive() if content is None else content)
    with pytest.raises(
        DataError, match=r"must be the original cifar-10-python\.tar\.gz, SHA-256 6d.*delete it"
    ):
        read_cifar10_archive(path)


def test_a_full_disk_leaves_no_half_file(mnist_server, tmp_path, monkeypatch):
    def full(part, **arrays):
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left on device"):
        make_mnist(tmp_path)
    assert not (tmp_path / "mnist.npz").exists()


@pytest.fixture(scope="module")
def made(archive, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(originals, "CIFAR10", remote(archive.name, archive.read_bytes()))
        return make_cifar10(archive, tmp_path_factory.mktemp("made") / "new", seed=1)


def number_of(images):
    """Return which test images these are, 0-9999: see `cifar10_archive`."""
    corner = images[:, 0, 0].astype(int)
    return corner[:, 2] * 250 + corner[:, 1] - 50_000


def test_the_student_file_is_one_that_the_loaders_read(made):
    arrays, is_sample = formats.read_cifar10(made[0])
    assert not is_sample
    assert arrays["y_train"][:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    assert arrays["X_train"][12_345, 0, 0].tolist() == [5, 95, 49]


def test_test_images_are_shuffled_and_their_labels_with_them(made):
    file, labels = made
    with h5py.File(file, locking=False) as f:
        assert set(f) == {"X_train", "y_train", "X_test"}
        numbers = number_of(f["X_test"][:])
    assert sorted(numbers) == list(range(10_000))
    assert np.mean(numbers == np.arange(10_000)) < 0.01
    assert labels.tolist() == (numbers % 10).tolist()


def test_a_changed_byte_is_found_when_the_file_is_read(made, tmp_path):
    content = bytearray(made[0].read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.h5").write_bytes(content)
    with pytest.raises(DataError, match="must be readable and complete; received a damaged"):
        formats.read_cifar10(tmp_path / "changed.h5")
