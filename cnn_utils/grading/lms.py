"""Carry points into what Canvas or Moodle exported, to be imported there again."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.spreadsheets import read_table, write_table

# Who a row is about: as these systems, and those who add a column "Group", call it.
CANVAS, MOODLE = {"Student", "ID", "Section"}, {"Identifier", "Grade"}
NUMBERS = ("ID", "Identifier")
NAMES = ("Student", "SIS User ID", "SIS Login ID", "Full name", "Email address", "Username")
NAMES += ("ID number", "Group")
KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Root Account", "Section")
POSSIBLE = "Points Possible"
# What they put before the name that a student gave a file, or instead of it: Moodle's, Canvas'.
DOWNLOADED = [
    re.compile(r"[^_]*_(\d+)_assignsubmission_"),
    re.compile(r"[^_]+(?:_LATE)?_(\d+)_\d+_"),
]


@dataclass
class Filled:
    """How filling in went.

    Attributes
    ----------
    n_filled : int
        Rows that got points.
    not_marked : list of str
        Hand-ins whose texts wait for a person; they get no points yet.
    not_found : list of str
        Hand-ins that no row, or somebody else's as well, seems to be about.
    """

    n_filled: int = 0
    not_marked: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)


def fill_in(export: Path, rows: list[dict], out: Path, column: str | None = None) -> Filled:
    """Write an export of Canvas' gradebook, or of Moodle's grading worksheet, with the points.

    A hand-in is found by the number that these systems put into the names of downloaded files,
    else by the student's name, login, address or group. Points are scaled to the most that the
    export allows.

    Parameters
    ----------
    export : Path
    rows : list of dict
        From `as_rows`.
    out : Path
        The file to write.
    column : str, optional
        Canvas' assignment, with or without the number behind its name.

    Raises
    ------
    KitError
        If the export is none of the two, or has no such column.
    """
    columns, people = read_table(export)
    target = _target(export, columns, column)
    if set(columns) >= CANVAS:
        columns = [name for name in columns if name in KEPT or name == target]
    possible = next((p[target] for p in people if _is_about_points(p)), "")
    students = [person for person in people if not _is_about_points(person)]
    filled, found = Filled(), [[h for h in rows if _is_of(h["name"], p)] for p in students]
    for person, handins in zip(students, found, strict=True):
        if len(handins) != 1:
            continue
        (row,) = handins
        if row["to_mark"]:
            continue
        person[target] = _scaled(row, person.get("Maximum Grade") or possible)
        filled.n_filled += 1
    sure = {handins[0]["name"] for handins in found if len(handins) == 1}
    filled.not_found = [row["name"] for row in rows if row["name"] not in sure]
    filled.not_marked = [row["name"] for row in rows if row["name"] in sure and row["to_mark"]]
    write_table(columns, people, out)
    return filled


def check_export(export: Path, column: str | None = None) -> None:
    """Say what is wrong with an export before hours of grading; see `fill_in`."""
    _target(export, read_table(export)[0], column)


def _target(export: Path, columns: list[str], wanted: str | None) -> str:
    """Return the column for the points."""
    if set(columns) >= CANVAS:
        assignments = [name for name in columns if re.search(r" \(\d+\)$", name)]
        plain = [re.sub(r" \(\d+\)$", "", name) for name in assignments]
        fits = [a for a, p in zip(assignments, plain, strict=True) if wanted in (None, a, p)]
        if len(fits) == 1:
            return fits[0]
        told = (
            f"name one of the assignments in '{export}': {', '.join(assignments) or 'none there'}"
        )
        raise KitError.about("--column", told, wanted or "nothing")
    if set(columns) >= MOODLE:
        return "Grade"
    told = "be exported from Canvas (Grades, Export) or Moodle (Download grading worksheet)"
    raise KitError.about(f"'{export}'", told, f"the columns {', '.join(columns)}")


def _is_about_points(person: dict[str, str]) -> bool:
    """Say whether a row is one of those that Canvas puts above the students."""
    student = person.get("Student", "x").strip()
    return student == POSSIBLE or (not student and not person.get("ID"))


def _is_of(name: str, person: dict[str, str]) -> bool:
    numbers = [re.sub(r"\D", "", person.get(key, "")) for key in NUMBERS]
    if any(match := pattern.match(name) for pattern in DOWNLOADED):
        return match[1] in numbers
    known = [_plain(person.get(key, "")) for key in NAMES]
    family, _, given = person.get("Student", "").partition(",")
    known += [_plain(given + family), _plain(person.get("Email address", "").partition("@")[0])]
    return _plain(name) in filter(None, known)


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _scaled(row: dict, most: str) -> str:
    try:
        allowed = float(most.replace(",", "."))
    except ValueError:
        allowed = row["max_score"]
    points = row["score"] * allowed / row["max_score"] if row["max_score"] else 0.0
    return f"{points:.2f}".rstrip("0").rstrip(".")
