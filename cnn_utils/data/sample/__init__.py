"""The sample: drawings in place of MNIST and CIFAR-10, for work without a network.

Numbers measured on it must never be called MNIST or CIFAR-10 results. It is drawn once and cached.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.data import formats
from cnn_utils.data.sample.digits import make_digits
from cnn_utils.data.sample.scenes import make_scenes
from cnn_utils.errors import DataError
from cnn_utils.files import atomic_path, cache_folder, named_cache_folder

# Raise the version in the names when the drawings or the files change.
MNIST_SAMPLE, CIFAR10_SAMPLE = "sample_mnist_v2.npz", "sample_cifar10_v2.h5"


def mnist_file() -> Path:
    """Return the file of drawn digits, in the layout of Keras' ``mnist.npz``."""
    return _cached(MNIST_SAMPLE, formats.read_mnist, _write_mnist)


def cifar10_file() -> Path:
    """Return the HDF5 file of drawn scenes, in the layout of the real one, marked as sample."""
    return _cached(CIFAR10_SAMPLE, formats.read_cifar10, _write_cifar10)


def _cached(name: str, read: Callable, write: Callable[[Path], None]) -> Path:
    """Return a cached file; draw it if it is missing or damaged."""
    # The named folder may be readable, but not writable.
    for file in (named_cache_folder() / name, cache_folder() / name):
        with suppress(DataError):
            read(file)
            return file
    print("Drawing the sample data (once, about half a minute) ...", flush=True)
    with atomic_path(file) as part:
        write(part)
    return file


def _write_mnist(file: Path) -> None:
    x, y = make_digits(70_000)
    arrays = {"x_train": x[:60_000], "x_test": x[60_000:]}
    np.savez_compressed(file, **arrays, y_train=y[:60_000], y_test=y[60_000:])


def _write_cifar10(file: Path) -> None:
    images, labels = make_scenes(60_000)
    with h5py.File(file, "w", locking=False) as f:
        f["X_train"], f["y_train"], f["X_test"] = images[:50_000], labels[:50_000], images[50_000:]
        f.attrs["source"] = np.bytes_("sample")
