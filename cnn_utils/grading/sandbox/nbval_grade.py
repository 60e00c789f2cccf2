"""The pytest plugin that runs a notebook through nbval for grading: ``pytest -p ... --grade``.

It runs inside the sandbox. It subclasses nbval where a hand-in could influence its own result:
markers and tags in cells are ignored, stored outputs are not compared, an error in the shell reply
counts, a dead kernel is detected, and a failure does not excuse the cells below it. Each test has
its cell's ``grade_id`` as name.
"""

import queue
import time
from collections import defaultdict, deque

import nbformat
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

POLL_SECONDS = 0.1
# Limits the memory for a cell that prints without end.
MAX_TEXT = 2_000_000
START_SECONDS = 120


def pytest_addoption(parser):
    """Add ``--grade``."""
    parser.getgroup("grading").addoption("--grade", action="store_true", help="run notebooks")


def pytest_collect_file(file_path, parent):
    """Collect notebooks if ``--grade`` is given."""
    if parent.config.option.grade and file_path.suffix == ".ipynb":
        return GradingFile.from_parent(parent, path=file_path)
    return None


class GradingKernel(RunningKernel):
    """A kernel whose messages are read while it runs, and whose death is detected."""

    def __init__(self, *arguments, **options):
        self.drained: deque = deque()
        self.text_size = 0
        super().__init__(*arguments, **options)

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

    def reportinfo(self):
        """Report the cell by its name."""
        return self.path, 0, self.name


class GradingFile(IPyNbFile):
    """A notebook whose metadata do not influence how it is tested."""

    def setup(self):
        """Start a kernel of this Python."""
        self.kernel = GradingKernel(
            CURRENT_ENV_KERNEL_NAME, cwd=str(self.path.parent), startup_timeout=START_SECONDS
        )

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
