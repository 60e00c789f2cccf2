"""Find the tasks of a notebook, and what a student made of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MARKER = re.compile(r"^\s*#\s*task:\s*([\w-]+)\s*$", re.IGNORECASE)
# What the student release puts in place of the worked answers.
STUB = re.compile(r"YOUR (CODE|ANSWER) HERE|raise NotImplementedError", re.IGNORECASE)


@dataclass
class Task:
    """One task of a notebook, code or text.

    Attributes
    ----------
    name : str
        As in ``# task: lenet``.
    kind : {"code", "answer"}
    cells : list of (int, str)
        Numbers (from 1, over all cells) and sources of the cells that answer it.
    """

    name: str
    kind: str
    cells: list[tuple[int, str]] = field(default_factory=list)

    @property
    def source(self) -> str:
        """All that was written for this task."""
        return "\n".join(source for _, source in self.cells)

    @property
    def is_stub(self) -> bool:
        """Whether it still is what was handed out: a placeholder, or nothing."""
        return bool(STUB.search(self.source)) or not _written(self.source, self.kind)


def tasks_in(notebook) -> dict[tuple[str, str], Task]:
    """Return the tasks of a notebook by (name, kind), in their order.

    A code cell belongs to the task that its first line names, ``# task: lenet``; without that
    line, to the one in its metadata, which some front ends lose. A cell that was split in two
    answers its task with both halves.
    """
    found: dict[tuple[str, str], Task] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        kind = "code" if cell.cell_type == "code" else "answer"
        name = _name_of(cell)
        if name is not None:
            task = found.setdefault((name, kind), Task(name, kind))
            task.cells.append((number, cell.source))
    return found


def is_hand_in(cell) -> bool:
    """Say whether a cell is the one that checks the notebook, which is run after the others."""
    return cell.cell_type == "code" and "hand_in(" in cell.source


def group_of(notebook) -> dict[str, str]:
    """Return what the header's table says, by the names of its rows in small letters."""
    for cell in notebook.cells:
        if cell.metadata.get("kind") == "header" or "**Group number**" in cell.source:
            rows = re.findall(r"^\|\s*\*\*(.+?)\*\*.*?\|\s*(.*?)\s*\|\s*$", cell.source, re.M)
            return {name.lower(): value for name, value in rows}
    return {}


def _name_of(cell) -> str | None:
    lines = cell.source.splitlines()
    if cell.cell_type == "code" and lines and (match := MARKER.match(lines[0])):
        return match[1].lower()
    name, kind = cell.metadata.get("task"), cell.metadata.get("kind")
    wanted = {"code": kind is None, "markdown": kind == "answer"}
    return str(name) if name and wanted.get(cell.cell_type, False) else None


def _written(source: str, kind: str) -> str:
    """Return what is left of an answer without its comments and markers."""
    if kind == "answer":
        return re.sub(r"<!--.*?-->", "", source, flags=re.DOTALL).strip()
    lines = (line.strip() for line in source.splitlines())
    return "".join(line for line in lines if line and not line.startswith("#"))
