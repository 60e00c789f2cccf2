"""Build the notebook that is run: the student's code in the student's order, and ours around it."""

import ast
import re

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.splice import HELPER, TASK, Spliced
from cnn_utils.grading.release.regions import END
from cnn_utils.grading.verify.hidden_tests import hidden_test_cells
from cnn_utils.notebook.names import MAGIC, names_left_by, names_read_by, parsed
from cnn_utils.notebook.reader import Cell, Notebook

__all__ = ["CHECK", "GIVEN", "HELPER", "HIDDEN_TEST", "TASK", "assemble", "names_replaced_by"]
# A cell's name in nbval's report begins with its kind.
GIVEN, CHECK, HIDDEN_TEST = "given", "check", "hidden"
# What a training made under another name gets the assignment's; it fails unless there is just one.
# The student may have given names of Python's own another meaning.
ALIASES = {
    "model": ("import keras as _keras", "_py.isinstance(_x, _keras.Model)"),
    "history": ("", "_py.hasattr(_x, 'history') and _py.hasattr(_x, 'epoch')"),
}
ALIAS = """\
import builtins as _py
{imports}
if "{name}" not in _py.globals():
    _made = [_x for _x in _py.map(_py.globals().get, {names}) if {is_one}]
    ({name},) = {{_py.id(_x): _x for _x in _made}}.values()"""


def assemble(source_notebook: SourceNotebook, spliced: Spliced):
    """Build the notebook to run.

    A given cell runs where the student left it. One that was changed or deleted runs behind the
    one above it, before the student's version; not if it computes a name from itself, as
    ``x = x / 255`` does, and the student's code computes that name. Given cells that nothing needs
    are left out, because drawing and exploring take most of the time; so are answers that are not
    run again, and the checks of unanswered tasks. The author's hidden tests run where the author
    wrote them, the kit's at the end.

    Parameters
    ----------
    source_notebook : SourceNotebook
    spliced : Spliced

    Returns
    -------
    notebook : NotebookNode
        With a ``grade_id`` such as "check:lenet" in each cell's metadata.
    """
    tasks_of, ids = spliced.tasks_of, spliced.ids
    is_run = {task.name for task in source_notebook.tasks if task.kind == "code" and task.is_run}
    solved = is_run & {name for names in tasks_of.values() for name in names}
    cells = [((n, 0, 0), ids[n], source) for n, source in spliced.own.items()]
    cells += _given(source_notebook, spliced, solved)
    cells = [cell[1:] for cell in sorted(cells, key=lambda cell: cell[0])]
    tests = hidden_test_cells(solved - set(source_notebook.own_tests))
    cells += [(f"{HIDDEN_TEST}:{name}", source) for name, source in tests.items()]
    optional = {ids[n] for n, names in tasks_of.items() if n in ids and not solved & set(names)}
    made = [Cell("code", source, {"grade_id": name}) for name, source in _needed(cells, optional)]
    return Notebook("notebook.ipynb", made, {"language_info": {"name": "python"}}).node()


def _given(source_notebook: SourceNotebook, spliced: Spliced, solved: set[str]):
    """Yield place, name and source of our cells; a place begins with the number of a cell."""
    left = {place: number for number, place in reversed(spliced.given.items())}
    last = {name: n for n, names in sorted(spliced.tasks_of.items()) for name in names}
    stored = {n: set(names_left_by(x, imports=False)) for n, x in spliced.own.items()}
    for name, (place, source) in source_notebook.own_tests.items():
        above = [number for number, other in spliced.given.items() if other < place]
        if name in solved:
            where = (max([last[name], *above]), 1, place - 0.5)
            yield where, f"{HIDDEN_TEST}:{name}", source
    after = 0
    for place, cell in enumerate(source_notebook.cells):
        after = left.get(place, after)
        name, check = cell.metadata.get("task"), cell.metadata.get("check")
        if cell.cell_type != "code" or (check and check not in solved):
            continue
        if check:
            yield (max(after, last[check]), 1, place), f"{CHECK}:{check}", cell.source
        elif name in last:
            after = max(after, last[name])
            answer = spliced.answers[f"code:{name}"]
            defined = set().union(*(stored[n] for n in stored if n <= last[name]))
            made = sorted(set().union(*(stored.get(n, set()) for n in answer.cells)))
            for alias in set(source_notebook.task(name).defines) & set(ALIASES) - defined:
                imports, is_one = ALIASES[alias]
                source = ALIAS.format(name=alias, imports=imports, names=made, is_one=is_one)
                yield (last[name], 1, place), f"{GIVEN}:{alias}", source
            trailing = cell.source.partition(END)[2].strip()  # given code below the solution
            if trailing and trailing not in answer.source:
                yield (last[name], 1, place), f"{GIVEN}:{place}", trailing
        elif not name and place not in left:
            replaced = names_replaced_by(cell.source)
            if not any(replaced & names for names in stored.values()):
                yield (after, 1, place), f"{GIVEN}:{place}", cell.source
    for number, place in spliced.given.items():
        cell = source_notebook.cells[place]
        if cell.cell_type == "code" and not {"task", "check"} & set(cell.metadata):
            again = "" if left[place] == number else f" cell {number}"
            yield (number, 1, place), f"{GIVEN}:{place}{again}", cell.source


def _needed(cells: list[tuple[str, str]], optional: set[str]) -> list[tuple[str, str]]:
    """Leave out given and optional cells that nothing below needs."""
    kept, wanted = [], set()
    for name, source in reversed(cells):
        is_needed = "%load_ext" in source or wanted & set(names_left_by(source))
        if (name.startswith(GIVEN) or name in optional) and not is_needed:
            continue
        kept.append((name, source))
        wanted |= names_read_by(source) | _words_of_magics(source)
    return kept[::-1]


def _words_of_magics(source: str) -> set[str]:
    """Return all words in the line magics of a cell: ``%time y = f(x)`` reads names, too."""
    return {word for match in MAGIC.finditer(source) for word in re.findall(r"\w+", match[0])}


def names_replaced_by(source: str) -> set[str]:
    """Return the names that a cell computes from themselves: run twice, it gives another result."""
    found, tree = set(), parsed(source)
    for node in tree.body if tree else []:
        if isinstance(node, (ast.Assign, ast.AugAssign)):
            read = node.target if isinstance(node, ast.AugAssign) else node.value
            targets = getattr(node, "targets", None) or [node.target]
            stored = [n for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)]
            found |= {name.id for name in stored} & names_read_by(ast.unparse(read))
    return found
