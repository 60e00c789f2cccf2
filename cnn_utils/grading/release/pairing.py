"""Build each notebook (.ipynb) from its text form (.py, percent format), one way only.

The text form is what people edit and review. Building is deterministic: the same text always
gives the same bytes, so that a test can compare them and git shows only real changes.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.notebook.assignment import FILE, Part, tasks_in

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def build_notebook(source: Path) -> str:
    """Return the .ipynb text of a .py notebook: no outputs, cell ids derived from the cells.

    In the .py, line magics are comments: ``# %load_ext cnn_utils``.
    """
    try:
        notebook = jupytext.read(source, fmt="py:percent")
    except (OSError, UnicodeDecodeError) as error:
        received = type(error).__name__
        raise KitError.about(f"'{source}'", "be a notebook in percent format", received) from None
    seen: Counter = Counter()
    for cell in notebook.cells:
        # A random id would change with every build; one made from the position with every insert.
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[name] += 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def pair(folder: Path, check: bool = False) -> list[Path]:
    """Build the .ipynb beside every .py notebook in `folder`, and their ``assignment.json``.

    Parameters
    ----------
    folder : Path
        The folder of the notebooks.
    check : bool, default=False
        Only compare, and write nothing.

    Returns
    -------
    changed : list of Path
        The files that were written, or would be.
    """
    sources = sorted(folder.glob("*.py"))
    if not sources:
        raise KitError.about(f"'{folder}'", "hold .py notebooks", "none")
    texts = {source.with_suffix(".ipynb"): build_notebook(source) for source in sources}
    parts = {path.name: part_of(nbformat.reads(text, as_version=4)) for path, text in texts.items()}
    texts[folder / FILE] = as_json(parts)
    changed = []
    for target, text in texts.items():
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            changed.append(target)
            if not check:
                write_whole(target, text)
    return changed


def saves_of(metadata: dict) -> str | None:
    """Return the network that a cell saves for grading, by its metadata ``saves="lenet"``."""
    return metadata.get("saves") or metadata.get("evidence")  # as earlier releases called it


def part_of(notebook) -> Part:
    """Read tasks and networks from a notebook as it is handed out."""
    networks = (saves_of(cell.metadata) for cell in notebook.cells)
    return Part(tuple(tasks_in(notebook)), tuple(filter(None, networks)))


def as_json(parts: dict[str, Part]) -> str:
    """Return the parts, by the names of their notebooks, as the text of ``assignment.json``."""
    lines = (
        f"{json.dumps(name)}: {json.dumps({'tasks': part.tasks, 'networks': part.networks})}"
        for name, part in parts.items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"
