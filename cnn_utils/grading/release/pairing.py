"""Read the worked notebooks, each from its .py or its .ipynb, and keep both forms alike.

Authors edit the .py (percent format) or the .ipynb. ``assignment.json`` records what both held when
they were last paired: the form that has changed since then counts. If both have changed, nothing is
written, and the difference is shown.
"""

import difflib
import hashlib
import json
from collections import Counter
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.grading.release.metadata import KEYS, validate
from cnn_utils.notebook.assignment import FILE, MARKER, Part, Task, hash_of, headings_in
from cnn_utils.notebook.reader import CONFLICT, Cell, Notebook, Unreadable, read_file
from cnn_utils.notebook.scripts import as_in_script, as_ipynb, as_script

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
RECORD = "paired"
MAX_DIFFERENCES, MAX_SHOWN = 10, 60


class Worked(NamedTuple):
    """A worked notebook: the file that counts, and its content without outputs."""

    path: Path
    notebook: Notebook

    @property
    def name(self) -> str:
        """Return the name of its .ipynb."""
        return self.path.with_suffix(".ipynb").name

    @property
    def node(self):
        """Return it for nbformat, without its outputs; cell ids are derived from the cells."""
        seen: Counter = Counter()
        for cell in self.notebook.cells:
            # A random id would change with every build; one of the position with every insert.
            name = hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
            seen[name] += 1
            cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
        return Notebook(self.name, self.notebook.cells, metadata).node()


def read_worked(source: Path):
    """Return one form of a notebook as a node; see `Worked.node`.

    In the .py, line magics are comments: ``# %load_ext cnn_utils``.
    """
    return Worked(source, _read_form(source)).node


def worked_notebooks(folder: Path) -> dict[str, Worked]:
    """Return the worked notebooks of a folder, by the names of their .ipynb.

    Raises
    ------
    KitError
        If there is no worked notebook, both forms of one were edited, or metadata are invalid.
    """
    found, differences = {}, []
    for stem, forms in _forms_in(folder).items():
        found[f"{stem}.ipynb"] = one = _newer(forms, _records(folder).get(f"{stem}.ipynb"))
        differences += [] if one else [_difference(*forms)]
    if differences:
        raise KitError("\n".join(differences))
    if not found:
        expected = "hold the worked notebooks (.py or .ipynb)"
        raise KitError.about(f"--notebooks '{folder}'", expected, "none")
    validate({one.path.name: one.notebook for one in found.values()})
    return found


def _forms_in(folder: Path) -> dict[str, list[Worked]]:
    """Return the .py and the .ipynb of each notebook, those that exist, by their common stem."""
    forms: dict[str, list[Worked]] = {}
    for path in sorted(folder.glob("*.py")):
        if "# %%" in path.read_text(encoding="utf-8", errors="replace"):
            forms[path.stem] = [Worked(path, _read_form(path))]
        elif path.with_suffix(".ipynb").exists():  # otherwise it is a module
            expected = "hold cells that begin with '# %%'"
            advice = "Restore it, give it another name, or delete it: `pair` builds it again."
            raise KitError.about(f"'{path}'", expected, "none", advice)
    for path in sorted(folder.glob("*.ipynb")):
        try:
            notebook = _read_form(path)
        except Unreadable as error:
            if path.stem not in forms:
                raise
            script = forms[path.stem][0].path.name
            advice = f"If {script} is right, delete {path.name}; `pair` builds it again."
            raise KitError(f"{error} {advice}") from None
        # An .ipynb alone is one of the assignment's only if it has tasks.
        if path.stem in forms or any("task" in cell.metadata for cell in notebook.cells):
            forms.setdefault(path.stem, []).append(Worked(path, notebook))
    return dict(sorted(forms.items()))


def _read_form(path: Path) -> Notebook:
    """Read a .py or .ipynb; of the latter, what the former would hold of it."""
    notebook = read_file(path)
    for cell in notebook.cells:
        where = f"{path.name}, cell {cell.number}"
        if cell.attachments:
            advice = "Save the picture as a file beside the notebook, and link to it."
            raise KitError(f"{where}: a pasted picture can't be kept in a .py. {advice}")
        if CONFLICT.search(cell.source):
            raise Unreadable(f"{where}: there are git's conflict markers.")
        cell.metadata = _in_order(cell.metadata)
    return notebook if path.suffix == ".py" else as_in_script(notebook)


def _in_order(metadata: dict) -> dict:
    """Sort metadata as authors write them; an .ipynb has them in alphabetical order."""
    first = {key: metadata[key] for key in KEYS if key in metadata}
    return first | metadata


def _keys(notebook: Notebook) -> list[str]:
    """Return each cell as a string that changes with its content, not with the lines around it."""
    found = []
    for cell in notebook.cells:
        metadata = {k: v for k, v in cell.metadata.items() if not k.startswith("lines_to_")}
        found.append(json.dumps([cell.kind, cell.source, metadata], sort_keys=True))
    return found


def _hash(notebook: Notebook) -> str:
    return hashlib.sha256("\n".join(_keys(notebook)).encode()).hexdigest()[:16]


def _records(folder: Path) -> dict[str, str]:
    """Return the hashes of the notebooks when they were last paired."""
    try:
        parts = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {name: part.get(RECORD, "") for name, part in parts.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _newer(forms: list[Worked], record: str | None) -> Worked | None:
    """Return the form that counts, or None if both have changed since they were paired."""
    hashes = [_hash(form.notebook) for form in forms]
    if len(set(hashes)) == 1:
        return forms[0]
    changed = [form for form, found in zip(forms, hashes, strict=True) if found != record]
    return changed[0] if len(changed) == 1 else None


def _difference(script: Worked, ipynb: Worked) -> str:
    """Return a message about two forms that both have changed."""
    pair, lines = (script.path.name, ipynb.path.name), []
    keys = [_keys(form.notebook) for form in (script, ipynb)]
    for tag, a, b, c, d in difflib.SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        for i in range(max(b - a, d - c) if tag != "equal" else 0):
            both = [script.notebook.cells[a:b][i : i + 1], ipynb.notebook.cells[c:d][i : i + 1]]
            shown = zip(pair, both, _first_difference(*both), strict=True)
            told = [f"{name}, cell {x[0].number}: {text}" for name, x, text in shown if x]
            lines.append("; ".join(told))
    more = [f"... and {len(lines) - MAX_DIFFERENCES} more"] if len(lines) > MAX_DIFFERENCES else []
    lines = [f"  {line}" for line in lines[:MAX_DIFFERENCES] + more]
    return "\n".join(
        [
            f"{pair[0]} and {pair[1]} differ, and both were edited since they were last paired:",
            *lines,
            "Nothing was written. Bring what you want to keep into one of them, delete the other, "
            "and run `python -m cnn_utils pair`, which builds it again.",
        ]
    )


def _first_difference(one: list[Cell], other: list[Cell]) -> list[str]:
    """Return what differs first in two cells, each alone in a list: a line, or metadata."""
    texts = []
    for cell in [*one, *other]:
        metadata = [f"{k}={json.dumps(v)}" for k, v in sorted(cell.metadata.items())]
        texts.append([*cell.source.split("\n"), *metadata, cell.kind])
    if len(texts) == 1:
        return [repr(texts[0][0][:MAX_SHOWN])] * 2
    first = next(lines for lines in zip_longest(*texts, fillvalue="") if len(set(lines)) == 2)
    return [repr(line[:MAX_SHOWN]) for line in first]


def pair(folder: Path, check: bool = False) -> list[Path]:
    """Write the stale form of every worked notebook in `folder`, and their ``assignment.json``.

    Outputs in an .ipynb do not count. A form that is missing is built.

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
    worked = worked_notebooks(folder)
    texts, records = {}, {name: _hash(one.notebook) for name, one in worked.items()}
    for name, one in worked.items():
        is_script = one.path.suffix == ".py"
        other = one.path.with_suffix(".ipynb" if is_script else ".py")
        if not other.exists() or _hash(_read_form(other)) != records[name]:
            texts[other] = as_ipynb(one.node) if is_script else as_script(one.node)
    described = as_json({name: part_of(one.node) for name, one in worked.items()}, records)
    if not (folder / FILE).exists() or (folder / FILE).read_text(encoding="utf-8") != described:
        texts[folder / FILE] = described
    for target, text in texts.items() if not check else ():
        write_whole(target, text)
    return list(texts)


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
        if "hidden" in metadata:  # students don't get it
            continue
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


def as_json(parts: dict[str, Part], records: dict[str, str] | None = None) -> str:
    """Return the parts, by the names of their notebooks, as the text of ``assignment.json``.

    Parameters
    ----------
    parts : dict of str to Part
    records : dict of str to str, optional
        Hashes of the notebooks as they are paired.
    """
    texts = []
    for name, part in parts.items():
        tasks = ",\n".join(f"  {json.dumps(task)}" for task in part.tasks)
        rest = f'"networks": {json.dumps(part.networks)}, "outline": "{" ".join(part.outline)}"'
        rest += f', "{RECORD}": "{records[name]}"' if records else ""
        texts.append(f'{json.dumps(name)}: {{"tasks": [\n{tasks}\n], {rest}}}')
    return "{\n" + ",\n".join(texts) + "\n}\n"
