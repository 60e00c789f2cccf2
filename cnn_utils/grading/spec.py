"""What the worked notebooks say about grading: tasks, points, thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from cnn_utils.errors import KitError
from cnn_utils.notebook.assignment import saves_of, without_comments
from cnn_utils.notebook.pairing import build_notebook


@dataclass(frozen=True)
class TaskSpec:
    """One task, as the metadata of its cell describe it.

    Attributes
    ----------
    name, kind : str
        Such as "lenet", "code" or "answer".
    points : float
    defines : tuple of str
        Names that its code leaves behind.
    threshold : float or None
        Least accuracy of the handed-in network, for the tasks that are rated by it.
    is_run : bool
        Whether its code is run again; False if only the files tell.
    heading : str
        The heading above it.
    """

    name: str
    kind: str
    points: float
    defines: tuple[str, ...] = ()
    threshold: float | None = None
    is_run: bool = True
    heading: str = ""

    @property
    def key(self) -> str:
        """Return its name in the gradebook: answers beside code of the same name are marked."""
        return key_of(self.name, self.kind)


@dataclass(frozen=True)
class Master:
    """A worked notebook with what it asks for.

    Attributes
    ----------
    name : str
        File name of the .ipynb.
    cells : list of NotebookNode
        With the worked answers.
    tasks : list of TaskSpec
    networks : list of str
        Under which names `save_for_grading` saves.
    """

    name: str
    cells: list
    tasks: list[TaskSpec] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)

    def task(self, name: str, kind: str = "code") -> TaskSpec | None:
        """Return a task, or None."""
        return next((t for t in self.tasks if (t.name, t.kind) == (name, kind)), None)


def key_of(name: str, kind: str) -> str:
    """Return a task's name in the gradebook."""
    return name if kind == "code" else f"{name} (text)"


def last_heading(markdown: str) -> str:
    """Return the last heading of a text, "" if there is none."""
    found = [line.lstrip("# ").strip() for line in markdown.split("\n") if line.startswith("#")]
    return found[-1] if found else ""


def read_master(path: Path) -> Master:
    """Return one worked notebook (.py); see `read_masters`."""
    notebook = nbformat.reads(build_notebook(path), as_version=4)
    return _read(path.with_suffix(".ipynb").name, notebook)


def read_masters(folder: Path) -> dict[str, Master]:
    """Return the worked notebooks of a folder (.py), by the names of their .ipynb.

    Raises
    ------
    KitError
        If there is none, or a task has no points.
    """
    sources = sorted(folder.glob("*.py"))
    if not sources:
        raise KitError.about(f"--master '{folder}'", "hold the worked notebooks (.py)", "none")
    return {master.name: master for master in map(read_master, sources)}


def networks_of(masters: dict[str, Master]) -> list[str]:
    """Return the names of all networks that are handed in."""
    return [network for master in masters.values() for network in master.networks]


def _read(name: str, notebook) -> Master:
    master, heading = Master(name, notebook.cells), ""
    for number, cell in enumerate(notebook.cells, start=1):
        heading = _heading(cell) or heading
        metadata = cell.metadata
        if network := saves_of(metadata):
            master.networks.append(network)
        if "task" not in metadata or metadata.get("kind") == "header":
            continue
        points = metadata.get("points")
        if isinstance(points, bool) or not isinstance(points, (int, float)) or points < 0:
            where = f"'points' of task '{metadata['task']}' ({name}, cell {number})"
            raise KitError.about(where, "be a number of at least 0", points)
        master.tasks.append(
            TaskSpec(
                name=str(metadata["task"]),
                kind="code" if cell.cell_type == "code" else "answer",
                points=float(points),
                defines=tuple(metadata.get("defines", ())),
                threshold=metadata.get("threshold"),
                is_run=metadata.get("rerun", True),
                heading=heading,
            )
        )
    return master


def _heading(cell) -> str:
    if cell.cell_type != "markdown":
        return ""
    return last_heading(without_comments(cell.source))
