"""Compare what a hand-in claims with what is known, or can be worked out, outside the sandbox."""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.errors import KitError
from cnn_utils.grading.arrays import BadArrays, read_arrays
from cnn_utils.grading.intake import SUBMISSION
from cnn_utils.grading.probes import CALLS, agrees, is_numbers
from cnn_utils.grading.run_part import Claims
from cnn_utils.grading.score import Evidence
from cnn_utils.grading.spec import Master
from cnn_utils.grading.truth import Truth, rate_lenet
from cnn_utils.handin.artifacts import WEIGHTS, fingerprint
from cnn_utils.submission.validate import HEADER, N_ROWS

# Printed with four digits; another machine may see another digit or two of 10,000 otherwise.
CLAIM_TOLERANCE = 1e-3
AGREE = 0.97
N_SAMPLE = 200
CLAIM = re.compile(r"test accuracy (\d\.\d+), macro F1 (\d\.\d+)")
FIGURE_TASKS = ("plot-history", "look")


def functions(inputs: dict, claims: Claims, evidence: Evidence) -> None:
    """Judge the functions that were called on hidden inputs."""
    for name in CALLS:
        if name in claims.evidence:
            found = agrees(name, claims.evidence[name], inputs)
            evidence.agrees[name] = (found, "on other inputs its numbers are not right")


def figures(answers: dict, evidence: Evidence) -> None:
    """Judge the tasks whose answer is a figure: it stands in the notebook that was handed in."""
    for name in FIGURE_TASKS:
        answer = answers.get(f"code:{name}")
        if answer is not None:
            told = "the notebook that was handed in shows no figure below it"
            evidence.agrees[name] = (answer["has_figure"], told)


def lenet(
    files: dict[str, bytes],
    answers: dict,
    claims: Claims,
    master: Master,
    truth: Truth,
    evidence: Evidence,
) -> dict:
    """Judge LeNet by its handed-in weights; return accuracy, F1 and fingerprint."""
    names = ("lenet", "train-lenet", "evaluate-lenet")
    data = files.get(f"lenet/{WEIGHTS}")
    try:
        if data is None:
            raise BadArrays("The network's weights were not handed in.")
        weights = read_arrays(data, LENET_SHAPES)
    except BadArrays as error:
        evidence.agrees.update(dict.fromkeys(names, (False, _lower(error))))
        return {}
    facts = {"fingerprint": fingerprint(weights)}
    if "lenet" not in claims.evidence:
        told = "with weights of our own, the network that `build_lenet` builds gave no answers"
        evidence.agrees["lenet"] = (False, told)
    rated = rate_lenet(weights, truth)
    if rated is None:
        told = "it was graded without the test digits"
        evidence.agrees.update(dict.fromkeys(names[1:], (False, told)))
        return facts
    accuracy, f1 = rated
    facts.update(part1_accuracy=round(accuracy, 4), part1_f1=round(f1, 4))
    least = (master.task("train-lenet") or master.tasks[0]).threshold or 0.0
    told = (
        f"the handed-in network reads {accuracy:.1%} of the test digits; {least:.1%} are asked for"
    )
    _asked_for("train-lenet", accuracy, least, told, evidence)
    claim = CLAIM.search(answers.get("code:evaluate-lenet", {}).get("said", ""))
    told = "the notebook that was handed in shows no test accuracy and F1"
    if claim:
        told = f"it says {claim[1]} and {claim[2]}, the handed-in network has {accuracy:.4f} and "
        told += f"{f1:.4f}"
    fits = bool(claim) and all(
        abs(float(said) - value) <= CLAIM_TOLERANCE
        for said, value in zip(claim.groups(), rated, strict=True)
    )
    evidence.agrees["evaluate-lenet"] = (fits, told)
    return facts


def cnn(
    files: dict[str, bytes],
    claims: Claims,
    shown: np.ndarray | None,
    master: Master,
    truth: Truth,
    evidence: Evidence,
) -> dict:
    """Judge the student's own network by what it answered in the sandbox; return the facts."""
    data = files.get(f"cnn/{WEIGHTS}")
    facts = {}
    try:
        if data is None:
            raise BadArrays("The network's weights were not handed in.")
        weights = read_arrays(data)
        facts.update(fingerprint=fingerprint(weights), sample=_sample(weights))
    except BadArrays as error:
        evidence.agrees.update(dict.fromkeys(("cnn", "submit"), (False, _lower(error))))
        return facts
    if shown is None:
        told = "it was graded without the test photographs"
        evidence.agrees.update(dict.fromkeys(("cnn", "submit"), (False, told)))
        return facts
    answers, count = claims.evidence.get("cnn"), len(shown)
    if not is_numbers(answers, count) or not all(x in range(10) for x in answers):
        told = "the network that `build_cnn` builds does not take the handed-in weights"
        evidence.agrees.update(dict.fromkeys(("cnn", "submit"), (False, told)))
        return facts
    answers = np.array(answers, int)
    evidence.agrees["cnn"] = (True, "")
    if truth.photo_labels is not None:
        accuracy = float(np.mean(answers == truth.photo_labels[shown]))
        facts["part2_accuracy"] = round(accuracy, 4)
        least = (master.task("cnn") or master.tasks[0]).threshold or 0.0
        told = f"the handed-in network is right for {accuracy:.1%}; {least:.1%} are asked for"
        _asked_for("cnn", accuracy, least, told, evidence)
    _submission(files, answers, shown, truth, evidence, facts)
    return facts


def _sample(weights: list[np.ndarray]) -> list[float]:
    """Return a few of a network's weights, by which copies are known that differ in others."""
    kernels = [array.ravel() for array in weights if array.ndim > 1]
    if not kernels:
        return []
    flat = np.concatenate(kernels)
    return [round(float(x), 5) for x in flat[:: max(len(flat) // N_SAMPLE, 1)][:N_SAMPLE]]


def _asked_for(task: str, accuracy: float, least: float, told: str, evidence: Evidence) -> None:
    evidence.agrees[task] = (accuracy >= least, told)
    if accuracy < least:
        evidence.short.add(task)


def _submission(files, answers, shown, truth: Truth, evidence: Evidence, facts: dict) -> None:
    predictions = read_submission(files.get(SUBMISSION))
    if isinstance(predictions, str):
        evidence.agrees["submit"] = (False, predictions)
        return
    share = float(np.mean(predictions[shown] == answers))
    told = f"submission.csv agrees with the handed-in network for {share:.1%} of the images"
    evidence.agrees["submit"] = (share >= AGREE, told)
    if truth.photo_labels is not None:
        facts["submission_accuracy"] = round(float(np.mean(predictions == truth.photo_labels)), 4)


def read_submission(data: bytes | None) -> np.ndarray | str:
    """Return the predictions of a ``submission.csv``, or why there are none."""
    if data is None:
        return "submission.csv was not handed in"
    try:
        rows = list(csv.reader(io.StringIO(data[:2_000_000].decode("utf-8-sig"))))
        labels = [int(row[1]) for row in rows[1:] if len(row) == 2 and row[0] == str(int(row[0]))]
        ids = [int(row[0]) for row in rows[1:] if row]
    except (UnicodeDecodeError, ValueError, IndexError, csv.Error):
        return "submission.csv is not written as it should be"
    if not rows or rows[0] != HEADER or ids != list(range(N_ROWS)) or len(labels) != N_ROWS:
        return "submission.csv is not written as it should be"
    if not set(labels) <= set(range(10)):
        return "submission.csv holds predictions outside 0-9"
    return np.array(labels)


def _lower(error: KitError) -> str:
    text = str(error).rstrip(".")
    return text[:1].lower() + text[1:]
