"""Find a data file, or fetch it, or make it from what was fetched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cnn_utils.data import course, fetch, mirrors, student_file
from cnn_utils.data.download import download
from cnn_utils.errors import DataError, KitError
from cnn_utils.files import KIT, cache_folder

MNIST_FILE = fetch.MNIST_FILE
CIFAR10_FILE = student_file.STUDENT_FILE
SOURCES = ("auto", "official", "sample")
# What could not be fetched is not tried again by the next cell.
_not_fetched: set[str] = set()


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
    folders = [Path(os.path.expanduser(named))] if named else []
    return [*folders, Path(), KIT / "data", KIT / "notebooks"]


def locate(path, name: str, source: str) -> Path | None:
    """Return the real file, or None where the sample is to be used.

    Parameters
    ----------
    path : str or Path or None
        If given, it must be there.
    name : {"mnist.npz", "student_dataset_CIFAR10.h5"}
    source : {"auto", "official", "sample"}
        See `cnn_utils.data.loaders.load_mnist`.

    Raises
    ------
    DataError
        If the path is wrong, or "official" data can't be had.
    """
    if isinstance(source, str) and source == "auto":
        source = os.environ.get("CNN_UTILS_SOURCE") or "auto"
    if not isinstance(source, str) or source not in SOURCES:
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
                f"Leave the path out to look for {name} in {listing()}, or to use the sample.",
            )
        return path
    if source == "sample":
        return None
    patient = source == "official"
    found = _found(name, data_folders()) or _of_course(name, patient)
    found = found or find_file(name) or _made(name, patient)
    if found is None and source == "official":
        raise DataError.about(
            name,
            f"lie in {listing()}",
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
    return _found(name, [*data_folders(), fetched_folder(), keras_folder])


def _found(name: str, folders: list[Path]) -> Path | None:
    return next((folder / name for folder in folders if _exists(folder / name)), None)


def _of_course(name: str, patient: bool) -> Path | None:
    """Return the course's own file, fetched if need be; None if it names none."""
    remote = course.read() if name == CIFAR10_FILE else None
    if remote is None:
        return None
    # By its content: a course of another year has another file of this name.
    folder = fetched_folder() / remote.sha256[:16]
    if _exists(folder / name):
        return folder / name
    return (
        None
        if os.environ.get("CNN_UTILS_OFFLINE")
        else _tried(f"course's {name}", patient, lambda: download(remote, folder, patient))
    )


def _made(name: str, patient: bool) -> Path | None:
    """Fetch what the file is made of; if that fails, raise the error only if patient."""
    folder, archive = fetched_folder(), None
    if name == CIFAR10_FILE:
        archive = find_file(mirrors.CIFAR10.name)
    if archive is None and os.environ.get("CNN_UTILS_OFFLINE"):
        return None

    def make() -> Path:
        if name == MNIST_FILE:
            return fetch.fetch_mnist(folder, patient)
        original = archive or fetch.fetch_cifar10(folder, patient)
        return student_file.make_student_file(original, folder, student_file.COMMON_SEED)[0]

    return _tried(name, patient, make)


def _tried(what: str, patient: bool, get: Callable[[], Path]) -> Path | None:
    """Return what `get` returns; if it fails, raise the error only if patient."""
    if what in _not_fetched and not patient:
        return None
    try:
        return get()
    except KitError as error:
        if patient:
            raise
        _not_fetched.add(what)
        print(error)
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder that may not be entered, a name too long
        return False


def listing() -> str:
    """Name the folders in which a data file is looked for."""
    return ", ".join(f"'{folder.resolve()}'" for folder in data_folders())
