"""The pytest plugin that runs a notebook through nbval for grading: ``pytest -p ... --grade``.

It runs inside the sandbox. nbval is subclassed where its ways would let a hand-in decide about its
own result: markers and tags in cells are not read, stored outputs are not compared, a shell reply
that says "error" is believed, a dead kernel is noticed, and one failure does not excuse the cells
behind it. Tests are named by the cells' ``grade_id``.
"""

from __future__ import annotations

import queue
import time
from collections import defaultdict, deque

import nbformat
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

POLL_SECONDS = 0.1
# A cell that prints for ever must not fill the memory.
MOST_TEXT = 2_000_000
START_SECONDS = 120


def pytest_addoption(parser):
    """Add ``--grade``."""
    parser.getgroup("grading").addoption("--grade", action="store_true", help="run notebooks")


def pytest_collect_file(file_path, parent):
    """Collect notebooks, whatever else is collected."""
    if parent.config.option.grade and file_path.suffix == ".ipynb":
        return GradingFile.from_parent(parent, path=file_path)
    return None


class GradingKernel(RunningKernel):
    """A kernel whose messages are read while it works, and whose death is noticed."""

    def __init__(self, *arguments, **options):
        self.drained: deque = deque()
        self.text_size = 0
        super().__init__(*arguments, **options)

    def await_reply(self, msg_id, timeout=None):
        """Wait for the reply to a cell; queue what it prints meanwhile."""
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
                self._believe(reply, msg_id)
                return

    def get_message(self, stream, timeout=None):
        """Return the next message, first of those that were read already."""
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
                if self.text_size > MOST_TEXT:
                    continue
            self.drained.append(message)

    def _believe(self, reply, msg_id):
        """Queue an error that the reply tells of, in case it was never published."""
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
    """One cell; fails or passes on its own merit."""

    def setup(self):
        """Start from nothing that happened before: nbval would expect failures to follow."""
        self.output_timeout = 15

    def stop(self):
        """End nothing; nbval calls this where a cell takes too long."""

    def reportinfo(self):
        """Name the cell by what it is."""
        return self.path, 0, self.name


class GradingFile(IPyNbFile):
    """A notebook whose own opinion about how it is to be tested is not asked."""

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
