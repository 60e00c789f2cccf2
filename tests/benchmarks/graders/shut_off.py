"""Run another grader on a hand-in that may be hostile: shut off, and for a minute at most.

Neither nbgrader nor `otter run` is a sandbox, nor claims to be one. What is compared is whether
they give the right points, not whether they survive: so each process gets bubblewrap around it.
It can't reach the network, sees the machine read-only and other processes not at all, and may
write to its own folder. The bounds are wider than the kit's own, so that they cost no grader a
point. (There is none on the number of processes: root is exempt from it.)
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

SECONDS = 60
# The kit's are 3 GB and 50 MB; these graders keep a notebook's whole output in memory and on disk.
MEMORY, FILE_SIZE = 6_000_000_000, 1_000_000_000


def activated(python: str) -> dict[str, str]:
    """Return the variables of an activated environment: nbgrader looks for alembic on the path.

    Parameters
    ----------
    python : str
    """
    return {**os.environ, "PATH": f"{Path(python).parent}:{os.environ['PATH']}"}


def run(command: list[str], folder: Path) -> tuple[int | None, str]:
    """Run a command in a folder, the only one that it can write to.

    Parameters
    ----------
    command : list of str
        Its first word is a virtual environment's Python.
    folder : Path

    Returns
    -------
    code : int or None
        What it ended with; None if time was up.
    log : str
        The last letters of what it wrote.
    """
    environment = str(Path(command[0]).parent.parent)
    words = ["bwrap", "--unshare-net", "--unshare-pid", "--die-with-parent", "--new-session"]
    words += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/dev/shm"]
    words += ["--size", "2000000000", "--tmpfs", "/tmp", "--ro-bind", environment, environment]
    words += [
        "--bind",
        str(folder),
        str(folder),
        "--chdir",
        str(folder),
        "--setenv",
        "HOME",
        "/tmp",
    ]
    words += ["prlimit", f"--data={MEMORY}", f"--fsize={FILE_SIZE}", "--core=0"]
    log = folder.parent / f"{folder.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*words, *command],
            env=activated(command[0]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            code: int | None = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with log.open("rb") as output:
        output.seek(max(log.stat().st_size - 4_000, 0))
        return code, output.read().decode("utf-8", "replace")
