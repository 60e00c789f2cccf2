"""Load MNIST and CIFAR-10 as uint8 arrays, from the real files or from the built-in sample.

``source="auto"`` takes the real file where it is found or can be fetched, else the sample; the
environment variable ``CNN_UTILS_SOURCE`` changes what "auto" means, ``CNN_UTILS_OFFLINE=1``
forbids to fetch. A file is looked for in this order: the path given; the folder named by
``CNN_UTILS_DATA``; the current folder; the kit's ``data`` and ``notebooks`` folders; the cache,
where fetched files are kept; Keras' own download folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from cnn_utils import provenance
from cnn_utils.data import fetch, mirrors, reading, stand_in, student_file
from cnn_utils.data.dataset import CIFAR10_CLASSES, DIGIT_NAMES, Dataset
from cnn_utils.errors import DataError, KitError
from cnn_utils.files import cache_folder

MNIST_FILE = fetch.MNIST_FILE
CIFAR10_FILE = student_file.STUDENT_FILE
FILES = {"MNIST": MNIST_FILE, "CIFAR-10": CIFAR10_FILE}
SOURCES = ("auto", "official", "sample")
# What could not be fetched is not tried again by the next cell.
_not_fetched: set[str] = set()


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
    file = _locate(path, MNIST_FILE, source)
    arrays = stand_in.mnist_sample() if file is None else reading.read_mnist(file)
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
    arrays, is_sample = reading.read_cifar10(file)
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
    file = _locate(path, CIFAR10_FILE, source)
    if file is None:
        return stand_in.cifar10_sample_path()
    reading.check_cifar10(file)
    return file


def data_folders() -> list[Path]:
    """Return the folders in which a data file is looked for, in order."""
    named = os.environ.get("CNN_UTILS_DATA")
    if named and not _exists(Path(os.path.expanduser(named))):
        raise DataError.about(
            "CNN_UTILS_DATA",
            "name a folder with data files",
            f"'{named}', which does not exist",
            "Correct it, or unset it to use the built-in sample.",
        )
    kit = Path(__file__).resolve().parents[2]
    return [
        *([Path(os.path.expanduser(named))] if named else []),
        Path(),
        kit / "data",
        kit / "notebooks",
    ]


def _locate(path, name: str, source: str) -> Path | None:
    """Return the real file, or None where the sample is to be used."""
    if source == "auto":
        source = os.environ.get("CNN_UTILS_SOURCE") or "auto"
    if source not in SOURCES:
        raise KitError.about("`source` (or CNN_UTILS_SOURCE)", f"be one of {SOURCES}", source)
    if path is not None:
        if not isinstance(path, (str, os.PathLike)):
            raise DataError.about("`path`", "be a text or a Path", path)
        path = Path(os.path.expanduser(path))
        if not _exists(path):
            raise DataError.about(
                f"'{path}'",
                "exist",
                "nothing at that place",
                f"Leave the path out to look for {name} in {_listing()}, or to use the sample.",
            )
        return path
    if source == "sample":
        return None
    found = find_file(name) or _made(name, patient=source == "official")
    if found is None and source == "official":
        raise DataError.about(
            name,
            f"lie in {_listing()}",
            "no such file",
            "Put it there, or name its folder in the environment variable CNN_UTILS_DATA.",
        )
    return found


def fetched_folder() -> Path:
    """Return the folder in which fetched files are kept."""
    return cache_folder() / "originals"


def find_file(name: str) -> Path | None:
    """Return the file of this name that comes first, or None."""
    keras_folder = Path(os.path.expanduser("~/.keras/datasets"))
    folders = [*data_folders(), fetched_folder(), keras_folder]
    return next((folder / name for folder in folders if _exists(folder / name)), None)


def _made(name: str, patient: bool) -> Path | None:
    """Fetch what the file is made of; if that fails, raise the error only if patient."""
    folder, archive = fetched_folder(), None
    if name == CIFAR10_FILE:
        archive = find_file(mirrors.CIFAR10.name)
    if archive is None and os.environ.get("CNN_UTILS_OFFLINE"):
        return None
    if name in _not_fetched and not patient:
        return None
    try:
        if name == MNIST_FILE:
            return fetch.fetch_mnist(folder, patient)
        archive = archive or fetch.fetch_cifar10(folder, patient)
        return student_file.make_student_file(archive, folder, student_file.COMMON_SEED)[0]
    except KitError as error:
        if patient:
            raise
        _not_fetched.add(name)
        print(error)
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be entered, a name too long
        return False


def _listing() -> str:
    return ", ".join(f"'{folder.resolve()}'" for folder in data_folders())


def _announce(data: Dataset, verbose: int) -> Dataset:
    provenance.record(data.name, data.source)
    _limit(data)
    if data.source == "sample":
        print(
            f"NOTE: {data.name} is not at hand. These pictures are drawn by a program, to try the\n"
            f"notebook with: results on them are not {data.name} results.\n"
            f"To use the real data, put {FILES[data.name]} into one of {_listing()}."
        )
    elif verbose:
        print(f"{data.name} from {data.path}")
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
