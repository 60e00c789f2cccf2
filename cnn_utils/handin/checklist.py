"""List what is missing from a notebook before it is handed in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cnn_utils.data.loaders import CIFAR10_CLASSES
from cnn_utils.files import is_own
from cnn_utils.handin.artifacts import HISTORY, place_of
from cnn_utils.handin.consistency import check_artifacts, check_submission, outdated_cells
from cnn_utils.notebook.answers import find_answers
from cnn_utils.notebook.assignment import Part
from cnn_utils.notebook.names import names_left_by
from cnn_utils.notebook.reader import Notebook, decoded

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
# Errors of cells that need an unsolved task.
WAITS = re.compile("^NotImplementedError|not attempted yet")
UNDEFINED = re.compile(r"^NameError: name '(\w+)' is not defined")
MAX_NAMED = 3


class Finding(NamedTuple):
    """Something to fix before handing in, and where: a cell's number and first words, or ""."""

    text: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text


def in_lines(findings: list[Finding], n_lines: int) -> list[str]:
    """Return a line for each cause, in their order; the last one counts those without a line."""
    lines = []
    for text in dict.fromkeys(finding.text for finding in findings):
        places = [finding.where for finding in findings if finding.text == text]
        if (rest := len(places) - MAX_NAMED) > 1:
            places[MAX_NAMED - 1 :] = [f"{places[MAX_NAMED - 1]} and {rest} more"]
        lines.append(str(Finding(text, ", ".join(places))))
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
        return [Finding("It was not run yet: run all cells, and save.")]
    answers = find_answers(notebook, part.tasks, part.outline)
    outdated = list(outdated_cells(notebook, folder, part.networks, ran))
    findings = [*_tasks(answers), *_outdated(notebook, outdated)]
    unsolved = [task for task in part.tasks if answers[task.key].state == "unanswered"]
    findings += [*_errors(notebook, outdated, unsolved), *_run(notebook), *_group(notebook)]
    # Cells to run again save these anew.
    is_answered = (a.state == "answered" for key, a in answers.items() if key.startswith("code:"))
    if not outdated and all(is_answered):
        findings += map(Finding, check_artifacts(notebook, folder, part.networks))
        if "code:submit" in answers:
            findings += map(Finding, check_submission(folder, part.networks))
    return [*findings, *_quoted(notebook, answers, folder, part.networks)]


def _cell(notebook, number: int) -> str:
    """Return a cell's number and first words."""
    lines = notebook.cells[number - 1].source.strip().splitlines()
    words = next((line.strip() for line in lines if not line.startswith("<!--")), "")
    return f"cell {number} ({words if len(words) <= 30 else f'{words[:28].rstrip()} …'})"


def _group(notebook) -> Iterator[Finding]:
    for name in ("group number", "members"):
        if PLACEHOLDER.search(value := notebook.group.get(name, "")):
            text = "fill in the table at the top (double-click it)."
            yield Finding(text, f"{name} (now '{value}')" if value else name)


def _tasks(answers: dict) -> Iterator[Finding]:
    for key, answer in answers.items():
        kind, _, name = key.partition(":")
        begins = f"# task: {name}" if kind == "code" else f"text of '{name}'"
        where = f"cell {answer.cells[0]} ({begins})" if answer.cells else f"'{begins}'"
        if answer.state == "missing":
            how = "a code cell that begins with this line" if kind == "code" else "its cell"
            yield Finding(f"missing, put {how} back.", where)
        elif answer.state == "unanswered":
            yield Finding("no answer yet.", where)
        elif kind == "code" and name in FIGURES and not answer.figures:
            yield Finding("shows no figure.", where)


def _outdated(notebook, numbers: list[int]) -> Iterator[Finding]:
    """Yield the cells to run again, by name, or the first one, where to run all below is easier."""
    where = ", ".join(_cell(notebook, number) for number in numbers)
    how = "run them again, in this order" if numbers[1:] else "run it again"
    if len(numbers) > MAX_NAMED + 1:
        where = f"{_cell(notebook, numbers[0])} and {len(numbers) - 1} below it"
        how = "choose Run, Run Selected Cell and All Below"
    if numbers:
        text = f"not run, or out of date: {how} (in a new kernel: all cells), and save."
        yield Finding(text, where)


def _errors(notebook, outdated: list[int], unsolved: list) -> Iterator[Finding]:
    """Yield the cells that ended in an error, with the first one: it may cause the others.

    Those that only wait for an unsolved task are left out.
    """
    missing, ended = {name for task in unsolved for name in task.defines}, []
    for cell in notebook.cells:
        if not cell.error or cell.is_hand_in or cell.number in outdated:
            continue
        name = UNDEFINED.search(cell.error)
        if unsolved and (WAITS.search(cell.error) or (name and name[1] in missing)):
            missing.update(names_left_by(cell.source))
        else:
            ended.append(cell)
    for cell in ended:
        text = f"ended in an error; the first is {' '.join(ended[0].error.split())[:90]}"
        yield Finding(text, _cell(notebook, cell.number))


def _run(notebook) -> Iterator[Finding]:
    text = notebook.output_text
    if SAMPLE.search(text):
        yield Finding("It ran on the drawn sample, not on the real data.")
    if "quick profile:" in text:
        yield Finding("It ran in the quick profile: unset CNN_UTILS_PROFILE and run it again.")


def _quoted(notebook, answers: dict, folder: Path, networks) -> Iterator[Finding]:
    """Yield the accuracies, F1 scores and error rates in texts that are no figures of the run."""
    result, training, others = figures_in(notebook)
    files = [place_of(folder, network) / HISTORY for network in networks]
    epochs = [
        x for file in files if is_own(file, folder) for x in shares_in(decoded(file.read_bytes()))
    ]
    for key, answer in answers.items():
        is_text = key.startswith("answer:") and answer.state == "answered"
        for claimed, value, precision, sentence in claims_in(answer.source) if is_text else ():
            figures = result + training
            if re.search(BY_CLASS, sentence, re.IGNORECASE):
                figures = figures + others
            elif TRAINING.search(sentence):
                figures = figures + epochs
            elif "test" in sentence.lower():
                figures = result or training
            if WRONG.search(sentence):
                figures = [*figures, *((1 - figure, shown) for figure, shown in figures)]
            # Rounded, or cut off; the run's figure was rounded as well.
            gaps = [(x - value, precision + shown + 1e-9, precision) for x, shown in figures]
            if figures and not any(-low <= gap < low + half - 2e-9 for gap, low, half in gaps):
                nearest = value + min((gap for gap, *_ in gaps), key=abs)
                shown = f"{nearest:.2%}" if "%" in claimed else f"{nearest:.4f}"
                text = f"you write {claimed}; the nearest headline figure of the run is {shown}."
                yield Finding(text, _cell(notebook, answer.cells[0]))


def figures_in(notebook) -> tuple[list, list, list]:
    """Return the shares that a run shows: its results, those of its trainings, and all others."""
    found = [], [], []
    for output in [x for cell in notebook.cells if not cell.is_hand_in for x in cell.outputs]:
        table = output.get("data", {}).get("text/plain")
        for text in [table] if table else output.get("text", "").splitlines():
            is_headline = HEADLINE.search(text) and not re.search(r"precision|recall", text)
            kind = 2 if not is_headline else 1 if TRAINING.search(text) else 0
            found[kind].extend(shares_in(text.replace("95 % interval", "")))
    return found


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
    """Return fractions and percentages in an output, 0-1, with half a unit of their last digit."""
    found = re.finditer(r"(?<![\w.])(\d+(?:\.\d+)?)(\s*%)?", text)
    shares = [_share(match[1], bool(match[2])) for match in found if "." in match[1] or match[2]]
    return [(value, precision) for value, precision in shares if value <= 1]


def _share(digits: str, is_percent: bool) -> tuple[float, float]:
    """Return a number as a share, and half a unit of its last digit."""
    digits, unit = digits.replace(",", "."), 100 if is_percent else 1
    return float(digits) / unit, 0.5 * 10 ** -len(digits.partition(".")[2]) / unit
