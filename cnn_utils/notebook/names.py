"""Read Python source: which names a cell defines and which it reads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress

# A line magic, a shell command or a request for help.
MAGIC = re.compile(r"^([ \t]*)([%!?].*|[\w.]+\?+[ \t]*)$", re.MULTILINE)


def parsed(source: str) -> ast.Module | None:
    """Return a cell's syntax tree without its line magics; None if it is not valid Python."""
    for text in (source, MAGIC.sub(r"\1pass", source)):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.parse(text)
    return None


def names_left_by(source: str) -> list[str]:
    """Return the names that a cell defines, but not those within its functions."""
    tree = parsed(source)
    return list(_stored(tree)) if tree else []


def names_read_by(source: str) -> set[str]:
    """Return the names that a cell reads; all words of its magics, and of invalid Python."""
    tree = parsed(source)
    if tree is None:
        return set(re.findall(r"[^\W\d]\w*", source[:100_000]))
    magics = " ".join(match[2] for match in MAGIC.finditer(source))
    words = re.findall(r"[^\W\d]\w*", magics[:100_000])
    return {*words, *(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))}


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
