"""Get MNIST and CIFAR-10 from their mirrors, and unpack them into what the loaders read."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import tarfile
from pathlib import Path

import numpy as np

from cnn_utils.data import mirrors
from cnn_utils.data.download import download
from cnn_utils.errors import DataError, cannot_write
from cnn_utils.files import atomic_path, sha256

MNIST_FILE = "mnist.npz"
MNIST_SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
# How many bytes stand before the numbers: a signature and one number per dimension, 4 bytes each.
IDX_HEADER = {3: 16, 1: 8}
CIFAR10_BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")


def fetch_mnist(folder: Path, patient: bool = True) -> Path:
    """Return Keras' ``mnist.npz`` in a folder, made there from the four original files.

    Parameters
    ----------
    folder : Path
    patient : bool, default=True
        See `cnn_utils.data.download.download`.

    Returns
    -------
    file : Path

    Raises
    ------
    KitError
        If the files can't be got or written.
    """
    file = folder / MNIST_FILE
    if file.exists():
        return file
    arrays = {}
    for name, remote in mirrors.MNIST.items():
        packed = download(remote, folder, patient)
        shape = MNIST_SHAPES[name]
        content = gzip.decompress(packed.read_bytes())[IDX_HEADER[len(shape)] :]
        arrays[name] = np.frombuffer(content, np.uint8).reshape(shape)
        if content_sha256(arrays[name]) != mirrors.MNIST_CONTENT[name]:
            raise DataError.about(f"'{packed}'", f"hold MNIST's {name}", "other numbers")
    try:
        with atomic_path(file) as part:
            np.savez_compressed(part, **arrays)
    except OSError as error:
        raise cannot_write(file, error) from None
    for remote in mirrors.MNIST.values():
        (folder / remote.name).unlink(missing_ok=True)
    return file


def fetch_cifar10(folder: Path, patient: bool = True) -> Path:
    """Return the original archive of CIFAR-10 in a folder.

    Parameters
    ----------
    folder, patient
        As in `fetch_mnist`.

    Returns
    -------
    archive : Path
        ``cifar-10-python.tar.gz``, 170 MB.

    Raises
    ------
    KitError
        If it can't be got or written.
    """
    return download(mirrors.CIFAR10, folder, patient)


def read_cifar10_archive(archive: Path) -> dict[str, np.ndarray]:
    """Read CIFAR-10 from its original archive.

    Parameters
    ----------
    archive : Path
        ``cifar-10-python.tar.gz``. Its parts are pickles, which can hold any program: so nothing
        is read before the archive's SHA-256 is the original's.

    Returns
    -------
    arrays : dict of ndarray
        "X_train" (50000, 32, 32, 3), "y_train" (50000,), "X_test" (10000, 32, 32, 3) and "y_test"
        (10000,), all uint8, in the archive's order.

    Raises
    ------
    DataError
        If it is no such archive.
    """
    try:
        is_original = sha256(archive) == mirrors.CIFAR10.sha256
    except OSError as error:
        raise DataError.about(f"'{archive}'", "be readable", error.strerror or "an error") from None
    if not is_original:
        raise DataError.about(
            f"'{archive}'",
            f"be the original {mirrors.CIFAR10.name}, SHA-256 {mirrors.CIFAR10.sha256[:8]}...",
            "something else, or a damaged file",
            "Delete it and get it again.",
        )
    with tarfile.open(archive, "r:gz") as tar:
        parts = [_batch(tar, name) for name in CIFAR10_BATCHES]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return {
        "X_train": images[:50_000],
        "y_train": labels[:50_000],
        "X_test": images[50_000:],
        "y_test": labels[50_000:],
    }


def content_sha256(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's bytes, row by row, in hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _batch(tar: tarfile.TarFile, name: str) -> tuple[np.ndarray, np.ndarray]:
    file = tar.extractfile(f"cifar-10-batches-py/{name}")
    batch = pickle.loads(file.read(), encoding="bytes")  # Python 2 wrote it
    rows = np.asarray(batch[b"data"])
    # Each row: all red, then all green, then all blue values.
    return rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), np.array(batch[b"labels"], np.uint8)
