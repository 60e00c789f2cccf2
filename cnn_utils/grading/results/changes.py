"""Write ``changes.csv``: whose points a run changed, and why."""

from collections.abc import Iterator
from pathlib import Path

from cnn_utils.grading.results.adjustments import EXCUSED, WHOLE
from cnn_utils.grading.results.spreadsheets import as_cell, read_table, write_table

FILE = "changes.csv"
COLUMNS = ["name", "task", "before", "after", "why"]


def write_changes(book: Path, results: list[dict], rows: list[dict], tasks: list[str]) -> int:
    """Compare the new rows with the gradebook of the last run; write the differences beside it.

    A changed score has a line of its own where the changes of its tasks do not explain it. A file
    of an earlier run is replaced; without differences and such a file, nothing is written.

    Parameters
    ----------
    book : Path
        The gradebook of the last run.
    results, rows : list of dict
        The adjusted results and their rows, in the same order.
    tasks : list of str
        Columns of the tasks.

    Returns
    -------
    n_changes : int
    """
    if not book.is_file():
        return 0
    old_rows = {row.get("name", ""): row for row in read_table(book)[1]}
    found = []
    for result, row in zip(results, rows, strict=True):
        name = as_cell(row["name"])
        changes = _changes(old_rows.pop(name, None), result, row, tasks)
        found += [{"name": name, **change} for change in changes]
    for name, old in old_rows.items():
        why = "its row was removed"
        change = {"task": WHOLE, "before": old.get("score", ""), "after": "", "why": why}
        found.append({"name": name, **change})
    if found or book.with_name(FILE).is_file():  # one of an earlier run is emptied
        cells = [{column: as_cell(value) for column, value in row.items()} for row in found]
        write_table(COLUMNS, cells, book.with_name(FILE))
    return len(found)


def _changes(old: dict | None, result: dict, row: dict, tasks: list[str]) -> Iterator[dict]:
    if old is None:
        what = "handed in" if result["status"] != EXCUSED else EXCUSED
        yield {"task": WHOLE, "before": "", "after": row["score"], "why": f"new: {what}"}
        return
    if row["is_excused"]:
        if any(_value(old.get(task, "")) != EXCUSED for task in tasks):
            why = row["adjustments"]
            yield {"task": WHOLE, "before": old.get("score", ""), "after": EXCUSED, "why": why}
        return
    explained = 0.0
    marks = {
        mark["task"] if mark["kind"] == "code" else f"{mark['task']} (text)": mark
        for mark in result["marks"]
    }
    for task in tasks:
        before, after = _value(old.get(task, "")), _value(row[task])
        if before != after:
            explained += (_points(after) or 0) - (_points(before) or 0)
            why = _why(task, marks.get(task, {}), old, row)
            if before == EXCUSED:
                why = "no longer excused"
            yield {"task": task, "before": _shown(before), "after": _shown(after), "why": why}
    before, after = _value(old.get("score", "")), _value(row["score"])
    if abs((_points(after) or 0) - (_points(before) or 0) - explained) > 0.005:
        why = "; ".join(filter(None, [_late(row), row["adjustments"]]))
        yield {
            "task": WHOLE,
            "before": _shown(before),
            "after": _shown(after),
            "why": why or "a deduction or an adjustment was withdrawn",
        }


def _why(task: str, mark: dict, old: dict, row: dict) -> str:
    """Return why a task's points changed, the strongest cause first."""
    if mark.get("adjusted"):
        return mark["adjusted"]
    if f"{task} " in old.get("adjustments", ""):
        return "its adjustment was withdrawn"
    if old.get("input_hash") != as_cell(row["input_hash"]):
        return "handed in again"
    if mark.get("kind") == "answer" and mark["points"] is None:
        return "its mark was removed"
    if mark.get("kind") == "answer":
        return "marked" + (f": {mark['reason']}" if mark.get("reason") else "")
    if old.get("master_hash") != as_cell(row["master_hash"]):
        changed = "the worked notebooks, labels or kit changed"
        return f"{changed}: {mark['reason']}" if mark.get("reason") else changed
    return "graded again" + (f": {mark['reason']}" if mark.get("reason") else "")


def _late(row: dict) -> str:
    days, points = row["days_late"], row["late_points"]
    return f"{days} days late: {points:g} points" if points else ""


def _value(cell) -> float | str:
    """Read a cell as a number, also one that a spreadsheet saved as "7,5"."""
    try:
        return float(str(cell).replace(",", "."))
    except ValueError:
        return cell


def _points(value: float | str) -> float | None:
    return value if isinstance(value, float) else None


def _shown(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else value
