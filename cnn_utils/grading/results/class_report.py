"""Write an overview of the class for the instructor: a web page without other files."""

import re
from collections import Counter
from pathlib import Path
from statistics import median

from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.results.gradebook import header_of
from cnn_utils.grading.results.pages import picture_sources, render
from cnn_utils.grading.results.similarity import MAX_NAMED, Pair, clusters, messages_for

BARS = 10
MAX_PAGE = 60_000_000  # letters


def class_summary(
    rows: list[dict],
    source_notebooks: dict[str, SourceNotebook],
    pairs: list[Pair],
    figures: list[tuple[str, str]] = (),
    title: str = "",
) -> dict:
    """Return the contents of the page.

    Parameters
    ----------
    rows : list of dict
        From `as_rows`.
    source_notebooks : dict of str to SourceNotebook
    pairs : list of Pair
        From `find_similar`.
    figures : list of (str, str)
        From `write_figures`.
    title : str
        Of the course.
    """
    everybody, rows = rows, [row for row in rows if not row["is_excused"]]
    shares = [row["score"] / row["max_score"] if row["max_score"] else 0.0 for row in rows]
    counts = Counter(min(int(share * BARS), BARS - 1) for share in shares)
    seconds = [row["seconds"] for row in rows]
    return {
        "title": title or "The class",
        "n": len(rows),
        "n_excused": len(everybody) - len(rows),
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
        "reviews": [
            (row["name"], *header_of(row), questions)
            for row in rows
            if (questions := _questions(row, pairs))
        ],
        "adjusted": [
            (
                row["name"],
                row["score"],
                row["days_late"] or ("late" if row["is_late"] else ""),
                row["late_points"],
                row["adjustments"],
            )
            for row in everybody
            if row["adjustments"] or row["days_late"] or row["is_late"]
        ],
        "alone": Counter(key for row in rows for key in row["by_check_alone"]).most_common(),
        "clusters": clusters(pairs),
        "max_named": MAX_NAMED,
        "figures": figures,
    }


def _questions(row: dict, pairs: list[Pair]) -> str:
    """Return what its row asks apart from similar hand-ins, which stand last in it."""
    similar = "; ".join(messages_for(row["name"], pairs))
    return row["review"].removesuffix(similar).removesuffix("; ")


def write_class_report(
    rows: list[dict],
    source_notebooks: dict[str, SourceNotebook],
    pairs: list[Pair],
    path: Path,
    figures: list[tuple[str, str]] = (),
    title: str = "",
) -> None:
    """Write the page; see `class_summary`."""
    summary = class_summary(rows, source_notebooks, pairs, figures, title)
    write_whole(path, render("class", summary))


def write_figures(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], folder: Path
) -> list[tuple[str, str]]:
    """Write a page for each task with figures: those of all hand-ins, side by side.

    Returns
    -------
    pages : list of (str, str)
        Heading and path of each page, relative to the folder around `folder`.
    """
    pages = []
    for name, source_notebook in source_notebooks.items():
        for task in source_notebook.tasks:
            found = _figures(results, f"{name}/{task.key}")
            if found:
                folder.mkdir(exist_ok=True)
                file = re.sub(r"\W+", "_", f"{Path(name).stem}_{task.key}").strip("_") + ".html"
                heading = task.heading or task.key
                write_whole(folder / file, render("figures", {"title": heading, "found": found}))
                pages.append((f"{heading} ({task.key})", f"{folder.name}/{file}"))
    return pages


def _figures(results: list[dict], key: str) -> list[dict]:
    """Return each hand-in's figures below a task, as addresses that hold the picture itself."""
    found, size = [], 0
    for result in results:
        figures = result.get("figures", {}).get(key, [])
        shown = picture_sources(figures)
        size += sum(map(len, shown))
        if size > MAX_PAGE:
            shown = []
        if figures:
            number, members = header_of(result)
            about = {"name": result["name"], "number": number, "members": members}
            found.append({**about, "sources": shown, "n_left_out": len(figures) - len(shown)})
    return found


def _task_summary(key: str, heading: str, max_points: float, rows: list[dict]) -> dict:
    points = [row[key] for row in rows if isinstance(row[key], (int, float))]
    return {
        "name": heading or key,
        "key": key,
        "max_points": max_points,
        "n_full": sum(p == max_points for p in points),
        "n_some": sum(0 < p < max_points for p in points),
        "n_none": sum(p == 0 for p in points) if max_points else 0,
        "n_waiting": sum(row[key] == "" for row in rows),
    }
