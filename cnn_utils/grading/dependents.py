"""Which cells of a notebook cannot run before a task is solved."""

from __future__ import annotations

from cnn_utils.notebook.names import names_left_by, names_read_by


def needs_an_answer(cells) -> list[bool]:
    """Say of each code cell whether it is a task, or uses what a task defines.

    What such a cell defines is in turn not there before the task is solved.

    Parameters
    ----------
    cells : list of NotebookNode
        The code cells, in their order, with the worked answers.
    """
    missing: set[str] = set()
    found = []
    for cell in cells:
        read = names_read_by(cell.source)
        is_task = "task" in cell.metadata
        waits = is_task or bool(read & missing)
        if waits:
            missing |= {*names_left_by(cell.source), *cell.metadata.get("defines", ())}
        found.append(waits)
    return found
