"""Build the notebook that is run: given cells, the student's answers, checks and hidden tests."""

import re

import nbformat.v4 as v4

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.splice import Spliced
from cnn_utils.grading.release.regions import END
from cnn_utils.grading.verify.hidden_tests import hidden_test_cells
from cnn_utils.notebook.names import MAGIC, names_left_by, names_read_by

# A cell's name in nbval's report begins with its kind.
GIVEN, TASK, CHECK, HELPER, HIDDEN_TEST = "given", "task", "check", "helper", "hidden"


def assemble(source_notebook: SourceNotebook, spliced: Spliced):
    """Build the notebook to run.

    Given cells that no graded cell needs are left out, because drawing and exploring take most of
    the time; so are the tasks that are unanswered or not run again, with their checks.

    Parameters
    ----------
    source_notebook : SourceNotebook
    spliced : Spliced

    Returns
    -------
    notebook : NotebookNode
        With a ``grade_id`` such as "check:lenet" in each cell's metadata.
    """
    open_tasks = {
        name
        for (name, kind), answer in spliced.answers.items()
        if kind == "code" and (answer.state != "answered" or not source_notebook.task(name).is_run)
    }
    cells = []
    for number, cell in enumerate(source_notebook.cells):
        if cell.cell_type != "code":
            continue
        name, check = cell.metadata.get("task"), cell.metadata.get("check")
        if name and name not in open_tasks:
            for helper in spliced.helpers.get(name, []):
                cells.append(_cell(f"{HELPER}:{len(cells)}", helper))
            cells.append(_cell(f"{TASK}:{name}", spliced.answers[name, "code"].source))
            if trailing := _below_the_solution(cell.source):
                cells.append(_cell(f"{GIVEN}:{number}", trailing))
        elif check and check not in open_tasks:
            cells.append(_cell(f"{CHECK}:{check}", cell.source))
        elif not name and not check:
            cells.append(_cell(f"{GIVEN}:{number}", cell.source))
    cells += [_cell(f"{HELPER}:{len(cells)}", source) for source in spliced.helpers.get("", [])]
    solved = {task.name for task in source_notebook.tasks if task.kind == "code"} - open_tasks
    cells += [
        _cell(f"{HIDDEN_TEST}:{name}", source) for name, source in hidden_test_cells(solved).items()
    ]
    kept = _needed(cells)
    return v4.new_notebook(cells=kept, metadata={"language_info": {"name": "python"}})


def _cell(grade_id: str, source: str):
    return v4.new_code_cell(source, metadata={"grade_id": grade_id})


def _below_the_solution(source: str) -> str:
    """Return the given code below the solution in a task's cell."""
    return source.partition(END)[2].strip()


def _needed(cells) -> list:
    """Leave out given cells that neither define a name used below nor load an extension."""
    kept, wanted = [], set()
    for cell in reversed(cells):
        is_given = cell.metadata.grade_id.startswith(GIVEN)
        is_needed = "%load_ext" in cell.source or wanted & set(names_left_by(cell.source))
        if is_given and not is_needed:
            continue
        kept.append(cell)
        wanted |= names_read_by(cell.source) | _words_of_magics(cell.source)
    return kept[::-1]


def _words_of_magics(source: str) -> set[str]:
    """Return all words in the line magics of a cell: ``%time y = f(x)`` reads names, too."""
    return {word for match in MAGIC.finditer(source) for word in re.findall(r"\w+", match[0])}
