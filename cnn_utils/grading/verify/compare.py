"""Compare the claims of a hand-in with results computed outside the sandbox."""

import base64
import csv
import hashlib
import io
import re

import numpy as np

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.submissions import SUBMISSION
from cnn_utils.grading.results.similarity import signature
from cnn_utils.grading.sandbox.run_part import Claims, RunConfig
from cnn_utils.grading.verify.hidden_tests import CALLS, agrees, has_lenet_layers
from cnn_utils.grading.verify.network import (
    MIN_AGREEMENT,
    Predictions,
    Trial,
    classify,
    make_trial,
)
from cnn_utils.grading.verify.reference_data import ReferenceData, rate_lenet
from cnn_utils.grading.verify.score import Comparison
from cnn_utils.grading.verify.weights_file import BadWeights, OtherShapes, read_weights
from cnn_utils.handin.artifacts import ARCHITECTURE, WEIGHTS, fingerprint
from cnn_utils.submission import HEADER, N_ROWS

# Claims are printed with four digits, and machines may differ in one or two of 10,000 images.
CLAIM_TOLERANCE = 1e-3
# Of numbers that were rounded to two digits, such as 0.98.
COARSEST = 0.005
# Such as "test accuracy 0.9876", "f1: 0.9876", "Accuracy = 98.76 %"; a progress bar has many.
CLAIMS = {
    "accuracy": re.compile(r"(?i)acc(?:uracy)?\b[^\d\n]{0,30}(\d{0,3}\.\d{1,20})(\s?%)?"),
    "F1": re.compile(r"(?i)f1(?![\d.])[^\d\n]{0,30}(\d{0,3}\.\d{1,20})(\s?%)?"),
}
# Where neither is named so, as in another language: all numbers with decimals.
NUMBER = re.compile(r"(?<![\d.])(\d{0,3}\.\d{1,20})(\s?%)?")
# Of several numbers the last one is the result; of a few, such as validation and test, any.
N_CLAIMS, MAX_SHOWN = 10, 3
N_SAMPLE, N_SUBMITTED = 200, 2_000
# Averaging over mirrored images gains one or two percentage points; CIFAR-10 is hard for people.
MAX_GAIN, MAX_PLAUSIBLE = 0.05, 0.97
INVALID = f"submission.csv must have the header {','.join(HEADER)} and {N_ROWS:,} rows in order"
FIGURE_TASKS = ("plot-history", "look")
MIN_FIGURE, MAX_PIXELS, MIN_SVG_SHAPES = (100, 60), 20_000_000, 5
SVG_SHAPE = re.compile(r"<(?:\w{1,20}:)?(?:path|polyline|line|rect|circle|image|use|text)\b")
MAX_FIGURES, MAX_FIGURE_LETTERS = 6, 3_000_000


def functions(inputs: dict, claims: Claims, comparison: Comparison) -> None:
    """Compare the outputs of the hidden tests."""
    for name in CALLS:
        if name not in claims.outputs:
            comparison.agrees[name] = (None, "the hidden test gave no output")
            continue
        found = claims.outputs[name]
        is_right = agrees(name, found, inputs)
        comparison.agrees[name] = (is_right, "the answer is wrong for other inputs")
        if name == "lenet" and is_right and not has_lenet_layers(found):
            reason = "its outputs are LeNet's, but it is not built of Keras' layers"
            comparison.agrees[name] = (None, reason)


def figures(answers: dict, comparison: Comparison) -> None:
    """Look for the figures that must be in the handed-in notebook."""
    for name in FIGURE_TASKS:
        answer = answers.get(f"code:{name}")
        if answer is None:
            continue
        if not answer["has_figure"]:
            reason = "the handed-in notebook shows no figure below it"
            comparison.agrees[name] = (None, reason)
            continue
        comparison.handed_in.add(name)
        # Figures that are too large to be looked at here are left out.
        found = {is_figure(mime, text) for mime, text in answer["figures"]} or {None}
        reason = "the figure in the handed-in notebook is empty, or too small to show anything"
        comparison.agrees[name] = (found != {False}, reason)
        if found != {False} and True not in found:
            comparison.doubts[name] = "its figure is a PDF, or too large to be looked at here"


def shown_figures(answer: dict) -> list[list[str]]:
    """Return the first figures of an answer as lists of type and base64."""
    found = []
    for mime, text in answer["figures"][:MAX_FIGURES]:
        if "svg" in mime and text.lstrip().startswith("<"):
            text = base64.b64encode(text.encode("utf-8", "replace")).decode()
        if sum(len(pair[1]) for pair in found) + len(text) <= MAX_FIGURE_LETTERS:
            found.append([mime, text])
    return found


def is_figure(mime: str, text: str) -> bool | None:
    """Tell whether a picture shows something: large enough, and not of one colour.

    Parameters
    ----------
    mime : str
    text : str
        Untrusted: base64, or the source of an SVG.

    Returns
    -------
    shows : bool or None
        None for a PDF, and for a picture that is too large to be looked at.
    """
    from PIL import Image

    try:
        if "svg" in mime:
            if not text.lstrip().startswith("<"):
                text = base64.b64decode(text).decode("utf-8", "replace")
            # Entities could expand without end in a browser.
            return len(SVG_SHAPE.findall(text)) >= MIN_SVG_SHAPES and "<!ENTITY" not in text
        data = base64.b64decode(text)
        if "pdf" in mime:
            return None if data.startswith(b"%PDF-") else False
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            if image.width < MIN_FIGURE[0] or image.height < MIN_FIGURE[1]:
                return False
            if image.width * image.height > MAX_PIXELS:
                return None
            return image.convert("RGB").getcolors(1) is None
    except Image.DecompressionBombError:
        return None
    except Exception:  # of any kind: the bytes are untrusted
        return False


def lenet(
    files: dict[str, bytes],
    answers: dict,
    source_notebook: SourceNotebook,
    reference: ReferenceData,
    comparison: Comparison,
) -> dict:
    """Rate LeNet by its handed-in weights; return accuracy, F1 and fingerprint."""
    names = ("train-lenet", "evaluate-lenet")
    try:
        weights = _weights(files, "lenet", names, comparison, LENET_SHAPES)
    except BadWeights:
        return {}
    facts = {"fingerprint": fingerprint(weights)}
    rated = rate_lenet(weights, reference)
    if rated is None:
        reason = "it was graded without the test digits"
        comparison.agrees.update(dict.fromkeys(names, (None, reason)))
        return facts
    accuracy, f1 = rated
    facts.update(part1_accuracy=round(accuracy, 4), part1_f1=round(f1, 4))
    what = "the handed-in network recognises {:.1%} of the test digits; {:.1%} are required"
    _compare_accuracy("train-lenet", accuracy, source_notebook, what, comparison)
    claimed = _claimed(answers.get("code:evaluate-lenet", {}).get("output_text", ""))
    if not all(claimed.values()):
        reason = "the handed-in notebook shows no test accuracy and F1"
        comparison.agrees["evaluate-lenet"] = (None, reason)
        return facts
    fits = [
        [abs(x - value) <= tolerance for x, tolerance in numbers]
        for numbers, value in zip(claimed.values(), rated, strict=True)
    ]
    is_right, n_shown = all(map(any, fits)), max(len(set(x)) for x in claimed.values())
    if is_right and n_shown > MAX_SHOWN and not all(of_one[-1] for of_one in fits):
        doubt = f"it shows {n_shown} numbers, and the last one is not the network's"
        comparison.doubts["evaluate-lenet"] = doubt
    shown = " and ".join(f"{numbers[-1][0]:.4f}" for numbers in claimed.values())
    reason = f"it shows {shown}, but the handed-in network has {accuracy:.4f} and {f1:.4f}"
    comparison.agrees["evaluate-lenet"] = (is_right, reason)
    return facts


def _claimed(text: str) -> dict[str, list[tuple[float, float]]]:
    """Return the last numbers that an output calls accuracy and F1, and their tolerances."""
    others = NUMBER.findall(text)[-N_CLAIMS:]
    others = others if len(others) > 1 else []
    return {
        name: [_number(*found) for found in pattern.findall(text)[-N_CLAIMS:] or others]
        for name, pattern in CLAIMS.items()
    }


def _number(digits: str, percent: str) -> tuple[float, float]:
    """Return a number as a share, and the tolerance that its last digit leaves."""
    scale = 100 if percent or float(digits) > 1 else 1
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2]) / scale
    return float(digits) / scale, max(CLAIM_TOLERANCE, half if half <= COARSEST else 0)


class Cnn:
    """The student's own network and its submission, and what they are worth.

    Parameters
    ----------
    files : dict of str to bytes
        The hand-in.
    source_notebook : SourceNotebook
    reference : ReferenceData
    """

    NAMES = ("cnn", "submit")

    def __init__(
        self, files: dict[str, bytes], source_notebook: SourceNotebook, reference: ReferenceData
    ):
        self.files, self.source_notebook, self.reference = files, source_notebook, reference
        task = source_notebook.task("cnn")
        self.threshold = (task.threshold if task else None) or 0.0
        self.comparison = Comparison()
        self.plain: Predictions | None = None
        self.trial: Trial | None = None
        read = read_submission(files.get(SUBMISSION))
        self.submission, self.invalid = (None, read) if isinstance(read, str) else (read, "")
        try:
            self.weights = _weights(files, "cnn", self.NAMES, self.comparison)
        except BadWeights:
            self.weights = []
        if SUBMISSION in files:
            self.comparison.handed_in.add("submit")

    def classify(self, run_config: RunConfig, rng: np.random.Generator) -> dict[str, bytes]:
        """Classify without the student's code; return files for its code if that is needed."""
        if not self.weights or self.reference.photos is None:
            return {}
        data = self.files[f"cnn/{WEIGHTS}"]
        architecture = self.files.get(f"cnn/{ARCHITECTURE}")
        self.plain = classify(
            data, architecture, self.submission, self.threshold, self.reference, run_config
        )
        if self.plain is not None and self._is_right(self.plain):
            return {}
        self.trial = make_trial(self.weights, data, self.reference, rng)
        return self.trial.files

    def compare(self, claims: Claims, comparison: Comparison) -> dict:
        """Rate the network by its predictions; return the facts."""
        facts = self._facts()
        comparison.handed_in |= self.comparison.handed_in
        if not self.weights:
            comparison.agrees.update(self.comparison.agrees)
            return facts
        if self.reference.photos is None:
            reason = "it was graded without the test photographs"
            comparison.agrees.update(dict.fromkeys(self.NAMES, (None, reason)))
            return facts
        one = self._chosen(claims)
        if one is None:
            reason = "the network could be rebuilt neither from its architecture nor by `build_cnn`"
            comparison.agrees.update(dict.fromkeys(self.NAMES, (None, reason)))
            return facts
        facts["how"] = one.how
        if one.doubt:
            reason = f"the answers do not come from the network's weights: {one.doubt}"
            comparison.agrees.update(dict.fromkeys(self.NAMES, (False, reason)))
            comparison.doubts.update(dict.fromkeys(self.NAMES, reason))
            return facts
        self._compare_submission(one, comparison)
        self._compare_network(one, comparison, facts)
        return facts

    def _facts(self) -> dict:
        facts = {}
        if self.weights:
            facts.update(
                fingerprint=fingerprint(self.weights),
                sample=_sample(self.weights),
                signature=signature(self.weights),
            )
        if self.submission is not None:
            labels = self.submission.astype("u1")
            facts["submission_hash"] = hashlib.sha256(labels.tobytes()).hexdigest()[:16]
            step = N_ROWS // N_SUBMITTED
            facts["submission_sample"] = "".join(map(str, labels[::step].tolist()))
            if self.reference.photo_labels is not None:
                accuracy = float(np.mean(self.submission == self.reference.photo_labels))
                facts["submission_accuracy"] = round(accuracy, 4)
        return facts

    def _chosen(self, claims: Claims) -> Predictions | None:
        """Return the predictions that count: the code's only if they fit better."""
        if self.trial is None:
            return self.plain
        by_code = self.trial.predictions(claims.outputs.get("cnn"))
        if by_code is None or self.plain is None:
            return by_code or self.plain
        return by_code if not by_code.doubt and self._is_right(by_code) else self.plain

    def _is_right(self, one: Predictions) -> bool:
        return one.is_right(self.submission, self.reference, self.threshold)

    def _compare_submission(self, one: Predictions, comparison: Comparison) -> None:
        if self.submission is None:
            is_missing = SUBMISSION not in self.files
            comparison.agrees["submit"] = (None if is_missing else False, self.invalid)
            return
        share = one.agreement(self.submission)
        reason = f"submission.csv agrees with the handed-in network for {share:.1%} of the images"
        comparison.agrees["submit"] = (share >= MIN_AGREEMENT, reason)

    def _compare_network(self, one: Predictions, comparison: Comparison, facts: dict) -> None:
        """Rate the network by all answers in its submission, or by its own."""
        comparison.agrees["cnn"] = (True, "")
        if self.reference.photo_labels is None:
            return
        accuracy, is_own = one.accuracy(self.reference), True
        if comparison.agrees["submit"][0]:
            labels = self.reference.photo_labels
            submitted = float(np.mean((self.submission == labels)[one.images]))
            if submitted > accuracy + MAX_GAIN:
                doubt = f"submission.csv is right for {submitted:.1%} of {len(one.images):,} "
                doubt += f"images, the network for {accuracy:.1%}"
                comparison.doubts.update(dict.fromkeys(self.NAMES, doubt))
            else:
                accuracy, is_own = float(np.mean(self.submission == labels)), False
        facts["how"] += f"; accuracy of {'its own answers' if is_own else 'submission.csv'}"
        facts["part2_accuracy"] = round(accuracy, 4)
        what = "the handed-in network is right for {:.1%} of the images; {:.1%} are required"
        _compare_accuracy("cnn", accuracy, self.source_notebook, what, comparison)
        if accuracy > MAX_PLAUSIBLE:
            doubt = f"an accuracy of {accuracy:.1%} is more than such networks reach"
            comparison.doubts.update(dict.fromkeys(self.NAMES, doubt))


def _weights(
    files: dict[str, bytes],
    network: str,
    names: tuple[str, ...],
    comparison: Comparison,
    shapes: list | None = None,
) -> list[np.ndarray]:
    """Read a network's weights; if they are missing or invalid, that is the tasks' evidence."""
    data = files.get(f"{network}/{WEIGHTS}")
    try:
        if data is None:
            raise BadWeights("The network's weights were not handed in.")
        comparison.handed_in.update(names)
        return read_weights(data, shapes)
    except BadWeights as error:
        is_other = False if isinstance(error, OtherShapes) else None
        comparison.agrees.update(dict.fromkeys(names, (is_other, _lower(error))))
        raise


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
