"""Look a notebook over before it is handed in, and say in plain words what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cnn_utils.handin.claims import claims_in, shares_in, unsupported
from cnn_utils.handin.consistency import AGAIN, changed_since, check_evidence, check_submission
from cnn_utils.handin.finding import Finding, output_texts, with_first_words
from cnn_utils.notebook.assignment import Part
from cnn_utils.notebook.tasks import group_of, is_hand_in, tasks_in

# Nothing, zero, or what a form says before it is filled in: "Your names".
PLACEHOLDER = re.compile(
    r"^[\W_]*((your|the|group|names?|numbers?|members?)[\W_]*)*$|^0+$", re.IGNORECASE
)
# Tasks whose answer is a figure.
FIGURES = ("plot-history", "look")


def examine(notebook, folder: Path, part: Part, ran: dict[int, str] | None = None) -> list[Finding]:
    """Return all that is missing or does not fit together.

    Parameters
    ----------
    notebook : NotebookNode
        As it was saved, with its outputs.
    folder : Path
        Where ``submission.csv`` and the evidence should be.
    part : Part
        What was asked for.
    ran : dict of int to str, optional
        Sources of the cells that the notebook's running kernel has executed, by execution count.
    """
    if not was_run(notebook):
        return [Finding(None, f"It was not run yet. {AGAIN}")]
    findings = [*_group(notebook), *_tasks(notebook, part), *_order(notebook)]
    findings += [*_errors(notebook), *_figures(notebook), *_claims(notebook), *_run(notebook)]
    findings += check_evidence(notebook, folder, part.networks)
    findings += changed_since(notebook, folder, part.networks, ran)
    if ("submit", "code") in part.tasks:
        findings += check_submission(folder, part.networks)
    return [with_first_words(finding, notebook) for finding in findings]


def was_run(notebook) -> bool:
    """Say whether any cell was."""
    return any(cell.get("execution_count") for cell in notebook.cells)


def _group(notebook) -> Iterator[Finding]:
    group = group_of(notebook)
    for name in ("group number", "members"):
        value = group.get(name, "")
        if PLACEHOLDER.search(value):
            told = f"'{value}'" if value else "nothing"
            yield Finding(None, f"The table at the top says {told} for '{name}': fill it in.")


def _tasks(notebook, part: Part) -> Iterator[Finding]:
    found = tasks_in(notebook)
    for (name, kind), task in found.items():
        if task.is_stub:
            what = "code" if kind == "code" else "answer"
            yield Finding(task.cells[0][0], f"Task '{name}' has no {what} yet.")
    for name, kind in part.tasks:
        if (name, kind) not in found:
            how = f"a code cell that begins with `# task: {name}`" if kind == "code" else "its cell"
            yield Finding(None, f"Task '{name}' is missing: put {how} back.")


def _order(notebook) -> Iterator[Finding]:
    expected, was_among_them = 1, False
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        count = cell.get("execution_count")
        if is_hand_in(cell):  # run again after saving, so its number says nothing
            was_among_them = True
            continue
        if was_among_them and count == expected + 1:
            expected += 1
        was_among_them = False
        if count is None:
            yield Finding(number, f"It was not run. {AGAIN}")
        elif count != expected:
            told = f"It was run as number {count}, but stands at place {expected}."
            yield Finding(number, f"{told} {AGAIN}")
            expected = count
        expected += 1


def _errors(notebook) -> Iterator[Finding]:
    for number, cell in enumerate(notebook.cells, start=1):
        for output in [] if is_hand_in(cell) else cell.get("outputs", []):
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
    shares = shares_in("\n".join(output_texts(notebook)))
    for (_, kind), task in tasks_in(notebook).items():
        for claim in claims_in(task.source) if kind == "answer" else ():
            nearest = unsupported(claim, shares)
            if nearest is not None:
                said = f"{nearest:.1%}" if "%" in claim.text else f"{nearest:.4g}"
                told = f"You write {claim.text}; the nearest number that the run shows is {said}."
                yield Finding(task.cells[0][0], told)


def _run(notebook) -> Iterator[Finding]:
    text = "\n".join(output_texts(notebook))
    if "drawn sample" in text or "synthetic sample" in text:  # the latter in last year's
        yield Finding(None, "It ran on the drawn sample, not on the real data.")
    if "quick profile:" in text:
        yield Finding(
            None, "It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again."
        )
