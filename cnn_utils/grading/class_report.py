"""The class at a glance, for the instructor: a web page that needs nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from statistics import median

from cnn_utils.files import write_whole
from cnn_utils.grading.copies import Pair
from cnn_utils.grading.pages import render
from cnn_utils.grading.spec import Master

BARS = 10


def about_class(rows: list[dict], masters: dict[str, Master], pairs: list[Pair]) -> dict:
    """Return what the page shows.

    Parameters
    ----------
    rows : list of dict
        From `as_rows`.
    masters : dict of str to Master
    pairs : list of Pair
        From `find_copies`.
    """
    shares = [row["score"] / row["max_score"] if row["max_score"] else 0.0 for row in rows]
    counts = Counter(min(int(share * BARS), BARS - 1) for share in shares)
    seconds = [row["seconds"] for row in rows]
    return {
        "n": len(rows),
        "statuses": Counter(row["status"] for row in rows).most_common(),
        "most": max((row["max_score"] for row in rows), default=0),
        "to_mark": sum(row["to_mark"] > 0 for row in rows),
        "middle": median(row["score"] for row in rows) if rows else 0,
        "bars": [
            {"low": 100 * i // BARS, "high": 100 * (i + 1) // BARS, "n": counts[i]}
            for i in range(BARS)
        ],
        "tallest": max(counts.values(), default=1),
        "tasks": [
            _about_task(task.key, task.heading, task.points, rows)
            for master in masters.values()
            for task in master.tasks
        ],
        "accuracies": [
            (label, median(values), min(values), max(values))
            for field, label in (
                ("part1_accuracy", "LeNet on the test digits"),
                ("part2_accuracy", "own network on the test photographs"),
                ("submission_accuracy", "submission.csv"),
            )
            if (values := [row[field] for row in rows if row[field] != ""])
        ],
        "slowest": sorted(((row["seconds"], row["name"]) for row in rows), reverse=True)[:3],
        "seconds": (median(seconds), sum(seconds)) if seconds else (0, 0),
        "reviews": [(row["name"], row["review"]) for row in rows if row["review"]],
        "pairs": pairs,
    }


def write_class_report(
    rows: list[dict], masters: dict[str, Master], pairs: list[Pair], path: Path
) -> None:
    """Write the page, whole or not at all; see `about_class`."""
    write_whole(path, render("class", about_class(rows, masters, pairs)))


def _about_task(key: str, heading: str, most: float, rows: list[dict]) -> dict:
    points = [row[key] for row in rows if row[key] != ""]
    return {
        "name": heading or key,
        "key": key,
        "most": most,
        "n_full": sum(p == most for p in points),
        "n_some": sum(0 < p < most for p in points),
        "n_none": sum(p == 0 for p in points) if most else 0,
        "n_waiting": len(rows) - len(points),
    }
