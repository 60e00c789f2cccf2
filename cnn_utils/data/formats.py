"""Read and check the two data files: Keras' ``mnist.npz`` and the course's HDF5 file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.errors import DataError

MNIST_FILE, CIFAR10_FILE = "mnist.npz", "student_dataset_CIFAR10.h5"
MNIST_SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
CIFAR10_SHAPES = {"X_train": (None, 32, 32, 3), "y_train": (None,), "X_test": (None, 32, 32, 3)}
GET_AGAIN = "Delete it and get the file again."
RIGHT_FILE = "Is it the file of this assignment?"
# What downloads often are instead of the file, by their first letters.
WEB_PAGE = ("a web page", "Open the link in a browser: the download may need a log-in.")
WRONG_KINDS = {
    b"<!doctype": WEB_PAGE,
    b"<html": WEB_PAGE,
    b"version https://git-lfs": ("a Git LFS pointer", "Run `git lfs pull` to get the file itself."),
}


def read_mnist(file: Path) -> dict[str, np.ndarray]:
    """Read Keras' ``mnist.npz`` and split it 50,000 / 10,000 / 10,000; images uint8, labels int64.

    A damaged file or one of another kind raises DataError.
    """
    with _reading(file, b"PK", "a NumPy archive (.npz)"):
        with np.load(file, allow_pickle=False) as archive:
            _check_names(file, archive.files, MNIST_SHAPES)
            arrays = {name: archive[name] for name in MNIST_SHAPES}
    for name, shape in MNIST_SHAPES.items():
        _check_array(file, name, arrays[name], shape)
    y_train, y_test = (_labels(file, name, arrays[name]) for name in ("y_train", "y_test"))
    return {
        "X_train": arrays["x_train"][:50_000],
        "y_train": y_train[:50_000],
        "X_val": arrays["x_train"][50_000:],
        "y_val": y_train[50_000:],
        "X_test": arrays["x_test"],
        "y_test": y_test,
    }


def read_cifar10(file: Path) -> tuple[dict[str, np.ndarray], bool]:
    """Read a ``student_dataset_CIFAR10.h5``, and whether it is marked as the drawn sample.

    A damaged file or one of another kind raises DataError.
    """
    with _reading(file, b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5)"):
        with h5py.File(file, "r", locking=False) as f:
            _check_names(file, list(f), CIFAR10_SHAPES)
            # Before reading: a damaged shape can claim more memory than there is.
            for name, shape in CIFAR10_SHAPES.items():
                item = f[name]
                # Of links to missing files and arrays never written, HDF5 would read zeros.
                is_array = isinstance(item, h5py.Dataset)
                if not is_array or (item.size and item.id.get_storage_size() == 0):
                    where, expected = f"{name} in '{file}'", "be an array stored in the file"
                    raise DataError.about(where, expected, "no stored values", GET_AGAIN)
                _check_array(file, name, item, shape)
            _check_array(file, "y_train", f["y_train"], (len(f["X_train"]),))
            arrays = {name: f[name][()] for name in CIFAR10_SHAPES}
            is_sample = _is_sample(f)
    return {**arrays, "y_train": _labels(file, "y_train", arrays["y_train"])}, is_sample


def _is_sample(f: h5py.File) -> bool:
    """Tell the sample by an attribute of fixed length.

    For others HDF5 searches the file's heap, and in a damaged file it may search forever.
    """
    if "source" not in f.attrs:
        return False
    stored = f.attrs.get_id("source")
    return stored.shape == () and stored.dtype == "S6" and f.attrs["source"] == b"sample"


@contextmanager
def _reading(file: Path, signature: bytes, kind: str) -> Iterator[None]:
    """Check the signature, and turn whatever a damaged file causes into a DataError."""
    try:
        with open(file, "rb") as f:
            start = f.read(512)
    except OSError as error:
        next_step = "Check the name, its permissions, and that no other program uses it."
        raise DataError.about(f"'{file}'", "be readable", f"{error.strerror}", next_step) from None
    if not start.startswith(signature):
        received = ("another kind of file", RIGHT_FILE) if start else ("an empty file", GET_AGAIN)
        for letters, wrong_kind in WRONG_KINDS.items():
            if start.lstrip().lower().startswith(letters):
                received = wrong_kind
        raise DataError.about(f"'{file}'", f"be {kind}", *received)
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # NumPy, zipfile and h5py pass on whatever they meet
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise DataError.about(
            f"'{file}'",
            "be readable and complete",
            f"a damaged, incomplete or locked file ({reason})",
            f"Close other programs that use it. {GET_AGAIN}",
        ) from None


def _check_names(file: Path, names, expected) -> None:
    missing = [name for name in expected if name not in names]
    if missing:
        received = f"{', '.join(sorted(names)[:8]) or 'nothing'} (missing: {', '.join(missing)})"
        raise DataError.about(f"'{file}'", f"hold {', '.join(expected)}", received, RIGHT_FILE)


def _check_array(file: Path, name: str, array, shape: tuple) -> None:
    """Check shape and dtype; None in a shape stands for any number."""
    is_labels = name.startswith("y")
    found = array.shape[:1] if is_labels and array.shape[1:] == (1,) else array.shape
    shape_fits = len(found) == len(shape) and all(
        size and expected in (None, size) for size, expected in zip(found, shape, strict=True)
    )
    dtype_fits = array.dtype.kind in "iu" if is_labels else array.dtype == np.uint8
    if not (shape_fits and dtype_fits):
        meaning = "whole-number labels" if is_labels else "images, uint8 0-255"
        expected = f"hold {meaning}, shape {str(shape).replace('None', 'n')}"
        raise DataError.about(f"{name} in '{file}'", expected, array, RIGHT_FILE)


def _labels(file: Path, name: str, array: np.ndarray) -> np.ndarray:
    """Return labels 0-9 as int64: uint8 would overflow in terms such as 10 * y_true + y_pred."""
    labels = array.reshape(-1).astype(np.int64)
    found = np.unique(labels)
    if found.tolist() != list(range(10)):
        received = f"{len(found)} different ones, from {found[0]} to {found[-1]}"
        expected = "hold the labels of ten classes, 0-9"
        raise DataError.about(f"{name} in '{file}'", expected, received, RIGHT_FILE)
    return labels
