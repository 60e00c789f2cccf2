"""What a hand-in may use of the machine, in every kind of sandbox."""

from __future__ import annotations

NOBODY = 65534
MEMORY, FILE_SIZE, PROCESSES, OPEN_FILES = 3_000_000_000, 50_000_000, 256, 1024


def limited(command: list[str]) -> list[str]:
    """Return a command that runs another one with bounds on each of its processes (Linux)."""
    words = ["prlimit", f"--data={MEMORY}", f"--fsize={FILE_SIZE}", f"--nproc={PROCESSES}"]
    return [*words, "--core=0", f"--nofile={OPEN_FILES}", "--", *command]
