"""The sample's files: made once by `cnn_utils.data.sample`, then kept in a cache folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.data import formats
from cnn_utils.data.sample import make_digits, make_scenes, scene_labels
from cnn_utils.errors import DataError
from cnn_utils.files import atomic_path, cache_folder, named_cache_folder

# Part of the file names: raise it whenever the drawings or the files change.
VERSION = 2
MNIST_SAMPLE = f"sample_mnist_v{VERSION}.npz"
CIFAR10_SAMPLE = f"sample_cifar10_v{VERSION}.h5"


def mnist_sample() -> dict[str, np.ndarray]:
    """Return the synthetic digits in the layout of `cnn_utils.data.formats.read_mnist`."""
    return _cached(MNIST_SAMPLE, _write_mnist, formats.read_mnist)


def cifar10_sample_path() -> Path:
    """Return the HDF5 file of synthetic scenes: laid out like the real one, marked as sample."""

    def check(file: Path) -> Path:
        formats.check_cifar10(file)
        return file

    return _cached(CIFAR10_SAMPLE, _write_cifar10, check)


def sample_files() -> list[Path]:
    """Return the sample's two files, made if need be."""

    def check(file: Path) -> Path:
        formats.read_mnist(file)
        return file

    return [_cached(MNIST_SAMPLE, _write_mnist, check), cifar10_sample_path()]


def cifar10_sample_test_labels() -> np.ndarray:
    """Return the labels of the test scenes, (10000,) uint8; the file does not hold them."""
    return scene_labels(60_000)[50_000:]


def _cached(name: str, write: Callable[[Path], None], read: Callable):
    """Read the cached file; make it first if it is missing or damaged."""
    # It may lie in a folder that can be read, but not written to.
    for folder in (named_cache_folder, cache_folder):
        file = folder() / name
        try:
            return read(file)
        except DataError:
            continue
    print("Drawing the sample data (once, about half a minute) ...", flush=True)
    try:
        with atomic_path(file) as part:
            write(part)
    except OSError as error:
        raise DataError.about(
            f"'{file}'",
            "be a place to keep the sample data, about 250 MB",
            f"{error.strerror or error}",
            "Make room, or name another folder in the environment variable CNN_UTILS_CACHE.",
        ) from None
    return read(file)


def _write_mnist(file: Path) -> None:
    images, labels = make_digits(70_000)
    np.savez_compressed(
        file,
        x_train=images[:60_000],
        y_train=labels[:60_000],
        x_test=images[60_000:],
        y_test=labels[60_000:],
    )


def _write_cifar10(file: Path) -> None:
    images, labels = make_scenes(60_000)
    with h5py.File(file, "w") as f:
        f["X_train"], f["y_train"], f["X_test"] = images[:50_000], labels[:50_000], images[50_000:]
        f.attrs["source"] = np.bytes_("sample")
        f.attrs["description"] = np.bytes_("Synthetic scenes drawn by cnn_utils; not CIFAR-10.")
