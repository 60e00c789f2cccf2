"""Write each student's report: a web page, and Gradescope's ``results.json``."""

import json
from pathlib import Path

from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.results.gradebook import header_of
from cnn_utils.grading.results.pages import printable_lines, render

STATUS = {
    "complete": "",
    "incomplete": "A part is missing or did not finish.",
    "timeout": "A notebook took too long, so none of its checks counts.",
    "exceeded": "A notebook exceeded its memory or disk limit, so none of its checks counts.",
    "crashed": "A notebook ended its own run, so none of its checks counts.",
    "unreadable": "A file could not be read.",
    "failed": "The grader failed; your instructor knows.",
}


def student_report(result: dict, source_notebooks: dict[str, SourceNotebook]) -> dict:
    """Return the contents of a report: nothing about other hand-ins, labels or hidden inputs.

    Parameters
    ----------
    result : dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    """
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
            "reason": m["reason"] or _without_reason(m["points"], m["max_points"]),
        }
        for m in result["marks"]
    ]
    number, members = header_of(result)
    return {
        "name": result["name"],
        "group": number,
        "members": members,
        "uploaded_by": result.get("members") or [],
        "status": STATUS.get(result["status"], result["status"]),
        "tasks": tasks,
        "score": sum(t["points"] for t in tasks if t["points"] is not None),
        "max_score": sum(t["max_points"] for t in tasks),
        "to_mark": sum(t["max_points"] for t in tasks if t["points"] is None),
        "notes": result["notes"],
        "facts": {
            label: f"{100 * result['facts'][key]:.2f} %"
            for key, label in (
                ("part1_accuracy", "Accuracy of your LeNet on the test digits"),
                ("part2_accuracy", "Accuracy of your own network on the test photographs"),
                ("submission_accuracy", "Accuracy of submission.csv"),
            )
            if key in result["facts"]
        },
    }


def _without_reason(points: float | None, max_points: float) -> str:
    if points is None:
        return "A person will mark this."
    return "All is well." if points >= max_points else f"{points:g} of {max_points:g} points."


def gradescope(result: dict, source_notebooks: dict[str, SourceNotebook]) -> dict:
    """Return the contents of ``results.json`` for Gradescope."""
    report = student_report(result, source_notebooks)
    tests = [
        {
            "name": f"{task['heading']} ({task['kind']})",
            "number": str(number),
            "score": task["points"] or 0.0,
            "max_score": task["max_points"],
            "output": printable_lines(task["reason"]),
            "visibility": "after_published",
        }
        for number, task in enumerate(report["tasks"], start=1)
    ]
    leaderboard = [
        {"name": label, "value": result["facts"][key], "order": "desc"}
        for key, label in (("submission_accuracy", "CIFAR-10"), ("part1_accuracy", "MNIST"))
        if key in result["facts"]
    ]
    return {
        "score": report["score"],
        "execution_time": result.get("seconds", 0),
        "output": printable_lines("\n".join([report["status"], *report["notes"]]).strip()),
        "output_format": "text",
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "tests": tests,
        "leaderboard": leaderboard,
    }


def write_reports(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], folder: Path
) -> None:
    """Write ``<name>.html`` and ``<name>.json`` (Gradescope) for each hand-in.

    Parameters
    ----------
    results : list of dict
        From `batch.grade`, with the name of each "file".
    source_notebooks : dict of str to SourceNotebook
    folder : Path
        Made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        texts = {
            "html": render("report", student_report(result, source_notebooks)),
            "json": json.dumps(gradescope(result, source_notebooks), indent=1, ensure_ascii=False),
        }
        for suffix, text in texts.items():
            write_whole(folder / f"{result['file']}.{suffix}", text)
