"""Read what a sandbox left behind: regular files of a bounded size, no links, no pipes."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def fetch(folder: Path, name: str, most: int = 2_000_000) -> bytes | None:
    """Return a file's content; None if there is none that can be trusted to end.

    The folder itself may have been exchanged for a link while the sandbox ran: it is opened once,
    and the file by that handle.

    Parameters
    ----------
    folder : Path
    name : str
        Without any folder.
    most : int
        Bytes; a larger file counts as none.
    """
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW)
    except OSError:
        return None
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
        handle = os.open(name, os.O_RDONLY | NO_FOLLOW | os.O_NONBLOCK, dir_fd=place)
    except OSError:
        return None
    finally:
        os.close(place)
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode) or state.st_size > most:
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        data = file.read(most + 1)
    return data if len(data) <= most else None


def fetch_json(folder: Path, name: str, most: int = 200_000):
    """Return what a JSON file holds; None if it can't be read."""
    data = fetch(folder, name, most)
    if data is None:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
