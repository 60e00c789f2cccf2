"""Write the gradebook: one row per hand-in, safe to open in a spreadsheet."""

from collections.abc import Sequence
from pathlib import Path

from cnn_utils.grading.intake.assignment import SourceNotebook, key_of
from cnn_utils.grading.results.adjustments import EXCUSED, adjustment_sentences
from cnn_utils.grading.results.points import total
from cnn_utils.grading.results.similarity import Pair, messages_for
from cnn_utils.grading.results.spreadsheets import as_cell, write_table

FIRST = ["name", "group", "members", "status", "score", "max_score", "to_mark"]
FIRST += ["days_late", "late_points", "adjustments"]
FACTS = ["part1_accuracy", "part1_f1", "part2_accuracy", "submission_accuracy"]
FACTS += ["lenet_fingerprint", "cnn_fingerprint"]
ABOUT = ["sandbox", "seconds", "input_hash", "master_hash", "kit"]
LAST = [*FACTS, "review", "notes", "uploaded_by", *ABOUT]


def columns(source_notebooks: dict[str, SourceNotebook]) -> list[str]:
    """Return the columns of the tasks, in the order of the assignment."""
    return [task.key for notebook in source_notebooks.values() for task in notebook.tasks]


def as_rows(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], pairs: Sequence[Pair] = ()
) -> list[dict]:
    """Return one dict per hand-in, by the gradebook's columns, and a few more.

    "group" is the table in its notebook's header, "members" the platform's names of all who
    uploaded it, and "by_check_alone" the tasks for which there is no other evidence. A task holds
    "" until its text is marked, and "excused" if it does not count.

    Parameters
    ----------
    results : list of dict
        From `grade_one`, adjusted or not.
    source_notebooks : dict of str to SourceNotebook
    pairs : sequence of Pair
        From `find_similar`.
    """
    rows = []
    for result in results:
        marks = {key_of(mark["task"], mark["kind"]): mark for mark in result["marks"]}
        alone = [key for key, mark in marks.items() if mark.get("by_check_alone")]
        reviews = [
            f"{key}: {mark['review']}"
            for key, mark in marks.items()
            if mark["review"] and key not in alone
        ]
        reviews += result.get("review", [])
        reviews += messages_for(result["name"], pairs)
        row = {
            "name": result["name"],
            "group": result.get("group") or {},
            "members": result.get("members") or [result["name"]],
            "by_check_alone": alone,
            "status": result["status"],
            **total(result)._asdict(),
            "is_excused": result.get("is_excused", False),
            "is_late": result.get("is_late", False),
            "days_late": result.get("late", {}).get("days", ""),
            "late_points": result.get("late", {}).get("points", ""),
            "adjustments": "; ".join(adjustment_sentences(result)),
            "review": "; ".join(reviews),
            "notes": "; ".join(result["notes"]),
            **{name: result["facts"].get(name, "") for name in FACTS},
            **{name: result.get(name, "") for name in ABOUT},
        }
        for key in columns(source_notebooks):
            mark = marks.get(key, {"points": 0.0})
            points = "" if mark["points"] is None else mark["points"]
            row[key] = EXCUSED if mark.get("is_excused") or result.get("is_excused") else points
        rows.append(row)
    return rows


def header_of(row: dict) -> tuple[str, str]:
    """Return the group's number and members as its notebook's header has them, or ""."""
    header = row.get("group") or {}
    return tuple(str(header.get(name) or "")[:500] for name in ("group number", "members"))


def write_gradebook(
    rows: list[dict], source_notebooks: dict[str, SourceNotebook], path: Path
) -> None:
    """Write the rows as a CSV file."""
    cells = []
    for row in rows:
        number, members = header_of(row)
        people = {"group": number, "members": members, "uploaded_by": ", ".join(row["members"])}
        cells.append({name: as_cell(value) for name, value in {**row, **people}.items()})
    write_table([*FIRST, *columns(source_notebooks), *LAST], cells, path)
