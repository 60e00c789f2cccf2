"""An assignment's notebooks: which tasks they hold, and what a student made of each."""

import ast
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cnn_utils.errors import KitError
from cnn_utils.notebook.names import MAGIC, parsed

FILE = "assignment.json"
# Where `save_for_grading` writes; earlier releases wrote to the other one.
ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER = "artifacts", "evidence"
MARKER = re.compile(r"^\s*#\s*task:\s*([\w-]+)\s*$", re.IGNORECASE)
# The student release puts this in place of the worked answers.
STUB = re.compile(r"""raise NotImplementedError\(\s*["']task """)
EMPTY = r"#|raise NotImplementedError"
# What counts as a figure in an output, the best form first.
FIGURE_TYPES = ("image/png", "image/jpeg", "image/svg+xml", "image/gif", "image/webp")


@dataclass(frozen=True)
class Part:
    """What one notebook must hold: tasks by name and kind, and the networks that it saves."""

    tasks: tuple[tuple[str, str], ...]
    networks: tuple[str, ...] = ()


@dataclass
class Task:
    """One task of a notebook, with the numbers (from 1) and sources of the cells that answer it."""

    name: str
    kind: Literal["code", "answer"]
    cells: list[tuple[int, str]] = field(default_factory=list)

    @property
    def source(self) -> str:
        """All that was written for this task."""
        return "\n".join(source for _, source in self.cells)

    @property
    def is_stub(self) -> bool:
        """Whether it still is what was handed out: a placeholder, or nothing."""
        if self.kind != "code":
            text = without_comments(self.source)
            return not re.sub(r"\W*YOUR ANSWER HERE\W*", "", text, flags=re.IGNORECASE).strip()
        lines = (line.strip() for line in self.source.splitlines())
        is_written = any(line and not re.match(EMPTY, line) for line in lines)
        return not is_written or bool(STUB.search(self.source))


def tasks_in(notebook) -> dict[tuple[str, str], Task]:
    """Return the tasks of a notebook by (name, kind), in their order.

    A code cell belongs to the task that its first line names, ``# task: lenet``; without that
    line, to the one in its metadata, which some front ends lose. A cell that was split in two
    answers its task with both halves.
    """
    found: dict[tuple[str, str], Task] = {}
    for number, cell in enumerate(notebook.cells, start=1):
        kind = "code" if cell.cell_type == "code" else "answer"
        name = _task_of(cell)
        if name is not None:
            task = found.setdefault((name, kind), Task(name, kind))
            task.cells.append((number, cell.source))
    return found


def _task_of(cell) -> str | None:
    if cell.cell_type == "code":
        first_line = MAGIC.sub("", cell.source).lstrip().partition("\n")[0]
        if match := MARKER.match(first_line):
            return match[1].lower()
    name, kind = cell.metadata.get("task"), cell.metadata.get("kind")
    wanted = {"code": kind is None, "markdown": kind == "answer"}
    return str(name) if name and wanted.get(cell.cell_type, False) else None


def read_assignment(folder: Path) -> dict[str, Part]:
    """Return the parts in a folder's ``assignment.json``; KitError if it can't be read."""
    try:
        parts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {
            name: Part(tuple(map(tuple, part["tasks"])), tuple(part["networks"]))
            for name, part in parts.items()
        }
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise KitError.about(
            f"'{folder}'", f"hold a readable {FILE}", "none", "Name the folder of the assignment."
        ) from None


def is_hand_in(cell) -> bool:
    """Return whether a cell only hands in; it runs after the others."""
    return cell.cell_type == "code" and calls_hand_in(cell.source)


def calls_hand_in(source: str) -> bool:
    """Return whether code does nothing but call `hand_in`."""
    tree = parsed(source) if "hand_in(" in source else None
    ignored = (ast.Import, ast.ImportFrom, ast.Pass)
    calls = [node for node in (tree.body if tree else []) if not isinstance(node, ignored)]
    functions = [getattr(getattr(node, "value", None), "func", None) for node in calls]
    names = {getattr(function, "attr", getattr(function, "id", "")) for function in functions}
    return names == {"hand_in"}


def without_comments(markdown: str) -> str:
    """Return Markdown without its HTML comments."""
    first, *parts = markdown.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in parts)


def group_of(notebook) -> dict[str, str]:
    """Return the rows of the header's table, by their names in small letters."""
    for cell in notebook.cells:
        if cell.metadata.get("kind") == "header" or "**Group number**" in cell.source:
            rows = (line.strip().strip("|").split("|") for line in cell.source.splitlines())
            rows = [row for row in rows if len(row) == 2 and "**" in row[0]]
            return {name.split("**")[1].strip().lower(): value.strip() for name, value in rows}
    return {}


def count_figures(cell) -> int:
    """Return how many of a cell's outputs are figures."""
    outputs = cell.get("outputs", [])
    return sum(any(mime in out.get("data", {}) for mime in FIGURE_TYPES) for out in outputs)


def output_text(notebook) -> str:
    """Return the text of all outputs, except those of an earlier `hand_in`."""
    texts = []
    for cell in notebook.cells:
        for output in [] if is_hand_in(cell) else cell.get("outputs", []):
            data = output.get("data", {})
            for text in (output.get("text"), data.get("text/plain"), data.get("text/html")):
                texts.append("".join(text) if isinstance(text, list) else str(text or ""))
    return "\n".join(texts)
