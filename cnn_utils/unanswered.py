"""Say in one line that a task is not solved yet, where Python would print a traceback."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

MARK = re.compile(r"task ([\w-]+):")
_task_of: dict[str, str] = {}


def explanation(error: BaseException, source: str = "") -> str | None:
    """Return what to say of an error; None if it is of another kind.

    Parameters
    ----------
    error : BaseException
    source : str, default=""
        Of the cell that raised it: what this cell should have defined is missing from now on.

    Examples
    --------
    >>> explanation(NotImplementedError("task lenet: write `build_lenet`"))
    'Not solved yet, task lenet: write `build_lenet`'
    """
    if isinstance(error, NotImplementedError) and (match := MARK.match(str(error))):
        task, told = match[1], f"Not solved yet, {error}"
        _task_of.update(dict.fromkeys(re.findall(r"`(\w+)`", str(error)), task))
    elif isinstance(error, NameError) and error.name in _task_of:
        task = _task_of[error.name]
        told = f"This needs `{error.name}`, and first of all task {task}, not solved yet."
    else:
        return None
    _task_of.update(dict.fromkeys(names_left_by(source), task))
    return told


def parsed(source: str) -> ast.Module | None:
    """Return a cell's syntax tree; None if it is no plain Python, as with a line magic."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names_left_by(source: str) -> list[str]:
    """Return the names that a cell defines, but not those within its functions."""
    tree = parsed(source)
    return list(_stored(tree)) if tree else []


def names_read_by(source: str) -> set[str]:
    """Return the names that a cell reads; if it is no plain Python, all that look like names."""
    tree = parsed(source)
    if tree is None:
        return set(re.findall(r"[^\W\d]\w*", source[:100_000]))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _stored(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child.name
        elif isinstance(child, ast.alias):
            yield (child.asname or child.name).split(".")[0]
        elif not isinstance(child, ast.Lambda):
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                yield child.id
            yield from _stored(child)
