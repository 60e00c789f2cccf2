"""Read Python source: which names a cell defines and which it reads."""

import ast
import re
from collections.abc import Iterator

# A line of IPython's own: `%load_ext cnn_utils`, `%%time`, `!pip list`.
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


def parsed(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, with `pass` for each line magic; None if it is not Python."""
    # First unchanged: within brackets or a string, a line may begin with % as well.
    for text in (source, MAGIC.sub(r"\1pass", source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def names_left_by(source: str) -> list[str]:
    """Return the names that a cell defines, but not those within its functions."""
    tree = parsed(source)
    return list(_stored(tree)) if tree else []


def names_read_by(source: str) -> set[str]:
    """Return the names that a cell reads; if it is not Python, all that look like names."""
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
