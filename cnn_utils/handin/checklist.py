"""List what is missing from a notebook before it is handed in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cnn_utils.data.loaders import CIFAR10_CLASSES
from cnn_utils.handin.artifacts import HISTORY, place_of
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
QUANTITY = r"accurac\w*|nøyaktighet\w*|F_?1\b|treffsikkerhet\w*|error rates?"
# In a sentence with these words, the number is another network's, or a wish.
ELSEWHERE = re.compile(
    r"\b(baseline|BEAT ME|SandvikNet|paper|literature|would|could|should|e\.g\.|for example|if"
    r"|guess\w*|chance|random\w*)\b",
    re.IGNORECASE,
)
# After these words, a number is not an accuracy, or a bound, or the difference of two.
BEFORE = re.compile(
    r"\b(dropout|(?<!error )rate|momentum|decay|smoothing|epsilon|factor|threshold|probability|by"
    r"|with|gap|difference|improvement|over|above|than|least|below|under|most|almost|nearly)"
    r"(\s+(of|from|to|is|was|=|about|around|only))*\W*$",
    re.IGNORECASE,
)
AFTER = re.compile(
    r"^\W*(percentage|points?\b|of (the|all|its|our) |better|worse|high|low|more|less|fewer"
    r"|[ck]onf|interval)",
    re.IGNORECASE,
)
# What tells an output's headline figures, those of a training, and those of the classes apart.
HEADLINE = re.compile(rf"{QUANTITY}|loss|error|wrong", re.IGNORECASE)
TRAINING = re.compile(r"train|tren|val(id|_|\b)|epo|curve|kurve|loss\b", re.IGNORECASE)
BY_CLASS = rf"\bclass(es)?\b|digits? \d|klasse|precision|recall|{'|'.join(CIFAR10_CLASSES)}"
WRONG = re.compile(r"error|wrong|mistake|misclass|feil", re.IGNORECASE)
MAX_NAMED = 3


@dataclass(frozen=True)
class Finding:
    """Something to fix before handing in.

    `cell` counts from 1, None means the notebook; `begins` are the cell's first words, or what
    else `text` is about.
    """

    cell: int | None
    text: str
    begins: str = ""

    @property
    def where(self) -> str:
        """Return the cell's number and first words."""
        words = f" ({self.begins})" if self.begins else ""
        return f"cell {self.cell}{words}" if self.cell else self.begins

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


def in_lines(findings: list[Finding], n_lines: int) -> list[str]:
    """Return a line for each cause, in their order; the last one counts those without a line."""
    causes = {}
    for finding in findings:
        causes.setdefault(finding.text, []).append(finding)
    lines = []
    for text, found in causes.items():
        places = [finding.where for finding in found if finding.where]
        n_more = len(places) - MAX_NAMED
        shown = ", ".join(places if n_more < 2 else places[:MAX_NAMED])
        shown += f" and {n_more} more" if n_more > 1 else ""
        if any(AGAIN in line for line in lines):  # once is enough
            text = text.removesuffix(f" {AGAIN}")
        lines.append(f"{shown}: {text}" if shown else text)
    if len(lines) > n_lines:
        lines[n_lines - 1 :] = [f"{len(lines) - n_lines + 1} more points, shown after these."]
    return lines


def examine(
    notebook: Notebook, folder: Path, part: Part, ran: dict[int, str] | None = None
) -> list[Finding]:
    """Return all that is missing or inconsistent, the most important first.

    `ran` is what the notebook's kernel has run.
    """
    if not any(cell.execution_count for cell in notebook.cells):
        return [Finding(None, f"It was not run yet. {AGAIN}")]
    answers = find_answers(notebook, part.tasks, part.outline)
    findings = [*_tasks(answers), *_errors(notebook), *_run(notebook), *_group(notebook)]
    if all(a.state == "answered" for key, a in answers.items() if key.startswith("code:")):
        findings += [
            Finding(None, text) for text in check_artifacts(notebook, folder, part.networks)
        ]
        if "code:submit" in answers:
            findings += [Finding(None, text) for text in check_submission(folder, part.networks)]
    changed = f"changed after it was run, so its output is out of date. {AGAIN}"
    numbers = changed_cells(notebook, folder, part.networks, ran)
    findings += [Finding(number, changed) for number in numbers]
    findings += [*_order(notebook), *_quoted(notebook, answers, folder, part.networks)]
    return [_with_first_words(finding, notebook) for finding in findings]


def _with_first_words(finding: Finding, notebook) -> Finding:
    if finding.cell is None or finding.begins:
        return finding
    lines = notebook.cells[finding.cell - 1].source.strip().splitlines()
    shown = next((line.strip() for line in lines if not line.startswith("<!--")), "")
    return replace(finding, begins=shown if len(shown) <= 30 else f"{shown[:28].rstrip()} …")


def _group(notebook) -> Iterator[Finding]:
    group = notebook.group
    for name in ("group number", "members"):
        value = group.get(name, "")
        if PLACEHOLDER.search(value):
            given = f"'{value}'" if value else "nothing"
            text = "fill in the table at the top (double-click it)."
            yield Finding(None, text, f"{name} ({given} yet)" if not value else f"{name} ({given})")


def _tasks(answers: dict) -> Iterator[Finding]:
    for key, answer in answers.items():
        kind, _, name = key.partition(":")
        begins = f"# task: {name}" if kind == "code" else f"text of '{name}'"
        if answer.state == "unanswered":
            yield Finding(answer.cells[0], "no answer yet.", begins)
        elif (
            kind == "code" and name in FIGURES and answer.state != "missing" and not answer.figures
        ):
            yield Finding(answer.cells[0], "no figure is shown: run it again.", begins)
        elif answer.state == "missing":
            how = "a code cell that begins with this line" if kind == "code" else "its cell"
            yield Finding(None, f"the task is missing: put {how} back.", begins)


def _errors(notebook) -> Iterator[Finding]:
    """Yield the cells that ended in an error; the first one's is told, it may cause the others."""
    ended = [
        (number, f"{output['ename']}: {output['evalue']}"[:90])
        for number, cell in enumerate(notebook.cells, start=1)
        for output in cell.outputs
        if output["output_type"] == "error" and not cell.is_hand_in
    ]
    for number, _ in ended:
        yield Finding(number, f"ended in an error; the first is {ended[0][1]}")


def _order(notebook) -> Iterator[Finding]:
    last, step = 0, 1
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.kind != "code" or not cell.source.strip():
            continue
        count, is_optional = cell.execution_count, "nbval-skip" in cell.metadata.get("tags", [])
        if cell.is_hand_in or (is_optional and count is None):
            step = 2  # run again after saving, so its number may be any
            continue
        if count is None or not last < count <= last + step:
            yield Finding(number, f"not run, or not in order from the top. {AGAIN}")
        last, step = last + 1 if count is None else count, 1


def _run(notebook) -> Iterator[Finding]:
    text = notebook.output_text
    if SAMPLE.search(text):
        yield Finding(None, "It ran on the drawn sample, not on the real data.")
    if "quick profile:" in text:
        quick = "It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again."
        yield Finding(None, quick)


def _quoted(notebook, answers: dict, folder: Path, networks) -> Iterator[Finding]:
    """Yield the accuracies, F1 scores and error rates in texts that are no figures of the run."""
    result, training, others = figures_in(notebook)
    epochs = [figure for network in networks for figure in _history(folder, network)]
    for key, answer in answers.items():
        if not key.startswith("answer:") or answer.state != "answered":
            continue
        for claimed, value, precision, sentence in claims_in(answer.source):
            figures = result + training
            if re.search(BY_CLASS, sentence, re.IGNORECASE):
                figures = figures + others
            elif TRAINING.search(sentence):
                figures = figures + epochs
            elif re.search(r"\btest", sentence, re.IGNORECASE):
                figures = result or training
            if WRONG.search(sentence):
                figures = [*figures, *((1 - figure, shown) for figure, shown in figures)]
            if not figures or any(
                # Rounded, or cut off; the run's figure was rounded as well.
                -precision - shown - 1e-9 <= figure - value <= 2 * precision + shown - 1e-9
                for figure, shown in figures
            ):
                continue
            nearest = min((figure for figure, _ in figures), key=lambda figure: abs(figure - value))
            shown = f"{nearest:.2%}" if "%" in claimed else f"{nearest:.4f}"
            text = f"you write {claimed}; the nearest headline figure of the run is {shown}."
            yield Finding(answer.cells[0], text)


def figures_in(notebook) -> tuple[list, list, list]:
    """Return the shares that a run shows: its results, those of its trainings, and all others."""
    found = [], [], []
    for cell in notebook.cells:
        for output in [] if cell.is_hand_in else cell.outputs:
            table = output.get("data", {}).get("text/plain")
            for text in [table] if table else output.get("text", "").splitlines():
                is_headline = HEADLINE.search(text) and not re.search(r"precision|recall", text)
                kind = 2 if not is_headline else 1 if TRAINING.search(text) else 0
                found[kind].extend(shares_in(text.replace("95 % interval", "")))
    return found


def _history(folder: Path, network: str) -> list[tuple[float, float]]:
    """Return the figures of all epochs."""
    try:
        history = json.loads((place_of(folder, network) / HISTORY).read_text(encoding="utf-8"))
        return [(float(x), 0.0) for curve in history.values() for x in curve if x is not None]
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return []


def claims_in(text: str) -> Iterator[tuple[str, float, float, str]]:
    """Yield the accuracies, F1 scores and error rates that an answer names as its own results.

    Each as it is written, as a share (0-1), half a unit of its last digit, and its sentence.
    """
    for sentence in re.split(r"(?<=[.!?;])\s+|\n\n|\|", text):
        if not re.search(QUANTITY, sentence, re.IGNORECASE) or ELSEWHERE.search(sentence):
            continue
        for match in re.finditer(NUMBER, sentence, re.IGNORECASE):
            if BEFORE.search(sentence[: match.start()]) or AFTER.match(sentence[match.end() :]):
                continue
            value, precision = _share(match[1] or match[3], bool(match[1]))
            if value <= 1:
                yield match[0].strip(), value, precision, sentence


def shares_in(text: str) -> list[tuple[float, float]]:
    """Return the shares, 0-1, in an output, each with half a unit of its last digit.

    Shares are fractions, or numbers with a percent sign.
    """
    found = re.finditer(r"(?<![\w.])(\d+(?:\.\d+)?)(\s*%)?", text)
    shares = [_share(match[1], bool(match[2])) for match in found if "." in match[1] or match[2]]
    return [(value, precision) for value, precision in shares if value <= 1]


def _share(digits: str, is_percent: bool) -> tuple[float, float]:
    """Return a number as a share, and half a unit of its last digit."""
    digits, unit = digits.replace(",", "."), 100 if is_percent else 1
    return float(digits) / unit, 0.5 * 10 ** -len(digits.partition(".")[2]) / unit
