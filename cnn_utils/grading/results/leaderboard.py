"""Score submissions against the labels, and rank them with the baselines."""

import re
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.platforms import in_order
from cnn_utils.grading.intake.submissions import SUBMISSION, find_submissions
from cnn_utils.grading.results.gradebook import header_of
from cnn_utils.grading.results.pages import render
from cnn_utils.grading.verify.own_network import read_submission
from cnn_utils.metrics import f1_score
from cnn_utils.notebook.reader import Unreadable, read
from cnn_utils.sequences import accuracy_interval

# Accuracies to beat; --baseline sets others.
BASELINES = {"BEAT ME": 0.70, "SandvikNet": 0.80}


@dataclass(frozen=True)
class Entry:
    """One line of the leaderboard.

    Attributes
    ----------
    name : str
        Of the hand-in, for the instructor only, or of the baseline.
    group : str
        What the class reads: the group, or "Anonymous 1" and so on.
    accuracy, f1 : float, 0-1
    low, high : float, 0-1
        95 % interval of the accuracy; NaN for a baseline.
    is_baseline : bool
    rank : int
        Rank among the submissions, from 1; equal accuracies share a rank. 0 for a baseline.
    """

    name: str
    accuracy: float
    f1: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    is_baseline: bool = False
    rank: int = 0
    group: str = ""


def score(predictions: np.ndarray, labels: np.ndarray, name: str = "") -> Entry:
    """Return accuracy with its 95 % interval, and macro F1.

    Parameters
    ----------
    predictions, labels : ndarray of shape (n,)
    name : str
    """
    accuracy = float(np.mean(predictions == labels))
    low, high = accuracy_interval(accuracy, len(labels))
    return Entry(name, accuracy, f1_score(labels, predictions, n_classes=10), low, high)


def score_handins(
    handins: Path, labels: np.ndarray, source_notebooks: dict[str, SourceNotebook] | None = None
) -> tuple[list[Entry], dict[str, str]]:
    """Score each hand-in's ``submission.csv``.

    Parameters
    ----------
    handins : Path
    labels : ndarray of shape (n,)
    source_notebooks : dict of str to SourceNotebook, optional
        To find the notebooks, whose headers name the group.

    Returns
    -------
    entries : list of Entry
        By the name of the hand-in.
    refused : dict of str to str
        Reasons of the hand-ins without an entry, by name.
    """
    entries, refused = [], {}
    for handed_in in find_submissions(handins, source_notebooks or {}):
        try:
            files = handed_in.files()
            predictions = read_submission(files.get(SUBMISSION))
        except KitError as error:
            files, predictions = {}, str(error)
        if isinstance(predictions, str):
            refused[handed_in.name] = predictions
        else:
            entry = score(predictions, labels, handed_in.name)
            entries.append(replace(entry, group=_group(handed_in.name, files)))
    return entries, refused


def _group(name: str, files: dict[str, bytes]) -> str:
    """Return what the class may read: number and name of the group, or ""."""
    for file, data in files.items():
        if not file.endswith((".ipynb", ".py")):
            continue
        try:
            header = read(data, file).group
        except Unreadable:
            continue
        number, title = header_of({"group": header})[0], header.get("group name", "")
        if number.strip("0 "):
            number = f"Group {number}" if number.strip().isdecimal() else number
            return f"{number[:40]} ({title[:60]})" if title else number[:40]
    if group := re.search(r"group[ _-]?(\d+)", name, re.IGNORECASE):
        return f"Group {int(group[1])}"
    return ""


def ranked(entries: list[Entry], baselines: dict[str, float]) -> list[Entry]:
    """Return all lines, best first; a submission beats the baselines below it.

    Whoever names no group gets a pseudonym.
    """
    lines = [Entry(name, value, is_baseline=True, group=name) for name, value in baselines.items()]
    for entry in entries:
        n_better = sum(other.accuracy > entry.accuracy for other in entries)
        lines.append(replace(entry, rank=1 + n_better))
    # An accuracy equal to a baseline does not beat it.
    lines.sort(key=lambda e: (-e.accuracy, not e.is_baseline, in_order(e.group), in_order(e.name)))
    names = (f"Anonymous {number}" for number in count(1))
    return [line if line.group else replace(line, group=next(names)) for line in lines]


def write_page(lines: list[Entry], refused: dict[str, str], path: Path, title: str) -> None:
    """Write the leaderboard as a web page without other files, for the class to see.

    Parameters
    ----------
    lines : list of Entry
        From `ranked`.
    refused : dict of str to str
        Only how many handed in an invalid file is shown.
    path : Path
    title : str
    """
    n_refused = sum(reason != read_submission(None) for reason in refused.values())
    page = render("leaderboard", {"lines": lines, "n_refused": n_refused, "title": title})
    write_whole(path, page)
