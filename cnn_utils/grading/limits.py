"""What a hand-in may use of the machine, in every kind of sandbox."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path

import psutil

# Far from those of people and services.
FIRST_USER, N_USERS = 300_000, 1_000_000
# Of each process, or each file.
MEMORY, FILE_SIZE, PROCESSES, OPEN_FILES = 3_000_000_000, 50_000_000, 256, 1024
# Of a whole box.
DEEPEST = 20
ALL_MEMORY, ALL_FILES, MEMORY_DISK = 5_000_000_000, 500_000_000, 268_435_456


def user_of(box: Path) -> int:
    """Return a user number for a box, for who grades as root.

    One number for all would share one bound on processes: a fork bomb in one box, or many boxes
    on a large machine, would stop the others.
    """
    return FIRST_USER + zlib.crc32(str(box).encode()) % N_USERS


def limited(command: list[str]) -> list[str]:
    """Return a command that runs another one with bounds on each of its processes (Linux)."""
    words = ["prlimit", f"--data={MEMORY}", f"--fsize={FILE_SIZE}", f"--nproc={PROCESSES}"]
    return [*words, "--core=0", f"--nofile={OPEN_FILES}", "--", *command]


def too_much(process: int, box: Path) -> str:
    """Return what a box uses too much of, "" if nothing: the bounds above are each process's own.

    Parameters
    ----------
    process : int
        Number of the first process; all that descend from it are counted.
    box : Path
        Its folder.
    """
    if _memory_of(process, "rss") > ALL_MEMORY and _memory_of(process, "pss") > ALL_MEMORY:
        return "memory"
    return "disk" if _size_of(box) > ALL_FILES else ""


def _memory_of(process: int, kind: str) -> int:
    """Return the memory of a process and its descendants; "pss" counts what they share once."""
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


def _size_of(box: Path) -> int:
    """Return the bytes in a folder, down to `DEEPEST` levels."""
    total, folders = 0, [(box, 0)]
    while folders:
        folder, depth = folders.pop()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders += [(Path(entry.path), depth + 1)] if depth < DEEPEST else []
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total
