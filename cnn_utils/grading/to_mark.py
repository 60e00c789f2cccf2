"""The texts that a person marks: one anonymous sheet, filled in and read back."""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import secrets
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.grading.gradebook import as_text
from cnn_utils.grading.spec import Master, key_of

COLUMNS = ["id", "task", "answer", "most", "points", "comment"]
SALT = ".to_mark_salt"


def merge_marks(results: list[dict], masters: dict[str, Master], path: Path) -> list[dict]:
    """Take the points from the sheet, and write it again with all that is there to be marked.

    A row is known by an id that does not tell the name, and by its task; what was filled in stays,
    also for a hand-in that is not among the results.

    Parameters
    ----------
    results : list of dict
        From `grade_one`; not changed.
    masters : dict of str to Master
    path : Path
        Of the sheet, a CSV; made if missing. Spreadsheets may have saved it with semicolons.

    Returns
    -------
    results : list of dict
        With the points and comments of the sheet.

    Raises
    ------
    KitError
        If points are no number between 0 and the most; the sheet is then left as it is.
    """
    marked, salt = copy.deepcopy(results), _salt(path.with_name(SALT))
    filled = _read(path)
    rows = []
    for result in marked:
        identity = hashlib.sha256(salt + result["name"].encode()).hexdigest()[:8]
        for mark in result["marks"]:
            if mark["kind"] != "answer" or mark["points"] is not None:
                continue
            old = filled.pop((identity, mark["task"]), {})
            answer = result["answers"].get(f"{mark['part']}/{key_of(mark['task'], 'answer')}", "")
            row = {"id": identity, "task": mark["task"], "answer": answer, "most": mark["most"]}
            rows.append({**row, **{name: old.get(name, "") for name in ("points", "comment")}})
            points = _points(rows[-1], path)
            if points is not None:
                mark["points"], mark["reason"] = points, rows[-1]["comment"]
    order = [task.name for master in masters.values() for task in master.tasks]
    rows.sort(key=lambda row: (order.index(row["task"]), row["id"]))
    _write([*rows, *filled.values()], path)
    return marked


def _points(row: dict, path: Path) -> float | None:
    text = row["points"].strip().replace(",", ".")
    if not text:
        return None
    try:
        points = float(text)
    except ValueError:
        points = -1.0
    if not 0 <= points <= row["most"]:
        where = f"'points' of {row['id']}, task '{row['task']}', in '{path}'"
        raise KitError.about(where, f"be a number from 0 to {row['most']:g}", row["points"])
    return points


def _read(path: Path) -> dict[tuple[str, str], dict]:
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    if rows and not set(COLUMNS) <= set(rows[0]):
        told = ", ".join(str(name) for name in rows[0])
        raise KitError.about(f"'{path}'", f"have the columns {', '.join(COLUMNS)}", told)
    return {(row["id"], row["task"]): {name: row[name] or "" for name in COLUMNS} for row in rows}


def _write(rows: list[dict], path: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "answer": as_text(row["answer"])})
    # With the mark by which spreadsheets know UTF-8.
    write_whole(path, "\ufeff" + text.getvalue())


def _salt(path: Path) -> bytes:
    """Return what makes the ids of this batch, made once: names can't be told from them."""
    if not path.is_file():
        write_whole(path, secrets.token_hex(16))
    return path.read_bytes()
