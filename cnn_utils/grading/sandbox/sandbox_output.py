"""Read output files of a sandbox: only regular files of bounded size, no links, no pipes."""

import json
import os
import stat
from pathlib import Path

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def read_output(folder: Path, name: str, max_bytes: int = 2_000_000) -> bytes | None:
    """Return a file's content, or None unless it is a regular file of bounded size.

    The hand-in may have replaced the folder by a link: the folder is opened once, and the file
    through its handle.

    Parameters
    ----------
    folder : Path
    name : str
        File name without a folder.
    max_bytes : int
        A larger file counts as missing.
    """
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW)
    except OSError:
        return None
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer.
        handle = os.open(name, os.O_RDONLY | NO_FOLLOW | os.O_NONBLOCK, dir_fd=place)
    except OSError:
        return None
    finally:
        os.close(place)
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_size > max_bytes:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        data = file.read(max_bytes + 1)
    return data if len(data) <= max_bytes else None


def read_json_output(folder: Path, name: str, max_bytes: int = 200_000):
    """Return the content of a JSON file, or None if it is missing or invalid."""
    data = read_output(folder, name, max_bytes)
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
