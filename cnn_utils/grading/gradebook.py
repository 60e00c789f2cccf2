"""The gradebook: one row per hand-in, safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cnn_utils.grading.copies import Pair
from cnn_utils.grading.spec import Master, key_of
from cnn_utils.grading.spreadsheets import as_cell, write_table

FIRST = ["name", "status", "score", "max_score", "to_mark"]
LAST = ["part1_accuracy", "part1_f1", "part2_accuracy", "submission_accuracy"]
LAST += ["lenet_fingerprint", "cnn_fingerprint", "review", "notes", "sandbox", "seconds"]
LAST += ["input_hash", "master_hash", "kit"]


def columns(masters: dict[str, Master]) -> list[str]:
    """Return the tasks' columns, in the order of the assignment."""
    return [task.key for master in masters.values() for task in master.tasks]


def as_rows(
    results: list[dict], masters: dict[str, Master], pairs: Sequence[Pair] = ()
) -> list[dict]:
    """Return one dict per hand-in, by the gradebook's columns.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    masters : dict of str to Master
    pairs : sequence of Pair
        From `find_copies`.
    """
    rows = []
    for result in results:
        marks = {key_of(mark["task"], mark["kind"]): mark for mark in result["marks"]}
        given = [mark["points"] for mark in marks.values() if mark["points"] is not None]
        reviews = [f"{key}: {mark['review']}" for key, mark in marks.items() if mark["review"]]
        reviews += [told for pair in pairs if (told := pair.told_of(result["name"]))]
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


def write_gradebook(rows: list[dict], masters: dict[str, Master], path: Path) -> None:
    """Write the rows as ``gradebook.csv``, whole or not at all."""
    cells = [{name: as_cell(value) for name, value in row.items()} for row in rows]
    write_table([*FIRST, *columns(masters), *LAST], cells, path)
