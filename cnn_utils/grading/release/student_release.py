"""Write the student release: notebooks with gaps, and the package without its answers."""

import copy
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from cnn_utils.data.download import RemoteFile
from cnn_utils.data.locations import COURSE_FILE
from cnn_utils.errors import KitError, cannot_write
from cnn_utils.files import KIT
from cnn_utils.grading.release.pairing import Worked, as_json, part_of, worked_notebooks
from cnn_utils.grading.release.regions import replace_regions
from cnn_utils.grading.release.student_file import write_course_file
from cnn_utils.notebook.assignment import FILE
from cnn_utils.notebook.names import names_left_by, names_read_by
from cnn_utils.notebook.reader import from_content
from cnn_utils.notebook.scripts import as_ipynb, as_script

# Copied unchanged; students get a README and a Makefile of their own.
COPIED_FILES = ("requirements.txt", "environment.yml", "pyproject.toml", "LICENSE")
STUDENT_FILES = resources.files("cnn_utils.grading.release") / "student_files"
# The kinds of files that the package consists of; others in its folder are not copied.
SUFFIXES = (".py", ".typ", ".ttf", ".txt", ".json")
ANSWER = "*YOUR ANSWER HERE*"
LEFT_OUT = 'raise NotImplementedError("left out of the student release: it is yours to write")'
# "Run all" continues after an error in a cell with this tag, so that one gap does not stop it.
CONTINUE_TAG = "raises-exception"


def release(
    out: Path, notebooks: Path, as_text: bool = False, data: RemoteFile | None = None
) -> list[Path]:
    """Write the student release into a new folder, completely or not at all.

    Parameters
    ----------
    out : Path
        A new or an empty folder.
    notebooks : Path
        The folder of the worked notebooks.
    as_text : bool, default=False
        Whether to write the notebooks as .py, too.
    data : RemoteFile, optional
        Where students download the course's student file.

    Returns
    -------
    files : list of Path
        Paths of all files, relative to `out`.

    Raises
    ------
    KitError
        If a solution is wrongly delimited, metadata are invalid, or `out` is in use.
    """
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            expected = "be a new or empty folder"
            next_step = "Choose another name."
            raise KitError.about(f"--out '{out}'", expected, "a folder in use", next_step)
        _release(out.resolve(), notebooks, as_text, data)
    except OSError as error:
        raise cannot_write(out, error) from None
    return sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())


def _release(out: Path, notebooks: Path, as_text: bool, data: RemoteFile | None) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".release-") as folder:
        built = Path(folder) / "built"
        package_for_students(built / "cnn_utils")
        _notebooks(notebooks, built / "notebooks", as_text)
        for name in COPIED_FILES:
            shutil.copy(KIT / name, built)
        for file in STUDENT_FILES.iterdir():
            (built / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
        if data is not None:
            write_course_file(data, built / COURSE_FILE.relative_to(KIT))
        if out.exists():
            for path in built.iterdir():
                path.rename(out / path.name)
        else:
            built.rename(out)


def without_answers(notebook, name: str):
    """Replace each worked answer of a notebook by a gap; return a new notebook.

    Hidden tests and rubrics are left out.

    Parameters
    ----------
    notebook : NotebookNode
        The worked notebook.
    name : str
        Its name in error messages.
    """
    student = copy.deepcopy(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    needs = iter(needs_an_answer(code))
    for number, cell in enumerate(student.cells, start=1):
        where = f"{name}, cell {number}"
        if cell.metadata.get("kind") == "header":
            cell.source = _emptied(cell.source)
        task = cell.metadata.get("task")
        cell.source, n_regions = replace_regions(cell.source, _stub(cell), where)
        is_header = cell.metadata.get("kind") == "header"
        if task and n_regions != (0 if is_header else 1):
            raise KitError(f"{where}: task '{task}' must hold one solution; it holds {n_regions}.")
        if n_regions and not task:
            raise KitError(f"{where}: there is a solution, but the cell's metadata name no task.")
        if cell.cell_type == "code" and next(needs):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), CONTINUE_TAG]
        cell.metadata.pop("rubric", None)
    student.cells[:] = [cell for cell in student.cells if "hidden" not in cell.metadata]
    return student


def needs_an_answer(cells) -> list[bool]:
    """Tell for each code cell whether it is a task, or uses a name that a task defines.

    The names that such a cell defines count as missing, too.

    Parameters
    ----------
    cells : list of NotebookNode
        The code cells in their order, with the worked answers.
    """
    missing: set[str] = set()
    found = []
    for cell in cells:
        needs = "task" in cell.metadata or bool(names_read_by(cell.source) & missing)
        if needs:
            missing |= {*names_left_by(cell.source), *cell.metadata.get("defines", ())}
        found.append(needs)
    return found


def package_for_students(target: Path) -> None:
    """Copy the package into a new folder, without `grading` and without its worked answers."""
    shutil.copytree(KIT / "cnn_utils", target, ignore=_not_for_students)
    for path in target.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        stripped, n_regions = replace_regions(
            source, lambda indent: [indent + LEFT_OUT], str(path.relative_to(target.parent))
        )
        if n_regions:
            path.write_text(stripped, encoding="utf-8")


def _emptied(table: str) -> str:
    """Empty the second column of the header's table."""
    lines = table.split("\n")
    for i, line in enumerate(lines):
        parts = line.strip().strip("|").split("|")
        if len(parts) > 1 and parts[0].strip(" -:"):
            lines[i] = f"|{parts[0]}| |"
    return "\n".join(lines)


def _not_for_students(folder: str, names: list[str]) -> list[str]:
    out = {"grading", "__pycache__", "scripts.py"}
    is_folder = {name for name in names if (Path(folder) / name).is_dir()}
    return [n for n in names if n in out or (n not in is_folder and not n.endswith(SUFFIXES))]


def _stub(cell):
    """Return a function that makes a cell's placeholder lines for an indentation."""
    metadata = cell.metadata
    names = ", ".join(f"`{name}`" for name in metadata.get("defines", ()))

    def stub(indent: str) -> list[str]:
        if cell.cell_type == "markdown":
            return [ANSWER]
        what = f"{'write' if indent else 'define'} {names}" if names else "write its code"
        message = f"task {metadata.get('task')}: {what}, then run this cell again"
        return [f"{indent}# YOUR CODE HERE", f'{indent}raise NotImplementedError("{message}")']

    return stub


def _notebooks(source: Path, target: Path, as_text: bool) -> None:
    target.mkdir(parents=True)
    parts = {}
    for name, worked in worked_notebooks(source).items():
        student = without_answers(worked.node, worked.path.name)
        # Ids that tell nothing about the worked answers.
        student = Worked(worked.path, from_content(student)).node
        parts[name] = part_of(student)
        (target / name).write_text(as_ipynb(student), encoding="utf-8")
        if as_text:
            script = (target / name).with_suffix(".py")
            script.write_text(as_script(student), encoding="utf-8")
    (target / FILE).write_text(as_json(parts), encoding="utf-8")
