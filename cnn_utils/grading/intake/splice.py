"""Find a student's answers, and the cells to run: everything that the student wrote as code."""

import re
from dataclasses import dataclass

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.notebook.answers import Answer, Layout, statements_before_raise
from cnn_utils.notebook.assignment import hash_of
from cnn_utils.notebook.names import DEFINITIONS, parsed
from cnn_utils.notebook.reader import Notebook

TASK, HELPER = "task", "helper"
# Comments that control nbval.
NBVAL_COMMENT = re.compile(r"(?i)#\s*(nbval_\w+|PYTEST_VALIDATE_\w+)[^\n]*")


@dataclass
class Spliced:
    """A student's answers and code, and where the given cells stand.

    Attributes
    ----------
    answers : dict of str to Answer
        By keys such as "code:lenet".
    own : dict of int to str
        Sources of the student's own code cells, by their numbers in the hand-in.
    given : dict of int to int
        Places in the assignment, by the numbers of the cells that were left as they were given,
        and of the tasks' cells.
    """

    answers: dict[str, Answer]
    own: dict[int, str]
    given: dict[int, int]

    @property
    def tasks_of(self) -> dict[int, list[str]]:
        """Return the names of the code tasks that each cell answers, by the cell's number."""
        found: dict[int, list[str]] = {}
        for key, answer in self.answers.items():
            kind, _, name = key.partition(":")
            for number in answer.cells if kind == "code" and answer.state == "answered" else []:
                found.setdefault(number, []).append(name)
        return found

    @property
    def ids(self) -> dict[int, str]:
        """Return the name of each own cell in a run: a task's last cell is named after it."""
        last = {name: number for number, names in sorted(self.tasks_of.items()) for name in names}
        names = {number: f"{HELPER}:cell {number}" for number in self.own}
        return names | {number: f"{TASK}:{name}" for name, number in reversed(last.items())}

    @property
    def helpers(self) -> dict[str, list[str]]:
        """Return the sources of the own cells that answer no task, by their names in a run."""
        ids, tasks_of = self.ids, self.tasks_of
        return {ids[n]: [source] for n, source in self.own.items() if n not in tasks_of}


def splice(source_notebook: SourceNotebook, notebook: Notebook) -> Spliced:
    """Find a student's answers and code.

    Parameters
    ----------
    source_notebook : SourceNotebook
    notebook : Notebook
        The hand-in.
    """
    layout = Layout(notebook, source_notebook.tasks, source_notebook.outline)
    answers = layout.answers()
    result = Spliced(answers, {}, {})
    texts = {n for key, a in answers.items() if key.startswith("answer:") for n in a.cells}
    solved = result.tasks_of
    tests = {hash_of(source) for _, source in source_notebook.own_tests.values()}
    for spot in layout.spots:
        number, source = spot.cell.number, NBVAL_COMMENT.sub("#", spot.code)
        if spot.place is not None:
            result.given[number] = spot.place
        is_unfinished = bool(spot.tasks) and _computes_before_raise(source)
        is_own = (spot.is_own and spot.cell.kind == "code") or is_unfinished
        if number in solved or (is_own and number not in texts):
            # The worked solution, handed in as a trial, has the author's hidden tests in it.
            result.own |= {number: source} if hash_of(source) not in {"", *tests} else {}
    return result


def _computes_before_raise(source: str) -> bool:
    """Return whether an unfinished answer computes something before it ends at its placeholder."""
    tree = parsed(source)
    before = statements_before_raise(tree) if tree else []
    return any(not isinstance(node, DEFINITIONS) for node in before)
