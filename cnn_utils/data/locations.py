"""Find a data file. Missing files are downloaded once and cached."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cnn_utils.data import originals
from cnn_utils.data.download import download, read_remote_files
from cnn_utils.data.formats import MNIST_FILE
from cnn_utils.errors import DataError, KitError
from cnn_utils.files import KIT, cache_folder

SOURCES = ("auto", "official", "sample")
# Where students' kits download the course's own CIFAR-10 file; `release` writes it.
COURSE_FILE = KIT / "data" / "course.json"
# Not tried again by the next cell.
_failed_downloads: set[str] = set()


def data_folders() -> list[Path]:
    """Return the folders in which a data file is looked for, in order."""
    folders = [Path(), KIT / "data", KIT / "notebooks"]
    if named := os.environ.get("CNN_UTILS_DATA"):
        folders.insert(0, Path(os.path.expanduser(named)))
        if not folders[0].exists():
            raise DataError.about(
                "CNN_UTILS_DATA",
                "name a folder with data files",
                f"'{named}', which does not exist",
                "Correct it, or unset it to use the drawn sample.",
            )
    return folders


def listing() -> str:
    """Name the folders in which a data file is looked for."""
    return ", ".join(f"'{folder.resolve()}'" for folder in data_folders())


def downloads_folder() -> Path:
    """Return the folder that caches downloaded files."""
    return cache_folder() / "originals"


def find_file(name: str) -> Path | None:
    """Return the first file of this name in the folders, the cache and Keras' own folder."""
    keras_folder = Path(os.path.expanduser("~/.keras/datasets"))
    return _first(name, [*data_folders(), downloads_folder(), keras_folder])


def _first(name: str, folders: list[Path]) -> Path | None:
    return next((folder / name for folder in folders if os.path.exists(folder / name)), None)


def locate(path, name: str, source: str) -> Path | None:
    """Return the real file, or None for the sample.

    Parameters
    ----------
    path : str, Path or None
        If given, the file must exist.
    name : {"mnist.npz", "student_dataset_CIFAR10.h5"}
    source : {"auto", "official", "sample"}
        See `cnn_utils.data.loaders.load_mnist`.

    Raises
    ------
    DataError
        If the path is wrong, or "official" data is missing and can't be downloaded.
    """
    if source == "auto":
        source = os.environ.get("CNN_UTILS_SOURCE") or "auto"
    if source not in SOURCES:
        raise KitError.about("`source` or CNN_UTILS_SOURCE", f"be one of {SOURCES}", source)
    if path is not None:
        if not os.path.exists(os.path.expanduser(path)):
            raise DataError.about(
                f"'{path}'",
                "exist",
                "nothing at that place",
                f"Leave the path out to look for {name} in {listing()}, or to use the sample.",
            )
        return Path(os.path.expanduser(path))
    if source == "sample":
        return None
    must_exist = source == "official"
    file = _first(name, data_folders()) or _from_course(name, must_exist)
    file = file or find_file(name) or _from_originals(name, must_exist)
    if file is None and must_exist:
        raise DataError.about(
            name,
            f"be in {listing()}",
            "no such file",
            "Put it there, or name its folder in the environment variable CNN_UTILS_DATA.",
        )
    return file


def _from_course(name: str, must_exist: bool) -> Path | None:
    if not COURSE_FILE.exists() or name not in (files := read_remote_files(COURSE_FILE)):
        return None
    # Named by its content: another year's course has another file of this name.
    folder = downloads_folder() / files[name].sha256[:16]
    if (folder / name).exists():
        return folder / name
    return _downloaded(f"course's {name}", must_exist, lambda: download(files[name], folder))


def _from_originals(name: str, must_exist: bool) -> Path | None:
    folder = downloads_folder()
    if name == MNIST_FILE:
        return _downloaded(name, must_exist, lambda: originals.make_mnist(folder))
    archive = find_file(originals.CIFAR10.name)
    archive = archive or _downloaded(name, must_exist, lambda: download(originals.CIFAR10, folder))
    return originals.make_cifar10(archive, folder)[0] if archive else None


def _downloaded(what: str, must_exist: bool, get: Callable[[], Path]) -> Path | None:
    """Return what `get` returns, or None where the machine is offline or the download fails."""
    if os.environ.get("CNN_UTILS_OFFLINE") or (what in _failed_downloads and not must_exist):
        return None
    try:
        return get()
    except KitError as error:
        if must_exist:
            raise
        _failed_downloads.add(what)
        print(error)
        return None
