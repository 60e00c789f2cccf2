from datetime import datetime

import pytest

from cnn_utils.grading.results.course import Course
from cnn_utils.grading.results.points import Total, add_late_days, late_sentence, total
from tests.grading.results.test_gradebook import result

COURSE = Course(free_days=1, percent_per_day=10)


def test_points_are_added_and_excused_tasks_do_not_count():
    assert total(result()) == Total(10, 35, 5)
    excused = result()
    excused["marks"][1]["is_excused"] = True
    assert total(excused) == Total(10, 15, 5)


@pytest.mark.parametrize(
    ("whole", "score"),
    [({}, 10), ({"points": 30}, 30), ({"change": 3}, 13), ({"change": -12}, 0)],
)
def test_what_a_person_says_of_the_whole_is_last(whole, score):
    late = {"points": -2}
    assert total(result(whole=whole)).score == score
    if "points" in whole:
        assert total(result(whole=whole, late=late)).score == score


@pytest.mark.parametrize(
    ("days", "points", "sentence"),
    [
        (0, 10, ""),
        (1, 10, "1 day late, without a deduction"),
        (2, 9, "2 days late, 1 of them without a deduction: 10 % off, -1 points"),
        (20, 0, "20 days late, 1 of them without a deduction: 100 % off, -10 points"),
    ],
)
def test_late_days_cost_percents_of_what_was_reached(days, points, sentence):
    row = result()
    add_late_days(row, COURSE, days, 0)
    assert total(row).score == points
    assert late_sentence(row) == sentence


def test_all_days_may_be_free():
    row = result()
    add_late_days(row, COURSE, 3, 2)
    assert late_sentence(row) == "3 days late, all of them without a deduction"


def test_the_platform_tells_the_time_or_a_person_is_asked():
    row = result(is_late=True)
    add_late_days(row, Course(percent_per_day=10), None, 0)
    assert row["review"] == [
        "The platform says it was late: write its days_late into adjustments.csv."
    ]
    row = result(is_late=True)
    add_late_days(row, Course(), None, 0)
    assert row["notes"] == ["The platform says it was late."]
    course = Course(due=datetime(2026, 11, 20), percent_per_day=10)
    row = result(handed_in="2026-11-21T10:00:00")
    add_late_days(row, course, None, 0)
    assert row["late"] == {"days": 2, "counted": 2, "percent": 20, "points": -2}
    row = result(handed_in="2026-11-21T10:00:00")
    add_late_days(row, course, 0, 0)
    assert "late" not in row  # a person's word is last
