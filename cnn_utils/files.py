"""Files: atomic writes, locks, hashes, and the cache folder."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from cnn_utils.errors import cannot_write

# The folder of the package, the notebooks and the README.
KIT = Path(__file__).resolve().parents[1]


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; without an error, it replaces `path` at the end.

    A reader never sees half a file, and an interrupted writer leaves the old file unchanged.
    """
    # In the same folder, because a rename is atomic only within one file system; in a sub-folder
    # of its own, because some libraries can't write to a file that is open already.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        part = Path(folder) / path.name
        yield part
        with open(part, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(part, path)


@contextmanager
def replaced_together(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Give a folder to write files to; without an error, they replace those of `folder`.

    Files of `names` that were not written are deleted. A full disk leaves all old files unchanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as place:
        new = Path(place)
        yield new
        for file in new.iterdir():
            with open(file, "rb+") as written:
                os.fsync(written.fileno())
        for name in names:
            if (new / name).exists():
                os.replace(new / name, folder / name)
            else:
                (folder / name).unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file atomically, text as UTF-8; raise KitError if that fails."""
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        with atomic_path(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise cannot_write(path, error) from None


@contextmanager
def alone(lock: Path, waiting: str) -> Iterator[None]:
    """Run the block in one process at a time; print `waiting` while another one holds `lock`.

    A killed process frees its lock.
    """
    from filelock import FileLock, Timeout

    turn = FileLock(lock)
    try:
        turn.acquire(timeout=0.5)
    except Timeout:
        print(waiting, flush=True)
        turn.acquire()
    try:
        yield
    finally:
        turn.release()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, however large, in hexadecimal digits."""
    state = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            state.update(block)
    return state.hexdigest()


def is_own(path: Path, folder: Path) -> bool:
    """Return whether a regular file is in a folder, and no link to a file elsewhere."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def cache_folder() -> Path:
    """Return the folder for generated files: ``CNN_UTILS_CACHE``, or the user's cache."""
    folder = named_cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(_temporary_folder(folder).name)


def named_cache_folder() -> Path:
    """Return the folder that `cache_folder` returns if it can be written to."""
    import platformdirs  # here, so that the command line can report that it is missing

    named = os.environ.get("CNN_UTILS_CACHE")
    return Path(os.path.expanduser(named or platformdirs.user_cache_dir("cnn_utils")))


@cache
def _temporary_folder(instead_of: Path) -> tempfile.TemporaryDirectory:
    """Return a folder that lasts as long as this process, for read-only homes."""
    message = f"Nothing is cached for the next time: '{instead_of}' can't be written to."
    print(message, "CNN_UTILS_CACHE names another folder.", file=sys.stderr)
    return tempfile.TemporaryDirectory(prefix="cnn_utils-")
