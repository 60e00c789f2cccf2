"""Limit the time, memory and disk of a hand-in, in every kind of sandbox."""

import os
import zlib
from contextlib import suppress
from pathlib import Path

import psutil

# User numbers that no person or service has.
FIRST_USER, N_USERS = 300_000, 1_000_000
# Limits of each process.
MEMORY, FILE_SIZE, PROCESSES, OPEN_FILES = 3_000_000_000, 50_000_000, 256, 1024
# Limits of all processes and files of a hand-in together.
MAX_DEPTH = 20
MAX_MEMORY, MAX_FILES, TMPFS_SIZE = 5_000_000_000, 500_000_000, 268_435_456


def user_of(workdir: Path) -> int:
    """Return the user number with which a hand-in runs if root grades.

    The limit on processes counts all processes of a user: with one number for all, a fork bomb in
    one workdir would stop the others.
    """
    return FIRST_USER + zlib.crc32(str(workdir).encode()) % N_USERS


def as_user(workdir: Path) -> list[str]:
    """Return the words before a command that root runs as the user of a hand-in."""
    user = str(user_of(workdir))
    words = ["setpriv", f"--reuid={user}", f"--regid={user}"]
    return [*words, "--clear-groups", "--no-new-privs"]


def limited(command: list[str]) -> list[str]:
    """Return a command that runs another one with limits on each of its processes (Linux)."""
    words = ["prlimit", f"--data={MEMORY}", f"--fsize={FILE_SIZE}", f"--nproc={PROCESSES}"]
    return [*words, "--core=0", f"--nofile={OPEN_FILES}", "--", *command]


def too_much(process: int, workdir: Path) -> str:
    """Return "memory" or "disk" if all processes of a hand-in together use too much, else "".

    Parameters
    ----------
    process : int
        Number of the first process; its descendants are counted, too.
    workdir : Path
    """
    if _memory_of(process, "rss") > MAX_MEMORY and _memory_of(process, "pss") > MAX_MEMORY:
        return "memory"
    return "disk" if _size_of(workdir) > MAX_FILES else ""


def _memory_of(process: int, kind: str) -> int:
    """Return the memory of a process and its descendants; "pss" counts shared memory once."""
    total = 0
    try:
        first = psutil.Process(process)
        for one in [first, *first.children(recursive=True)]:
            with suppress(psutil.Error):
                memory = one.memory_info() if kind == "rss" else one.memory_full_info()
                total += getattr(memory, kind, memory.rss)
    except psutil.Error:  # it has ended
        return 0
    return total


def _size_of(workdir: Path) -> int:
    """Return the size of a folder in bytes, down to `MAX_DEPTH` levels."""
    total, folders = 0, [(workdir, 0)]
    while folders:
        folder, depth = folders.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders += [(Path(entry.path), depth + 1)] if depth < MAX_DEPTH else []
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
