"""Give points: the check must pass, and the comparison outside the sandbox must agree."""

import re
from dataclasses import asdict, dataclass, field

from cnn_utils.grading.intake.assemble import CHECK, TASK
from cnn_utils.grading.intake.assignment import TaskSpec
from cnn_utils.grading.sandbox.run_part import Claims

DISAGREES = "the check passed, but the comparison does not agree"


@dataclass
class Mark:
    """The points of a task, and the reason.

    Attributes
    ----------
    task, kind : str
    points : float or None
        None until a person has marked it.
    max_points : float
    reason : str
        For the student; "" for full points.
    review : str
        For the instructor: why a person should look at it, or "".
    """

    task: str
    kind: str
    points: float | None
    max_points: float
    reason: str = ""
    review: str = ""

    def as_dict(self) -> dict:
        """Return it as plain data."""
        return asdict(self)


@dataclass
class Comparison:
    """Results of the comparison outside the sandbox, by task.

    Attributes
    ----------
    agrees : dict of str to (bool, str)
        Whether a task's results agree, and the reason if not.
    below_threshold : set of str
        Tasks whose network is valid but below the threshold: no points, and no review.
    """

    agrees: dict[str, tuple[bool, str]] = field(default_factory=dict)
    below_threshold: set[str] = field(default_factory=set)


def mark(task: TaskSpec, answer: dict, claims: Claims, comparison: Comparison) -> Mark:
    """Give a task its points.

    Parameters
    ----------
    task : TaskSpec
    answer : dict
        From `splice`.
    claims : Claims
        From `run_part`.
    comparison : Comparison
    """
    state = answer["state"]
    if state != "answered":
        reason = "No answer was found." if state == "missing" else "Not answered yet."
        return Mark(task.name, task.kind, 0.0, task.points, reason)
    if task.kind == "answer":
        return Mark(task.name, task.kind, None, task.points, "A person will mark this.")
    agrees, why = comparison.agrees.get(task.name, (False, "there is no result to compare"))
    if not task.is_run:
        points = task.points if agrees else 0.0
        return Mark(task.name, task.kind, points, task.points, "" if agrees else _sentence(why))
    passed = claims.passed.get(f"{CHECK}:{task.name}")
    if passed and agrees:
        return Mark(task.name, task.kind, task.points, task.points)
    if passed and task.name in comparison.below_threshold:
        return Mark(task.name, task.kind, 0.0, task.points, _sentence(why))
    if passed:
        reason = _sentence(f"The check passed, but {why}")
        return Mark(task.name, task.kind, 0.0, task.points, reason, f"{DISAGREES}: {why}")
    review = "the comparison agrees, but the check did not pass" if agrees else ""
    return Mark(task.name, task.kind, 0.0, task.points, _why_not_passed(task, claims), review)


def _why_not_passed(task: TaskSpec, claims: Claims) -> str:
    """Return why a check did not pass, without any hidden data."""
    if claims.status in ("timeout", "exceeded", "crashed"):
        return {
            "timeout": "The notebook took too long.",
            "exceeded": "The notebook exceeded its memory or disk limit.",
            "crashed": "The notebook ended its own run.",
        }[claims.status]
    for step in (f"{TASK}:{task.name}", f"{CHECK}:{task.name}"):
        if claims.passed.get(step) is False:
            return _sentence(_without_colours(claims.failures.get(step, "it failed")))
    return "Its cell did not finish."


def _without_colours(failure: str) -> str:
    """Remove the terminal's colour codes from a message."""
    return re.sub(r"(\x1b|#x1B)\[[0-9;]*m", "", failure).strip()


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
