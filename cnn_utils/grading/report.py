"""What a student is told: a web page each, and Gradescope's ``results.json``."""

from __future__ import annotations

import json
from pathlib import Path

from cnn_utils.files import write_whole
from cnn_utils.grading.pages import render
from cnn_utils.grading.spec import Master

STATUS = {
    "complete": "",
    "incomplete": "Not all of it was there, or came to its end.",
    "timeout": "A notebook took too long, so that none of its checks counts.",
    "exceeded": "A notebook used more memory or disk than it may, so that no check counts.",
    "crashed": "A notebook ended its own run, so that none of its checks counts.",
    "unreadable": "A file could not be read.",
    "failed": "The grader failed; your instructor knows.",
}


def told_to_student(result: dict, masters: dict[str, Master]) -> dict:
    """Return what a hand-in's report shows: nothing of other hand-ins, labels or hidden inputs.

    Parameters
    ----------
    result : dict
        From `grade_one`.
    masters : dict of str to Master
    """
    headings = {
        (name, task.name, task.kind): task.heading
        for name, master in masters.items()
        for task in master.tasks
    }
    tasks = [
        {
            "heading": headings.get((m["part"], m["task"], m["kind"])) or m["task"],
            "kind": m["kind"],
            "points": m["points"],
            "most": m["most"],
            "reason": m["reason"],
        }
        for m in result["marks"]
    ]
    return {
        "name": result["name"],
        "status": STATUS.get(result["status"], result["status"]),
        "tasks": tasks,
        "score": sum(t["points"] for t in tasks if t["points"] is not None),
        "most": sum(t["most"] for t in tasks),
        "to_mark": sum(t["most"] for t in tasks if t["points"] is None),
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


def gradescope(result: dict, masters: dict[str, Master]) -> dict:
    """Return a hand-in's ``results.json``, as Gradescope reads it."""
    told = told_to_student(result, masters)
    tests = [
        {
            "name": f"{task['heading']} ({task['kind']})",
            "number": str(number),
            "score": task["points"] or 0.0,
            "max_score": task["most"],
            "output": task["reason"] or "All is well.",
            "visibility": "after_published",
        }
        for number, task in enumerate(told["tasks"], start=1)
    ]
    board = [
        {"name": label, "value": result["facts"][key], "order": "desc"}
        for key, label in (("submission_accuracy", "CIFAR-10"), ("part1_accuracy", "MNIST"))
        if key in result["facts"]
    ]
    return {
        "score": told["score"],
        "execution_time": result.get("seconds", 0),
        "output": "\n".join([told["status"], *told["notes"]]).strip(),
        "output_format": "text",
        "visibility": "after_published",
        "stdout_visibility": "hidden",
        "tests": tests,
        "leaderboard": board,
    }


def write_reports(results: list[dict], masters: dict[str, Master], folder: Path) -> None:
    """Write ``<name>.html`` and ``<name>.json`` (Gradescope) for each hand-in.

    Parameters
    ----------
    results : list of dict
        Each with the "file" name that its result has.
    masters : dict of str to Master
    folder : Path
        Made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        texts = {
            "html": render("report", told_to_student(result, masters)),
            "json": json.dumps(gradescope(result, masters), indent=1, ensure_ascii=False),
        }
        for suffix, text in texts.items():
            write_whole(folder / f"{result['file']}.{suffix}", text)
