"""Load MNIST and CIFAR-10 as uint8 arrays, from the real files or from the built-in sample.

``source="auto"`` takes the real file where it is found or can be fetched, else the sample; the
environment variable ``CNN_UTILS_SOURCE`` changes what "auto" means, ``CNN_UTILS_OFFLINE=1``
forbids to fetch. A file is looked for in this order: the path given; the folder named by
``CNN_UTILS_DATA``; the current folder; the kit's ``data`` and ``notebooks`` folders; the address
that the course gave (``data/course.json``); the cache, where fetched files are kept; Keras' own
download folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from cnn_utils.data import data_source, formats, locate, stand_in
from cnn_utils.data.dataset import CIFAR10_CLASSES, DIGIT_NAMES, Dataset
from cnn_utils.data.locate import CIFAR10_FILE, MNIST_FILE
from cnn_utils.errors import KitError

FILES = {"MNIST": MNIST_FILE, "CIFAR-10": CIFAR10_FILE}


def load_mnist(path=None, *, source: str = "auto", verbose: int = 1) -> Dataset:
    """Load the handwritten digits, split as in the assignment.

    Parameters
    ----------
    path : str or Path, optional
        A ``mnist.npz`` in Keras' layout; by default it is looked for in the folder that
        ``CNN_UTILS_DATA`` names, the current folder, the kit's ``data`` and ``notebooks``
        folders, the cache and Keras' own download folder, then fetched (11 MB).
    source : {"auto", "official", "sample"}, default="auto"
        "auto": the real file if it is found or can be fetched, else the synthetic sample;
        "official": the real file or an error; "sample": the synthetic sample.
    verbose : int, default=1
        0 prints nothing, except that a stand-in is in use.

    Returns
    -------
    data : Dataset
        A dict of ``X_train`` (50000, 28, 28), ``X_val`` (10000, 28, 28) and ``X_test``
        (10000, 28, 28), uint8, 0 (paper) to 255 (ink), with their labels ``y_train``, ``y_val``
        and ``y_test`` (n,), int64, 0-9; ``data.source`` says where it is from.

    Raises
    ------
    DataError
        If the file is missing and can't be fetched, is damaged, or not MNIST in Keras' layout.

    Notes
    -----
    MNIST was made by Y. LeCun, C. Cortes and C. J. C. Burges from NIST's Special Databases 1
    and 3 and is available under the Creative Commons Attribution-Share Alike 3.0 licence.
    ``X_train`` and ``X_val`` are the first 50,000 and last 10,000 of its 60,000 training images.
    """
    file = locate.locate(path, MNIST_FILE, source)
    arrays = stand_in.mnist_sample() if file is None else formats.read_mnist(file)
    origin = "sample" if file is None else "official"
    return _announce(Dataset("MNIST", origin, arrays, DIGIT_NAMES, file), verbose)


def load_cifar10(path=None, *, source: str = "auto", verbose: int = 1) -> Dataset:
    """Load the small colour photographs; the test images come without labels.

    Parameters
    ----------
    path : str or Path, optional
        A ``student_dataset_CIFAR10.h5``; by default `cifar10_path` finds or makes it.
    source : {"auto", "official", "sample"}, default="auto"
        As in `load_mnist`.
    verbose : int, default=1
        0 prints nothing, except that a stand-in is in use.

    Returns
    -------
    data : Dataset
        A dict of ``X_train`` (50000, 32, 32, 3), uint8, 0-255, red-green-blue; ``y_train``
        (50000,), int64, 0-9, in the order of ``data.class_names``; and ``X_test``
        (10000, 32, 32, 3), uint8.

    Raises
    ------
    DataError
        If the file is missing, damaged, or does not hold these arrays.

    Notes
    -----
    CIFAR-10 was collected by A. Krizhevsky, V. Nair and G. Hinton; see A. Krizhevsky (2009),
    "Learning multiple layers of features from tiny images". No licence is stated; it is
    distributed for research and teaching.
    """
    file = cifar10_path(path, source=source)
    arrays, is_sample = formats.read_cifar10(file)
    origin = "sample" if is_sample else "official"
    return _announce(Dataset("CIFAR-10", origin, arrays, CIFAR10_CLASSES, file), verbose)


def cifar10_path(path=None, *, source: str = "auto") -> Path:
    """Return the HDF5 file that `load_cifar10` reads; where there is none, it is made.

    It is made from the original archive, ``cifar-10-python.tar.gz``, which is looked for in the
    same places and otherwise fetched (170 MB), or else from the sample.

    Parameters
    ----------
    path, source
        As in `load_cifar10`.

    Returns
    -------
    file : Path
        ``student_dataset_CIFAR10.h5``, or the sample's ``sample_cifar10_*.h5``.

    Raises
    ------
    DataError
        If the file is missing, damaged, or not laid out as it should be.
    """
    file = locate.locate(path, CIFAR10_FILE, source)
    if file is None:
        return stand_in.cifar10_sample_path()
    formats.check_cifar10(file)
    return file


def _announce(data: Dataset, verbose: int) -> Dataset:
    data_source.record(data.name, data.source)
    _limit(data)
    if data.source == "sample":
        print(
            f"NOTE: {data.name} is not at hand. These pictures are drawn by a program, to try the\n"
            f"notebook with: results on them are not {data.name} results.\n"
            f"To use the real data, put {FILES[data.name]} into one of {locate.listing()}."
        )
    elif verbose:
        print(f"{data.name} from {data.path}")
    if data.name == "CIFAR-10" and data.path and data.path.parent == locate.fetched_folder():
        print(
            "NOTE: This file was made here, with its test images in an order of its own. For the\n"
            f"leaderboard take {CIFAR10_FILE} from your course."
        )
    return data


def _limit(data: Dataset) -> None:
    """Keep the first ``CNN_UTILS_LIMIT`` training images, and a fifth as many of the others.

    For those who run notebooks by the hundred, to see whether they run, and not how well.
    """
    named = os.environ.get("CNN_UTILS_LIMIT")
    if not named:
        return
    if not named.isdecimal() or int(named) < 5:
        raise KitError.about("CNN_UTILS_LIMIT", "be a whole number of at least 5", named)
    for name, array in data.items():
        data[name] = array[: int(named) if name.endswith("train") else int(named) // 5]
