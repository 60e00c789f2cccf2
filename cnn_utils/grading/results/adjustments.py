"""Read ``adjustments.csv``, a person's decisions, and apply them to the results."""

import copy
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cnn_utils.errors import KitError, closest
from cnn_utils.grading.grade_one import failed_row
from cnn_utils.grading.intake.assignment import SourceNotebook, key_of
from cnn_utils.grading.intake.platforms import group_label
from cnn_utils.grading.intake.submissions import Submission
from cnn_utils.grading.results.course import FILE as COURSE_FILE
from cnn_utils.grading.results.course import Course
from cnn_utils.grading.results.lms import group_number
from cnn_utils.grading.results.points import add_late_days, total
from cnn_utils.grading.results.spreadsheets import read_table, write_table

FILE = "adjustments.csv"
COLUMNS = ["submission", "task", "points", "days_late", "excused", "reason"]
WHOLE, EXCUSED = "whole", "excused"
YES, NO = {"yes", "y", "true", "1", "x"}, {"", "no", "n", "false", "0"}
# "7" sets the points, "+2" and "-2" change them. A spreadsheet keeps the sign behind an apostrophe.
POINTS = re.compile(r"'?(?P<sign>[+−-]?)\s*(?P<number>\d+(?:[.,]\d+)?)")


@dataclass(frozen=True)
class Adjustment:
    """One row of ``adjustments.csv``.

    Attributes
    ----------
    line : int
        In the file; the heads are line 1.
    submission : str
        Name of a hand-in, or number of its group.
    task : str
        Such as "lenet" or "overfitting (text)"; "whole" for all of it.
    points, change : float or None
        The new points, or what is added to them.
    days_late : int or None
    excused : bool
    reason : str
        For the student.
    """

    line: int
    submission: str
    task: str = WHOLE
    points: float | None = None
    change: float | None = None
    days_late: int | None = None
    excused: bool = False
    reason: str = ""


def read_adjustments(path: Path, source_notebooks: dict[str, SourceNotebook]) -> list[Adjustment]:
    """Read the rows; a missing file is written with its heads alone.

    Raises
    ------
    KitError
        With a sentence for each invalid row.
    """
    if not path.exists():
        write_table(COLUMNS, [], path)
        return []
    columns, rows = read_table(path)
    if not set(COLUMNS) <= set(columns):
        heads = ", ".join(COLUMNS)
        raise KitError.about(f"'{path}'", f"have the columns {heads}", ", ".join(columns))
    tasks = [task.key for notebook in source_notebooks.values() for task in notebook.tasks]
    found, problems = [], []
    for line, row in enumerate(rows, start=2):
        cells = {name: " ".join(row[name].split()) for name in COLUMNS}
        if not any(cells.values()):
            continue
        try:
            found.append(_adjustment(line, cells, tasks))
        except KitError as error:
            problems.append(f"Line {line}: {error}")
    _refuse(path, problems)
    return found


def _adjustment(line: int, cells: dict[str, str], tasks: list[str]) -> Adjustment:
    task = cells["task"] or WHOLE
    if task not in (WHOLE, *tasks):
        near = closest(task, [WHOLE, *tasks])
        advice = f"Did you mean '{near}'?" if near else f"The tasks are {', '.join(tasks)}."
        expected = f"be empty, '{WHOLE}' or a task's column in the gradebook"
        raise KitError.about("'task'", expected, f"'{task}'", advice)
    if not cells["submission"]:
        raise KitError.about("'submission'", "be a name in the gradebook", "an empty cell")
    points, change = None, None
    if cells["points"]:
        if not (number := POINTS.fullmatch(cells["points"])):
            expected = "be a number such as 7, or a change such as +2 or -2"
            raise KitError.about("'points'", expected, f"'{cells['points']}'")
        value = float(number["number"].replace(",", "."))
        if number["sign"]:
            change = value if number["sign"] == "+" else -value
        else:
            points = value
    days = cells["days_late"]
    if days and not days.isdecimal():
        raise KitError.about("'days_late'", "be a whole number of days", f"'{days}'")
    if days and task != WHOLE:
        raise KitError.about("'days_late'", "belong to the whole hand-in", f"the task '{task}'")
    if (excused := cells["excused"].casefold()) not in YES | NO:
        raise KitError.about("'excused'", "be yes, no or empty", f"'{cells['excused']}'")
    is_excused = excused in YES
    if not (cells["points"] or days or is_excused):
        raise KitError.about("It", "hold points, days_late or excused", "none of them")
    days_late = int(days) if days else None
    submission, reason = cells["submission"], cells["reason"]
    return Adjustment(line, submission, task, points, change, days_late, is_excused, reason)


def adjusted(
    results: list[dict], adjustments: list[Adjustment], course: Course, path: Path
) -> list[dict]:
    """Apply the adjustments and the late days.

    Parameters
    ----------
    results : list of dict
        From `merge_marks`; not changed.
    adjustments : list of Adjustment
        From `read_adjustments`.
    course : Course
    path : Path
        The file, for messages.

    Returns
    -------
    results : list of dict
        Whoever is excused without a hand-in has a result, too.

    Raises
    ------
    KitError
        With a sentence for each row that fits no hand-in, or contradicts another.
    """
    results = copy.deepcopy(results)
    people = People(results)
    chosen, problems = defaultdict(list), []
    for one in adjustments:
        fits = people.named(one.submission)
        names = {_letters(result["name"]): result["name"] for result in results}
        near = closest(_letters(one.submission), names)
        advice = f"Did you mean '{names[near]}'?" if near and not fits else ""
        if not fits and one.excused and one.task == WHOLE:
            told = f"NOTE: {path.name}, line {one.line}: '{one.submission}' is excused and has no"
            print(f"{told} hand-in. {advice}".rstrip())
            results.append(_absent(one.submission))
            people = People(results)
            fits = [results[-1]]
        if len(fits) == 1:
            chosen[fits[0]["name"]].append(one)
            continue
        received = f"'{one.submission}', which fits none"
        if fits:
            received = f"'{one.submission}', which fits {_listed(r['name'] for r in fits)}"
        expected = "be a name in the gradebook, or a group's number"
        error = KitError.about("'submission'", expected, received, advice)
        problems.append(f"Line {one.line}: {error}")
    extensions, unknown = {}, []
    for key, more in course.extensions.items():
        fits = people.named(key)
        if len(fits) > 1:
            received = f"'{key}', which fits {_listed(r['name'] for r in fits)}"
            expected = "name one group or hand-in"
            problems.append(
                str(KitError.about(f"An extension in {COURSE_FILE}", expected, received))
            )
        unknown += [] if fits else [f"'{key}'"]
        extensions |= {result["name"]: more for result in fits}
    if unknown:
        print(f"NOTE: extensions in {COURSE_FILE} fit no hand-in: {', '.join(unknown)}")
    for result in results:
        rows = chosen[result["name"]]
        problems += _apply(result, rows)
        days = [row.days_late for row in rows if row.days_late is not None]
        add_late_days(result, course, days[-1] if days else None, extensions.get(result["name"], 0))
    _refuse(path, problems)
    return results


class People:
    """Find results by what a person calls them."""

    def __init__(self, results: list[dict]) -> None:
        self.by_name, self.by_group = defaultdict(list), defaultdict(list)
        for result in results:
            header = str((result.get("group") or {}).get("group number") or "")
            labels = {group_number(header), group_label(result["name"])}
            for label in labels - {""}:
                self.by_group[label].append(result)
            for name in {_plain(result["name"]), *map(_plain, result.get("members") or ())}:
                self.by_name[name].append(result)

    def named(self, key: str) -> list[dict]:
        """Return the results of a name, or else those of a group's number."""
        return self.by_name.get(_plain(key)) or self.by_group.get(group_number(key), [])


def _apply(result: dict, rows: list[Adjustment]) -> Iterable[str]:
    """Change the marks of a result; yield a sentence for each row that can't be applied."""
    by_task = defaultdict(list)
    for row in rows:
        by_task[row.task].append(row)
    marks = {key_of(mark["task"], mark["kind"]): mark for mark in result["marks"]}
    for task, of_task in by_task.items():
        lines = " and ".join(str(row.line) for row in of_task)
        for name in ("points", "days_late"):
            if len({value for row in of_task if (value := getattr(row, name)) is not None}) > 1:
                yield f"Lines {lines}: they give '{name}' of {task} twice. Keep one."
        given = [row.points for row in of_task if row.points is not None]
        changes = [row.change for row in of_task if row.change is not None]
        reasons = "; ".join(row.reason for row in of_task if row.reason)
        is_excused = any(row.excused for row in of_task)
        if task == WHOLE:
            whole = {"points": given[0]} if given else {}
            whole |= {"change": sum(changes)} if changes else {}
            result["whole"] = {**whole, "reason": reasons}
            result["is_excused"] = is_excused
            if given and given[0] > (most := total(result).max_score):
                yield f"Line {lines}: 'points' must be at most {most:g}; received {given[0]:g}."
            continue
        mark = marks[task]
        before = mark["points"]
        if changes and not given and before is None:
            yield f"Line {lines}: {task} has no points yet, so nothing can be added. Set them."
            continue
        after = (given[0] if given else before or 0) + sum(changes)
        if not 0 <= after <= mark["max_points"] and (given or changes):
            most = mark["max_points"]
            yield f"Line {lines}: {task} must get 0 to {most:g} points; it would get {after:g}."
            continue
        if given or changes:
            mark["points"] = after
            mark["reason"] = "" if before is None else mark["reason"]
        mark["is_excused"] = is_excused
        was = "nothing" if before is None else f"{before:g}"
        what = "excused" if is_excused else f"changed from {was} to {after:g} points"
        mark["adjusted"] = f"{what}: {reasons}" if reasons else what
        mark["review"] = ""  # a person has decided


def adjustment_sentences(result: dict) -> list[str]:
    """Return what a person changed in a hand-in, a sentence for each task and for the whole."""
    told = [
        f"{key_of(mark['task'], mark['kind'])} {mark['adjusted']}"
        for mark in result["marks"]
        if mark.get("adjusted")
    ]
    return [*told, f"{WHOLE} {whole}"] if (whole := adjustment_of_whole(result)) else told


def adjustment_of_whole(result: dict) -> str:
    """Return "set to 40 points: reason" and the like, or ""."""
    whole = result.get("whole", {})
    parts = [EXCUSED] * result.get("is_excused", False)
    parts += [f"set to {whole['points']:g} points"] if "points" in whole else []
    parts += [f"{whole['change']:+g} points"] if "change" in whole else []
    reason = f": {whole['reason']}" if parts and whole["reason"] else ""
    return f"{', '.join(parts)}{reason}"


def _absent(name: str) -> dict:
    """Return the result of somebody who is excused and handed in nothing."""
    row = failed_row(Submission(name, [name], []), {}, "")
    return {**row, "status": EXCUSED, "notes": []}


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip().lstrip("'")


def _letters(name: str) -> str:
    return re.sub(r"[\W\d_]", "", name.casefold())


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _refuse(path: Path, problems: list[str]) -> None:
    if problems:
        raise KitError(f"'{path}' can't be applied:\n  " + "\n  ".join(problems))
