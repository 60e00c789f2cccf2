"""Read the two data files, and say in one sentence what is wrong with a bad one."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from cnn_utils.errors import DataError

GET_AGAIN = "Delete it and get the file again."
CIFAR10_ARRAYS = ("X_train", "y_train", "X_test")
MOST_LETTERS, MOST_BYTES = 200, 200_000_000
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def read_mnist(file: Path) -> dict[str, np.ndarray]:
    """Read Keras' ``mnist.npz`` and split it 50,000 / 10,000 / 10,000.

    Raises
    ------
    DataError
        If `file` is not such an archive.
    """
    _check_kind(file, b"PK", "a NumPy archive (.npz)")
    try:
        with np.load(file, allow_pickle=False) as archive:
            _check_keys(file, archive.files, ("x_train", "y_train", "x_test", "y_test"))
            # Checked before reading: little can be packed that unpacked is more than there is room.
            size = sum(member.file_size for member in archive.zip.infolist())
            if size > MOST_BYTES:
                told = f"{size / 1e6:,.0f} MB"
                raise DataError.about(f"'{file}'", "unpack to some 55 MB", told, GET_AGAIN)
            x, y = archive["x_train"], archive["y_train"]
            x_test, y_test = archive["x_test"], archive["y_test"]
    except DataError:
        raise
    except Exception as error:  # NumPy and zipfile pass on whatever a damaged file provokes
        raise _damaged(file, error) from None
    x = _check_images(file, "x_train", x, (60000, 28, 28))
    x_test = _check_images(file, "x_test", x_test, (10000, 28, 28))
    y = _check_labels(file, "y_train", y, 60000)
    y_test = _check_labels(file, "y_test", y_test, 10000)
    return {
        "X_train": x[:50000],
        "y_train": y[:50000],
        "X_val": x[50000:],
        "y_val": y[50000:],
        "X_test": x_test,
        "y_test": y_test,
    }


def check_cifar10(file: Path) -> None:
    """Raise DataError unless `file` is laid out as a ``student_dataset_CIFAR10.h5``."""
    _open_cifar10(file, load=False)


def read_cifar10(file: Path) -> tuple[dict[str, np.ndarray], bool]:
    """Read a ``student_dataset_CIFAR10.h5``.

    Returns
    -------
    arrays : dict of ndarray
        "X_train", "y_train" and "X_test".
    is_sample : bool
        Whether the file says of itself that it is the synthetic sample.

    Raises
    ------
    DataError
        If `file` is not such a file.
    """
    arrays, is_sample = _open_cifar10(file, load=True)
    arrays["y_train"] = _check_labels(file, "y_train", arrays["y_train"], len(arrays["X_train"]))
    return arrays, is_sample


def _open_cifar10(file: Path, load: bool) -> tuple[dict[str, np.ndarray], bool]:
    _check_kind(file, HDF5_SIGNATURE, "an HDF5 file (.h5)")
    try:
        with h5py.File(file, "r") as f:
            _check_keys(file, list(f), CIFAR10_ARRAYS)
            for name in CIFAR10_ARRAYS:
                _check_stored(file, name, f[name])
            # Checked before reading: a wrong shape can claim more memory than there is.
            _check_images(file, "X_train", f["X_train"], (None, 32, 32, 3))
            _check_images(file, "X_test", f["X_test"], (None, 32, 32, 3))
            _check_labels(file, "y_train", f["y_train"], len(f["X_train"]), values=False)
            arrays = {name: f[name][()] for name in CIFAR10_ARRAYS if load}
            is_sample = attribute(f, "source") == "sample"
    except DataError:
        raise
    except Exception as error:  # HDF5 knows many kinds of damage
        raise _damaged(file, error) from None
    return arrays, is_sample


def attribute(item, name: str) -> str:
    """Return a text that is stored with a file or an array, "" if there is none.

    Only one of fixed length: for others HDF5 looks into a heap of the file, and in a damaged file
    it may look forever.
    """
    if name not in item.attrs:
        return ""
    stored = item.attrs.get_id(name)
    if stored.shape != () or stored.dtype.kind != "S" or stored.dtype.itemsize > MOST_LETTERS:
        return ""
    return item.attrs[name].decode("utf-8", "replace")


def _check_kind(file: Path, signature: bytes, kind: str) -> None:
    try:
        if file.is_dir():
            raise DataError.about(f"'{file}'", f"be {kind}", "a folder", "Name the file in it.")
        if file.exists() and not file.is_file():
            raise DataError.about(f"'{file}'", f"be {kind}", "a pipe or device")
        with open(file, "rb") as f:
            start = f.read(512)
    except OSError as error:
        raise DataError.about(
            f"'{file}'",
            "be readable",
            f"{error.strerror or error}",
            "Check the name, its permissions, and that no other program uses it.",
        ) from None
    if start.startswith(signature):
        return
    found, cure = "something else", GET_AGAIN
    if not start:
        found = "an empty file"
    elif start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        found = "a web page"
        cure = "The download gave an error or log-in page: open the link in a browser instead."
    elif start.startswith(b"version https://git-lfs"):
        found = "a Git LFS pointer"
        cure = "Run `git lfs pull` to get the file itself."
    raise DataError.about(f"'{file}'", f"be {kind}", found, cure)


def _check_stored(file: Path, name: str, item) -> None:
    """Refuse what HDF5 would silently read as zeros: links to other files, unwritten arrays."""
    if not isinstance(item, h5py.Dataset):
        found = "a group"
    elif item.is_virtual or item.external:
        found = "a link to other files"
    elif item.size and item.id.get_storage_size() == 0:
        found = "an array that was never written"
    else:
        return
    raise DataError.about(f"{name} in '{file}'", "be an array stored in the file", found, GET_AGAIN)


def _check_keys(file: Path, keys, wanted) -> None:
    missing = [key for key in wanted if key not in keys]
    if missing:
        raise DataError.about(
            f"'{file}'",
            f"hold {', '.join(wanted)}",
            f"{', '.join(sorted(keys)[:8]) or 'nothing'} (missing: {', '.join(missing)})",
            "Is it the file of this assignment?",
        )


def _check_images(file: Path, name: str, images, shape):
    matches = len(images.shape) == len(shape) and all(
        want in (None, have) for want, have in zip(shape, images.shape, strict=True)
    )
    if not matches or images.dtype != np.uint8 or images.shape[0] == 0:
        wanted = str(shape).replace("None", "n")
        raise DataError.about(
            f"{name} in '{file}'", f"be images of shape {wanted}, uint8 0-255", images, GET_AGAIN
        )
    return images


def _check_labels(file: Path, name: str, labels, n: int, values: bool = True):
    what = f"{name} in '{file}'"
    if labels.shape not in ((n,), (n, 1)) or labels.dtype.kind not in "iu":
        raise DataError.about(
            what, f"be {n} whole-number labels, shape ({n},) or ({n}, 1)", labels, GET_AGAIN
        )
    if not values:
        return labels
    labels = labels.reshape(n)
    if labels.min() < 0 or labels.max() > 9:
        raise DataError.about(
            what, "hold labels 0-9", f"labels from {labels.min()} to {labels.max()}", GET_AGAIN
        )
    # uint8 labels would wrap around in arithmetic such as 10 * y_true + y_pred.
    return labels.astype(np.int64)


def _damaged(file: Path, error: Exception) -> DataError:
    reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return DataError.about(
        f"'{file}'",
        "be readable and complete",
        f"a damaged, cut-off or locked file ({reason})",
        f"Close other programs that use it. {GET_AGAIN}",
    )
