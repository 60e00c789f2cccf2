"""Run notebooks through nbval for grading, as a pytest plugin: ``nbval_grade.main(arguments)``.

It runs inside the sandbox. It subclasses nbval where a hand-in could influence its own result:
markers and tags in cells are ignored, stored outputs are not compared, an error in the shell reply
counts, a dead kernel is detected, and a failure does not excuse the cells below it. Each test has
its cell's ``grade_id`` as name.

Importing Keras takes longer than all the rest, so it is imported once: the process that classifies
without the student's code is a fork of this one, and so is each notebook's kernel.
"""

import gc
import json
import os
import queue
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import defaultdict, deque
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

OPTIONS = "-q -p nbval.plugin --noconftest -c /dev/null --rootdir=. -p no:cacheprovider --color=no"
POLL_SECONDS = 0.1
# Limits the memory for a cell that prints without end, and the report for a long error.
MAX_TEXT, MAX_FINDING = 2_000_000, 5_000
START_SECONDS, CLASSIFY_SECONDS = 120, 200
# Holds a network to be rebuilt without the student's code.
REQUEST = Path("request")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Checks and hidden tests run in the working folder, wherever the student's code went.
ENTER = "import os as _os; _here = _os.getcwd(); _os.chdir({!r})"
LEAVE = "_os.chdir(_here)"
OURS = ("check:", "hidden:")
_waiting: dict[str, "ForkedKernel"] = {}


def main(arguments: list[str]) -> None:
    """Run the notebooks among the arguments; the others are pytest's.

    The first line of standard output is the classifier's answer. No code of the student's runs
    before the grader has read it and closed our standard input.
    """
    answer = os.dup(1)
    os.dup2(2, 1)
    notebooks = [Path(argument) for argument in arguments if argument.endswith(".ipynb")]
    os.environ["CNN_UTILS_WORKDIR"] = os.getcwd()
    text = "".join(path.read_text(encoding="utf-8") for path in notebooks)
    gc.disable()  # imports make many objects, and hardly any garbage
    with suppress(Exception):  # then the cell that imports it says why
        if REQUEST.is_dir() or "keras" in text or "cnn_utils" in text:
            import without_training  # noqa: F401
        if "pandas" in text:
            import pandas  # noqa: F401
        if "plot" in text:
            import matplotlib.pyplot  # noqa: F401
    gc.freeze()
    gc.enable()
    if REQUEST.is_dir():
        _classify(answer)
    os.write(answer, b"\n")
    os.close(answer)
    sys.stdin.buffer.read()
    shutil.rmtree(REQUEST, ignore_errors=True)
    for path in notebooks:
        _waiting[path.name] = ForkedKernel()
    code = pytest.main([*OPTIONS.split(), *arguments], [sys.modules[__name__]]) if notebooks else 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # unloading TensorFlow would take half a second


def _classify(answer: int) -> None:
    """Let a fork of this process write the labels to a file descriptor, in limited time."""
    child = os.fork()
    if not child:
        try:
            import classifier

            signal.alarm(CLASSIFY_SECONDS)
            os.write(answer, json.dumps(classifier.classify(REQUEST)).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def pytest_collect_file(file_path, parent):
    """Collect notebooks."""
    return GradingFile.from_parent(parent, path=file_path) if file_path.name in _waiting else None


class ForkedKernel:
    """A process that becomes a kernel when it is given a connection file.

    It has the methods of a `KernelManager` that nbval uses.
    """

    def __init__(self):
        read, self.pipe = os.pipe()
        self.process = os.fork()
        if self.process:
            os.close(read)
            return
        try:
            for pipe in (self.pipe, *(kernel.pipe for kernel in _waiting.values())):
                os.close(pipe)
            if file := os.read(read, 4096).decode():
                self._serve(file)
        finally:
            os._exit(0)

    def _serve(self, file: str) -> None:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        app = IPKernelApp.instance()
        app.initialize([f"-f={file}", "--HistoryManager.enabled=False"])
        app.start()

    def connected(self) -> BlockingKernelClient:
        """Start it; return its client."""
        folder = tempfile.mkdtemp()
        file, _ = write_connection_file(f"{folder}/kernel.json")
        os.write(self.pipe, file.encode())
        client = BlockingKernelClient()
        client.load_connection_file(file)
        client.start_channels()
        client.wait_for_ready(timeout=START_SECONDS)
        return client

    def is_alive(self) -> bool:
        """Tell whether its process runs."""
        if self.process and os.waitpid(self.process, os.WNOHANG)[0]:
            self.process = 0
        return bool(self.process)

    def interrupt_kernel(self) -> None:
        """Raise KeyboardInterrupt in the running cell."""
        if self.is_alive():
            os.kill(self.process, signal.SIGINT)

    def shutdown_kernel(self, now: bool = True) -> None:
        """Kill it."""
        if self.is_alive():
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            self.process = 0


class GradingKernel(RunningKernel):
    """A kernel whose messages are read while it runs, and whose death is detected."""

    def __init__(self, kernel: ForkedKernel):
        self.drained: deque = deque()
        self.text_size = 0
        self.km, self.kc = kernel, kernel.connected()
        self._ensure_iopub_up()

    def run_silently(self, source: str) -> None:
        """Run our own code between two cells; if it fails, the next cell tells why."""
        if self.is_alive():
            with suppress(queue.Empty, RuntimeError):
                self.await_reply(self.kc.execute(source, silent=True, store_history=False))

    def await_reply(self, msg_id, timeout=None):
        """Wait for the reply to a cell; queue its outputs meanwhile."""
        end = time.monotonic() + (timeout or 10)
        while True:
            self._drain()
            try:
                reply = self.kc.get_shell_msg(timeout=POLL_SECONDS)
            except queue.Empty:
                if not self.km.is_alive():
                    raise RuntimeError("The kernel died.") from None
                if time.monotonic() > end:
                    raise
                continue
            if reply["parent_header"].get("msg_id") == msg_id:
                self._drain()
                self._queue_error(reply, msg_id)
                return

    def get_message(self, stream, timeout=None):
        """Return the next message; queued ones first."""
        if stream == "iopub" and self.drained:
            return self.drained.popleft()
        return super().get_message(stream, timeout=timeout)

    def _drain(self):
        while True:
            try:
                message = self.kc.get_iopub_msg(timeout=0)
            except queue.Empty:
                return
            if message["msg_type"] == "stream":
                self.text_size += len(message["content"].get("text", ""))
                if self.text_size > MAX_TEXT:
                    continue
            self.drained.append(message)

    def _queue_error(self, reply, msg_id):
        """Queue an error that the reply reports but that was never published."""
        content = reply["content"]
        if content.get("status") != "error":
            return
        published = (
            message["msg_type"] == "error" and message["parent_header"].get("msg_id") == msg_id
            for message in self.drained
        )
        if not any(published):
            self.drained.appendleft(
                {
                    "msg_type": "error",
                    "header": {"msg_type": "error"},
                    "parent_header": reply["parent_header"],
                    "content": {
                        "ename": str(content.get("ename", "Error")),
                        "evalue": str(content.get("evalue", "")),
                        "traceback": [str(content.get("ename", "the cell did not run"))],
                    },
                }
            )


class GradingCell(IPyNbCell):
    """A cell that fails or passes independently of the cells above it."""

    def setup(self):
        """Skip nbval's setup, which expects failures below a failed cell."""
        self.output_timeout = 15

    def stop(self):
        """Do nothing where nbval would stop the kernel of a slow cell."""

    def runtest(self):
        """Run the cell; ours in the working folder."""
        is_ours = self.name.startswith(OURS)
        if is_ours:
            self.parent.kernel.run_silently(ENTER.format(os.environ["CNN_UTILS_WORKDIR"]))
        try:
            super().runtest()
        finally:
            if is_ours:
                self.parent.kernel.run_silently(LEAVE)

    def repr_failure(self, excinfo):
        """Return the whole message of what stopped the cell, without its traceback."""
        reason = str(excinfo.value)
        errors = [o for o in self.test_outputs or [] if o.output_type == "error"]
        if errors and reason.startswith("Cell execution caused"):
            shown = COLOURS.sub("", "\n".join(errors[-1].traceback)).strip()
            name, text = errors[-1].ename, errors[-1].evalue
            # Above the last line of a traceback there are others; checks, and errors that the kit
            # explains, have none. Of a missing package we explain the cause ourselves.
            begins = [line.startswith(name) for line in shown.splitlines()]
            is_explained = begins and (begins[0] or not any(begins))
            if not is_explained or name == "ModuleNotFoundError":
                shown = f"{name}: {text}".rstrip(": ")
            reason = shown
        return COLOURS.sub("", reason)[:MAX_FINDING]

    def reportinfo(self):
        """Report the cell by its name."""
        return self.path, 0, self.name


class GradingFile(IPyNbFile):
    """A notebook whose metadata do not influence how it is tested."""

    def setup(self):
        """Connect to the notebook's kernel."""
        self.kernel = GradingKernel(_waiting[self.path.name])

    def collect(self):
        """Yield a test for each cell, named by its ``grade_id``."""
        self.nb = nbformat.read(self.path, as_version=4)
        for number, cell in enumerate(self.nb.cells):
            if cell.cell_type != "code":
                continue
            cell.outputs = []
            yield GradingCell.from_parent(
                self,
                name=cell.metadata.get("grade_id", f"cell:{number}"),
                cell_num=number,
                cell=cell,
                options=defaultdict(bool),
            )
