import io

import numpy as np
import pytest

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES
from cnn_utils.grading.intake.assignment import SourceNotebook, TaskSpec
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify import compare
from cnn_utils.grading.verify.compare import read_submission
from cnn_utils.grading.verify.hidden_tests import expected, make_inputs
from cnn_utils.grading.verify.reference_data import ReferenceData
from cnn_utils.grading.verify.score import Comparison

PART1 = SourceNotebook("p1", [], [TaskSpec("train-lenet", "code", 10, threshold=0.9)], ["lenet"])
PART2 = SourceNotebook("p2", [], [TaskSpec("cnn", "code", 15, threshold=0.6)], ["cnn"])
DIGITS = np.zeros((100, 28, 28), np.uint8)


def saved(*arrays):
    buffer = io.BytesIO()
    np.savez(buffer, *arrays)
    return buffer.getvalue()


@pytest.fixture
def weights():
    """LeNet that always answers 3."""
    arrays = [np.zeros(shape, np.float32) for shape in LENET_SHAPES]
    arrays[-1][3] = 1
    return {"lenet/weights.npz": saved(*arrays)}


def lenet(files, labels=3, output_text=""):
    found = Comparison()
    reference = ReferenceData((DIGITS, np.full(100, labels)))
    claims = Claims(outputs={"lenet": [0.1]})
    answers = {"code:evaluate-lenet": {"output_text": output_text}}
    facts = compare.lenet(files, answers, claims, PART1, reference, found)
    return facts, found.agrees


def test_functions_are_judged_by_their_numbers():
    inputs = make_inputs(np.random.default_rng(0))
    claims = Claims(outputs={"f1": expected("f1", inputs), "ten-digits": [1] * 8})
    found = Comparison()
    compare.functions(inputs, claims, found)
    assert {name: agrees for name, (agrees, _) in found.agrees.items()} == {
        "f1": True,
        "ten-digits": False,
    }


def test_figures_are_those_of_the_hand_in():
    found = Comparison()
    answers = {"code:look": {"has_figure": True}, "code:plot-history": {"has_figure": False}}
    compare.figures(answers, found)
    assert (found.agrees["look"][0], found.agrees["plot-history"][0]) == (True, False)


def test_lenet_s_weights_are_rated(weights):
    # Right for all images, but F1 of nine classes is 0: 1 / 10.
    facts, agrees = lenet(weights, output_text="test accuracy 1.0000, macro F1 0.1000")
    assert (facts["part1_accuracy"], facts["part1_f1"]) == (1.0, 0.1)
    assert [agrees[n][0] for n in ("train-lenet", "evaluate-lenet")] == [True] * 2
    assert len(facts["fingerprint"]) == 16


def test_a_network_below_the_threshold_gets_its_accuracy_as_reason(weights):
    _, agrees = lenet(weights, labels=4)
    assert agrees["train-lenet"] == (
        False,
        "the handed-in network recognises 0.0% of the test digits; 90.0% are required",
    )


@pytest.mark.parametrize(
    ("output_text", "reason"),
    [
        ("", "shows no test accuracy"),
        ("test accuracy 0.9899, macro F1 0.1000", "it shows 0.9899 and 0.1000, but the handed-in"),
    ],
)
def test_claimed_numbers_must_be_the_network_s(weights, output_text, reason):
    _, agrees = lenet(weights, output_text=output_text)
    assert not agrees["evaluate-lenet"][0]
    assert reason in agrees["evaluate-lenet"][1]


@pytest.mark.parametrize("files", [{}, {"lenet/weights.npz": b"hello"}])
def test_without_weights_nothing_of_lenet_counts(files):
    facts, agrees = lenet(files)
    assert facts == {}
    assert not any(found for found, _ in agrees.values())
    assert len(agrees) == 3


ANSWERS = np.arange(10_000) % 10
SHOWN = np.arange(0, 10_000, 5)
CSV = ("ID,Prediction\n" + "".join(f"{i},{x}\n" for i, x in enumerate(ANSWERS))).encode()


def cnn(answers, labels=ANSWERS, submission=CSV):
    files = {"cnn/weights.npz": saved(np.ones(3, np.float32))}
    files |= {"submission.csv": submission} if submission else {}
    found, reference = Comparison(), ReferenceData(photos=np.zeros(1), photo_labels=labels)
    claims = Claims(outputs={"cnn": answers})
    facts = compare.cnn(files, claims, SHOWN, PART2, reference, found)
    return facts, found.agrees


def test_the_own_network_is_rated_by_its_answers():
    facts, agrees = cnn(ANSWERS[SHOWN].tolist())
    assert (facts["part2_accuracy"], facts["submission_accuracy"]) == (1.0, 1.0)
    assert agrees["cnn"][0]
    assert agrees["submit"][0]


def test_a_submission_of_another_network_is_noticed():
    _, agrees = cnn(ANSWERS[SHOWN].tolist(), submission=CSV.replace(b",0\n", b",1\n"))
    assert agrees["cnn"][0]
    assert not agrees["submit"][0]


@pytest.mark.parametrize("answers", [None, [], [0] * 5, [10] * 2000, [True] * 2000, ["0"] * 2000])
def test_invalid_predictions_do_not_count(answers):
    facts, agrees = cnn(answers)
    assert "part2_accuracy" not in facts
    assert not agrees["cnn"][0]
    assert not agrees["submit"][0]


def test_missing_photographs_are_the_reason():
    found = Comparison()
    files = {"cnn/weights.npz": saved(np.ones(3, np.float32))}
    compare.cnn(files, Claims(), None, PART2, ReferenceData(), found)
    assert found.agrees["cnn"] == (False, "it was graded without the test photographs")


def test_without_labels_the_answers_are_compared_with_the_submission_only():
    facts, agrees = cnn(ANSWERS[SHOWN].tolist(), labels=None)
    assert "part2_accuracy" not in facts
    assert agrees["cnn"][0]
    assert agrees["submit"][0]


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"ID,Prediction\n",
        CSV[:-5],
        CSV.replace(b"ID", b"id"),
        CSV.replace(b"7,7\n", b"8,7\n", 1),
        CSV.replace(b"7,7\n", b"7,77\n", 1),
        CSV.replace(b"7,7\n", b"7,seven\n", 1),
        b"\xff\xfe\x00",
    ],
)
def test_an_invalid_submission_gets_a_sentence(data):
    assert read_submission(data).startswith("submission.csv ")


def test_a_good_submission_is_an_array():
    np.testing.assert_array_equal(read_submission(CSV), ANSWERS)


def test_a_file_of_weights_does_not_show_that_lenet_was_built(weights):
    found, reference = Comparison(), ReferenceData((DIGITS, np.full(100, 3)))
    compare.lenet(weights, {}, Claims(), PART1, reference, found)
    assert found.agrees["lenet"] == (
        False,
        "the network from `build_lenet` gave no output for our weights",
    )


def test_a_few_weights_are_kept_to_know_copies_by():
    facts, _ = cnn(list(ANSWERS[SHOWN]))
    assert facts["sample"] == []  # of three numbers in a row, which are no kernel
    kernels = [np.arange(1000.0).reshape(10, 100), np.zeros(3)]
    assert compare._sample(kernels)[:3] == [0, 5, 10]
