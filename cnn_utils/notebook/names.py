"""Read Python source: which names a cell defines, reads and replaces."""

import ast
import re

# A line of IPython's own: `%load_ext cnn_utils`, `%%time`, `!pip list`.
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def parsed(source: str) -> ast.Module | None:
    """Return a cell's syntax tree, with `pass` for each line magic; None if it is not Python."""
    # First unchanged: within brackets or a string, a line may begin with % as well.
    for text in (source, MAGIC.sub(r"\1pass", source)):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


def names_left_by(source: str | ast.AST, imports: bool = True) -> list[str]:
    """Return the names that a cell or statement defines, but not those within its functions."""
    tree = parsed(source) if isinstance(source, str) else source
    found, waiting = [], [tree] if tree else []
    while waiting:  # without recursion: the source may be nested deeply
        node = waiting.pop()
        if isinstance(node, DEFINITIONS):
            found.append(node.name)
        elif isinstance(node, ast.alias):
            found += [(node.asname or node.name).split(".")[0]] if imports else []
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.append(node.id)
            waiting += reversed(list(ast.iter_child_nodes(node)))
    return found


def names_read_by(source: str) -> set[str]:
    """Return the names that a cell reads; if it is not Python, all that look like names."""
    tree = parsed(source)
    if tree is None:
        return set(re.findall(r"[^\W\d]\w*", source[:100_000]))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def calls_only(source: str, *functions: str) -> bool:
    """Return whether code does nothing but call functions whose names begin like one of these."""
    tree = parsed(source) if any(name in source for name in functions) else None
    ignored = (ast.Import, ast.ImportFrom, ast.Pass)
    calls = [node for node in (tree.body if tree else []) if not isinstance(node, ignored)]
    called = [getattr(getattr(node, "value", None), "func", None) for node in calls]
    names = [getattr(function, "attr", getattr(function, "id", "")) for function in called]
    return bool(names) and all(name.startswith(functions) for name in names)
