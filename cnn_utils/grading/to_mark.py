"""The texts that a person marks: one anonymous sheet, filled in and read back."""

from __future__ import annotations

import copy
import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.spec import Master, key_of
from cnn_utils.grading.spreadsheets import as_text, read_table, write_table

COLUMNS = ["id", "task", "answer", "most", "points", "comment"]
SALT = "to_mark.key"


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
        # With a letter first: a spreadsheet takes 12345e67 for a number.
        identity = "h" + hashlib.sha256(salt + os.fsencode(result["name"])).hexdigest()[:8]
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
                if _letters(old["answer"]) != _letters(answer):
                    mark["review"] = "its text was changed after it was marked"
    order = [task.name for master in masters.values() for task in master.tasks]
    rows.sort(key=lambda row: (order.index(row["task"]), row["id"]))
    lost = [row for row in filled.values() if row["points"]]
    if lost:
        print(f"NOTE: {path.name} has points in {len(lost)} rows that belong to no hand-in here.")
    sheet = [{**row, "answer": as_text(row["answer"])} for row in [*rows, *filled.values()]]
    write_table(COLUMNS, sheet, path)
    return marked


def _letters(text: str) -> list[str]:
    """Return of a text what every spreadsheet leaves as it is."""
    return re.findall("[a-z0-9]", text[:20_000].lower())[:15_000]


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
    columns, rows = read_table(path)
    if not set(COLUMNS) <= set(columns):
        raise KitError.about(
            f"'{path}'", f"have the columns {', '.join(COLUMNS)}", ", ".join(columns)
        )
    found: dict[tuple[str, str], dict] = {}
    for row in rows:
        row = {name: row[name] for name in COLUMNS}
        old = found.setdefault((row["id"], row["task"]), row)
        if not old["points"].strip():
            found[row["id"], row["task"]] = row
        elif row["points"].strip() not in ("", old["points"].strip()):
            where = f"'points' of {row['id']}, task '{row['task']}', in '{path}'"
            told = f"{old['points']} in one row and {row['points']} in another"
            raise KitError.about(where, "be given once", told)
    return found


def _salt(path: Path) -> bytes:
    """Return what makes the ids of this batch, made once: names can't be told from them."""
    if not path.is_file():
        mine = path.with_name(f"{path.name}-{os.getpid()}")
        mine.write_text(secrets.token_hex(16))
        with suppress(FileExistsError):  # who comes first makes it, and whole
            os.link(mine, path)
        mine.unlink()
    return path.read_bytes()
