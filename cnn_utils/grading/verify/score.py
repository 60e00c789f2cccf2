"""Give points by evidence; a check's finding goes into the report."""

import re
from dataclasses import asdict, dataclass, field

from cnn_utils.grading.intake.assemble import CHECK, HELPER, HIDDEN_TEST, TASK
from cnn_utils.grading.intake.assignment import TaskSpec
from cnn_utils.grading.sandbox.run_part import COLOURS, NO_PACKAGE, Claims
from cnn_utils.grading.verify.hidden_tests import CALLS

REFUTED = "the check passed, but the comparison does not agree"
UNSURE = "nothing shows whether it is right"
# Grading trains nothing: this check judges what was handed in, and without that a stand-in.
NOT_BY_CHECK = {"train-lenet"}
MAX_REASON = 1_000
STOPPED = {
    "timeout": "The notebook took too long.",
    "exceeded": "The notebook exceeded its memory or disk limit.",
    "crashed": "The notebook ended its own run.",
}
# In a check's message: its exception and its task before the finding, the way to the next hint
# behind it.
BEFORE_FINDING = re.compile(r"^(?:[\w.]{1,80}: )?[✗·] (?:[\w-]{1,80}: )?|^AssertionError(?:: |$)")
NEXT_HINT = re.compile(r"^\s*For the next (?:one|hint),.*", re.MULTILINE)
# What no answer needs: the kit's own LeNet, Keras' F1 as the answer to F1, and grading's files.
GRADING = re.compile(
    r"lenet_by_hand|\bin\.json|\boutput_[\w{}-]{0,40}\.json|junit\.xml|CNN_UTILS_WORKDIR|nbval_grade"
)
# What can deceive an assertion in the student's own kernel: the author's hidden tests.
DECEIVING = re.compile(
    r"__(?:eq|ne|lt|le|gt|ge|bool|float)__|(?:ast|input)_transformers?|\bsettrace\b|events\.register"
)
KERAS_F1 = re.compile(r"(?:\.|import [^\n]{0,99}\b)F1Score\b")
UNDEFINED = re.compile(r"NameError: name '(\w{1,80})' is not defined")


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
    by_check_alone : bool
        Whether its check is all that speaks for it.
    """

    task: str
    kind: str
    points: float | None
    max_points: float
    reason: str = ""
    review: str = ""
    by_check_alone: bool = False

    def as_dict(self) -> dict:
        """Return it as plain data."""
        return asdict(self)


@dataclass
class Comparison:
    """Evidence from outside the student's code, by task.

    Attributes
    ----------
    agrees : dict of str to (bool or None, str)
        Whether the evidence agrees, and the reason if not; None if it is missing. Tasks that have
        no such evidence in any hand-in are left out.
    below_threshold : set of str
        Tasks whose network is valid but below the threshold: no points, and no review.
    doubts : dict of str to str
        Why a person should look at a task whatever the evidence and the check say.
    handed_in : set of str
        Tasks for which there are files or figures, with or without an answer.
    """

    agrees: dict[str, tuple[bool | None, str]] = field(default_factory=dict)
    below_threshold: set[str] = field(default_factory=set)
    doubts: dict[str, str] = field(default_factory=dict)
    handed_in: set[str] = field(default_factory=set)


def mark(
    task: TaskSpec,
    answer: dict,
    claims: Claims,
    comparison: Comparison,
    sources: dict[str, str] | None = None,
) -> Mark:
    """Give a task its points.

    ============================  ==============  ======================  ==============
    evidence                      check           points                  a person looks
    ============================  ==============  ======================  ==============
    agrees                        any             all                     no
    refutes                       passed          0                       yes
    refutes                       failed          0                       no
    none exists for this task     passed          all, by its check       once a class
    none                          not passed      0                       yes
    missing in this hand-in       any             0                       yes
    ============================  ==============  ======================  ==============

    Parameters
    ----------
    task : TaskSpec
    answer : dict
        From `read_and_splice`.
    claims : Claims
        From `run_part`.
    comparison : Comparison
    sources : dict of str to str, optional
        The student's cells, by their names in the run.
    """
    name, no_points = task.name, (task.name, task.kind, 0.0, task.points)
    agrees, why = comparison.agrees.get(name, (None, ""))
    if answer["state"] != "answered":
        reason = "No answer was found." if answer["state"] == "missing" else "Not answered yet."
        is_something = task.kind == "code" and name in comparison.handed_in and agrees is not False
        review = f"no answer was found, but there are files or figures for it{_because(why)}"
        return Mark(*no_points, reason, review if is_something else "")
    if task.kind == "answer":
        return Mark(name, task.kind, None, task.points, "A person will mark this.")
    doubt = comparison.doubts.get(name, "") or _shortcut(name, answer, claims, sources or {})
    if agrees:
        return Mark(name, task.kind, task.points, task.points, "", doubt)
    passed = claims.passed.get(f"{CHECK}:{name}", False)
    if name not in comparison.agrees and passed:
        return Mark(name, task.kind, task.points, task.points, by_check_alone=True)
    if name in comparison.below_threshold or (agrees is False and doubt):
        return Mark(*no_points, _sentence(why), doubt)
    finding = _finding(task, answer, claims, sources or {})
    if agrees is False and passed:
        return Mark(*no_points, _sentence(f"The check passed, but {why}"), f"{REFUTED}: {why}")
    if agrees is False:
        return Mark(*no_points, finding or _sentence(why))
    if why and name in NOT_BY_CHECK:
        finding = ""
    reason = finding or _sentence(why or "Its check did not run")
    return Mark(*no_points, reason, f"{UNSURE}{_because(why or finding)}")


def _shortcut(name: str, answer: dict, claims: Claims, sources: dict[str, str]) -> str:
    """Return why a hidden test may have been passed without work, or ""."""
    if name == "f1" and KERAS_F1.search(answer["source"]):
        return "its F1 is Keras'"
    source = "\n".join(sources.values())
    if name in CALLS and (found := GRADING.search(source)):
        return f"the notebook names '{found[0]}', which is the grader's"
    is_author_s = f"{HIDDEN_TEST}:{name}" in claims.passed and name not in claims.outputs
    if is_author_s and (found := DECEIVING.search(source)):
        return f"the notebook names '{found[0]}', which can deceive a hidden test"
    return ""


def _finding(task: TaskSpec, answer: dict, claims: Claims, sources: dict[str, str]) -> str:
    """Return what the run found wrong in a task's cells, check or hidden test, or ""."""
    if not task.is_run:
        return ""
    if claims.status in STOPPED:
        return STOPPED[claims.status]
    steps = [*answer.get("ids", ()), f"{TASK}:{task.name}"]
    steps += [f"{kind}:{task.name}" for kind in (CHECK, HIDDEN_TEST)]
    for step in steps:
        if claims.passed.get(step) is False:
            return _failure(step, claims) + _cause(step, claims, sources)
    return "" if claims.passed.get(f"{TASK}:{task.name}") else "Its cell did not finish."


def _failure(step: str, claims: Claims) -> str:
    text = COLOURS.sub("", claims.failures.get(step, "it failed"))
    text = NEXT_HINT.sub("", BEFORE_FINDING.sub("", text.strip())).strip()
    is_hidden = step.startswith(HIDDEN_TEST)
    return _sentence(text[:MAX_REASON] or f"the {'hidden test' if is_hidden else 'check'} failed")


def _cause(step: str, claims: Claims, sources: dict[str, str]) -> str:
    """Return why a name or package is missing: an earlier cell of the student's failed."""
    failure = claims.failures.get(step, "")
    if package := NO_PACKAGE.search(failure):
        return f" The sandbox has no package '{package[1]}'."
    if not (name := UNDEFINED.search(failure)):
        return ""
    for earlier, source in sources.items():
        is_failed = earlier != step and claims.passed.get(earlier) is False
        if is_failed and re.search(rf"\b{name[1]}\b", source):
            kind, _, which = earlier.partition(":")
            cell = which.capitalize() if kind == HELPER else f"The cell of task '{which}'"
            found = NO_PACKAGE.search(claims.failures.get(earlier, ""))
            advice = f" The sandbox has no package '{found[1]}'." if found else ""
            return f" {cell}, which has that name, ended in: {_failure(earlier, claims)}{advice}"
    return ""


def _because(why: str) -> str:
    return f": {why.rstrip('.')}" if why else ""


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
