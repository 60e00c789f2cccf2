"""Write the gradebook: one row per hand-in, safe to open in a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path

from cnn_utils.grading.intake.assignment import SourceNotebook, key_of
from cnn_utils.grading.results.similarity import Pair
from cnn_utils.grading.results.spreadsheets import as_cell, write_table

FIRST = ["name", "status", "score", "max_score", "to_mark"]
LAST = ["part1_accuracy", "part1_f1", "part2_accuracy", "submission_accuracy"]
LAST += ["lenet_fingerprint", "cnn_fingerprint", "review", "notes", "sandbox", "seconds"]
LAST += ["input_hash", "master_hash", "kit"]


def columns(source_notebooks: dict[str, SourceNotebook]) -> list[str]:
    """Return the columns of the tasks, in the order of the assignment."""
    return [task.key for notebook in source_notebooks.values() for task in notebook.tasks]


def as_rows(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], pairs: Sequence[Pair] = ()
) -> list[dict]:
    """Return one dict per hand-in, by the gradebook's columns.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    pairs : sequence of Pair
        From `find_similar`.
    """
    rows = []
    for result in results:
        marks = {key_of(mark["task"], mark["kind"]): mark for mark in result["marks"]}
        given = [mark["points"] for mark in marks.values() if mark["points"] is not None]
        reviews = [f"{key}: {mark['review']}" for key, mark in marks.items() if mark["review"]]
        reviews += [message for pair in pairs if (message := pair.message_for(result["name"]))]
        row = {
            "name": result["name"],
            "status": result["status"],
            "score": sum(given),
            "max_score": sum(mark["max_points"] for mark in marks.values()),
            "to_mark": sum(mark["max_points"] for mark in marks.values() if mark["points"] is None),
            "review": "; ".join(reviews),
            "notes": "; ".join(result["notes"]),
            **{name: result["facts"].get(name, "") for name in LAST[:6]},
            **{name: result.get(name, "") for name in LAST[8:]},
        }
        for key in columns(source_notebooks):
            points = marks[key]["points"] if key in marks else 0.0
            row[key] = "" if points is None else points
        rows.append(row)
    return rows


def write_gradebook(
    rows: list[dict], source_notebooks: dict[str, SourceNotebook], path: Path
) -> None:
    """Write the rows as a CSV file."""
    cells = [{name: as_cell(value) for name, value in row.items()} for row in rows]
    write_table([*FIRST, *columns(source_notebooks), *LAST], cells, path)
