"""Read tasks, points and thresholds from the worked notebooks."""

from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.release.pairing import part_of, read_worked


@dataclass(frozen=True)
class TaskSpec:
    """One task, read from the metadata of its cell.

    Attributes
    ----------
    name, kind : str
        Such as "lenet", "code" or "answer".
    points : float
    defines : tuple of str
        Names that its code must define.
    threshold : float or None
        Minimum accuracy of the handed-in network, if the task is graded by it.
    is_run : bool
        Whether grading runs its code again; False if the handed-in files are enough.
    heading : str
        The heading above its cell.
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
        """Return its name in the gradebook."""
        return key_of(self.name, self.kind)


@dataclass(frozen=True)
class SourceNotebook:
    """A worked notebook and its tasks.

    Attributes
    ----------
    name : str
        File name of the .ipynb.
    cells : list of NotebookNode
        Including the worked answers.
    tasks : list of TaskSpec
    networks : list of str
        Names under which `save_for_grading` saves networks.
    outline : tuple of str
        Its cells as in `cnn_utils.notebook.assignment.Part`.
    """

    name: str
    cells: list
    tasks: list[TaskSpec] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    outline: tuple[str, ...] = ()

    def task(self, name: str, kind: str = "code") -> TaskSpec | None:
        """Return a task, or None if there is no such task."""
        return next((t for t in self.tasks if (t.name, t.kind) == (name, kind)), None)


def key_of(name: str, kind: str) -> str:
    """Return a task's name in the gradebook: text answers are marked as such."""
    return name if kind == "code" else f"{name} (text)"


def read_source_notebook(path: Path) -> SourceNotebook:
    """Read one worked notebook (.py); see `read_source_notebooks`."""
    name, notebook = path.with_suffix(".ipynb").name, read_worked(path)
    part = part_of(notebook)
    headings = {task.key: task.heading for task in part.tasks}
    source_notebook = SourceNotebook(name, notebook.cells, [], [*part.networks], part.outline)
    for number, cell in enumerate(notebook.cells, start=1):
        metadata = cell.metadata
        if "task" not in metadata or metadata.get("kind") == "header":
            continue
        points = metadata.get("points")
        if isinstance(points, bool) or not isinstance(points, (int, float)) or points < 0:
            where = f"'points' of task '{metadata['task']}' ({name}, cell {number})"
            raise KitError.about(where, "be a number of at least 0", points)
        task, kind = str(metadata["task"]), "code" if cell.cell_type == "code" else "answer"
        source_notebook.tasks.append(
            TaskSpec(
                name=task,
                kind=kind,
                points=float(points),
                defines=tuple(metadata.get("defines", ())),
                threshold=metadata.get("threshold"),
                is_run=metadata.get("rerun", True),
                heading=headings.get(f"{kind}:{task}", ""),
            )
        )
    return source_notebook


def read_source_notebooks(folder: Path) -> dict[str, SourceNotebook]:
    """Read the worked notebooks (.py) of a folder; return them by the names of their .ipynb.

    Raises
    ------
    KitError
        If the folder holds no worked notebook, or a task has no valid points.
    """
    sources = sorted(folder.glob("*.py"))
    if not sources:
        raise KitError.about(f"--notebooks '{folder}'", "hold the worked notebooks (.py)", "none")
    return {notebook.name: notebook for notebook in map(read_source_notebook, sources)}


def networks_of(source_notebooks: dict[str, SourceNotebook]) -> list[str]:
    """Return the names of all networks that students hand in."""
    return [network for book in source_notebooks.values() for network in book.networks]
