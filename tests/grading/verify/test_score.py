import pytest

from cnn_utils.grading.intake.assignment import TaskSpec
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify.score import Comparison, mark

F1 = TaskSpec("f1", "code", 10)
ANSWERED = {"state": "answered", "source": "x"}
PASSED = Claims("complete", {"task:f1": True, "check:f1": True})
FAILED = Claims("complete", {"task:f1": True, "check:f1": False}, {"check:f1": "No"})
NOT_RUN = Claims("crashed")
AGREES = Comparison({"f1": (True, "")})
DIFFERS = Comparison({"f1": (False, "its numbers are not right")})
MISSING = Comparison({"f1": (None, "the weights were not handed in")})


@pytest.mark.parametrize("claims", [PASSED, FAILED, NOT_RUN])
def test_evidence_that_agrees_gives_all_points_whatever_the_check_says(claims):
    found = mark(F1, ANSWERED, claims, AGREES)
    assert (found.points, found.reason, found.review) == (10, "", "")


def test_evidence_that_refutes_gives_nothing_and_a_check_that_passed_is_looked_at():
    found = mark(F1, ANSWERED, PASSED, DIFFERS)
    assert found.points == 0
    assert found.reason == "The check passed, but its numbers are not right."
    assert found.review == (
        "the check passed, but the comparison does not agree: its numbers are not right"
    )
    found = mark(F1, ANSWERED, FAILED, DIFFERS)
    assert (found.points, found.reason, found.review) == (0, "No.", "")


def test_a_task_without_evidence_is_given_by_its_check():
    found = mark(F1, ANSWERED, PASSED, Comparison())
    assert (found.points, found.by_check_alone, found.review) == (10, True, "")
    for claims in (FAILED, NOT_RUN):
        found = mark(F1, ANSWERED, claims, Comparison())
        assert (found.points, found.by_check_alone) == (0, False)
        assert found.review.startswith("nothing shows whether it is right: ")


@pytest.mark.parametrize("claims", [PASSED, FAILED, NOT_RUN])
def test_missing_evidence_gives_nothing_and_is_looked_at(claims):
    found = mark(F1, ANSWERED, claims, MISSING)
    assert found.points == 0
    assert found.review == "nothing shows whether it is right: the weights were not handed in"
    assert found.reason


def test_a_training_without_its_weights_is_not_judged_by_its_check():
    task = TaskSpec("train-lenet", "code", 10, threshold=0.97)
    claims = Claims(
        "complete", {"check:train-lenet": False}, {"check:train-lenet": "An epoch had 1 batches"}
    )
    missing = Comparison({"train-lenet": (None, "the weights were not handed in")})
    assert mark(task, ANSWERED, claims, missing).reason == "The weights were not handed in."
    below = Comparison({"train-lenet": (False, "96 % are not enough")})
    assert mark(task, ANSWERED, claims, below).reason == "An epoch had 1 batches."


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (Claims("timeout"), "The notebook took too long."),
        (Claims("crashed"), "The notebook ended its own run."),
        (Claims("incomplete"), "Its cell did not finish."),
        (
            Claims("complete", {"task:f1": False}, {"task:f1": "\x1b[31mValueError\x1b[39m: no"}),
            "ValueError: no.",
        ),
        (
            Claims(
                "complete",
                {"task:f1": True, "check:f1": False},
                {
                    "check:f1": "✗ f1: Your maps are 24 x 24; expected 28 x 28.\n"
                    "  Hint 1 of 2: Look at the padding.\n"
                    "  For the next hint, run the check with hint=2."
                },
            ),
            "Your maps are 24 x 24; expected 28 x 28.\n  Hint 1 of 2: Look at the padding.",
        ),
        (
            Claims("complete", {"hidden:f1": False, "task:f1": True}, {"hidden:f1": "KeyError: 1"}),
            "KeyError: 1.",
        ),
    ],
)
def test_the_whole_finding_is_the_reason(claims, reason):
    assert mark(F1, ANSWERED, claims, DIFFERS).reason == reason


def test_a_check_s_exception_is_no_part_of_its_finding():
    failure = {"check:f1": "cnn_utils.checks.outcome.CheckFailed: ✗ f1: Too many maps."}
    claims = Claims("complete", {"task:f1": True, "check:f1": False}, failure)
    assert mark(F1, ANSWERED, claims, DIFFERS).reason == "Too many maps."


def test_the_cell_whose_failure_is_the_cause_is_named():
    claims = Claims(
        "complete",
        {"helper:cell 12": False, "task:f1": False, "task:lenet": False},
        {
            "helper:cell 12": "ModuleNotFoundError: No module named 'google.colab'",
            "task:f1": "NameError: name 'half' is not defined",
            "task:lenet": "ValueError: shapes",
        },
    )
    sources = {"helper:cell 12": "import google.colab\ndef half(x): ...", "task:lenet": "rate = 1"}
    found = mark(F1, ANSWERED, claims, MISSING, sources)
    assert found.reason == (
        "NameError: name 'half' is not defined. Cell 12, which has that name, ended in: "
        "ModuleNotFoundError: No module named 'google.colab'. "
        "The sandbox has no package 'google.colab'."
    )
    claims.failures["task:f1"] = "NameError: name 'rate' is not defined"
    assert "The cell of task 'lenet', which" in mark(F1, ANSWERED, claims, MISSING, sources).reason
    claims.failures["task:f1"] = "ModuleNotFoundError: No module named 'torch'"
    assert mark(F1, ANSWERED, claims, MISSING).reason.endswith("has no package 'torch'.")


@pytest.mark.parametrize(
    ("state", "reason"),
    [("missing", "No answer was found."), ("unanswered", "Not answered yet.")],
)
def test_what_was_not_answered_gives_nothing(state, reason):
    found = mark(F1, {"state": state}, PASSED, MISSING)
    assert (found.points, found.reason, found.review) == (0, reason, "")


def test_files_without_an_answer_are_looked_at_unless_they_refute():
    unanswered = {"state": "unanswered"}
    for agrees, is_asked in ((True, True), (None, True), (False, False)):
        found = mark(F1, unanswered, NOT_RUN, Comparison({"f1": (agrees, "x")}, handed_in={"f1"}))
        assert (found.points, bool(found.review)) == (0, is_asked)


def test_texts_wait_for_a_person():
    why = TaskSpec("why", "answer", 5)
    assert mark(why, ANSWERED, PASSED, AGREES).points is None
    assert mark(why, {"state": "unanswered"}, PASSED, AGREES).points == 0


def test_where_nothing_is_run_the_comparison_decides():
    submit = TaskSpec("submit", "code", 5, is_run=False)
    assert mark(submit, ANSWERED, Claims(), Comparison({"submit": (True, "")})).points == 5
    found = mark(submit, ANSWERED, Claims(), Comparison({"submit": (False, "it is not there")}))
    assert (found.points, found.reason, found.review) == (0, "It is not there.", "")


def test_a_network_that_falls_short_is_nothing_to_look_into():
    comparison = Comparison(
        {"f1": (False, "it reads 96.5% of the digits; 97.0% are required")}, {"f1"}
    )
    found = mark(F1, ANSWERED, PASSED, comparison)
    reason = "It reads 96.5% of the digits; 97.0% are required."
    assert (found.points, found.reason, found.review) == (0, reason, "")


def test_a_doubt_is_looked_at_though_all_points_are_given():
    comparison = Comparison({"f1": (True, "")}, doubts={"f1": "it is too good"})
    found = mark(F1, ANSWERED, PASSED, comparison)
    assert (found.points, found.review) == (10, "it is too good")


@pytest.mark.parametrize("claims", [PASSED, FAILED, NOT_RUN])
@pytest.mark.parametrize("below", [set(), {"f1"}])
def test_answers_that_were_looked_up_are_looked_at_whatever_the_check_says(claims, below):
    comparison = Comparison({"f1": (False, "it looks up")}, below, {"f1": "it looks up"})
    found = mark(F1, ANSWERED, claims, comparison)
    assert (found.points, found.reason, found.review) == (0, "It looks up.", "it looks up")


@pytest.mark.parametrize(
    ("answer", "helper", "told"),
    [
        ("class F1Score(keras.metrics.F1Score):", "", "its F1 is Keras'"),
        ("from keras.metrics import Mean, F1Score", "", "its F1 is Keras'"),
        ("x", "open('out/output_f1.json', 'w')", "names 'output_f1.json'"),
        ("x", "from cnn_utils.checks import lenet_by_hand", "names 'lenet_by_hand'"),
        ("class F1Score(keras.metrics.Metric):", "keras.metrics.F1Score()", ""),
    ],
)
def test_a_shortcut_around_a_hidden_test_is_looked_at(answer, helper, told):
    answer = {**ANSWERED, "source": answer}
    found = mark(F1, answer, PASSED, AGREES, {"helper:cell 3": helper, "task:f1": answer["source"]})
    assert (found.points, bool(found.review)) == (10, bool(told))
    assert told in found.review


def test_a_bare_assertion_is_a_sentence():
    for step, said in (("check", "The check failed."), ("hidden", "The hidden test failed.")):
        claims = Claims(
            "complete", {"task:f1": True, f"{step}:f1": False}, {f"{step}:f1": "AssertionError"}
        )
        assert mark(F1, ANSWERED, claims, DIFFERS).reason == said
    claims.failures["hidden:f1"] = "AssertionError: the rate is 1"
    assert mark(F1, ANSWERED, claims, DIFFERS).reason == "The rate is 1."


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("ip.ast_transformers.append(x)", "ast_transformers"),
        ("sys.settrace(f)", "settrace"),
        ("ip.events.register('pre_run_cell', f)", "events.register"),
        ("def __eq__(self, other): return True", "__eq__"),
    ],
)
def test_what_can_deceive_a_test_of_the_author_s_is_looked_at(source, name):
    mine, sources = TaskSpec("mine", "code", 10), {"helper:cell 3": source}
    agrees = Comparison({"mine": (True, "")})
    found = mark(mine, ANSWERED, Claims("complete", {"hidden:mine": True}), agrees, sources)
    told = f"the notebook names '{name}', which can deceive a hidden test"
    assert (found.points, found.review) == (10, told)
    ours = Claims("complete", {"hidden:mine": True}, outputs={"mine": [1.0]})
    for claims in (Claims("complete"), ours):
        assert mark(mine, ANSWERED, claims, agrees, sources).review == ""


def test_a_failure_of_any_length_is_a_short_reason_in_time():
    failure = {"task:f1": "NameError: name 'a' is not defined " + "x: " * 700_000}
    claims = Claims("complete", {"task:f1": False}, failure)
    sources = {"helper:cell 1": "b" * 2_000_000}
    assert len(mark(F1, ANSWERED, claims, MISSING, sources).reason) < 2_000
