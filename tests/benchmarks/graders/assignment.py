"""One assignment, in the form of each grader; and hand-ins as its students would have made them.

The other graders compare in the student's kernel, on the examples of their test cells. Both
recommend hidden tests beside the visible ones, so they get some: like the kit's probes, these call
the student's functions on inputs that nobody can know.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import NamedTuple

import jupytext

# They compare by `math.isclose`: neither a patched `abs` nor a number of one's own class fools it.
HIDDEN = {
    "preprocess": """\
import math
images = np.random.randint(0, 256, (3, 32, 32, 3)).astype("uint8")
pairs = zip(preprocess(images).ravel(), (images / 255).ravel(), strict=True)
assert all(math.isclose(value, right, abs_tol=1e-5) for value, right in pairs)""",
    "ten-digits": """\
import math
for accuracy in np.random.uniform(0.5, 0.999, 8):
    assert math.isclose(ten_digit_error_rate(accuracy), 1 - accuracy**10, abs_tol=1e-6)""",
    "f1": """\
import math
y_true = np.eye(10, dtype="float32")[np.random.randint(0, 10, 60)]
y_prob = np.random.random((60, 10)).astype("float32")
metric = F1Score()
metric.update_state(y_true, y_prob)
guessed = np.eye(10)[y_prob.argmax(axis=1)]
hits, seen = (y_true * guessed).sum(axis=0), (y_true + guessed).sum(axis=0)
f1 = np.mean(2 * hits / np.maximum(seen, 1))
assert math.isclose(float(metric.result()), f1, abs_tol=1e-4)""",
}
MARKER = re.compile(r"#\s*task:\s*([\w-]+)\s*$", re.IGNORECASE)
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


class Part(NamedTuple):
    """A cell of the worked notebook; a task's has points, its check has not."""

    kind: str
    source: str
    task: str
    points: float


def parts_of(lab: str) -> list[Part]:
    """Return the code cells and headings of a worked notebook; texts to mark are left out.

    Parameters
    ----------
    lab : str
        In the percent format, as the kit reads it.
    """
    parts = []
    for cell in jupytext.reads(lab, "py:percent").cells:
        told = cell.metadata
        task = told.get("task") or told.get("check") or ""
        source = cell.source.replace("%load_ext cnn_utils\n", "")  # which the others do not have
        if told.get("kind") != "answer":
            parts.append(Part(cell.cell_type, source, task, float(told.get("points", 0))))
    return parts


def handed_in(data: bytes, released: bytes) -> bytes:
    """Return a hand-in as a student of the released notebook would have made it.

    The cells that are given stand where they stood: before the first task, or below the last
    cell of their task, whether it is named by its metadata or by its first line; if neither is
    left, they are at the end. An answer keeps what the grader wrote into its cell's metadata.

    Parameters
    ----------
    data : bytes
        A hand-in of the kit's class, or a zip of such; what is neither is returned as it is.
    released : bytes
        The notebook that the grader made for students.
    """
    if zipfile.is_zipfile(io.BytesIO(data)):
        return _zip_handed_in(data, released)
    try:
        book = json.loads(data)
        sheet = book["worksheets"][0] if "worksheets" in book else book
        cells, key = sheet["cells"], "input" if "worksheets" in book else "source"
        named = [_tasks_named(cell, key) for cell in cells]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return data
    release = json.loads(released)
    first, given, answers = _sorted(release["cells"], key)
    for cell, tasks in zip(cells, named, strict=True):
        if tasks and (answer := answers.get(tasks[0])):
            cell["metadata"] = {**answer["metadata"], **cell["metadata"]}
    places: dict[int, list[dict]] = {}
    for task, tests in given.items():
        last = max((i for i, tasks in enumerate(named) if task in tasks), default=len(cells) - 1)
        places.setdefault(last, []).extend(tests)
    sheet["cells"] = first + places.get(-1, [])
    for i, cell in enumerate(cells):
        sheet["cells"] += [cell, *places.get(i, [])]
    book["metadata"] = {**release["metadata"], **book["metadata"]}
    return json.dumps(book).encode(json.detect_encoding(data))


def _zip_handed_in(data: bytes, released: bytes) -> bytes:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as archive,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped,
    ):
        for member in archive.infolist():
            zipped.writestr(member.filename, handed_in(archive.read(member), released))
    return made.getvalue()


def _tasks_named(cell: dict, key: str) -> list[str]:
    """Return the tasks that a cell names: by its metadata, then by its first line."""
    task = cell["metadata"].get("task")
    names = [task] if isinstance(task, str) and task in HIDDEN else []
    marker = MARKER.match(_text(cell, key).partition("\n")[0].strip())
    return names + ([marker[1].lower()] if marker else [])


def _text(cell: dict, key: str) -> str:
    source = cell.get(key, cell.get("source", ""))
    return "".join(source)


def _sorted(cells: list[dict], key: str) -> tuple[list[dict], dict[str, list], dict[str, dict]]:
    """Return the released cells before the first task, those below each, and the gaps."""
    first, given, answers = [], {}, {}
    place = first
    for number, cell in enumerate(cells):
        if tasks := _tasks_named(cell, "source"):
            answers[tasks[0]] = cell
            place = given.setdefault(tasks[0], [])
            continue
        cell = {**cell, "id": f"given-{number}"} if key == "source" else dict(cell)
        if key == "input" and cell["cell_type"] == "code":
            cell.update(input=_text(cell, "source"), language="python")
        place.append(cell)
    return first, given, answers
