"""The command line of a container engine, podman or docker."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from cnn_utils.grading.limits import FILE_SIZE, MEMORY, OPEN_FILES, PROCESSES, user_of


def engine() -> str | None:
    """Return the container engine that is installed, if any."""
    return next(filter(None, map(shutil.which, ("podman", "docker"))), None)


def command_line(
    box: Path, readable: list[Path], command: list[str], environment: dict[str, str], image: str
) -> list[str]:
    """Return a command that runs another one in a new container, which it removes afterwards.

    Parameters
    ----------
    box : Path
        Seen as ``/box``, the only folder that can be written to.
    readable : list of Path
        Further folders that can be read.
    command : list of str
    environment : dict of str to str
    image : str
        With the kit's requirements.
    """
    program = engine() or "podman"
    words = [program, "run", "--rm", f"--name={_name(box)}", "--pull=never", "--network=none"]
    words += ["--read-only", f"--memory={MEMORY}", f"--pids-limit={PROCESSES}", "--cap-drop=ALL"]
    words += ["--security-opt=no-new-privileges", "--security-opt=label=disable"]
    words += [f"--ulimit=data={MEMORY}", f"--ulimit=fsize={FILE_SIZE}", "--ulimit=core=0"]
    words += [f"--ulimit=nofile={OPEN_FILES}"]
    words += ["--tmpfs=/tmp:rw,size=256m,mode=1777", *_user(program, box)]
    words += [f"--env={name}={value}" for name, value in environment.items()]
    for folder in readable:
        words += ["-v", f"{folder}:{folder}:ro"]
    return [*words, "-v", f"{box}:/box:rw", "-w", "/box", image, *command]


def stop(box: Path) -> None:
    """Kill the container of a box; killing the command that started it is not enough."""
    subprocess.run([engine() or "podman", "kill", _name(box)], capture_output=True, check=False)


def _name(box: Path) -> str:
    """Return a container's name: boxes lie in folders with random names."""
    letters = f"{box.parent.name}-{box.name}"
    return "cnn-utils-" + "".join(c if c.isalnum() else "-" for c in letters)


def _user(program: str, box: Path) -> list[str]:
    """Return whom the hand-in runs as, so that it has no rights and its files can be removed."""
    if os.geteuid() == 0:
        return [f"--user={user_of(box)}:{user_of(box)}", f"--ulimit=nproc={PROCESSES}"]
    if Path(program).name == "podman":
        # Without a daemon, root in the container is who grades outside, and here without any right;
        # keeping the user's number inside as well would take a second copy of the image.
        return ["--user=0:0"]
    return [f"--user={os.geteuid()}:{os.getegid()}"]
