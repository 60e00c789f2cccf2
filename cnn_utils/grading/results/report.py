"""Write each student's report: a web page, and Gradescope's ``results.json``."""

import json
import re
from pathlib import Path

from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.results.adjustments import adjustment_of_whole
from cnn_utils.grading.results.gradebook import header_of
from cnn_utils.grading.results.pages import printable_lines, render
from cnn_utils.grading.results.points import late_sentence, reached, total

WAITING = "A person will mark this."  # the reason of a text without points
# A note for the instructor: how the grader ran the network.
TECHNICAL = re.compile(r"\S+: the network was ")
STATUS = {
    "complete": "",
    "incomplete": "A part is missing or did not finish.",
    "timeout": "A notebook took too long, so none of its checks counts.",
    "exceeded": "A notebook exceeded its memory or disk limit, so none of its checks counts.",
    "crashed": "A notebook ended its own run, so none of its checks counts.",
    "unreadable": "A file could not be read.",
    "failed": "The grader failed; your instructor knows.",
    "excused": "",
}


def student_report(
    result: dict, source_notebooks: dict[str, SourceNotebook], title: str = ""
) -> dict:
    """Return the contents of a report: nothing about other hand-ins, labels or hidden inputs.

    Whoever is excused and reached no points reads nothing about tasks.

    Parameters
    ----------
    result : dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    title : str
        Of the course.
    """
    sum_of_tasks, is_excused = round(reached(result), 2), result.get("is_excused", False)
    is_told = sum_of_tasks > 0 or not is_excused
    headings = {
        (name, task.name, task.kind): task.heading
        for name, source_notebook in source_notebooks.items()
        for task in source_notebook.tasks
    }
    tasks = [
        {
            "heading": headings.get((m["part"], m["task"], m["kind"])) or m["task"],
            "kind": m["kind"],
            "points": m["points"],
            "max_points": m["max_points"],
            "is_excused": m.get("is_excused", False),
            "reason": _reason(m),
        }
        for m in result["marks"]
        if is_told
    ]
    number, members = header_of(result)
    return {
        "title": title,
        "name": result["name"],
        "group": number,
        "members": members,
        "uploaded_by": result.get("members") or [],
        "status": STATUS.get(result["status"], result["status"]) if is_told else "",
        "tasks": tasks,
        **total(result)._asdict(),
        "sum_of_tasks": sum_of_tasks,
        "is_excused": is_excused,
        "late": late_sentence(result),
        "whole": adjustment_of_whole(result),
        "notes": [n for n in result["notes"] if is_told and not TECHNICAL.match(n)],
        "facts": {
            label: f"{100 * result['facts'][key]:.2f} %"
            for key, label in (
                ("part1_accuracy", "Accuracy of your LeNet on the test digits"),
                ("part2_accuracy", "Accuracy of your own network on the test photographs"),
                ("submission_accuracy", "Accuracy of submission.csv"),
            )
            if is_told and key in result["facts"]
        },
    }


def _reason(mark: dict) -> str:
    points, max_points = mark["points"], mark["max_points"]
    adjusted = f"{mark['adjusted']}.".replace("..", ".") if mark.get("adjusted") else ""
    is_decided = adjusted or points is not None
    reasons = [adjusted[:1].upper() + adjusted[1:]]
    reasons += [mark["reason"]] if mark["reason"] != WAITING or not is_decided else []
    if not any(reasons) and not is_decided:
        return WAITING
    if not any(reasons) and points >= max_points:
        return "All is well."
    return "\n".join(filter(None, reasons))


def gradescope(result: dict, source_notebooks: dict[str, SourceNotebook]) -> dict:
    """Return the contents of ``results.json`` for Gradescope."""
    report = student_report(result, source_notebooks)
    tests = [
        {
            "name": f"{task['heading']} ({task['kind']})",
            "number": str(number),
            "score": task["points"] or 0.0,
            "max_score": 0.0 if task["is_excused"] else task["max_points"],
            "output": printable_lines(task["reason"]),
            "visibility": "after_published",
        }
        for number, task in enumerate(report["tasks"], start=1)
    ]
    told = [report["status"], report["late"], report["whole"], *report["notes"]]
    leaderboard = [
        {"name": label, "value": result["facts"][key], "order": "desc"}
        for key, label in (("submission_accuracy", "CIFAR-10"), ("part1_accuracy", "MNIST"))
        if key in result["facts"]
    ]
    return {
        "score": report["score"],
        "execution_time": result.get("seconds", 0),
        "output": printable_lines("\n".join(filter(None, told))),
        "output_format": "text",
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "tests": tests,
        "leaderboard": leaderboard,
    }


def write_reports(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], folder: Path, title: str = ""
) -> None:
    """Write ``<name>.html`` and ``<name>.json`` (Gradescope) for each hand-in.

    Parameters
    ----------
    results : list of dict
        From `batch.grade`, with the name of each "file"; without one, nothing was handed in.
    source_notebooks : dict of str to SourceNotebook
    folder : Path
        Made if missing.
    title : str
        Of the course.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        if "file" not in result:
            continue
        texts = {
            "html": render("report", student_report(result, source_notebooks, title)),
            "json": json.dumps(gradescope(result, source_notebooks), indent=1, ensure_ascii=False),
        }
        for suffix, text in texts.items():
            write_whole(folder / f"{result['file']}.{suffix}", text)
