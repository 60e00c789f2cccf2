"""Files: whole or not at all, one process at a time, their hashes, whose they are; the cache."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from cnn_utils.errors import cannot_write

# Where the kit lies: the folder of the package, the notebooks and the README.
KIT = Path(__file__).resolve().parents[1]


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    r"""Give a temporary path to write to; when the block ends well, it becomes `path`.

    A reader never sees half a file, and an interrupted writer leaves the old file as it was.

    Examples
    --------
    >>> with atomic_path(Path("submission.csv")) as part:
    ...     part.write_text("ID,Prediction\n")
    """
    # In the same folder, because a rename is atomic only within one file system; in a private
    # sub-folder, because libraries that write files of their own may not reuse an open one.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        part = Path(folder) / path.name
        yield part
        with open(part, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(part, path)


@contextmanager
def replaced_together(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Give a folder to write files to; when the block ends well, they replace those of `folder`.

    They do so by renaming alone: all of them at once to a place beside `folder`, from where on
    they count, then one by one; one that was not written is deleted. A full disk leaves all the
    old files as they were; a process that is killed leaves the old ones, or work that
    `finish_replacing` or the next replacement ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as place:
        new = Path(place) / "new"
        new.mkdir()
        yield new
        for name in names:
            (new / name).touch()  # an empty file stands for one to be deleted
            with open(new / name, "rb+") as file:
                os.fsync(file.fileno())
        _rename_after_others(new, folder)
    finish_replacing(folder)


def finish_replacing(folder: Path) -> None:
    """Go on where a process was killed while files of `folder` were replaced together."""
    new = _place_of_new(folder)
    with suppress(FileNotFoundError, NotADirectoryError):
        for name in sorted(os.listdir(new)):
            with suppress(FileNotFoundError):  # another process does the same
                if (new / name).stat().st_size:
                    os.replace(new / name, folder / name)
                else:
                    (folder / name).unlink(missing_ok=True)
                    (new / name).unlink()
        with suppress(OSError):
            new.rmdir()


def _place_of_new(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}-new")


def _rename_after_others(new: Path, folder: Path) -> None:
    """Move `new` to where only one replacement at a time can be."""
    for attempts_left in reversed(range(100)):
        finish_replacing(folder)
        try:
            os.rename(new, _place_of_new(folder))
            break
        except OSError:  # another process was first
            if not attempts_left:
                raise


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, whole or not at all.

    Parameters
    ----------
    path : Path
    content : str or bytes
        A text is written as UTF-8, with its line ends as they are.

    Raises
    ------
    KitError
        If the file can't be written; an earlier one stays.
    """
    data = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        with atomic_path(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise cannot_write(path, error) from None


@contextmanager
def alone(lock: Path, waiting: str) -> Iterator[None]:
    """Keep other processes out; the lock of one that was killed is free.

    Parameters
    ----------
    lock : Path
        A file of its own, in an existing folder.
    waiting : str
        To be printed if another process is in.
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
    """Say whether a file lies in a folder: not a link to elsewhere, a pipe or a device."""
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
    import platformdirs  # here, so that a command can say that it is missing

    named = os.environ.get("CNN_UTILS_CACHE")
    return Path(os.path.expanduser(named or platformdirs.user_cache_dir("cnn_utils")))


@cache
def _temporary_folder(instead_of: Path) -> tempfile.TemporaryDirectory:
    """Return a folder that lasts as long as this process, for homes that can't be written to."""
    told = f"Nothing is kept for the next time: '{instead_of}' can't be written to."
    print(told, "CNN_UTILS_CACHE names another folder.", file=sys.stderr)
    return tempfile.TemporaryDirectory(prefix="cnn_utils-")
