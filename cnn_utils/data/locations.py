"""Find a data file. Missing files are downloaded and cached, unless CNN_UTILS_OFFLINE is set."""

import os
from collections.abc import Iterable
from pathlib import Path

from cnn_utils.data import originals
from cnn_utils.data.download import download, read_remote_files
from cnn_utils.data.formats import MNIST_FILE
from cnn_utils.errors import DataError, KitError
from cnn_utils.files import KIT, cache_folder

SOURCES = ("auto", "official", "sample")
# Where students' kits download the course's own CIFAR-10 file; `release` writes it.
COURSE_FILE = KIT / "data" / "course.json"


def data_folders() -> list[Path]:
    """Return the folders in which a data file is looked for, in order."""
    folders = [Path(), KIT / "data", KIT / "notebooks"]
    if named := os.environ.get("CNN_UTILS_DATA"):
        folders.insert(0, Path(named).expanduser())
        if not folders[0].exists():
            expected = "name a folder with data files"
            received = f"'{named}', which does not exist"
            next_step = "Correct it, or unset it to use the drawn sample."
            raise DataError.about("CNN_UTILS_DATA", expected, received, next_step)
    return folders


def downloads_folder() -> Path:
    """Return the folder that caches downloaded files."""
    return cache_folder() / "originals"


def locate(path, name: str, source: str) -> Path | None:
    """Return the real file, or None for the sample; see `cnn_utils.data.loaders.load_mnist`."""
    if source == "auto":
        source = os.environ.get("CNN_UTILS_SOURCE") or "auto"
    if source not in SOURCES:
        raise KitError.about("`source` or CNN_UTILS_SOURCE", f"be one of {SOURCES}", source)
    if path is not None:
        return Path(path).expanduser()
    if source == "sample":
        return None
    if file := _first(name, data_folders()):
        return file
    for find in (_from_course, _from_cache, _from_originals):
        try:
            if file := find(name):
                return file
        except KitError as error:
            if source == "official":
                raise
            print(error)
    if source == "official":
        folders = ", ".join(f"'{folder.resolve()}'" for folder in data_folders())
        next_step = "Put it there, or name its folder in the environment variable CNN_UTILS_DATA."
        raise DataError.about(name, f"be in {folders}", "no such file", next_step)
    return None


def _first(name: str, folders: Iterable[Path]) -> Path | None:
    return next((folder / name for folder in folders if (folder / name).exists()), None)


def _from_course(name: str) -> Path | None:
    file = read_remote_files(COURSE_FILE).get(name) if COURSE_FILE.exists() else None
    if file is None:
        return None
    # Named by its content: another year's course has another file of this name.
    folder = downloads_folder() / file.sha256[:16]
    if (folder / name).exists():
        return folder / name
    return None if _is_offline() else download(file, folder)


def _from_cache(name: str) -> Path | None:
    return _first(name, (downloads_folder(), Path("~/.keras/datasets").expanduser()))


def _from_originals(name: str) -> Path | None:
    folder = downloads_folder()
    if name == MNIST_FILE:
        return None if _is_offline() else originals.make_mnist(folder)
    archive = _first(originals.CIFAR10.name, data_folders()) or _from_cache(originals.CIFAR10.name)
    if archive is None and not _is_offline():
        archive = download(originals.CIFAR10, folder)
    return originals.make_cifar10(archive, folder)[0] if archive else None


def _is_offline() -> bool:
    return bool(os.environ.get("CNN_UTILS_OFFLINE"))
