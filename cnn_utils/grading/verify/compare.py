"""Compare the claims of a hand-in with results computed outside the sandbox."""

import csv
import io
import re

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.submissions import SUBMISSION
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify.hidden_tests import CALLS, agrees, is_numbers
from cnn_utils.grading.verify.reference_data import ReferenceData, rate_lenet
from cnn_utils.grading.verify.score import Comparison
from cnn_utils.grading.verify.weights_file import BadWeights, read_weights
from cnn_utils.handin.artifacts import WEIGHTS, fingerprint
from cnn_utils.submission import HEADER, N_ROWS

# Claims are printed with four digits, and machines may differ in one or two of 10,000 images.
CLAIM_TOLERANCE = 1e-3
MIN_AGREEMENT = 0.97
N_SAMPLE = 200
CLAIM = re.compile(r"test accuracy (\d\.\d+), macro F1 (\d\.\d+)")
INVALID = f"submission.csv must have the header {','.join(HEADER)} and {N_ROWS:,} rows in order"
FIGURE_TASKS = ("plot-history", "look")


def functions(inputs: dict, claims: Claims, comparison: Comparison) -> None:
    """Compare the outputs of the hidden tests."""
    for name in CALLS:
        if name in claims.outputs:
            is_right = agrees(name, claims.outputs[name], inputs)
            comparison.agrees[name] = (is_right, "the answer is wrong for other inputs")


def figures(answers: dict, comparison: Comparison) -> None:
    """Look for the figures that must be in the handed-in notebook."""
    for name in FIGURE_TASKS:
        answer = answers.get(f"code:{name}")
        if answer is not None:
            reason = "the handed-in notebook shows no figure below it"
            comparison.agrees[name] = (answer["has_figure"], reason)


def lenet(
    files: dict[str, bytes],
    answers: dict,
    claims: Claims,
    source_notebook: SourceNotebook,
    reference: ReferenceData,
    comparison: Comparison,
) -> dict:
    """Rate LeNet by its handed-in weights; return accuracy, F1 and fingerprint."""
    names = ("lenet", "train-lenet", "evaluate-lenet")
    data = files.get(f"lenet/{WEIGHTS}")
    try:
        if data is None:
            raise BadWeights("The network's weights were not handed in.")
        weights = read_weights(data, LENET_SHAPES)
    except BadWeights as error:
        comparison.agrees.update(dict.fromkeys(names, (False, _lower(error))))
        return {}
    facts = {"fingerprint": fingerprint(weights)}
    if "lenet" not in claims.outputs:
        reason = "the network from `build_lenet` gave no output for our weights"
        comparison.agrees["lenet"] = (False, reason)
    rated = rate_lenet(weights, reference)
    if rated is None:
        reason = "it was graded without the test digits"
        comparison.agrees.update(dict.fromkeys(names[1:], (False, reason)))
        return facts
    accuracy, f1 = rated
    facts.update(part1_accuracy=round(accuracy, 4), part1_f1=round(f1, 4))
    what = "the handed-in network recognises {:.1%} of the test digits; {:.1%} are required"
    _compare_accuracy("train-lenet", accuracy, source_notebook, what, comparison)
    claim = CLAIM.search(answers.get("code:evaluate-lenet", {}).get("output_text", ""))
    reason = "the handed-in notebook shows no test accuracy and F1"
    if claim:
        reason = f"it shows {claim[1]} and {claim[2]}, but the handed-in network has "
        reason += f"{accuracy:.4f} and {f1:.4f}"
    is_right = bool(claim) and all(
        abs(float(claimed) - value) <= CLAIM_TOLERANCE
        for claimed, value in zip(claim.groups(), rated, strict=True)
    )
    comparison.agrees["evaluate-lenet"] = (is_right, reason)
    return facts


def cnn(
    files: dict[str, bytes],
    claims: Claims,
    shown: np.ndarray | None,
    source_notebook: SourceNotebook,
    reference: ReferenceData,
    comparison: Comparison,
) -> dict:
    """Rate the student's own network by its predictions in the sandbox; return the facts."""
    data = files.get(f"cnn/{WEIGHTS}")
    facts = {}
    try:
        if data is None:
            raise BadWeights("The network's weights were not handed in.")
        weights = read_weights(data)
        facts.update(fingerprint=fingerprint(weights), sample=_sample(weights))
    except BadWeights as error:
        comparison.agrees.update(dict.fromkeys(("cnn", "submit"), (False, _lower(error))))
        return facts
    if shown is None:
        reason = "it was graded without the test photographs"
        comparison.agrees.update(dict.fromkeys(("cnn", "submit"), (False, reason)))
        return facts
    y_pred = claims.outputs.get("cnn")
    if not is_numbers(y_pred, len(shown)) or not all(x in range(10) for x in y_pred):
        reason = "the network from `build_cnn` does not take the handed-in weights"
        comparison.agrees.update(dict.fromkeys(("cnn", "submit"), (False, reason)))
        return facts
    y_pred = np.array(y_pred, int)
    comparison.agrees["cnn"] = (True, "")
    if reference.photo_labels is not None:
        accuracy = float(np.mean(y_pred == reference.photo_labels[shown]))
        facts["part2_accuracy"] = round(accuracy, 4)
        what = "the handed-in network is right for {:.1%} of the images; {:.1%} are required"
        _compare_accuracy("cnn", accuracy, source_notebook, what, comparison)
    _submission(files, y_pred, shown, reference, comparison, facts)
    return facts


def _sample(weights: list[np.ndarray]) -> list[float]:
    """Return a few of a network's weights, to recognise copies that differ in others."""
    kernels = [array.ravel() for array in weights if array.ndim > 1]
    if not kernels:
        return []
    flat = np.concatenate(kernels)
    return [round(float(x), 5) for x in flat[:: max(len(flat) // N_SAMPLE, 1)][:N_SAMPLE]]


def _compare_accuracy(
    name: str, accuracy: float, source_notebook: SourceNotebook, what: str, comparison: Comparison
) -> None:
    task = source_notebook.task(name) or source_notebook.tasks[0]
    threshold = task.threshold or 0.0
    comparison.agrees[name] = (accuracy >= threshold, what.format(accuracy, threshold))
    if accuracy < threshold:
        comparison.below_threshold.add(name)


def _submission(
    files, y_pred, shown, reference: ReferenceData, comparison: Comparison, facts: dict
) -> None:
    predictions = read_submission(files.get(SUBMISSION))
    if isinstance(predictions, str):
        comparison.agrees["submit"] = (False, predictions)
        return
    share = float(np.mean(predictions[shown] == y_pred))
    reason = f"submission.csv agrees with the handed-in network for {share:.1%} of the images"
    comparison.agrees["submit"] = (share >= MIN_AGREEMENT, reason)
    if reference.photo_labels is not None:
        facts["submission_accuracy"] = round(
            float(np.mean(predictions == reference.photo_labels)), 4
        )


def read_submission(data: bytes | None) -> np.ndarray | str:
    """Return the predictions of a ``submission.csv``, or the reason why it is invalid."""
    if data is None:
        return "submission.csv was not handed in"
    try:
        rows = list(csv.reader(io.StringIO(data[:2_000_000].decode("utf-8-sig"))))
        labels = [int(row[1]) for row in rows[1:] if len(row) == 2 and row[0] == str(int(row[0]))]
        ids = [int(row[0]) for row in rows[1:] if row]
    except (UnicodeDecodeError, ValueError, IndexError, csv.Error):
        return INVALID
    if not rows or rows[0] != HEADER or ids != list(range(N_ROWS)) or len(labels) != N_ROWS:
        return INVALID
    if not set(labels) <= set(range(10)):
        return "submission.csv holds predictions outside 0-9"
    return np.array(labels)


def _lower(error: KitError) -> str:
    text = str(error).rstrip(".")
    return text[:1].lower() + text[1:]
