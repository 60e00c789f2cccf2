"""Look a notebook over before it is handed in, and say in plain words what is missing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.handin.claims import claims_in, shares_in, unsupported
from cnn_utils.handin.tasks import group_of, tasks_in
from cnn_utils.submission import validate_submission

PLACEHOLDER = re.compile(r"^\W*$|\b(name|your|members?|group)\b|\.\.\.|…|^0+$", re.IGNORECASE)
# Tasks whose answer is a figure.
FIGURES = ("plot-history", "look")


@dataclass(frozen=True)
class Finding:
    """Something that should be mended before handing in.

    Attributes
    ----------
    cell : int or None
        Number of the cell, from 1 over all cells; None for the whole.
    text : str
        What is wrong, and what to do.
    """

    cell: int | None
    text: str

    def __str__(self) -> str:
        return self.text if self.cell is None else f"cell {self.cell}: {self.text}"


def examine(notebook, folder: Path, master=None) -> list[Finding]:
    """Return all that is missing or does not fit together.

    Parameters
    ----------
    notebook : NotebookNode
        As it was saved, with its outputs.
    folder : Path
        Where ``submission.csv`` should be.
    master : NotebookNode, optional
        What was handed out: it knows which tasks there are.
    """
    findings = [*_group(notebook), *_tasks(notebook, master), *_order(notebook)]
    findings += [*_errors(notebook), *_figures(notebook), *_claims(notebook), *_run(notebook)]
    if ("submit", "code") in tasks_in(notebook if master is None else master):
        findings += _submission(folder)
    return findings


def _group(notebook) -> Iterator[Finding]:
    group = group_of(notebook)
    for name in ("group number", "members"):
        value = group.get(name, "")
        if PLACEHOLDER.search(value):
            told = f"'{value}'" if value else "nothing"
            yield Finding(None, f"The table at the top says {told} for '{name}': fill it in.")


def _tasks(notebook, master) -> Iterator[Finding]:
    found = tasks_in(notebook)
    for (name, kind), task in found.items():
        if task.is_stub:
            what = "code" if kind == "code" else "answer"
            yield Finding(task.cells[0][0], f"Task '{name}' has no {what} yet.")
    for name, kind in tasks_in(master) if master is not None else ():
        if (name, kind) not in found:
            how = f"a code cell that begins with `# task: {name}`" if kind == "code" else "its cell"
            yield Finding(None, f"Task '{name}' is missing: put {how} back.")


def _order(notebook) -> Iterator[Finding]:
    again = "Restart the kernel, run all cells, and save."
    expected = 1
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        count = cell.get("execution_count")
        if count is None:
            yield Finding(number, f"It was not run. {again}")
        elif count != expected:
            told = f"It was run as number {count}, but stands at place {expected}."
            yield Finding(number, f"{told} {again}")
            expected = count
        expected += 1


def _errors(notebook) -> Iterator[Finding]:
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                what = f"{output.get('ename')}: {str(output.get('evalue'))[:80]}"
                yield Finding(number, f"It ended in an error ({what}).")


def _figures(notebook) -> Iterator[Finding]:
    for (name, kind), task in tasks_in(notebook).items():
        if name in FIGURES and kind == "code" and not task.is_stub:
            cells = [notebook.cells[number - 1] for number, _ in task.cells]
            outputs = [output for cell in cells for output in cell.get("outputs", [])]
            if not any("image/png" in output.get("data", {}) for output in outputs):
                yield Finding(task.cells[0][0], f"Task '{name}' shows no figure.")


def _claims(notebook) -> Iterator[Finding]:
    shares = shares_in("\n".join(_texts(notebook)))
    for (_, kind), task in tasks_in(notebook).items():
        for claim in claims_in(task.source) if kind == "answer" else ():
            nearest = unsupported(claim, shares)
            if nearest is not None:
                said = f"{nearest:.1%}" if "%" in claim.text else f"{nearest:.4g}"
                told = f"You write {claim.text}; the nearest number that the run shows is {said}."
                yield Finding(task.cells[0][0], told)


def _run(notebook) -> Iterator[Finding]:
    text = "\n".join(_texts(notebook))
    if "synthetic sample" in text or "stand-in" in text:
        yield Finding(None, "It ran on the synthetic sample, not on the real data.")
    if "quick profile:" in text:
        yield Finding(
            None, "It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again."
        )


def _submission(folder: Path) -> Iterator[Finding]:
    path = folder / "submission.csv"
    try:
        validate_submission(path)
    except KitError as error:
        yield Finding(None, str(error))
        return
    try:
        record = json.loads((folder / "submission.csv.json").read_text(encoding="utf-8"))
        same = record.get("sha256") == hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError, AttributeError):
        same = False
    if not same:
        told = (
            "submission.csv is not the file that export_submission wrote: run task 'submit' again."
        )
        yield Finding(None, told)


def _texts(notebook) -> Iterator[str]:
    """Yield what the outputs say in words."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            for text in (output.get("text"), data.get("text/plain"), data.get("text/html")):
                yield "".join(text) if isinstance(text, list) else str(text or "")
