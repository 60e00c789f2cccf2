"""Write the texts that a person marks to an anonymous sheet, and read the points."""

import copy
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook, key_of
from cnn_utils.grading.results.pages import picture_sources, printable_lines
from cnn_utils.grading.results.spreadsheets import (
    MAX_CELL,
    as_text,
    beginning,
    from_text,
    read_table,
    write_table,
)

# "most" holds the maximum points.
COLUMNS = ["id", "task", "answer", "most", "points", "comment"]
SALT = "to_mark.key"
# The folder of texts that are too long for a cell.
WHOLE = "to_mark_texts"
PICTURE = re.compile(r"data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=\s]{200,}")


def merge_marks(
    results: list[dict], source_notebooks: dict[str, SourceNotebook], path: Path
) -> tuple[list[dict], list[dict]]:
    """Read the points from the sheet, and write it again with all texts to mark.

    A row is identified by its task and an id that does not reveal the name. Filled-in rows stay,
    also for hand-ins that are not among the results.

    Parameters
    ----------
    results : list of dict
        From `grade_one`; not changed.
    source_notebooks : dict of str to SourceNotebook
    path : Path
        The sheet, a CSV file; made if missing. Its delimiter may be a semicolon.

    Returns
    -------
    results : list of dict
        With the points and comments of the sheet.
    rows : list of dict
        Of the sheet; those of hand-ins here have the whole "text" and its "figures", too.

    Raises
    ------
    KitError
        If points are not a number from 0 to the maximum; then the sheet is left unchanged.
    """
    marked, filled, rows = copy.deepcopy(results), _read(path), []
    books = source_notebooks.items()
    tasks = {(name, t.name): t for name, book in books for t in book.tasks if t.kind == "answer"}
    for result in marked:
        identity = anonymous_id(result["name"], path)
        for mark in result["marks"]:
            if mark["kind"] != "answer" or mark["points"] is not None:
                continue
            old = filled.pop((identity, mark["task"]), {})
            answer = result["answers"].get(f"{mark['part']}/{key_of(mark['task'], 'answer')}", "")
            whole = path.with_name(WHOLE) / f"{identity}_{mark['task']}.txt"
            row = {
                "id": identity,
                "task": mark["task"],
                "answer": _for_a_cell(answer, whole),
                "most": mark["max_points"],
                "text": PICTURE.sub("[a picture]", answer),
                "figures": _figures(
                    result, mark["part"], tasks[mark["part"], mark["task"]].figures
                ),
            }
            rows.append({**row, **{name: old.get(name, "") for name in ("points", "comment")}})
            points = _points(rows[-1], path)
            if points is not None:
                mark["points"], mark["reason"] = points, rows[-1]["comment"]
                if _letters(old["answer"]) != _letters(rows[-1]["answer"]):
                    mark["review"] = "its text was changed after it was marked"
    order = [task.name for notebook in source_notebooks.values() for task in notebook.tasks]
    rows.sort(key=lambda row: (order.index(row["task"]), row["id"]))
    lost = [row for row in filled.values() if row["points"]]
    if lost:
        print(f"NOTE: {path.name} has points in {len(lost)} rows that belong to no hand-in here.")
    rows += filled.values()
    write_table(COLUMNS, as_sheet(rows), path)
    return marked, rows


def _figures(result: dict, part: str, tasks: Sequence[str]) -> list[str]:
    found = (result.get("figures", {}).get(f"{part}/{task}", []) for task in tasks)
    return picture_sources([figure for figures in found for figure in figures])


def as_sheet(rows: list[dict]) -> list[dict]:
    """Return rows whose texts a spreadsheet takes as texts."""
    return [
        {
            **row,
            "answer": as_text(printable_lines(row["answer"])),
            "comment": as_text(row["comment"]),
        }
        for row in rows
    ]


def anonymous_id(name: str, path: Path) -> str:
    """Return an id that does not reveal a name, from the secret beside a sheet."""
    salt = path.with_name(SALT)
    if not salt.is_file():
        write_whole(salt, secrets.token_hex(16))
    # It begins with a letter: a spreadsheet reads 12345e67 as a number.
    return "h" + hashlib.sha256(salt.read_bytes() + os.fsencode(name)).hexdigest()[:8]


def _for_a_cell(text: str, whole: Path) -> str:
    """Return a text as spreadsheets take it; a longer one is written to a file of its own."""
    short = PICTURE.sub("[a picture]", text)
    if beginning(short) != short:
        short = beginning(short, MAX_CELL - 300)
    if short != text:
        short += f"\n[The whole text: {whole.parent.name}/{whole.name}, {len(text):,} characters.]"
        whole.parent.mkdir(exist_ok=True)
        write_whole(whole, text)
    return short


def _letters(text: str) -> list[str]:
    """Return the characters of a text that no spreadsheet changes."""
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
        row["comment"] = from_text(row["comment"])
        old = found.setdefault((row["id"], row["task"]), row)
        if not old["points"].strip():
            found[row["id"], row["task"]] = row
        elif row["points"].strip() not in ("", old["points"].strip()):
            where = f"'points' of {row['id']}, task '{row['task']}', in '{path}'"
            received = f"{old['points']} in one row and {row['points']} in another"
            raise KitError.about(where, "be given once", received)
    return found
