"""What an assignment consists of, whatever became of a notebook: its tasks and networks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.notebook.tasks import tasks_in

FILE = "assignment.json"
# Where `save_for_grading` writes; earlier releases wrote to the other one.
ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER = "artifacts", "evidence"


@dataclass(frozen=True)
class Part:
    """What one notebook must hold.

    Attributes
    ----------
    tasks : tuple of (str, str)
        Name and kind ("code" or "answer") of each task.
    networks : tuple of str
        Names under which `save_for_grading` saves.
    """

    tasks: tuple[tuple[str, str], ...]
    networks: tuple[str, ...] = ()


def saves_of(metadata: dict) -> str | None:
    """Return the network that a cell saves for grading, by its metadata ``saves="lenet"``."""
    return metadata.get("saves") or metadata.get("evidence")  # as earlier releases called it


def part_of(notebook) -> Part:
    """Read tasks and networks from a notebook as it is handed out."""
    networks = (saves_of(cell.metadata) for cell in notebook.cells)
    return Part(tuple(tasks_in(notebook)), tuple(filter(None, networks)))


def as_json(parts: dict[str, Part]) -> str:
    """Return the parts, by the names of their notebooks, as the text of the file."""
    lines = (
        f"{json.dumps(name)}: {json.dumps({'tasks': part.tasks, 'networks': part.networks})}"
        for name, part in parts.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def read_assignment(folder: Path) -> dict[str, Part]:
    """Return the parts of the assignment in a folder of notebooks, by file name.

    Raises
    ------
    KitError
        If the folder has no readable ``assignment.json``.
    """
    try:
        parts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {_plain(name, r"[^/\\]+\.ipynb"): _part(part) for name, part in parts.items()}
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise KitError.about(
            f"'{folder}'", f"hold the assignment's {FILE}", "none", "Name the folder it is in."
        ) from None


def _part(part: dict) -> Part:
    tasks = tuple((_plain(name), _plain(kind)) for name, kind in part["tasks"])
    return Part(tasks, tuple(map(_plain, part["networks"])))


def _plain(name: str, pattern: str = r"[\w-]+") -> str:
    """Return a name that can't lead out of a folder; ValueError if it could."""
    if not re.fullmatch(pattern, name):
        raise ValueError(name)
    return name
