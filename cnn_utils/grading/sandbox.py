"""Run Python shut off: no network, nothing to read but Python, nothing to write but one folder.

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
import time
from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading import bubblewrap, container
from cnn_utils.grading.limits import limited, too_much

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
    "LANG": "C.UTF-8",
}
NAMES = ("container", "bwrap", "rlimits")
# How often, in seconds, memory and disk are looked at.
PERIOD = 0.5
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
    status : {"done", "timeout", "exceeded", "crashed"}
    code : int
    tail : str
        The last letters of what it wrote.
    """

    status: str
    code: int
    tail: str


@dataclass
class Sandbox:
    """A way to run Python shut off.

    Attributes
    ----------
    name : {"container", "bwrap", "rlimits"}
    image : str
        Of the container.
    """

    name: str
    image: str = ""
    _running: set[subprocess.Popen] = field(default_factory=set, repr=False)
    _is_stopped: bool = False

    def run(
        self, box: Path, readable: list[Path], arguments: list[str], seconds: float, **environment
    ) -> Outcome:
        """Run Python with `box` as its working folder; kill all of it when time is up.

        Parameters
        ----------
        box : Path
            The only folder that can be written to.
        readable : list of Path
            Other folders that can be read.
        arguments : list of str
            Python's.
        seconds : float
            Wall-clock time.
        **environment : str
            Further environment variables.

        Raises
        ------
        KitError
            If it was stopped.
        """
        if self._is_stopped:
            raise KitError("Grading was stopped.")
        environment = self._environment(box, environment)
        log = box.parent / f"{box.name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self._command_line(box, readable, arguments, environment),
                cwd=box,
                # A container gets its own by the command line; its engine needs ours.
                env=dict(os.environ) if self.name == "container" else environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            self._running.add(process)
            try:
                status = _watched(process, box, seconds)
            finally:
                _kill(process)
                self._running.discard(process)
                # A killed engine leaves its container running.
                if self.name == "container" and process.returncode not in (0, 1):
                    container.stop(box)
        with log.open("rb") as output:
            output.seek(max(log.stat().st_size - 4_000, 0))
            tail = output.read().decode("utf-8", "replace")
        log.unlink()
        return Outcome(status, process.returncode, tail)

    def stop(self) -> None:
        """Kill whatever runs, and run nothing any more."""
        self._is_stopped = True
        for process in list(self._running):
            _kill(process)

    def _environment(self, box: Path, more: dict[str, str]) -> dict[str, str]:
        if self.name == "container":
            return {**ENVIRONMENT, **more}
        if self.name == "bwrap":
            return {**ENVIRONMENT, "PATH": "/usr/bin:/bin", **more}
        here = {"HOME": str(box), "TMPDIR": str(box), "PATH": os.environ.get("PATH", "")}
        return {**ENVIRONMENT, **here, **more}

    def _command_line(self, box: Path, readable: list[Path], arguments, environment) -> list[str]:
        if self.name == "container":
            command = ["python3", *arguments]
            return container.command_line(box, readable, command, environment, self.image)
        command = [sys.executable, *arguments]
        if self.name == "bwrap":
            return bubblewrap.command_line(box, readable, command)
        return limited(command)


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
    if name not in ("auto", *NAMES):
        raise KitError.about("`sandbox`", f"be one of {('auto', *NAMES)}", name)
    names = ["container", "bwrap"] if name == "auto" else [name]
    reasons = []
    for candidate in names:
        if candidate == "container" and image is None:
            reasons.append("container: no image named")
            continue
        sandbox = Sandbox(candidate, image or "")
        if (reason := _probe(sandbox)) is None:
            return sandbox
        reasons.append(f"{candidate}: {reason}")
    raise KitError(NO_SANDBOX.format(reasons="; ".join(reasons)))


def _probe(sandbox: Sandbox) -> str | None:
    """Try a sandbox out; return why it does not work, None if it does."""
    folder = Path(tempfile.mkdtemp(prefix="probe-"))
    box = folder / "box"
    try:
        box.mkdir()
        os.chmod(folder, 0o755)
        os.chmod(box, 0o777)
        outcome = sandbox.run(box, [], ["-c", "import nbval; open('x', 'w')"], 60)
        works = outcome.code == 0 and (box / "x").exists()
        return None if works else outcome.tail.strip()[-200:] or "it does not run"
    except OSError as error:
        return f"{error.strerror}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _watched(process: subprocess.Popen, box: Path, seconds: float) -> str:
    """Wait for the end of a command, of its time, or of its memory and disk; return which."""
    end = time.monotonic() + seconds
    while True:
        try:
            return "done" if process.wait(PERIOD) in (0, 1) else "crashed"
        except subprocess.TimeoutExpired:
            if time.monotonic() > end:
                return "timeout"
            if too_much(process.pid, box):
                return "exceeded"


def _kill(process: subprocess.Popen) -> None:
    """Kill a command and what it started; in bubblewrap all of it dies with its first process."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
