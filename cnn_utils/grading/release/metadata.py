"""Validate the metadata with which authors mark cells; docs/authoring.md explains the keys."""

import json
import math
import re
from collections import Counter
from difflib import get_close_matches

from cnn_utils.errors import KitError
from cnn_utils.grading.release.regions import BEGIN
from cnn_utils.grading.verify.hidden_tests import BY_FIGURE, BY_NETWORK, CALLS
from cnn_utils.notebook.assignment import MARKER
from cnn_utils.notebook.names import names_left_by
from cnn_utils.notebook.reader import Cell, Notebook

# What a cell is, by its kind and metadata.
CODE_TASK, TEXT_TASK, HEADER, CODE, TEXT = "code task", "text task", "header", "code", "text"


def _is_number(value) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_list(value) -> bool:
    return isinstance(value, list) and all(isinstance(x, str) and x.strip() for x in value)


# For each key: the cells that may have it, what its value must be, and a function that tells.
KEYS = {
    "task": (
        (CODE_TASK, TEXT_TASK, HEADER),
        "be a name of small letters, digits and hyphens",
        lambda x: isinstance(x, str) and re.fullmatch(r"[a-z\d][a-z\d-]*", x),
    ),
    "kind": (
        (TEXT_TASK, HEADER),
        'be "answer" or "header"',
        lambda x: x in ("answer", "header"),
    ),
    "points": (
        (CODE_TASK, TEXT_TASK),
        "be a number of at least 0",
        lambda x: _is_number(x) and x >= 0,
    ),
    "defines": (
        (CODE_TASK,),
        "be a list of Python names",
        lambda x: _is_list(x) and all(map(str.isidentifier, x)),
    ),
    "threshold": (
        (CODE_TASK,),
        "be an accuracy from 0 to 1",
        lambda x: _is_number(x) and 0 <= x <= 1,
    ),
    "rerun": ((CODE_TASK,), "be true or false", lambda x: isinstance(x, bool)),
    "figures": ((TEXT_TASK,), "be a list of code tasks", _is_list),
    "rubric": ((TEXT_TASK,), "be a list of texts", _is_list),
    "check": ((CODE,), "be the name of a code task", lambda x: isinstance(x, str)),
    "hidden": ((CODE,), "be the name of a code task", lambda x: isinstance(x, str)),
    "saves": ((CODE,), 'be "lenet" or "cnn"', lambda x: x in ("lenet", "cnn")),
    "tags": ((CODE_TASK, TEXT_TASK, HEADER, CODE, TEXT), "be a list of texts", _is_list),
}
OLD_KEYS = {"evidence": "saves"}
# Written by JupyterLab, Colab, VS Code and jupytext.
FRONT_ENDS = re.compile(
    r"jupyter|slideshow|editable|deletable|collapsed|scrolled|name|title|trusted|format|vscode"
    r"|lines_to_.*|colab|id|outputId|executionInfo|execution|nbgrader|jp-.*|.*heading_?collapsed",
    re.IGNORECASE,
)


# Tasks whose points depend on an accuracy.
RATED = ("train-lenet", "cnn")


def validate(notebooks: dict[str, Notebook]) -> None:
    """Raise a KitError that lists all problems in the metadata of an assignment's notebooks.

    Parameters
    ----------
    notebooks : dict of str to Notebook
        By the names for messages, such as "part1.py".
    """
    problems = [problem for name, book in notebooks.items() for problem in _problems(name, book)]
    names = [{n for n, _ in _named(book, CODE_TASK)} for book in notebooks.values()]
    for name, count in sorted(Counter(n for of_one in names for n in of_one).items()):
        if count > 1:
            problems.append(f"Code task '{name}' is in {count} notebooks: rename it in one.")
    if len(problems) > 1:
        problems.insert(0, f"{len(problems)} problems in the notebooks:")
    if problems:
        raise KitError("\n  ".join(problems))


def role_of(cell: Cell) -> str:
    """Return what a cell is: one of the constants of this module."""
    is_code = cell.kind == "code"
    if not is_code and cell.metadata.get("kind") == "header":
        return HEADER
    if "task" in cell.metadata:
        return CODE_TASK if is_code else TEXT_TASK
    return CODE if is_code else TEXT


def _named(notebook: Notebook, role: str) -> list[tuple[str, Cell]]:
    cells = [cell for cell in notebook.cells if role_of(cell) == role]
    return [(str(cell.metadata.get("task")), cell) for cell in cells]


def _problems(file: str, notebook: Notebook):
    """Yield a sentence for each problem."""
    tasks = {role: _named(notebook, role) for role in (CODE_TASK, TEXT_TASK)}
    code = {name: cell for name, cell in reversed(tasks[CODE_TASK])}
    found: dict[str, list[Cell]] = {}  # checks and hidden tests, by key and task
    for cell in notebook.cells:
        for key, value in cell.metadata.items():
            if sentence := _problem_of(key, value, role_of(cell), code):
                yield f"{file}, cell {cell.number}: {sentence}"
            elif key in ("check", "hidden"):
                found.setdefault(f"{key} {value}", []).append(cell)
        for sentence in _problems_of(cell):
            yield f"{file}, cell {cell.number}: {sentence}"
    for role, named in tasks.items():
        for name, n in Counter(name for name, _ in named).items():
            if n > 1:
                numbers = " and ".join(str(c.number) for other, c in named if other == name)
                yield f"{file}, cells {numbers}: the {role} '{name}' is there {n} times."
    for name, cell in code.items():
        where, is_run = f"{file}, cell {cell.number}", cell.metadata.get("rerun", True)
        if "threshold" in cell.metadata and name not in RATED:
            yield f"{where}: threshold= works for the tasks {' and '.join(RATED)} only."
        tests = [len(found.get(f"{key} {name}", [])) for key in ("check", "hidden")]
        if max(tests) > 1:
            yield f"{where}: task '{name}' must have one check and at most one hidden test."
        if not any(tests) and name not in (*CALLS, *BY_FIGURE, *BY_NETWORK):
            yield (
                f"{where}: nothing tests task '{name}': add a cell with check=\"{name}\" or "
                f'hidden="{name}".'
            )
        if tests[1] and (not is_run or name in BY_NETWORK):
            why = "grading does not run it" if not is_run else "its network is rated"
            yield f"{where}: task '{name}' can't have a hidden test: {why}."
    if (role_cells := _named(notebook, HEADER)) and not re.search(
        r"\d", notebook.group.get("group number", "")
    ):
        yield (
            f"{file}, cell {role_cells[0][1].number}: the table must be filled in, its rows in "
            "this order: group number, members, group name."
        )


def _problem_of(key: str, value, role: str, code: dict[str, Cell]) -> str:
    """Return what is wrong with one entry of a cell's metadata, or ""."""
    shown = f"{key}={json.dumps(value, ensure_ascii=False)}"
    key = OLD_KEYS.get(key, key)
    if key not in KEYS:
        if FRONT_ENDS.fullmatch(key):
            return ""
        return f"unknown key in {shown}{_meant(key, KEYS)}"
    roles, expected, is_valid = KEYS[key]
    if not is_valid(value):
        return f"{shown} must {expected}{_better(key, value)}."
    if role not in roles:
        return f"{shown} belongs to a cell of another kind ({', '.join(roles)}), not to {role}."
    names = {"check": [value], "hidden": [value], "figures": value}.get(key, ())
    for name in names:
        if name not in code:
            return f"{shown} must name a code task of this notebook{_meant(name, code)}"
    return ""


def _problems_of(cell: Cell):
    """Yield what is wrong with a cell as a whole."""
    role, name = role_of(cell), cell.metadata.get("task")
    marker = MARKER.match(cell.source) if cell.kind == "code" else None
    if role == CODE_TASK and not (marker and marker[1] == name):
        yield f"the first line of task '{name}' must be '# task: {name}'."
    if role == CODE and marker:
        yield f"it begins with '# task: {marker[1]}', but its metadata lack task=\"{marker[1]}\"."
    names, defined = cell.metadata.get("defines"), names_left_by(cell.source)
    if role == CODE_TASK and BEGIN in cell.source and _is_list(names):
        for missing in (name for name in names if name not in defined):
            what = f"defines= names {missing}, which the worked code does not define"
            yield f"{what}{_meant(missing, defined)}"
    if role in (CODE_TASK, TEXT_TASK) and "points" not in cell.metadata:
        yield f"task '{name}' has no points."
    if role == TEXT_TASK and "kind" not in cell.metadata:
        yield f"task '{name}' is a text: add kind=\"answer\"."
    if len({"check", "hidden", "saves"} & set(cell.metadata)) > 1:
        yield "check=, hidden= and saves= belong to a cell each."


def _meant(name: str, known) -> str:
    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else "."


def _better(key: str, value) -> str:
    """Return how to write a value that was meant, or ""."""
    if key == "points" and isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value):
        return f": write points={value}"
    if key == "threshold" and _is_number(value) and 1 < value <= 100:
        return f": write threshold={value / 100:g}"
    if key in ("defines", "rubric", "figures", "tags") and isinstance(value, str):
        return f": write {key}={json.dumps([value], ensure_ascii=False)}"
    return ""
