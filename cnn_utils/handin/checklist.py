"""List what is missing from a notebook before it is handed in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

from cnn_utils.handin.claims import claims_in, shares_in, unsupported
from cnn_utils.handin.consistency import AGAIN, changed_cells, check_artifacts, check_submission
from cnn_utils.notebook.assignment import (
    Part,
    count_figures,
    group_of,
    is_hand_in,
    output_text,
    tasks_in,
)

# Nothing, zero, or the text of an empty form: "Your names".
PLACEHOLDER = re.compile(
    r"^[\W_]*((your|the|group|names?|numbers?|members?)[\W_]*)*$|^0+$", re.IGNORECASE
)
# Tasks whose answer is a figure.
FIGURES = ("plot-history", "look")
# As the loaders print it; earlier releases called the sample synthetic, or a stand-in.
SAMPLE = re.compile(r"(drawn|synthetic) sample|stand-in")


@dataclass(frozen=True)
class Finding:
    """Something to fix before handing in, in a cell (from 1) or, without one, the notebook."""

    cell: int | None
    text: str
    begins: str = ""

    def __str__(self) -> str:
        if self.cell is None:
            return self.text
        return f"cell {self.cell}{f' ({self.begins})' if self.begins else ''}: {self.text}"


def examine(notebook, folder: Path, part: Part, ran: dict[int, str] | None = None) -> list[Finding]:
    """Return all that is missing or inconsistent; `ran` is what the notebook's kernel has run."""
    if not any(cell.get("execution_count") for cell in notebook.cells):
        return [Finding(None, f"It was not run yet. {AGAIN}")]
    findings = [*_group(notebook), *_tasks(notebook, part), *_cells(notebook), *_run(notebook)]
    findings += [Finding(None, text) for text in check_artifacts(notebook, folder, part.networks)]
    changed = f"It was changed after it was run, so its output is out of date. {AGAIN}"
    numbers = changed_cells(notebook, folder, part.networks, ran)
    findings += [Finding(number, changed) for number in numbers]
    if ("submit", "code") in part.tasks:
        findings += [Finding(None, text) for text in check_submission(folder, part.networks)]
    return [_with_first_words(finding, notebook) for finding in findings]


def _with_first_words(finding: Finding, notebook) -> Finding:
    if finding.cell is None:
        return finding
    lines = notebook.cells[finding.cell - 1].source.strip().splitlines()
    shown = next((line.strip() for line in lines if not line.startswith("<!--")), "")
    return replace(finding, begins=shorten(shown, width=40, placeholder=" …"))


def _group(notebook) -> Iterator[Finding]:
    group = group_of(notebook)
    for name in ("group number", "members"):
        value = group.get(name, "")
        if PLACEHOLDER.search(value):
            given = f"'{value}'" if value else "nothing"
            yield Finding(None, f"The table at the top says {given} for '{name}': fill it in.")


def _tasks(notebook, part: Part) -> Iterator[Finding]:
    found = tasks_in(notebook)
    for name, kind in part.tasks:
        if (name, kind) not in found:
            how = f"a code cell that begins with `# task: {name}`" if kind == "code" else "its cell"
            yield Finding(None, f"Task '{name}' is missing: put {how} back.")
    shares = shares_in(output_text(notebook))
    for (name, kind), task in found.items():
        numbers = [number for number, _ in task.cells]
        if task.is_stub:
            yield Finding(numbers[0], f"Task '{name}' has no {kind} yet.")
        elif kind == "answer":
            yield from (Finding(numbers[0], text) for text in _claims(task.source, shares))
        elif name in FIGURES and not any(count_figures(notebook.cells[n - 1]) for n in numbers):
            yield Finding(numbers[0], f"Task '{name}' shows no figure.")


def _claims(answer: str, shares: list[float]) -> Iterator[str]:
    for claim in claims_in(answer):
        nearest = unsupported(claim, shares)
        if nearest is not None:
            shown = f"{nearest:.1%}" if "%" in claim.text else f"{nearest:.4g}"
            yield f"You write {claim.text}; the nearest number that the run shows is {shown}."


def _cells(notebook) -> Iterator[Finding]:
    last, step = 0, 1
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if is_hand_in(cell):  # run again after saving, so its number may be any
            step = 2
            continue
        count = cell.get("execution_count")
        if count is None:
            yield Finding(number, f"It was not run. {AGAIN}")
        elif not last < count <= last + step:
            text = f"It was run as number {count}; from the top it would be number {last + 1}."
            yield Finding(number, f"{text} {AGAIN}")
        last, step = last + 1 if count is None else count, 1
        for output in cell.get("outputs", []):
            if output.get("output_type") == "error":
                what = f"{output.get('ename')}: {str(output.get('evalue'))[:80]}"
                yield Finding(number, f"It ended in an error ({what}).")


def _run(notebook) -> Iterator[Finding]:
    text = output_text(notebook)
    if SAMPLE.search(text):
        yield Finding(None, "It ran on the drawn sample, not on the real data.")
    if "quick profile:" in text:
        yield Finding(
            None, "It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again."
        )
