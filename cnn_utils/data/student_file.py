"""Make the file that students get, and the labels that they don't, from the original archive."""

from __future__ import annotations

import secrets
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.data.fetch import content_sha256, read_cifar10_archive
from cnn_utils.errors import cannot_write, check_seed
from cnn_utils.files import atomic_path, write_whole

STUDENT_FILE = "student_dataset_CIFAR10.h5"
LABELS_FILE = "labels_CIFAR10.csv"
# Of files that the kit makes for itself: then an answer's place is the same on all machines.
COMMON_SEED = 458


def make_student_file(archive: Path, folder: Path, seed: int | None = None) -> tuple[Path, Path]:
    """Write the student file and the labels of its test images.

    Parameters
    ----------
    archive : Path
        The original ``cifar-10-python.tar.gz``.
    folder : Path
        Made if need be.
    seed : int, optional
        Of the order of the test images; by default one that nobody knows, so that answers can't
        be looked up by their place.

    Returns
    -------
    student_file : Path
        ``student_dataset_CIFAR10.h5``: "X_train" (50000, 32, 32, 3) and "y_train" (50000,) in the
        archive's order, and "X_test" (10000, 32, 32, 3) in a new one, all uint8.
    labels_file : Path
        ``labels_CIFAR10.csv``: ``ID,Prediction``, for those who grade.

    Raises
    ------
    KitError
        If the archive is not the original one, the seed is none, or the files can't be written.
    """
    seed = secrets.randbits(32) if seed is None else seed
    check_seed(seed)
    arrays = read_cifar10_archive(archive)
    order = np.random.default_rng(seed).permutation(len(arrays["X_test"]))
    shown = {
        "X_train": arrays["X_train"],
        "y_train": arrays["y_train"],
        "X_test": arrays["X_test"][order],
    }
    student_file, labels_file = folder / STUDENT_FILE, folder / LABELS_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(student_file) as part, h5py.File(part, "w") as file:
            for name, array in shown.items():
                file[name] = array
                file[name].attrs["sha256"] = np.bytes_(content_sha256(array))
            file.attrs["source"] = np.bytes_("cifar-10-python.tar.gz")
    except OSError as error:
        raise cannot_write(student_file, error) from None
    rows = [f"{i},{label}\n" for i, label in enumerate(arrays["y_test"][order])]
    write_whole(labels_file, "ID,Prediction\n" + "".join(rows))
    return student_file, labels_file
