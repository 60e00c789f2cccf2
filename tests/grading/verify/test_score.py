import pytest

from cnn_utils.grading.intake.assignment import TaskSpec
from cnn_utils.grading.sandbox.run_part import Claims
from cnn_utils.grading.verify.score import Comparison, mark

F1 = TaskSpec("f1", "code", 10)
ANSWERED = {"state": "answered", "source": "x"}
PASSED = Claims("complete", {"task:f1": True, "check:f1": True})
AGREES = Comparison({"f1": (True, "")})
DIFFERS = Comparison({"f1": (False, "its numbers are not right")})


def test_a_check_that_passed_and_a_comparison_that_agrees_give_the_points():
    found = mark(F1, ANSWERED, PASSED, AGREES)
    assert (found.points, found.reason, found.review) == (10, "", "")


def test_a_check_alone_gives_nothing_and_goes_to_review():
    found = mark(F1, ANSWERED, PASSED, DIFFERS)
    assert found.points == 0
    assert found.reason == "The check passed, but its numbers are not right."
    assert found.review == (
        "the check passed, but the comparison does not agree: its numbers are not right"
    )
    assert mark(F1, ANSWERED, PASSED, Comparison()).review.endswith("there is no result to compare")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (Claims("timeout"), "The notebook took too long."),
        (Claims("crashed"), "The notebook ended its own run."),
        (Claims("incomplete", {"task:f1": True}), "Its cell did not finish."),
        (
            Claims("complete", {"task:f1": False}, {"task:f1": "\x1b[31mValueError\x1b[39m: no"}),
            "ValueError: no.",
        ),
        (
            Claims("complete", {"task:f1": True, "check:f1": False}, {"check:f1": "Hint: look"}),
            "Hint: look.",
        ),
    ],
)
def test_why_a_check_did_not_pass(claims, reason):
    found = mark(F1, ANSWERED, claims, DIFFERS)
    assert (found.points, found.reason, found.review) == (0, reason, "")
    assert mark(F1, ANSWERED, claims, AGREES).review


@pytest.mark.parametrize(
    ("state", "reason"),
    [("missing", "No answer was found."), ("unanswered", "Not answered yet.")],
)
def test_what_was_not_answered_gives_nothing(state, reason):
    found = mark(F1, {"state": state}, PASSED, AGREES)
    assert (found.points, found.reason) == (0, reason)


def test_texts_wait_for_a_person():
    why = TaskSpec("why", "answer", 5)
    assert mark(why, ANSWERED, PASSED, AGREES).points is None
    assert mark(why, {"state": "unanswered"}, PASSED, AGREES).points == 0


def test_where_nothing_is_run_the_comparison_decides():
    submit = TaskSpec("submit", "code", 5, is_run=False)
    assert mark(submit, ANSWERED, Claims(), Comparison({"submit": (True, "")})).points == 5
    found = mark(submit, ANSWERED, PASSED, Comparison({"submit": (False, "it is not there")}))
    assert (found.points, found.reason) == (0, "It is not there.")


def test_a_network_that_falls_short_is_nothing_to_look_into():
    comparison = Comparison(
        {"f1": (False, "it reads 96.5% of the digits; 97.0% are required")}, {"f1"}
    )
    found = mark(F1, ANSWERED, PASSED, comparison)
    reason = "It reads 96.5% of the digits; 97.0% are required."
    assert (found.points, found.reason, found.review) == (0, reason, "")
