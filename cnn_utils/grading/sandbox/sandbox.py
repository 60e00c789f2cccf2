"""Run Python in a sandbox: no network, only Python is readable, only one folder is writable.

The sandbox is a container if an image is named and works, else bubblewrap (Linux). Without a
sandbox nothing is run. Resource limits alone (`rlimits`) are no sandbox, and need a request.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.sandbox import bubblewrap, container
from cnn_utils.grading.sandbox.limits import as_user, limited, too_much

# One thread each: several hand-ins are graded at a time, one per core.
ENVIRONMENT = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Convolutions are faster with oneDNN, also on processors where TensorFlow does not choose it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # Data files are only read, and network drives often refuse locks.
    "HDF5_USE_FILE_LOCKING": "FALSE",
    "HOME": "/workdir",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
}
NAMES = ("container", "bwrap", "rlimits")
# Seconds between two measurements of memory and disk.
PERIOD = 0.5
MAX_LINE = 200_000
NO_SANDBOX = (
    "No sandbox works on this machine, so no hand-in was run. Install bubblewrap (Debian, Ubuntu: "
    "`apt install bubblewrap`), or name a container image with --sandbox container --image IMAGE. "
    "({reasons})"
)


@dataclass(frozen=True)
class Outcome:
    """How a command in the sandbox ended.

    Attributes
    ----------
    status : {"done", "timeout", "exceeded", "crashed"}
    code : int
    tail : str
        The end of its output.
    """

    status: str
    code: int
    tail: str


@dataclass
class Sandbox:
    """A way to run Python without access to the machine.

    Attributes
    ----------
    name : {"container", "bwrap", "rlimits"}
    image : str
        The container's image.
    is_other_user : bool
        Whether `rlimits` runs as a user of its own, who can't read what is root's.
    """

    name: str
    image: str = ""
    is_other_user: bool = False
    _running: set[subprocess.Popen] = field(default_factory=set, repr=False)
    _is_stopped: bool = False

    def run(
        self,
        workdir: Path,
        readable: list[Path],
        arguments: list[str],
        seconds: float,
        listener: Callable[[bytes], None] | None = None,
        **environment,
    ) -> Outcome:
        """Run Python in `workdir`; kill it with all that it started when its time is up.

        Parameters
        ----------
        workdir : Path
            The only writable folder.
        readable : list of Path
            Further readable folders.
        arguments : list of str
            Command-line arguments for Python.
        seconds : float
            Maximum wall-clock time.
        listener : callable, optional
            Is called with the first line that the command prints; then the command's standard
            input is closed. A command that waits for that can say something before it runs code
            which could change what it said.
        **environment : str
            Further environment variables.

        Raises
        ------
        KitError
            If `stop` was called.
        """
        if self._is_stopped:
            raise KitError("Grading was stopped.")
        environment = self._environment(workdir, environment)
        log = workdir.parent / f"{workdir.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self._command_line(workdir, readable, arguments, environment),
                cwd=workdir,
                # The engine needs our environment; the container gets its own by arguments.
                env=dict(os.environ) if self.name == "container" else environment,
                stdin=subprocess.PIPE if listener else subprocess.DEVNULL,
                stdout=subprocess.PIPE if listener else output,
                stderr=output,
                start_new_session=True,
            )
            self._running.add(process)
            if listener:
                thread = threading.Thread(target=_listen, args=(process, listener), daemon=True)
                thread.start()
            try:
                status = _watched(process, workdir, seconds)
            finally:
                _kill(process)
                self._running.discard(process)
                if listener:
                    thread.join()
                # Killing the engine's client leaves its container running.
                if self.name == "container" and process.returncode not in (0, 1):
                    container.stop(workdir)
        with log.open("rb") as output:
            output.seek(max(log.stat().st_size - 4_000, 0))
            tail = output.read().decode("utf-8", "replace")
        log.unlink()
        return Outcome(status, process.returncode, tail)

    def stop(self) -> None:
        """Kill all running commands, and refuse new ones."""
        self._is_stopped = True
        for process in list(self._running):
            _kill(process)

    def _environment(self, workdir: Path, more: dict[str, str]) -> dict[str, str]:
        if self.name == "container":
            return {**ENVIRONMENT, **more}
        if self.name == "bwrap":
            return {**ENVIRONMENT, "PATH": "/usr/bin:/bin", **more}
        here = {"HOME": str(workdir), "TMPDIR": str(workdir), "PATH": os.environ.get("PATH", "")}
        return {**ENVIRONMENT, **here, **more}

    def _command_line(
        self, workdir: Path, readable: list[Path], arguments, environment
    ) -> list[str]:
        if self.name == "container":
            command = ["python3", *arguments]
            return container.command_line(workdir, readable, command, environment, self.image)
        command = [sys.executable, *arguments]
        if self.name == "bwrap":
            return bubblewrap.command_line(workdir, readable, command)
        return [*(as_user(workdir) if self.is_other_user else ()), *limited(command)]


def choose(name: str = "auto", image: str | None = None) -> Sandbox:
    """Return a sandbox that works on this machine.

    Parameters
    ----------
    name : {"auto", "container", "bwrap", "rlimits"}
    image : str, optional
        Container image with the kit's requirements; without one, "auto" tries no container.

    Raises
    ------
    KitError
        If no sandbox works; "auto" never chooses "rlimits".
    """
    if name not in ("auto", *NAMES):
        raise KitError.about("`sandbox`", f"be one of {('auto', *NAMES)}", name)
    names = ["container", "bwrap"] if name == "auto" else [name]
    reasons = []
    for candidate in names:
        if candidate == "container" and image is None:
            reasons.append("container: no image named")
            continue
        sandbox = Sandbox(candidate, image or "")
        if candidate == "rlimits" and os.geteuid() == 0:
            other = replace(sandbox, is_other_user=True)
            if _why_not(other) is None:
                return other
        if (reason := _why_not(sandbox)) is None:
            return sandbox
        reasons.append(f"{candidate}: {reason}")
    raise KitError(NO_SANDBOX.format(reasons="; ".join(reasons)))


def _why_not(sandbox: Sandbox) -> str | None:
    """Try a sandbox; return why it does not work, or None."""
    folder = Path(tempfile.mkdtemp(prefix="sandbox-"))
    workdir = folder / "workdir"
    try:
        workdir.mkdir()
        os.chmod(folder, 0o755)
        os.chmod(workdir, 0o777)
        outcome = sandbox.run(workdir, [], ["-c", "import nbval; open('x', 'w')"], 60)
        works = outcome.code == 0 and (workdir / "x").exists()
        return None if works else outcome.tail.strip()[-200:] or "it does not run"
    except OSError as error:
        return f"{error.strerror}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _listen(process: subprocess.Popen, listener: Callable[[bytes], None]) -> None:
    """Read the first line of a command, then close its standard streams."""
    with suppress(OSError), process.stdin, process.stdout:
        listener(process.stdout.readline(MAX_LINE))


def _watched(process: subprocess.Popen, workdir: Path, seconds: float) -> str:
    """Wait until a command ends or exceeds its time, memory or disk; return its status."""
    end = time.monotonic() + seconds
    while True:
        try:
            return "done" if process.wait(PERIOD) in (0, 1) else "crashed"
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                return "timeout"
            if too_much(process.pid, workdir):
                return "exceeded"


def _kill(process: subprocess.Popen) -> None:
    """Kill a command's process group; bubblewrap then kills all other processes in the sandbox."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
