import io
import json
from types import SimpleNamespace

import numpy as np
import pytest

from cnn_utils.grading.intake.assignment import SourceNotebook, TaskSpec
from cnn_utils.grading.results.similarity import signature
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify.network import Predictions
from cnn_utils.grading.verify.own_network import OwnNetwork, _sample, read_submission
from cnn_utils.grading.verify.reference_data import ReferenceData
from cnn_utils.grading.verify.score import Comparison

PART2 = SourceNotebook("p2", [], [TaskSpec("cnn", "code", 15, threshold=0.6)], ["cnn"])


def saved(*arrays):
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    return buffer.getvalue()


RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 10, 10_000)
SHOWN = RNG.permutation(10_000)[:1_000]


def worse(labels, share, rng=RNG):
    """Return labels of which a share is wrong."""
    is_wrong = rng.random(labels.shape) < share
    return np.where(is_wrong, (labels + 1) % 10, labels)


ANSWERS = worse(LABELS, 0.3)


def as_csv(labels):
    return ("ID,Prediction\n" + "".join(f"{i},{x}\n" for i, x in enumerate(labels))).encode()


CSV = as_csv(ANSWERS)
REFERENCE = ReferenceData(photos=np.zeros((10_000, 1)), photo_labels=LABELS)


def cnn(plain=ANSWERS, submission=CSV, reference=REFERENCE, by_code=None, **files):
    files = {"cnn/weights.npz": saved(np.ones((9, 8), np.float32)), **files}
    files |= {"submission.csv": submission} if submission else {}
    found = Comparison()
    one = OwnNetwork(files, PART2, reference)
    if plain is not None:
        one.plain = Predictions(SHOWN, plain[SHOWN], "rebuilt")
    if by_code is not None:
        one.trial = SimpleNamespace(predictions=lambda output: by_code)
    facts = one.compare(Claims(), found)
    return facts, found


def test_the_own_network_is_rated_by_all_answers_of_its_submission():
    facts, found = cnn()
    accuracy = round(float(np.mean(ANSWERS == LABELS)), 4)
    assert (facts["part2_accuracy"], facts["submission_accuracy"]) == (accuracy, accuracy)
    assert (found.agrees["cnn"][0], found.agrees["submit"][0], found.doubts) == (True, True, {})
    assert facts["how"] == "rebuilt; accuracy of submission.csv"


def test_averaging_over_mirrored_images_is_allowed():
    averaged = np.where(RNG.random(10_000) < 0.08, LABELS, ANSWERS)
    _, found = cnn(submission=as_csv(averaged))
    assert (found.agrees["submit"][0], found.doubts) == (True, {})


def test_a_submission_that_is_much_better_than_the_network_is_looked_at():
    weak = worse(LABELS, 0.45)
    doctored = np.where(RNG.random(10_000) < 0.25, LABELS, weak)
    facts, found = cnn(plain=weak, submission=as_csv(doctored))
    assert found.agrees["submit"][0]
    assert found.agrees["cnn"][0] is False
    assert facts["part2_accuracy"] < 0.6
    assert set(found.doubts) == {"cnn", "submit"}


def test_a_submission_of_another_network_is_noticed():
    facts, found = cnn(submission=as_csv(worse(LABELS, 0.3)))
    assert found.agrees["submit"][0] is False
    assert found.agrees["cnn"][0]
    assert facts["how"].endswith("accuracy of its own answers")


def test_more_accuracy_than_networks_reach_is_looked_at():
    _, found = cnn(plain=LABELS, submission=as_csv(LABELS))
    assert found.agrees["cnn"][0]
    assert found.doubts["cnn"] == "an accuracy of 100.0% is more than such networks reach"


def test_a_network_that_knows_only_the_test_images_is_looked_at():
    for elsewhere, is_told in ((0.45, True), (0.55, False), (None, False)):
        files = {"cnn/weights.npz": saved(np.ones((9, 8), np.float32)), "submission.csv": CSV}
        one, found = OwnNetwork(files, PART2, REFERENCE), Comparison()
        one.plain = Predictions(SHOWN, ANSWERS[SHOWN], "rebuilt", elsewhere=elsewhere)
        one.compare(Claims(), found)
        assert found.agrees["cnn"][0]
        assert ("45.0% of other images" in found.doubts.get("cnn", "")) == is_told


def test_without_a_submission_the_network_s_own_answers_count():
    facts, found = cnn(submission=None)
    assert found.agrees["submit"] == (None, "submission.csv was not handed in")
    assert found.agrees["cnn"][0]
    assert facts["part2_accuracy"] == round(float(np.mean((ANSWERS == LABELS)[SHOWN])), 4)
    _, found = cnn(submission=b"ID\n")
    assert found.agrees["submit"][0] is False


def test_the_student_s_code_counts_only_where_it_fits_better():
    by_code = Predictions(SHOWN, ANSWERS[SHOWN], "by code")
    facts, found = cnn(plain=None, by_code=by_code)
    assert (found.agrees["cnn"][0], facts["how"][:7]) == (True, "by code")
    other = worse(LABELS, 0.9)
    assert cnn(plain=other, by_code=by_code)[0]["how"].startswith("by code")
    looked_up = Predictions(SHOWN, ANSWERS[SHOWN], "by code", "it looks up")
    facts, found = cnn(plain=other, by_code=looked_up)
    assert (found.agrees["cnn"][0], found.agrees["submit"][0]) == (False, False)
    _, found = cnn(plain=None, by_code=looked_up)
    reason = "the answers do not come from the network's weights: it looks up"
    assert found.agrees["cnn"] == (False, reason)
    assert found.doubts == {"cnn": reason, "submit": reason}


def test_a_network_that_was_not_rebuilt_is_no_evidence():
    facts, found = cnn(plain=None)
    assert "part2_accuracy" not in facts
    assert found.agrees["cnn"][0] is found.agrees["submit"][0] is None
    assert found.handed_in == {"cnn", "submit"}


def test_missing_photographs_or_weights_are_the_reason():
    _, found = cnn(reference=ReferenceData())
    assert found.agrees["cnn"] == (None, "it was graded without the test photographs")
    _, found = cnn(**{"cnn/weights.npz": b""})
    assert found.agrees["cnn"][0] is None
    assert found.agrees["cnn"][1].startswith("the weights can't be read")


def test_without_labels_the_answers_are_compared_with_the_submission_only():
    facts, found = cnn(reference=ReferenceData(photos=REFERENCE.photos))
    assert "part2_accuracy" not in facts
    assert found.agrees["cnn"][0]
    assert found.agrees["submit"][0]


def test_what_is_kept_to_know_copies_by():
    facts, _ = cnn()
    assert facts["signature"] == signature([np.ones((9, 8), np.float32)])
    assert len(facts["submission_sample"]) == 2_000
    assert facts["submission_sample"][:2] == f"{ANSWERS[0]}{ANSWERS[5]}"
    assert facts["submission_hash"] == cnn(plain=None)[0]["submission_hash"]
    assert facts["submission_hash"] != cnn(submission=as_csv(LABELS))[0]["submission_hash"]
    kernels = [np.arange(1000.0).reshape(10, 100), np.zeros(3)]
    assert _sample(kernels)[:3] == [0, 5, 10]
    assert _sample([np.zeros(3)]) == []


PHOTOS = np.zeros((10_000, 2, 2, 3), np.uint8)
OWN_LAYERS = b'{"class_name": "Sequential", "module": "keras", "config": {}}'


class Sandbox:
    """Classifies without the student's code: right for the images in one of the scalings."""

    def __init__(self, scaling="divided by 255", answers=ANSWERS, reference=None):
        self.scaling, self.answers, self.runs = scaling, answers, []
        self.reference = reference or ReferenceData(photos=PHOTOS, photo_labels=LABELS)

    def __call__(self, notebooks, files=None, request=None):
        scalings = json.loads(request.files["request.json"])["scalings"] if request else {}
        self.runs.append((sorted(notebooks), sorted(files or {}), len(scalings)))
        if request and self.scaling:
            right = self.answers[self.reference.order()[: 10_000 if len(scalings) == 1 else 1_000]]
            labels = {s: (right if s == self.scaling else 0 * right).tolist() for s in scalings}
            request.listen(json.dumps(labels).encode())
        return {name: Claims("complete") for name in notebooks}

    def grade(self, architecture=OWN_LAYERS, submission=CSV, weights=True, notebooks=(PART2.name,)):
        files = {"cnn/architecture.json": architecture}
        files |= {"cnn/weights.npz": saved(np.ones((9, 8), np.float32))} if weights else {}
        files |= {"submission.csv": submission} if submission else {}
        one = OwnNetwork(files, PART2, self.reference)
        claims = one.run({name: {} for name in notebooks}, self, np.random.default_rng(0))
        assert claims == {name: Claims("complete") for name in notebooks}
        return one


TRIAL = ["changed.npz", "images.npy", "outputs.npz"]


@pytest.mark.parametrize("scaling", ["divided by 255", "-1 to 1"])
def test_one_run_is_enough_if_the_answers_agree_with_the_submission(scaling):
    box = Sandbox(scaling)
    one = box.grade(notebooks=("part1.ipynb", PART2.name))
    assert box.runs == [([PART2.name, "part1.ipynb"], [], 3)]
    assert one.plain.agreement(ANSWERS) == 1
    assert one.trial is None


def test_without_a_submission_all_images_are_classified():
    box = Sandbox()
    one = box.grade(submission=None)
    assert box.runs == [([PART2.name], [], 3), ([], [], 1)]
    assert len(one.plain.images) == 10_000
    assert one.plain.accuracy(box.reference) == float(np.mean(ANSWERS == LABELS))


def test_another_network_s_submission_leaves_this_one_s_answers():
    box = Sandbox()
    one = box.grade(submission=as_csv((LABELS + 3) % 10))
    assert box.runs == [([PART2.name], [], 3), ([], [], 1), ([PART2.name], TRIAL, 0)]
    assert len(one.plain.images) == 10_000


def test_the_student_s_code_is_needed_only_where_the_network_can_t_be_rebuilt_without():
    box = Sandbox()
    assert box.grade(architecture=b"{}").plain is None
    assert box.runs == [([PART2.name], TRIAL, 0)]
    box = Sandbox(scaling="")  # it could not be rebuilt
    assert box.grade().plain is None
    assert box.runs == [([PART2.name], [], 3), ([PART2.name], TRIAL, 0)]


def test_nothing_is_classified_without_weights_or_images():
    box = Sandbox()
    box.grade(weights=False)
    assert box.runs == [([PART2.name], [], 0)]
    box = Sandbox(reference=ReferenceData())
    box.grade(notebooks=())
    assert box.runs == []


def test_weights_of_an_unanswered_part_are_rated():
    box = Sandbox()
    assert box.grade(notebooks=()).plain.agreement(ANSWERS) == 1
    assert box.runs == [([], [], 3)]


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"ID,Prediction\n",
        CSV[:-5],
        CSV.replace(b"ID", b"id"),
        CSV.replace(b"\n7,", b"\n8,", 1),
        CSV.replace(b"\n7,", b"\n7,7", 1),
        CSV.replace(b"\n7,", b"\n7,x", 1),
        b"\xff\xfe\x00",
    ],
)
def test_an_invalid_submission_gets_a_sentence(data):
    assert read_submission(data).startswith("submission.csv ")


@pytest.mark.parametrize(
    "data",
    [
        CSV.replace(b"\n", b"\r\n"),
        CSV.replace(b"\n", b"\r"),
        CSV.replace(b"\n", b"\r\r\n"),
        b"\xef\xbb\xbf" + CSV,
        CSV.replace(b"\n", b".0\n").replace(b"Prediction.0", b"Prediction"),
        CSV.replace(b",", b", "),
        CSV.replace(b"ID,Prediction", b'"ID","Prediction"'),
    ],
)
def test_a_submission_by_pandas_or_csv_on_any_system_is_taken(data):
    np.testing.assert_array_equal(read_submission(data), ANSWERS)


def test_a_good_submission_is_an_array():
    np.testing.assert_array_equal(read_submission(CSV), ANSWERS)
