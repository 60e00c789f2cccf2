"""Build the command line of a container engine, podman or docker."""

import os
import shutil
import subprocess
from pathlib import Path

from cnn_utils.grading.sandbox.limits import FILE_SIZE, MEMORY, OPEN_FILES, PROCESSES, user_of


def engine() -> str | None:
    """Return the path of the installed container engine, or None."""
    return next(filter(None, map(shutil.which, ("podman", "docker"))), None)


def command_line(
    workdir: Path, readable: list[Path], command: list[str], environment: dict[str, str], image: str
) -> list[str]:
    """Return a command that runs another one in a new container and removes the container.

    Parameters
    ----------
    workdir : Path
        Mounted as ``/workdir``, the only writable folder.
    readable : list of Path
        Further readable folders.
    command : list of str
    environment : dict of str to str
    image : str
        Holds the kit's requirements.
    """
    program = engine() or "podman"
    words = [program, "run", "--rm", "--interactive", f"--name={_name(workdir)}", "--pull=never"]
    words += ["--network=none", "--read-only", f"--memory={MEMORY}", f"--pids-limit={PROCESSES}"]
    words += ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--security-opt=label=disable"]
    words += [f"--ulimit=data={MEMORY}", f"--ulimit=fsize={FILE_SIZE}", "--ulimit=core=0"]
    words += [f"--ulimit=nofile={OPEN_FILES}"]
    words += ["--tmpfs=/tmp:rw,size=256m,mode=1777", *_user(program, workdir)]
    words += [f"--env={name}={value}" for name, value in environment.items()]
    for folder in readable:
        words += ["-v", f"{folder}:{folder}:ro"]
    return [*words, "-v", f"{workdir}:/workdir:rw", "-w", "/workdir", image, *command]


def stop(workdir: Path) -> None:
    """Kill the container of a workdir; it survives the command that started it."""
    subprocess.run([engine() or "podman", "kill", _name(workdir)], capture_output=True, check=False)


def _name(workdir: Path) -> str:
    """Return a container's name; a workdir's parent has a random name."""
    letters = f"{workdir.parent.name}-{workdir.name}"
    return "cnn-utils-" + "".join(c if c.isalnum() else "-" for c in letters)


def _user(program: str, workdir: Path) -> list[str]:
    """Return the arguments for a user who has no rights, but whose files can be removed."""
    if os.geteuid() == 0:
        return [f"--user={user_of(workdir)}:{user_of(workdir)}", f"--ulimit=nproc={PROCESSES}"]
    if Path(program).name == "podman":
        # Rootless podman maps root in the container to the user outside, and all capabilities are
        # dropped; keeping the user's number inside would need a second copy of the image.
        return ["--user=0:0"]
    return [f"--user={os.geteuid()}:{os.getegid()}"]
