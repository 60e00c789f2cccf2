"""A hand-in in the making: its notebooks as plain dicts, and its files."""

from __future__ import annotations

import copy
import io
import json
import os
import zipfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.honest.make_base import BASE, GROUP, PART1, PART2

PARTS = (PART1, PART2)
FULL = {"lenet": 10, "f1": 10, "train-lenet": 10, "plot-history": 5, "evaluate-lenet": 5}
FULL |= {"ten-digits": 5, "preprocess": 5, "look": 5, "cnn": 15, "submit": 5}
TEXTS = ["overfitting", "compare", "ten-digits", "cnn", "discussion"]
TO_MARK = {f"{name} (text)": "" for name in TEXTS}
# Of points that a person decides anyway.
ANY = object()


class Row(NamedTuple):
    """What a hand-in must get: points per task, and who is asked.

    `notes` and `reasons` are parts of what must be said; a `review` of None may be asked for or
    not.
    """

    points: dict
    review: bool | None = False
    status: str = "complete"
    notes: tuple[str, ...] = ()
    reasons: dict[str, str] | None = None


def row(
    points: dict | None = None, *, review=False, status="complete", notes=(), reasons=None
) -> Row:
    """Return a row of full points, except of the tasks that are named."""
    points = points or {}
    assert points.keys() <= FULL.keys() | TO_MARK.keys(), points
    return Row({**FULL, **TO_MARK, **points}, review, status, tuple(notes), reasons)


def registering(table: dict[str, tuple]):
    """Return a decorator that enters a function, which makes a hand-in, and its row in a table."""

    def named(name: str, expected: Row | None = None):
        def register(function):
            assert name not in table
            table[name] = (function, row() if expected is None else expected)
            return function

        return register

    return named


@cache
def base() -> dict[str, bytes]:
    """Return the files of the base by their names."""
    with zipfile.ZipFile(BASE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def joined(lines) -> str:
    return "".join(lines)


class HandIn:
    """The base, to be changed by a style.

    Attributes
    ----------
    number : int
        Of the group.
    notebooks : dict of str to dict
        By their names in the hand-in; sources and texts are single strings.
    files : dict of str to bytes
        All others.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.notebooks = {}
        self.files = {n: x for n, x in base().items() if n == "submission.csv" or "/" in n}
        for name in PARTS:
            notebook = json.loads(base()[name])
            for cell in notebook["cells"]:
                cell["source"] = joined(cell["source"])
            self.notebooks[name] = notebook
            self.header(name)["source"] = self.header(name)["source"].replace(
                "| 7 |", f"| {number} |"
            )

    def header(self, part: str) -> dict:
        """Return the cell with the group's table."""
        return next(
            c for c in self.notebooks[part]["cells"] if next(iter(GROUP))[:-2] in c["source"]
        )

    def all_cells(self) -> list[dict]:
        """Return the cells of both parts."""
        return [cell for notebook in self.notebooks.values() for cell in notebook["cells"]]

    def task(self, name: str, kind: str = "code") -> dict:
        """Return the cell of a task."""
        kinds = {"code": "code", "answer": "markdown"}
        return next(
            cell
            for cell in self.all_cells()
            if cell["metadata"].get("task") == name and cell["cell_type"] == kinds[kind]
        )

    def tasks(self, kind: str = "code") -> list[dict]:
        """Return the cells of all tasks of a kind."""
        names = [name for name in FULL] if kind == "code" else TEXTS
        return [self.task(name, kind) for name in names]

    def given(self, words: str, part: str | None = None) -> dict:
        """Return the first cell whose source holds these words."""
        cells = self.notebooks[part]["cells"] if part else self.all_cells()
        return next(cell for cell in cells if words in cell["source"])

    def cells_of(self, cell: dict) -> list[dict]:
        """Return the cells of the notebook that holds this one."""
        return next(
            book["cells"]
            for book in self.notebooks.values()
            if any(other is cell for other in book["cells"])
        )

    def place(self, cell: dict) -> int:
        """Return the place of a cell in its notebook."""
        return next(i for i, other in enumerate(self.cells_of(cell)) if other is cell)

    def below(self, cell: dict, *sources, kind: str = "code", outputs=()) -> None:
        """Insert new cells below a cell; the outputs go to the last one."""
        new = [new_cell(source, kind) for source in sources]
        if outputs:
            new[-1]["outputs"] = list(outputs)
        place = self.place(cell) + 1
        self.cells_of(cell)[place:place] = new

    def above(self, cell: dict, *sources, kind: str = "code", outputs=()) -> None:
        """Insert new cells above a cell."""
        new = [new_cell(source, kind) for source in sources]
        if outputs:
            new[-1]["outputs"] = list(outputs)
        place = self.place(cell)
        self.cells_of(cell)[place:place] = new

    def remove(self, cell: dict) -> None:
        """Remove a cell."""
        del self.cells_of(cell)[self.place(cell)]

    def replace(self, old: str, new: str, kind: str = "code") -> None:
        """Replace words in all cells of a kind."""
        assert any(old in cell["source"] for cell in self.all_cells()), old
        for cell in self.all_cells():
            if cell["cell_type"] == kind:
                cell["source"] = cell["source"].replace(old, new)

    def solve(self, **answers: str) -> None:
        """Replace the code of tasks; their marker lines stay."""
        for name, code in answers.items():
            name = name.replace("_", "-")
            self.task(name)["source"] = f"# task: {name}\n{code}"

    def members(self) -> dict[str, bytes]:
        """Return all files, as they are packed."""
        return {**{n: dumped(book) for n, book in self.notebooks.items()}, **self.files}

    def zipped(self) -> dict[str, bytes]:
        """Return the hand-in as `hand_in` packs it: one zip."""
        return {f"group{self.number}.zip": zipped(self.members())}


def new_cell(source: str, kind: str = "code") -> dict:
    """Return a cell as JupyterLab inserts it, without an id."""
    cell = {"cell_type": kind, "metadata": {}, "source": source}
    return cell | ({"execution_count": 5, "outputs": []} if kind == "code" else {})


def dumped(notebook: dict) -> bytes:
    """Return a notebook's file as Jupyter writes it, each cell with an id where it has some."""
    notebook = copy.deepcopy(notebook)
    for number, cell in enumerate(notebook["cells"]):
        if notebook["nbformat_minor"] >= 5:
            cell.setdefault("id", f"new-{number}")
        if isinstance(cell["source"], str) and not notebook["metadata"].get("one_string"):
            cell["source"] = cell["source"].splitlines(keepends=True)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def zipped(members: dict[str, bytes]) -> bytes:
    """Return a zip of these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def stream(text: str) -> dict:
    """Return what a cell printed, as an output."""
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def error(name: str, message: str) -> dict:
    """Return an error as an output."""
    trace = [f"\x1b[31m{name}\x1b[39m: {message}"]
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": trace}


def picture(mime: str, data: str) -> dict:
    """Return a figure as an output."""
    return {
        "output_type": "display_data",
        "data": {mime: data, "text/plain": "<Figure>"},
        "metadata": {},
    }


class Sparse(bytes):
    """Stands for a file of that many zeros, which takes no place on the disk."""

    def __new__(cls, size: int):
        made = super().__new__(cls)
        made.size = size
        return made


def write(folder: Path, members: dict[str, bytes]) -> None:
    """Write files into a folder of hand-ins."""
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        if isinstance(data, Sparse):
            os.truncate(folder / name, data.size)
