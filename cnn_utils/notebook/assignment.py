"""``assignment.json``: which tasks, networks and given cells an assignment's notebooks hold."""

import hashlib
import json
import re
from pathlib import Path
from typing import NamedTuple

from cnn_utils.errors import KitError

FILE = "assignment.json"
# Where `save_for_grading` writes; earlier releases wrote to the other one.
ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER = "artifacts", "evidence"

MARKER = re.compile(r"^[ \t]*#[ \t]*task:[ \t]*([\w-]+)[ \t]*$", re.IGNORECASE | re.MULTILINE)


class Task(NamedTuple):
    """A task: its name, its kind, the names that its code defines, and the heading above it."""

    name: str
    kind: str = "code"
    defines: tuple[str, ...] = ()
    heading: str = ""

    @property
    def key(self) -> str:
        """Return what identifies it within its notebook: "code:lenet", "answer:overfitting"."""
        return f"{self.kind}:{self.name}"


class Part(NamedTuple):
    """What one notebook must hold.

    `outline` names its cells in their order: a task's by its key, a given one by its hash.
    """

    tasks: tuple[Task, ...]
    networks: tuple[str, ...] = ()
    outline: tuple[str, ...] = ()


def read_assignment(folder: Path) -> dict[str, Part]:
    """Return the parts in a folder's ``assignment.json``; KitError if it can't be read."""
    try:
        parts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {
            name: Part(
                tuple(map(_task, part["tasks"])),
                tuple(part["networks"]),
                tuple(part.get("outline", "").split()),
            )
            for name, part in parts.items()
        }
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        raise KitError.about(
            f"'{folder}'", f"hold a readable {FILE}", "none", "Name the folder of the assignment."
        ) from None


def _task(values) -> Task:
    name, kind, *rest = values  # earlier releases gave only these two
    defines, heading = rest or ((), "")
    return Task(name, kind, tuple(defines), heading)


def hash_of(source: str, kind: str = "code") -> str:
    """Return eight hexadecimal digits that identify a given cell, "" for one without content.

    Blank lines, spaces at the ends of lines, comments in lines of their own and
    ``%load_ext cnn_utils`` do not count.
    """
    ignored = r"#|%load_ext cnn_utils$" if kind == "code" else r"$"
    lines = [line.rstrip() for line in source.split("\n")]
    lines = [line for line in lines if line and not re.match(ignored, line.lstrip())]
    text = "\n".join(lines).strip()
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:8] if text else ""


def without_comments(markdown: str) -> str:
    """Return Markdown without its HTML comments."""
    first, *parts = markdown.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in parts)


def headings_in(markdown: str) -> list[str]:
    """Return the headings of a Markdown text."""
    lines = without_comments(markdown).split("\n")
    return [line.lstrip("# ").strip() for line in lines if re.match(r"#{1,6} ", line)]
