"""Rate the student's own network, and its submission, by what the network answers."""

import csv
import hashlib
import io
from collections.abc import Callable

import numpy as np

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.submissions import SUBMISSION
from cnn_utils.grading.results.similarity import signature
from cnn_utils.grading.sandbox.run_part import Claims, Request
from cnn_utils.grading.verify.compare import compare_accuracy, read_network
from cnn_utils.grading.verify.network import (
    MIN_AGREEMENT,
    Predictions,
    Trial,
    make_trial,
    read_answer,
    request_for,
)
from cnn_utils.grading.verify.reference_data import ReferenceData
from cnn_utils.grading.verify.score import Comparison
from cnn_utils.grading.verify.weights_file import BadWeights
from cnn_utils.handin.artifacts import ARCHITECTURE, WEIGHTS, fingerprint
from cnn_utils.submission import HEADER, N_ROWS, plain

NAMES = ("cnn", "submit")
N_SAMPLE, N_SUBMITTED = 200, 2_000
# Averaging over mirrored images gains one or two percentage points; CIFAR-10 is hard for people.
MAX_GAIN, MAX_PLAUSIBLE = 0.05, 0.97
# A network is right for about as many training images, mirrored, as for test images.
MAX_BY_HEART = 0.2
INVALID = f"submission.csv must have the header {','.join(HEADER)} and {N_ROWS:,} rows in order"


class OwnNetwork:
    """The student's own network and its submission, and what they are worth.

    Parameters
    ----------
    files : dict of str to bytes
        The hand-in.
    source_notebook : SourceNotebook
    reference : ReferenceData
    """

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
            self.weights = read_network(files, "cnn", NAMES, self.comparison)
        except BadWeights:
            self.weights = []
        if SUBMISSION in files:
            self.comparison.handed_in.add("submit")

    def run(
        self,
        notebooks: dict[str, dict],
        run: Callable[..., dict[str, Claims]],
        rng: np.random.Generator,
    ) -> dict[str, Claims]:
        """Run the notebooks; before them, the network classifies without the student's code.

        If it can't be rebuilt so, or its answers do not fit the submission, the student's code
        gets images and weights.

        Parameters
        ----------
        notebooks : dict of str to dict
        run : callable
            `run_parts` with arguments ``(notebooks, files, request)``.
        rng : Generator
            Without a seed.
        """
        mine = {name: x for name, x in notebooks.items() if name == self.source_notebook.name}
        if not self.weights or self.reference.photos is None:
            return run(notebooks) if notebooks else {}
        request = self._request()
        if request is None:
            return run(notebooks, self._new_trial(rng)) if notebooks else {}
        claims = run(notebooks, {}, request)
        found = read_answer(request.answer, self.reference)
        if found:
            fitting = [scaling for scaling, one in found.items() if self._is_right(one)]
            scaling = max(fitting[:1] or found, key=lambda s: found[s].accuracy(self.reference))
            self.plain = found[scaling]
            if fitting and self.submission is not None:
                return claims
            request = self._request(scaling)
            run({}, {}, request)
            self.plain = read_answer(request.answer, self.reference).get(scaling, self.plain)
        if mine and not (self.plain and self._is_right(self.plain)):
            claims |= run(mine, self._new_trial(rng))
        return claims

    def _request(self, scaling: str = "") -> Request | None:
        weights = self.files[f"cnn/{WEIGHTS}"]
        architecture = self.files.get(f"cnn/{ARCHITECTURE}")
        return request_for(weights, architecture, self.submission, self.reference, scaling)

    def _new_trial(self, rng: np.random.Generator) -> dict[str, bytes]:
        self.trial = make_trial(self.weights, self.reference, rng)
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
            comparison.agrees.update(dict.fromkeys(NAMES, (None, reason)))
            return facts
        one = self._chosen(claims)
        if one is None:
            reason = "the network could be rebuilt neither from its architecture nor by `build_cnn`"
            comparison.agrees.update(dict.fromkeys(NAMES, (None, reason)))
            return facts
        facts["how"] = one.how
        if one.doubt:
            reason = f"the answers do not come from the network's weights: {one.doubt}"
            comparison.agrees.update(dict.fromkeys(NAMES, (False, reason)))
            comparison.doubts.update(dict.fromkeys(NAMES, reason))
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
                comparison.doubts.update(dict.fromkeys(NAMES, doubt))
            else:
                accuracy, is_own = float(np.mean(self.submission == labels)), False
        facts["how"] += f"; accuracy of {'its own answers' if is_own else 'submission.csv'}"
        facts["part2_accuracy"] = round(accuracy, 4)
        what = "the handed-in network is right for {:.1%} of the images; {:.1%} are required"
        compare_accuracy("cnn", accuracy, self.source_notebook, what, comparison)
        if one.elsewhere is not None and accuracy - one.elsewhere > MAX_BY_HEART:
            doubt = f"the network is right for {accuracy:.1%} of the test images, but for "
            doubt += f"{one.elsewhere:.1%} of other images"
            comparison.doubts.update(dict.fromkeys(NAMES, doubt))
        if accuracy > MAX_PLAUSIBLE:
            doubt = f"an accuracy of {accuracy:.1%} is more than such networks reach"
            comparison.doubts.update(dict.fromkeys(NAMES, doubt))


def read_submission(data: bytes | None) -> np.ndarray | str:
    """Return the predictions of a ``submission.csv``, or the reason why it is invalid."""
    if data is None:
        return "submission.csv was not handed in"
    try:
        text = io.StringIO(data[:2_000_000].decode("utf-8-sig"), newline=None)
        rows = [[plain(field) for field in row] for row in csv.reader(text)]
        rows = [row for row in rows if row]
        labels = [int(row[1]) for row in rows[1:] if len(row) == 2 and row[0] == str(int(row[0]))]
        ids = [int(row[0]) for row in rows[1:] if row]
    except (UnicodeDecodeError, ValueError, IndexError, csv.Error):
        return INVALID
    if not rows or rows[0] != HEADER or ids != list(range(N_ROWS)) or len(labels) != N_ROWS:
        return INVALID
    if not set(labels) <= set(range(10)):
        return "submission.csv holds predictions outside 0-9"
    return np.array(labels)


def _sample(weights: list[np.ndarray]) -> list[float]:
    """Return a few of a network's weights, to recognise copies that differ in others."""
    kernels = [array.ravel() for array in weights if array.ndim > 1]
    if not kernels:
        return []
    flat = np.concatenate(kernels)
    return [round(float(x), 5) for x in flat[:: max(len(flat) // N_SAMPLE, 1)][:N_SAMPLE]]
