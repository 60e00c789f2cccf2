"""List what is missing from a notebook before it is handed in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten

from cnn_utils.handin.consistency import AGAIN, changed_cells, check_artifacts, check_submission
from cnn_utils.notebook.answers import find_answers
from cnn_utils.notebook.assignment import Part
from cnn_utils.notebook.reader import Notebook

# Nothing, zero, or the text of an empty form: "Your names".
PLACEHOLDER = re.compile(
    r"^[\W_]*((your|the|group|names?|numbers?|members?)[\W_]*)*$|^0+$", re.IGNORECASE
)
# Tasks whose answer is a figure.
FIGURES = ("plot-history", "look")
# As the loaders print it; earlier releases called the sample synthetic, or a stand-in.
SAMPLE = re.compile(r"(drawn|synthetic) sample|stand-in")
# A share, as people write it: 98.7 %, 98,7%, 0.987.
NUMBER = (
    r"(?<![\w.,-])(\d{1,3}(?:[.,]\d+)?)\s*(%|percent|per cent|prosent)"
    r"|(?<![\w.,-])(0[.,]\d{2,})"
)
QUANTITY = r"accurac\w*|nøyaktighet\w*|F_?1\b|treffsikkerhet\w*"
# In a sentence with these words, the number is another network's, or a wish.
ELSEWHERE = re.compile(
    r"\b(baseline|BEAT ME|SandvikNet|paper|literature|would|could|should|e\.g\.|for example|if"
    r"|guess\w*|chance|random\w*)\b",
    re.IGNORECASE,
)
# After these words, a number is not an accuracy, or is the difference of two.
BEFORE = re.compile(
    r"\b(dropout|rate|momentum|decay|smoothing|epsilon|factor|threshold|probability|by|with)"
    r"(\s+(of|from|to|=|about|around|only))*\W*$",
    re.IGNORECASE,
)
AFTER = re.compile(r"^\s*(percentage|points?\b|of (the|all|its|our) )", re.IGNORECASE)


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


def examine(
    notebook: Notebook, folder: Path, part: Part, ran: dict[int, str] | None = None
) -> list[Finding]:
    """Return all that is missing or inconsistent; `ran` is what the notebook's kernel has run."""
    if not any(cell.execution_count for cell in notebook.cells):
        return [Finding(None, f"It was not run yet. {AGAIN}")]
    findings = [*_group(notebook), *_tasks(notebook, part), *_cells(notebook), *_run(notebook)]
    findings += [Finding(None, text) for text in check_artifacts(notebook, folder, part.networks)]
    changed = f"It was changed after it was run, so its output is out of date. {AGAIN}"
    numbers = changed_cells(notebook, folder, part.networks, ran)
    findings += [Finding(number, changed) for number in numbers]
    if any(task.key == "code:submit" for task in part.tasks):
        findings += [Finding(None, text) for text in check_submission(folder, part.networks)]
    return [_with_first_words(finding, notebook) for finding in findings]


def _with_first_words(finding: Finding, notebook) -> Finding:
    if finding.cell is None:
        return finding
    lines = notebook.cells[finding.cell - 1].source.strip().splitlines()
    shown = next((line.strip() for line in lines if not line.startswith("<!--")), "")
    return replace(finding, begins=shorten(shown, width=40, placeholder=" …"))


def _group(notebook) -> Iterator[Finding]:
    group = notebook.group
    for name in ("group number", "members"):
        value = group.get(name, "")
        if PLACEHOLDER.search(value):
            given = f"'{value}'" if value else "nothing"
            yield Finding(None, f"The table at the top says {given} for '{name}': fill it in.")


def _tasks(notebook, part: Part) -> Iterator[Finding]:
    shares = shares_in(notebook.output_text)
    for key, answer in find_answers(notebook, part.tasks, part.outline).items():
        kind, _, name = key.partition(":")
        if answer.state == "missing":
            how = f"a code cell that begins with `# task: {name}`" if kind == "code" else "its cell"
            yield Finding(None, f"Task '{name}' is missing: put {how} back.")
        elif answer.state == "unanswered":
            yield Finding(answer.cells[0], f"Task '{name}' has no {kind} yet.")
        elif kind == "answer":
            yield from (Finding(answer.cells[0], x) for x in _unsupported(answer.source, shares))
        elif name in FIGURES and not answer.figures:
            yield Finding(answer.cells[0], f"Task '{name}' shows no figure.")


def _unsupported(answer: str, shares: list[float]) -> Iterator[str]:
    """Yield what to say of each claim to which none of the run's shares rounds, if it has any."""
    for text, value, precision in claims_in(answer) if shares else ():
        nearest = min(shares, key=lambda share: abs(share - value))
        # Both numbers were rounded, the run's to at least four digits.
        if abs(nearest - value) > precision + 5.1e-5:
            shown = f"{nearest:.1%}" if "%" in text else f"{nearest:.4g}"
            yield f"You write {text}; the nearest number that the run shows is {shown}."


def _cells(notebook) -> Iterator[Finding]:
    last, step = 0, 1
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.kind != "code" or not cell.source.strip():
            continue
        if cell.is_hand_in:  # run again after saving, so its number may be any
            step = 2
            continue
        count = cell.execution_count
        if count is None:
            yield Finding(number, f"It was not run. {AGAIN}")
        elif not last < count <= last + step:
            text = f"It was run as number {count}; from the top it would be number {last + 1}."
            yield Finding(number, f"{text} {AGAIN}")
        last, step = last + 1 if count is None else count, 1
        for output in cell.outputs:
            if output["output_type"] == "error":
                what = f"{output['ename']}: {output['evalue'][:80]}"
                yield Finding(number, f"It ended in an error ({what}).")


def _run(notebook) -> Iterator[Finding]:
    text = notebook.output_text
    if SAMPLE.search(text):
        yield Finding(None, "It ran on the drawn sample, not on the real data.")
    if "quick profile:" in text:
        quick = "It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again."
        yield Finding(None, quick)


def claims_in(text: str) -> Iterator[tuple[str, float, float]]:
    """Yield the accuracies and F1 scores that an answer names as its own results.

    Each as it is written, as a share (0-1), and half a unit of its last digit.
    """
    for sentence in re.split(r"(?<=[.!?;])\s+|\n\n|\|", text):
        if not re.search(QUANTITY, sentence, re.IGNORECASE) or ELSEWHERE.search(sentence):
            continue
        for match in re.finditer(NUMBER, sentence, re.IGNORECASE):
            if BEFORE.search(sentence[: match.start()]) or AFTER.match(sentence[match.end() :]):
                continue
            digits, unit = (match[1] or match[3]).replace(",", "."), 100 if match[1] else 1
            n_decimals = len(digits.partition(".")[2])
            if float(digits) <= unit:
                yield match[0].strip(), float(digits) / unit, 0.5 * 10**-n_decimals / unit


def shares_in(text: str) -> list[float]:
    """Return the shares, 0-1, in an output: fractions, or numbers with a percent sign."""
    found = []
    for match in re.finditer(r"(?<![\w.])(\d+(?:\.\d+)?)(\s*%)?", text):
        value = float(match[1]) / (100 if match[2] else 1)
        if value <= 1 and ("." in match[1] or match[2]):
            found.append(value)
    return found
