"""Read tasks, points and thresholds from the worked notebooks."""

from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.grading.release.metadata import CODE_TASK, HEADER, role_of
from cnn_utils.grading.release.pairing import Worked, part_of, worked_notebooks


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
    rubric : tuple of str
        What a person who marks the text looks for.
    figures : tuple of str
        Code tasks whose figures belong to the text.
    """

    name: str
    kind: str
    points: float
    defines: tuple[str, ...] = ()
    threshold: float | None = None
    is_run: bool = True
    heading: str = ""
    rubric: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()

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
        Including the worked answers, without the hidden tests.
    tasks : list of TaskSpec
    networks : list of str
        Names under which `save_for_grading` saves networks.
    outline : tuple of str
        Its cells as in `cnn_utils.notebook.assignment.Part`.
    own_tests : dict of str to (int, str)
        The author's hidden test cells by their tasks: the place in `cells` before which one
        stands, and its source.
    """

    name: str
    cells: list
    tasks: list[TaskSpec] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    outline: tuple[str, ...] = ()
    own_tests: dict[str, tuple[int, str]] = field(default_factory=dict)

    def task(self, name: str, kind: str = "code") -> TaskSpec | None:
        """Return a task, or None if there is no such task."""
        return next((t for t in self.tasks if (t.name, t.kind) == (name, kind)), None)


def key_of(name: str, kind: str) -> str:
    """Return a task's name in the gradebook: text answers are marked as such."""
    return name if kind == "code" else f"{name} (text)"


def source_notebook_of(worked: Worked) -> SourceNotebook:
    """Return a worked notebook, which must be valid, with its tasks."""
    part, cells, own_tests = part_of(worked.node), [], {}
    for cell in worked.node.cells:
        if name := cell.metadata.get("hidden"):
            own_tests[name] = (len(cells), cell.source)
        else:
            cells.append(cell)
    tasks, headings = [], {task.key: task.heading for task in part.tasks}
    for cell in worked.notebook.cells:
        metadata = cell.metadata
        if "task" not in metadata or role_of(cell) == HEADER:
            continue
        name, kind = metadata["task"], "code" if role_of(cell) == CODE_TASK else "answer"
        tasks.append(
            TaskSpec(
                name=name,
                kind=kind,
                points=float(metadata["points"]),
                defines=tuple(metadata.get("defines", ())),
                threshold=metadata.get("threshold"),
                is_run=metadata.get("rerun", True),
                heading=headings[f"{kind}:{name}"],
                rubric=tuple(metadata.get("rubric", ())),
                figures=tuple(metadata.get("figures", ())),
            )
        )
    return SourceNotebook(worked.name, cells, tasks, [*part.networks], part.outline, own_tests)


def read_source_notebooks(folder: Path) -> dict[str, SourceNotebook]:
    """Read the worked notebooks of a folder; return them by the names of their .ipynb.

    Raises
    ------
    KitError
        As `worked_notebooks` does.
    """
    return {name: source_notebook_of(one) for name, one in worked_notebooks(folder).items()}


def networks_of(source_notebooks: dict[str, SourceNotebook]) -> list[str]:
    """Return the names of all networks that students hand in."""
    return [network for book in source_notebooks.values() for network in book.networks]
