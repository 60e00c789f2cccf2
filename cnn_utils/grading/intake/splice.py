"""Find a student's answers and helper cells; only these are run, in a copy of our notebook.

An answer is found by its first line (``# task: lenet``), else by its metadata, which some front
ends lose, else by the names that it defines; a text also by the heading above it. So answers may be
moved, split, copied, merged with helper cells, or retyped.
"""

import re
from dataclasses import dataclass, field

from cnn_utils.grading.intake.assignment import SourceNotebook, TaskSpec, last_heading
from cnn_utils.grading.intake.reader import PlainCell
from cnn_utils.notebook.assignment import MARKER, Task
from cnn_utils.notebook.names import names_left_by, parsed

# Comments that control nbval.
NBVAL_COMMENT = re.compile(r"(?i)#\s*(nbval_\w+|PYTEST_VALIDATE_\w+)[^\n]*")
# A cell is a given one if at least this share of its lines is.
MIN_GIVEN_SHARE = 0.6


@dataclass
class Answer:
    """A student's answer to one task.

    Attributes
    ----------
    state : {"answered", "unanswered", "missing"}
    source : str
        Its cells, joined in their order.
    notes : list of str
        Repairs that were needed.
    has_figure : bool
        Whether the handed-in notebook shows a figure below it.
    output_text : str
        Text of the outputs in the handed-in notebook.
    """

    state: str = "missing"
    source: str = ""
    notes: list[str] = field(default_factory=list)
    has_figure: bool = False
    output_text: str = ""


@dataclass
class Spliced:
    """A student's answers and helper cells.

    Attributes
    ----------
    answers : dict of (str, str) to Answer
        By name and kind of task.
    helpers : dict of str to list of str
        Sources of the student's own cells, by the next code task below them; "" for those
        below the last one.
    """

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    helpers: dict[str, list[str]] = field(default_factory=dict)


def splice(source_notebook: SourceNotebook, cells: list[PlainCell]) -> Spliced:
    """Find a student's answers and helper cells.

    Parameters
    ----------
    source_notebook : SourceNotebook
    cells : list of PlainCell
        Cells of the hand-in.
    """
    owners = _owners(source_notebook, cells)
    result = Spliced({(task.name, task.kind): Answer() for task in source_notebook.tasks})
    for task in source_notebook.tasks:
        mine = [i for i, owner in enumerate(owners) if owner and owner[0] is task]
        result.answers[task.name, task.kind] = _answer(task, mine, owners, cells)
    given = _lines_of(cell for cell in source_notebook.cells if cell.cell_type == "code")
    waiting: list[str] = []
    for cell, owner in zip(cells, owners, strict=True):
        if owner and owner[0].kind == "code":
            if waiting:
                result.helpers.setdefault(owner[0].name, []).extend(waiting)
            waiting = []
        elif cell.kind == "code" and not owner and not _is_given(cell.source, given):
            waiting.append(_cleaned(cell.source))
    if waiting:
        result.helpers[""] = waiting
    return result


def _owners(source_notebook: SourceNotebook, cells) -> list[tuple[TaskSpec, str] | None]:
    """Return for each cell the task that it answers, and how it was found."""
    code = {task.name: task for task in source_notebook.tasks if task.kind == "code"}
    text = {task.name: task for task in source_notebook.tasks if task.kind == "answer"}
    owners: list[tuple[TaskSpec, str] | None] = []
    heading = ""
    for cell in cells:
        marked = _marked(cell.source)
        if cell.kind == "markdown":
            heading = last_heading(cell.source) or heading
        if marked in code and (cell.kind != "markdown" or parsed(cell.source) is not None):
            owners.append((code[marked], "line"))
        elif cell.kind == "markdown" and cell.role == "answer" and cell.task in text:
            owners.append((text[cell.task], "metadata"))
        elif cell.kind == "code" and cell.task in code and cell.role != "answer":
            owners.append((code[cell.task], "metadata"))
        else:
            owners.append(None)
    found = {owner[0].key for owner in owners if owner}
    for task in code.values():
        if task.key in found or not task.defines:
            continue
        for i, cell in enumerate(cells):
            if owners[i] is None and cell.kind == "code" and _defines(cell.source, task.defines):
                owners[i] = (task, "names")
    _texts_by_heading(text, owners, cells)
    return owners


def _texts_by_heading(text: dict[str, TaskSpec], owners, cells) -> None:
    """Assign the last unowned text below a heading to the task of this heading."""
    found = {owner[0].key for owner in owners if owner}
    for task in text.values():
        if task.key in found or not task.heading:
            continue
        under, last = False, None
        for i, cell in enumerate(cells):
            if cell.kind == "markdown" and (title := last_heading(cell.source)):
                under = title == task.heading
            elif cell.kind in ("markdown", "raw") and under and owners[i] is None:
                last = i
        if last is not None:
            owners[last] = (task, "heading")


def _answer(task: TaskSpec, mine: list[int], owners, cells) -> Answer:
    if not mine:
        return Answer(notes=[f"task '{task.name}' ({task.kind}): no cell found"])
    pieces = [cells[i] for i in mine]
    ways = {owners[i][1] for i in mine}
    notes = []
    if ways == {"names"}:
        notes.append(f"task '{task.name}': found by the names it defines")
    if ways == {"heading"}:
        notes.append(f"task '{task.name}' (text): found under its heading")
    if task.kind == "code" and any(cell.kind != "code" for cell in pieces):
        notes.append(f"task '{task.name}': was not a code cell")
    solved = [cell for cell in pieces if not _is_stub(task, cell.source)]
    if len(pieces) > 1:
        left_out = len(pieces) - len(solved)
        untouched = f", {left_out} of them untouched" if solved and left_out else ""
        notes.append(f"task '{task.name}': {len(pieces)} cells joined{untouched}")
    if not solved:
        return Answer("unanswered", pieces[0].source, notes)
    return Answer(
        "answered",
        "\n".join(_cleaned(cell.source) for cell in solved),
        notes,
        has_figure=any(cell.has_figure for cell in pieces),
        output_text="\n".join(cell.output_text for cell in pieces),
    )


def _is_stub(task: TaskSpec, source: str) -> bool:
    return Task(task.name, task.kind, [(1, source)]).is_stub


def _marked(source: str) -> str:
    """Return the task that a cell's first line names, or ""."""
    for line in source.split("\n")[:3]:
        if line.strip():
            match = MARKER.match(line)
            return match[1].lower() if match else ""
    return ""


def _defines(source: str, names: tuple[str, ...]) -> bool:
    return set(names) <= set(names_left_by(source))


def _lines_of(cells) -> list[set[str]]:
    return [{line.strip() for line in cell.source.split("\n") if line.strip()} for cell in cells]


def _is_given(source: str, given: list[set[str]]) -> bool:
    """Tell whether a cell is a given one, perhaps slightly changed.

    Compares sets of lines: a comparison of characters takes seconds for hostile texts.
    """
    lines = {line.strip() for line in source.split("\n") if line.strip()}
    if not lines:
        return True
    return any(len(lines & cell) >= MIN_GIVEN_SHARE * max(len(lines), len(cell)) for cell in given)


def _cleaned(source: str) -> str:
    return NBVAL_COMMENT.sub("#", source)
