"""Build each notebook (.ipynb) from its text form (.py, percent format), one way only.

The text form is what people edit and review. Building is deterministic: the same text always
gives the same bytes, so that a test can compare them and git shows only real changes.
"""

import hashlib
import json
from collections import Counter
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.notebook.assignment import FILE, MARKER, Part, Task, hash_of, headings_in
from cnn_utils.notebook.reader import Notebook, read_file
from cnn_utils.notebook.scripts import as_ipynb

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def read_worked(source: Path):
    """Return a .py notebook as a node: no outputs, cell ids derived from the cells.

    In the .py, line magics are comments: ``# %load_ext cnn_utils``.
    """
    notebook = read_file(source)
    seen: Counter = Counter()
    for cell in notebook.cells:
        # A random id would change with every build; one made from the position with every insert.
        name = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
        seen[name] += 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return Notebook(notebook.name, notebook.cells, metadata).node()


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
    worked = {source.with_suffix(".ipynb"): read_worked(source) for source in sources}
    texts = {path: as_ipynb(notebook) for path, notebook in worked.items()}
    parts = {path.name: part_of(notebook) for path, notebook in worked.items()}
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
    """Read tasks, networks and outline from a notebook, worked or as it is handed out."""
    tasks, outline, heading = {}, [], ""
    for cell in notebook.cells:
        metadata, is_code = cell.metadata, cell.cell_type == "code"
        heading = heading if is_code else (headings_in(cell.source) or [heading])[-1]
        marker = MARKER.search(cell.source) if is_code else None
        name = marker[1].lower() if marker else metadata.get("task")
        if metadata.get("kind") == "header" or not name:
            is_header = metadata.get("kind") == "header"
            outline.append("header" if is_header else hash_of(cell.source, cell.cell_type) or "-")
            continue
        kind, defines = "code" if is_code else "answer", tuple(metadata.get("defines", ()))
        task = Task(str(name), kind, defines, heading)
        tasks.setdefault(task.key, task)
        outline.append(task.key)
    networks = filter(None, (saves_of(cell.metadata) for cell in notebook.cells))
    return Part(tuple(tasks.values()), tuple(networks), tuple(outline))


def as_json(parts: dict[str, Part]) -> str:
    """Return the parts, by the names of their notebooks, as the text of ``assignment.json``."""
    texts = []
    for name, part in parts.items():
        tasks = ",\n".join(f"  {json.dumps(task)}" for task in part.tasks)
        rest = f'"networks": {json.dumps(part.networks)}, "outline": "{" ".join(part.outline)}"'
        texts.append(f'{json.dumps(name)}: {{"tasks": [\n{tasks}\n], {rest}}}')
    return "{\n" + ",\n".join(texts) + "\n}\n"
