"""Build the notebook that is run: the master's given cells, the student's answers, the probes."""

from __future__ import annotations

import nbformat.v4 as v4

from cnn_utils.grading.probes import probe_cells
from cnn_utils.grading.regions import END
from cnn_utils.grading.spec import Master
from cnn_utils.grading.splice import Spliced
from cnn_utils.notebook.names import names_left_by, names_read_by

# The name of a cell in nbval's report: what it is, and of which task.
GIVEN, TASK, CHECK, HELPER, PROBE = "given", "task", "check", "helper", "probe"


def assemble(master: Master, spliced: Spliced):
    """Return the notebook to run.

    Given cells are left out where nothing that is graded needs them: drawing and exploring take
    most of the time. Tasks that are not run again, and unanswered ones, are left out as well, with
    their checks.

    Parameters
    ----------
    master : Master
    spliced : Spliced

    Returns
    -------
    notebook : NotebookNode
        Each cell's metadata hold ``grade_id``, such as "check:lenet".
    """
    open_tasks = {
        name
        for (name, kind), answer in spliced.answers.items()
        if kind == "code" and (answer.state != "answered" or not master.task(name).is_run)
    }
    cells = []
    for number, cell in enumerate(master.cells):
        if cell.cell_type != "code":
            continue
        name, check = cell.metadata.get("task"), cell.metadata.get("check")
        if name and name not in open_tasks:
            for helper in spliced.helpers.get(name, []):
                cells.append(_cell(f"{HELPER}:{len(cells)}", helper))
            cells.append(_cell(f"{TASK}:{name}", spliced.answers[name, "code"].source))
            if trailing := _behind_the_solution(cell.source):
                cells.append(_cell(f"{GIVEN}:{number}", trailing))
        elif check and check not in open_tasks:
            cells.append(_cell(f"{CHECK}:{check}", cell.source))
        elif not name and not check:
            cells.append(_cell(f"{GIVEN}:{number}", cell.source))
    cells += [_cell(f"{HELPER}:{len(cells)}", source) for source in spliced.helpers.get("", [])]
    solved = {task.name for task in master.tasks if task.kind == "code"} - open_tasks
    cells += [_cell(f"{PROBE}:{name}", source) for name, source in probe_cells(solved).items()]
    kept = _needed(cells)
    return v4.new_notebook(cells=kept, metadata={"language_info": {"name": "python"}})


def _cell(grade_id: str, source: str):
    return v4.new_code_cell(source, metadata={"grade_id": grade_id})


def _behind_the_solution(source: str) -> str:
    """Return what the master gives in a task's cell, behind the student's part."""
    return source.partition(END)[2].strip()


def _needed(cells) -> list:
    """Leave out given cells that define nothing that is used further below."""
    kept, wanted = [], set()
    for cell in reversed(cells):
        is_given = cell.metadata.grade_id.startswith(GIVEN)
        if is_given and not (wanted & set(names_left_by(cell.source))):
            continue
        kept.append(cell)
        wanted |= names_read_by(cell.source)
    return kept[::-1]
