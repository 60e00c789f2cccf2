"""The original files of MNIST and CIFAR-10, and how the loaders' files are made of them."""

import gzip
import hashlib
import pickle
import tarfile
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.data.download import download, read_remote_files
from cnn_utils.data.formats import CIFAR10_FILE, MNIST_FILE, MNIST_SHAPES
from cnn_utils.errors import DataError
from cnn_utils.files import atomic_path, sha256

# MNIST's mirrors are kept by PyTorch, the Computer Vision Foundation and on GitHub. The authors'
# own server of CIFAR-10 comes last: since June 2026 it sends below 100 kB/s to many.
FILES = read_remote_files(Path(__file__).with_name("originals.json"))
CIFAR10 = FILES.pop("cifar-10-python.tar.gz")
MNIST = dict(zip(MNIST_SHAPES, FILES.values(), strict=True))
# Of the arrays that `read_mnist` returns, one after the other as uint8.
MNIST_SHA256 = "c97a2c607853b499a01d274c02fa5de533f80f6f09404e77aa0e02ec99b4c1f5"
CIFAR10_BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
# Shuffles the test images of files that the kit makes for itself alike on all machines.
SHUFFLE_SEED = 458


def make_mnist(folder: Path) -> Path:
    """Download MNIST's four files and pack them into a ``mnist.npz``; return its path."""
    file = folder / MNIST_FILE
    if file.exists():
        return file
    originals = {name: download(remote, folder) for name, remote in MNIST.items()}
    arrays = {}
    for name, original in originals.items():
        shape = MNIST_SHAPES[name]
        n_header = 4 + 4 * len(shape)  # a signature, and the size of each dimension
        content = gzip.decompress(original.read_bytes())[n_header:]
        arrays[name] = np.frombuffer(content, np.uint8).reshape(shape)
    with atomic_path(file) as part:
        np.savez_compressed(part, **arrays)
    for original in originals.values():
        original.unlink()
    return file


def is_original_mnist(arrays: dict[str, np.ndarray]) -> bool:
    """Verify the content of what `cnn_utils.data.formats.read_mnist` returns."""
    state = hashlib.sha256()
    for array in arrays.values():
        state.update(np.ascontiguousarray(array, np.uint8))
    return state.hexdigest() == MNIST_SHA256


def make_cifar10(archive: Path, folder: Path, seed: int = SHUFFLE_SEED) -> tuple[Path, np.ndarray]:
    """Make a ``student_dataset_CIFAR10.h5`` of the original archive, its test images shuffled.

    Their labels are returned in the new order; the file does not hold them.
    """
    images, labels = read_cifar10_archive(archive)
    order = 50_000 + np.random.default_rng(seed).permutation(10_000)
    arrays = {"X_train": images[:50_000], "y_train": labels[:50_000], "X_test": images[order]}
    file = folder / CIFAR10_FILE
    folder.mkdir(parents=True, exist_ok=True)
    with atomic_path(file) as part, h5py.File(part, "w", locking=False) as f:
        for name, array in arrays.items():
            # HDF5 verifies its checksums (Fletcher-32) whenever the array is read.
            chunks = (500, *array.shape[1:])
            f.create_dataset(name, data=array, chunks=chunks, fletcher32=True)
        f.attrs["source"] = np.bytes_(CIFAR10.name)
    return file, labels[order]


def read_cifar10_archive(archive: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the 60,000 images and their labels, the last 10,000 for testing, all uint8.

    The archive's parts are pickles, which can run any program; so its SHA-256 is verified first.
    """
    found = sha256(archive)
    if found != CIFAR10.sha256:
        expected = f"be the original {CIFAR10.name}, SHA-256 {CIFAR10.sha256[:8]}..."
        received = f"a file with SHA-256 {found[:8]}..."
        next_step = "If it has that name, delete it and download it again."
        raise DataError.about(f"'{archive}'", expected, received, next_step)
    with tarfile.open(archive, "r:gz") as tar:
        batches = [_read_batch(tar, name) for name in CIFAR10_BATCHES]
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _read_batch(tar: tarfile.TarFile, name: str) -> tuple[np.ndarray, np.ndarray]:
    file = tar.extractfile(f"cifar-10-batches-py/{name}")
    batch = pickle.loads(file.read(), encoding="bytes")  # written by Python 2
    rows = np.asarray(batch[b"data"])
    # Each row: all red, then all green, then all blue values.
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(batch[b"labels"], np.uint8)
