"""Add up a hand-in's points: its tasks, less late days, and a person's adjustments."""

from datetime import datetime
from typing import NamedTuple

from cnn_utils.grading.results.course import Course


class Total(NamedTuple):
    """A hand-in's points.

    `to_mark` are the points of texts that nobody has marked; excused tasks do not count.
    """

    score: float
    max_score: float
    to_mark: float


def total(result: dict) -> Total:
    """Add up the points of a result from `grade_one`, adjusted or not."""
    marks = [mark for mark in result["marks"] if not mark.get("is_excused")]
    score = reached(result) + result.get("late", {}).get("points", 0)
    whole = result.get("whole", {})
    score = whole.get("points", score) + whole.get("change", 0)
    return Total(
        max(round(score, 2), 0),
        sum(mark["max_points"] for mark in marks),
        sum(mark["max_points"] for mark in marks if mark["points"] is None),
    )


def reached(result: dict) -> float:
    """Add up the points of the tasks."""
    points = (mark["points"] for mark in result["marks"] if not mark.get("is_excused"))
    return sum(p for p in points if p is not None)


def add_late_days(result: dict, course: Course, days_late: int | None, extension) -> None:
    """Add to a result how late it is and what that costs, and a question if nobody knows.

    Parameters
    ----------
    result : dict
        From `grade_one`; changed.
    course : Course
    days_late : int or None
        What a person says; None to take the platform's word.
    extension : int or datetime
        Of this group.
    """
    handed_in = result.get("handed_in")
    days = course.days_late(datetime.fromisoformat(handed_in)) if handed_in else None
    days = days if days_late is None else days_late
    if days is None and result.get("is_late"):
        late = "The platform says it was late"
        if course.percent_per_day:
            question = f"{late}: write its days_late into adjustments.csv."
            result["review"] = [*result.get("review", []), question]
        else:
            result["notes"] = [*result["notes"], f"{late}."]
    if not days:
        return
    counted = course.counted(days, extension)
    percent = course.percent(counted)
    points = -round(reached(result) * percent / 100, 2)
    result["late"] = {"days": days, "counted": counted, "percent": percent, "points": points}


def late_sentence(result: dict) -> str:
    """Return "3 days late, 1 of them without a deduction: 20 % off, -9 points", or ""."""
    if not (late := result.get("late")):
        return ""
    days, counted = late["days"], late["counted"]
    text = f"{days} {'day' if days == 1 else 'days'} late"
    if counted < days:
        free = "all" if not counted else f"{days - counted}"
        text += f", {free} of them without a deduction" if days > 1 else ", without a deduction"
    if late["percent"]:
        text += f": {late['percent']:g} % off, {late['points']:g} points"
    return text
