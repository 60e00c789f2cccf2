"""Write an overview of the class for the instructor: a web page without other files."""

from collections import Counter
from pathlib import Path
from statistics import median

from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.results.pages import render
from cnn_utils.grading.results.similarity import Pair

BARS = 10


def class_summary(
    rows: list[dict], source_notebooks: dict[str, SourceNotebook], pairs: list[Pair]
) -> dict:
    """Return the contents of the page.

    Parameters
    ----------
    rows : list of dict
        From `as_rows`.
    source_notebooks : dict of str to SourceNotebook
    pairs : list of Pair
        From `find_similar`.
    """
    shares = [row["score"] / row["max_score"] if row["max_score"] else 0.0 for row in rows]
    counts = Counter(min(int(share * BARS), BARS - 1) for share in shares)
    seconds = [row["seconds"] for row in rows]
    return {
        "n": len(rows),
        "statuses": Counter(row["status"] for row in rows).most_common(),
        "max_score": max((row["max_score"] for row in rows), default=0),
        "to_mark": sum(row["to_mark"] > 0 for row in rows),
        "median": median(row["score"] for row in rows) if rows else 0,
        "bars": [
            {"low": 100 * i // BARS, "high": 100 * (i + 1) // BARS, "n": counts[i]}
            for i in range(BARS)
        ],
        "max_count": max(counts.values(), default=1),
        "tasks": [
            _task_summary(task.key, task.heading, task.points, rows)
            for source_notebook in source_notebooks.values()
            for task in source_notebook.tasks
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
    rows: list[dict], source_notebooks: dict[str, SourceNotebook], pairs: list[Pair], path: Path
) -> None:
    """Write the page; see `class_summary`."""
    write_whole(path, render("class", class_summary(rows, source_notebooks, pairs)))


def _task_summary(key: str, heading: str, max_points: float, rows: list[dict]) -> dict:
    points = [row[key] for row in rows if row[key] != ""]
    return {
        "name": heading or key,
        "key": key,
        "max_points": max_points,
        "n_full": sum(p == max_points for p in points),
        "n_some": sum(0 < p < max_points for p in points),
        "n_none": sum(p == 0 for p in points) if max_points else 0,
        "n_waiting": len(rows) - len(points),
    }
