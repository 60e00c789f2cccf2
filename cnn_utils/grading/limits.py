"""What a hand-in may use of the machine, in every kind of sandbox."""

from __future__ import annotations

import zlib
from pathlib import Path

# Far from those of people and services.
FIRST_USER, N_USERS = 300_000, 1_000_000
MEMORY, FILE_SIZE, PROCESSES, OPEN_FILES = 3_000_000_000, 50_000_000, 256, 1024


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
