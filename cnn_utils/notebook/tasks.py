"""Find the tasks of a notebook, and what a student made of each."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from cnn_utils.notebook.names import parsed

MARKER = re.compile(r"^\s*#\s*task:\s*([\w-]+)\s*$", re.IGNORECASE)
# What the student release puts in place of the worked answers.
STUB = re.compile(r"""raise NotImplementedError\(\s*["']task """)
EMPTY = r"#|raise NotImplementedError"


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
        is_code = self.kind == "code"
        return (is_code and bool(STUB.search(self.source))) or not _written(self.source, is_code)


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
    """Say whether a cell only checks the notebook; it is run after the others."""
    return cell.cell_type == "code" and calls_hand_in(cell.source)


def calls_hand_in(source: str) -> bool:
    """Say whether code does nothing but call `hand_in`."""
    if "hand_in(" not in source:
        return False
    tree = parsed(source)
    statements = tree.body if tree else []
    calls = [node for node in statements if not isinstance(node, (ast.Import, ast.ImportFrom))]
    functions = [getattr(getattr(node, "value", None), "func", None) for node in calls]
    names = [getattr(function, "attr", getattr(function, "id", "")) for function in functions]
    return bool(names) and set(names) == {"hand_in"}


def without_comments(markdown: str) -> str:
    """Return Markdown without its HTML comments."""
    first, *parts = markdown.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in parts)


def group_of(notebook) -> dict[str, str]:
    """Return what the header's table says, by the names of its rows in small letters."""
    for cell in notebook.cells:
        if cell.metadata.get("kind") == "header" or "**Group number**" in cell.source:
            rows = (line.strip().strip("|").split("|") for line in cell.source.splitlines())
            rows = [row for row in rows if len(row) == 2 and "**" in row[0]]
            return {name.split("**")[1].strip().lower(): value.strip() for name, value in rows}
    return {}


def _name_of(cell) -> str | None:
    lines = cell.source.splitlines()
    if cell.cell_type == "code" and lines and (match := MARKER.match(lines[0])):
        return match[1].lower()
    name, kind = cell.metadata.get("task"), cell.metadata.get("kind")
    wanted = {"code": kind is None, "markdown": kind == "answer"}
    return str(name) if name and wanted.get(cell.cell_type, False) else None


def _written(source: str, is_code: bool) -> str:
    """Return what is left of an answer without its comments and placeholders."""
    if not is_code:
        return re.sub(r"\W*YOUR ANSWER HERE\W*", "", without_comments(source), flags=re.I).strip()
    lines = (line.strip() for line in source.splitlines())
    return "".join(line for line in lines if line and not re.match(EMPTY, line))
