"""Run a command shut off: no network, nothing to read but Python, nothing to write but one folder.

A container engine is taken if it works, else bubblewrap (Linux), else nothing: without a sandbox
nothing is run. Limits of this process (`rlimits`) alone are no sandbox, and only used on request.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnn_utils.errors import KitError

NOBODY = 65534
MEMORY, FILE_SIZE, PROCESSES = 3_000_000_000, 50_000_000, 256
# One job per core is faster than TensorFlow's threads of several jobs against each other.
ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "HOME": "/box",
    "TMPDIR": "/tmp",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
}
NO_SANDBOX = (
    "No sandbox works here, and hand-ins are other people's programs: nothing was run. Install "
    "bubblewrap (Debian, Ubuntu: `apt install bubblewrap`), or name a container image with "
    "--sandbox container --image IMAGE. ({reasons})"
)


@dataclass(frozen=True)
class Outcome:
    """How a command in the sandbox ended.

    Attributes
    ----------
    status : {"done", "timeout", "crashed"}
    code : int or None
    tail : str
        The last letters of what it wrote.
    """

    status: str
    code: int | None
    tail: str


@dataclass(frozen=True)
class Sandbox:
    """A way to run commands shut off.

    Attributes
    ----------
    name : {"container", "bwrap", "rlimits"}
    wrap : callable
        Takes the box folder, folders to be seen and the command, and returns the whole command.
    """

    name: str
    wrap: Callable[[Path, list[Path], list[str]], list[str]]

    def run(
        self, box: Path, readable: list[Path], command: list[str], seconds: float, **environment
    ) -> Outcome:
        """Run a command with `box` as its working folder; kill all of it when time is up.

        Parameters
        ----------
        box : Path
            The only folder that can be written to.
        readable : list of Path
            Other folders that can be read.
        command : list of str
        seconds : float
            Wall-clock time.
        **environment : str
            Further environment variables.
        """
        whole = self.wrap(box, readable, command)
        log = box.parent / f"{box.name}.log"
        environment = {**ENVIRONMENT, **environment}
        if self.name == "rlimits":
            environment.update(HOME=str(box), TMPDIR=str(box), PATH=os.environ.get("PATH", ""))
        with log.open("wb") as output:
            process = subprocess.Popen(
                whole,
                cwd=box,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                code: int | None = process.wait(seconds)
                status = "done" if code in (0, 1) else "crashed"
            except subprocess.TimeoutExpired:
                code, status = None, "timeout"
            finally:
                _kill(process)
        with log.open("rb") as output:
            output.seek(max(log.stat().st_size - 4_000, 0))
            tail = output.read().decode("utf-8", "replace")
        log.unlink()
        return Outcome(status, code, tail)


def choose(name: str = "auto", image: str | None = None) -> Sandbox:
    """Return a sandbox that was tried and works.

    Parameters
    ----------
    name : {"auto", "container", "bwrap", "rlimits"}
    image : str, optional
        Container image with the kit's requirements; without one, "auto" tries no container.

    Raises
    ------
    KitError
        If none works; "rlimits" is never chosen by itself.
    """
    known = {"container": _container(image), "bwrap": _bubblewrap, "rlimits": _limits_only}
    if name not in ("auto", *known):
        raise KitError.about("`sandbox`", f"be one of {('auto', *known)}", name)
    names = ["container", "bwrap"] if name == "auto" else [name]
    reasons = []
    for candidate in names:
        if candidate == "container" and image is None:
            reasons.append("container: no image named")
            continue
        sandbox = Sandbox(candidate, known[candidate])
        if (reason := _probe(sandbox)) is None:
            return sandbox
        reasons.append(f"{candidate}: {reason}")
    raise KitError(NO_SANDBOX.format(reasons="; ".join(reasons)))


def _probe(sandbox: Sandbox) -> str | None:
    """Try a sandbox out; return why it does not work, None if it does."""
    box = Path(tempfile.mkdtemp(prefix="probe-"))
    os.chmod(box, 0o777)
    try:
        outcome = sandbox.run(box, [], [sys.executable, "-c", "open('x', 'w')"], 30)
        works = outcome.code == 0 and (box / "x").exists()
        return None if works else outcome.tail.strip()[-200:] or "it does not run"
    except OSError as error:
        return f"{error.strerror}"
    finally:
        shutil.rmtree(box, ignore_errors=True)


def _bubblewrap(box: Path, readable: list[Path], command: list[str]) -> list[str]:
    words = ["bwrap", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    words += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name in ("bin", "lib", "lib64", "sbin"):
        words += ["--symlink", f"usr/{name}", f"/{name}"]
    words += ["--proc", "/proc", "--dev", "/dev", "--size", "268435456", "--tmpfs", "/tmp"]
    words += ["--tmpfs", "/home"]
    for folder in [*_python_folders(), *readable]:
        for parent in reversed(folder.parents[:-1]):  # else made for root alone
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", str(folder), str(folder)]
    words += ["--bind", str(box), "/box", "--chdir", "/box"]
    if os.geteuid() == 0:
        # Everything is set up as root, who may read this Python; then root becomes nobody, for
        # whom the limit on processes holds.
        words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--", "setpriv"]
        words += [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]
    else:
        words += [
            "--unshare-user",
            "--disable-userns",
            "--uid",
            f"{NOBODY}",
            "--gid",
            f"{NOBODY}",
            "--",
        ]
    return [*words, *_limits(), *command]


def _container(image: str | None) -> Callable:
    engine = next(filter(None, map(shutil.which, ("podman", "docker"))), "podman")

    def wrap(box: Path, readable: list[Path], command: list[str]) -> list[str]:
        words = [engine, "run", "--rm", "--network=none", "--read-only", f"--memory={MEMORY}"]
        words += [f"--pids-limit={PROCESSES}", f"--user={NOBODY}", "--cap-drop=ALL"]
        words += ["--security-opt=no-new-privileges", "--tmpfs", "/tmp:rw,size=256m,mode=1777"]
        words += [f"--env={name}={value}" for name, value in ENVIRONMENT.items()]
        for folder in readable:
            words += ["-v", f"{folder}:{folder}:ro"]
        return [*words, "-v", f"{box}:/box:rw", "-w", "/box", str(image), *command]

    return wrap


def _limits_only(box: Path, readable: list[Path], command: list[str]) -> list[str]:
    return [*_limits(), *command]


def _limits() -> list[str]:
    return [
        "prlimit",
        f"--data={MEMORY}",
        f"--fsize={FILE_SIZE}",
        f"--nproc={PROCESSES}",
        "--core=0",
        "--nofile=1024",
        "--",
    ]


def _python_folders() -> list[Path]:
    """Return where this Python and its packages lie, beside /usr."""
    folders = {Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()}
    return sorted(folder for folder in folders if not folder.is_relative_to("/usr"))


def _kill(process: subprocess.Popen) -> None:
    """Kill a command and what it started; in bubblewrap all of it dies with its first process."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
