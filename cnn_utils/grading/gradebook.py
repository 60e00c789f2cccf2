"""The gradebook: one row per hand-in, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from cnn_utils.files import write_whole
from cnn_utils.grading.spec import Master, key_of

FIRST = ["name", "status", "score", "max_score", "to_mark"]
LAST = ["part1_accuracy", "part1_f1", "part2_accuracy", "submission_accuracy"]
LAST += ["lenet_fingerprint", "cnn_fingerprint", "review", "notes", "sandbox", "seconds"]
LAST += ["input_hash", "master_hash", "kit"]
# A spreadsheet takes what begins so for a formula, and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def columns(masters: dict[str, Master]) -> list[str]:
    """Return the tasks' columns, in the order of the assignment."""
    return [task.key for master in masters.values() for task in master.tasks]


def as_rows(results: list[dict], masters: dict[str, Master]) -> list[dict]:
    """Return one dict per hand-in, by the gradebook's columns.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    masters : dict of str to Master
    """
    copies = _copies(results)
    rows = []
    for result in results:
        marks = {key_of(mark["task"], mark["kind"]): mark for mark in result["marks"]}
        given = [mark["points"] for mark in marks.values() if mark["points"] is not None]
        reviews = [f"{key}: {mark['review']}" for key, mark in marks.items() if mark["review"]]
        reviews += copies.get(result["name"], [])
        row = {
            "name": result["name"],
            "status": result["status"],
            "score": sum(given),
            "max_score": sum(mark["most"] for mark in marks.values()),
            "to_mark": sum(mark["most"] for mark in marks.values() if mark["points"] is None),
            "review": "; ".join(reviews),
            "notes": "; ".join(result["notes"]),
            **{name: result["facts"].get(name, "") for name in LAST[:6]},
            **{name: result.get(name, "") for name in LAST[8:]},
        }
        for key in columns(masters):
            points = marks[key]["points"] if key in marks else 0.0
            row[key] = "" if points is None else points
        rows.append(row)
    return rows


def write_gradebook(results: list[dict], masters: dict[str, Master], path: Path) -> None:
    """Write ``gradebook.csv``, whole or not at all."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*FIRST, *columns(masters), *LAST], lineterminator="\n")
    writer.writeheader()
    for row in as_rows(results, masters):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    write_whole(path, text.getvalue())


def _copies(results: list[dict]) -> dict[str, list[str]]:
    """Return who handed in the very same network as somebody else."""
    found: dict[str, list[str]] = {}
    for network in ("lenet", "cnn"):
        field = f"{network}_fingerprint"
        counts = Counter(result["facts"].get(field) for result in results)
        for result in results:
            mark = result["facts"].get(field)
            if mark and counts[mark] > 1:
                others = [
                    other["name"]
                    for other in results
                    if other["facts"].get(field) == mark and other["name"] != result["name"]
                ]
                told = f"same {network} network as {', '.join(others)}"
                found.setdefault(result["name"], []).append(told)
    return found


def as_text(value: str) -> str:
    """Return a text that a spreadsheet does not take for a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def _cell(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return as_text(" ".join(value.split())) if isinstance(value, str) else value
