"""Points: a check that passed once, and evidence that agrees with what is known outside."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field

from cnn_utils.grading.assemble import CHECK, TASK
from cnn_utils.grading.run_part import Claims
from cnn_utils.grading.spec import TaskSpec

DISAGREE = "the check passed, but its evidence does not agree"


@dataclass
class Mark:
    """What a task got, and why.

    Attributes
    ----------
    task, kind : str
    points : float or None
        None while a person has to mark it.
    most : float
    reason : str
        For the student; "" if all is well.
    review : str
        For the instructor: why a person should look at it; "" if nobody has to.
    """

    task: str
    kind: str
    points: float | None
    most: float
    reason: str = ""
    review: str = ""

    def as_dict(self) -> dict:
        """Return it as plain data."""
        return asdict(self)


@dataclass
class Evidence:
    """What was found out about a hand-in outside the sandbox, task by task.

    Attributes
    ----------
    agrees : dict of str to (bool, str)
        Whether a task's evidence agrees, and if not, in what.
    short : set of str
        Tasks whose network is what it claims to be, and not as good as is asked for: no points,
        and nothing for a person to look into.
    """

    agrees: dict[str, tuple[bool, str]] = field(default_factory=dict)
    short: set[str] = field(default_factory=set)


def mark(task: TaskSpec, answer: dict, claims: Claims, evidence: Evidence) -> Mark:
    """Return what a task gets.

    Parameters
    ----------
    task : TaskSpec
    answer : dict
        State and source, from `splice`.
    claims : Claims
        Of the part's run.
    evidence : Evidence
    """
    state = answer["state"]
    if state != "answered":
        told = "No answer was found." if state == "missing" else "Not answered yet."
        return Mark(task.name, task.kind, 0.0, task.points, told)
    if task.kind == "answer":
        return Mark(task.name, task.kind, None, task.points, "A person will mark this.")
    found, why = evidence.agrees.get(task.name, (False, "there is no evidence"))
    if not task.is_run:
        points = task.points if found else 0.0
        return Mark(task.name, task.kind, points, task.points, "" if found else _sentence(why))
    passed = claims.passed.get(f"{CHECK}:{task.name}")
    if passed and found:
        return Mark(task.name, task.kind, task.points, task.points)
    if passed and task.name in evidence.short:
        return Mark(task.name, task.kind, 0.0, task.points, _sentence(why))
    if passed:
        told = _sentence(f"The check passed, but {why}")
        return Mark(task.name, task.kind, 0.0, task.points, told, f"{DISAGREE}: {why}")
    review = "the evidence agrees, but the check did not pass" if found else ""
    return Mark(task.name, task.kind, 0.0, task.points, _why(task, claims), review)


def _why(task: TaskSpec, claims: Claims) -> str:
    """Return why a check did not pass, in words that hold nothing of the hidden data."""
    if claims.status in ("timeout", "exceeded", "crashed"):
        return {
            "timeout": "The notebook took too long.",
            "exceeded": "The notebook used more memory or disk than it may.",
            "crashed": "The notebook ended its own run.",
        }[claims.status]
    for step in (f"{TASK}:{task.name}", f"{CHECK}:{task.name}"):
        if claims.passed.get(step) is False:
            return _sentence(_readable(claims.failures.get(step, "it failed")))
    return "Its cell did not come to its end."


def _readable(failure: str) -> str:
    """Return the last line of a failure without the colours of a terminal."""
    return re.sub(r"(\x1b|#x1B)\[[0-9;]*m", "", failure).strip()


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
