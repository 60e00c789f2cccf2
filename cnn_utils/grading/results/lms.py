"""Fill points into an export of Canvas or Moodle, for import there."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.results.spreadsheets import read_table, write_table

# Columns of these systems that identify a student, and the column "Group" that instructors add.
CANVAS, MOODLE = {"Student", "ID", "Section"}, {"Identifier", "Grade"}
NUMBERS = ("ID", "Identifier")
NAMES = ("Student", "SIS User ID", "SIS Login ID", "Full name", "Email address", "Username")
NAMES += ("ID number", "Group")
KEPT = ("Student", "ID", "SIS User ID", "SIS Login ID", "Root Account", "Section")
POSSIBLE = "Points Possible"
# Prefixes of downloaded files, with the student's number: Moodle's, Canvas'.
DOWNLOADED = [
    re.compile(r"[^_]*_(\d+)_assignsubmission_"),
    re.compile(r"[^_]+(?:_LATE)?_(\d+)_\d+_"),
]


@dataclass
class Filled:
    """Result of filling in an export.

    Attributes
    ----------
    n_filled : int
        Number of rows that got points.
    not_marked : list of str
        Hand-ins whose texts are not yet marked; they get no points.
    not_found : list of str
        Hand-ins that match no row, or share their row with another one.
    """

    n_filled: int = 0
    not_marked: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)


def fill_in(export: Path, rows: list[dict], out: Path, column: str | None = None) -> Filled:
    """Fill the points into an export of Canvas' gradebook or Moodle's grading worksheet.

    A hand-in is matched by the number in the name of its downloaded file, else by the student's
    name, login, address or group. Points are scaled to the maximum in the export.

    Parameters
    ----------
    export : Path
    rows : list of dict
        From `as_rows`.
    out : Path
        The file to write.
    column : str, optional
        Canvas' assignment, with or without the number after its name.

    Raises
    ------
    KitError
        If the export has another format, or no such column.
    """
    columns, people = read_table(export)
    target = _target(export, columns, column)
    if set(columns) >= CANVAS:
        columns = [name for name in columns if name in KEPT or name == target]
    possible = next((p[target] for p in people if _is_header(p)), "")
    students = [person for person in people if not _is_header(person)]
    filled, found = Filled(), [[h for h in rows if _matches(h["name"], p)] for p in students]
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
    """Raise the errors of `fill_in` before the grading starts."""
    _target(export, read_table(export)[0], column)


def _target(export: Path, columns: list[str], wanted: str | None) -> str:
    """Return the column for the points."""
    if set(columns) >= CANVAS:
        assignments = [name for name in columns if re.search(r" \(\d+\)$", name)]
        plain = [re.sub(r" \(\d+\)$", "", name) for name in assignments]
        fits = [a for a, p in zip(assignments, plain, strict=True) if wanted in (None, a, p)]
        if len(fits) == 1:
            return fits[0]
        known = ", ".join(assignments) or "it has no assignments"
        required = f"name one of the assignments in '{export}': {known}"
        raise KitError.about("--column", required, wanted or "nothing")
    if set(columns) >= MOODLE:
        return "Grade"
    required = "be exported from Canvas (Grades, Export) or Moodle (Download grading worksheet)"
    raise KitError.about(f"'{export}'", required, f"the columns {', '.join(columns)}")


def _is_header(person: dict[str, str]) -> bool:
    """Tell whether a row is one that Canvas puts above the students."""
    student = person.get("Student", "x").strip()
    return student == POSSIBLE or (not student and not person.get("ID"))


def _matches(name: str, person: dict[str, str]) -> bool:
    numbers = [re.sub(r"\D", "", person.get(key, "")) for key in NUMBERS]
    if any(match := pattern.match(name) for pattern in DOWNLOADED):
        return match[1] in numbers
    known = [_plain(person.get(key, "")) for key in NAMES]
    family, _, given = person.get("Student", "").partition(",")
    known += [_plain(given + family), _plain(person.get("Email address", "").partition("@")[0])]
    return _plain(name) in filter(None, known)


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _scaled(row: dict, max_points: str) -> str:
    try:
        allowed = float(max_points.replace(",", "."))
    except ValueError:
        allowed = row["max_score"]
    points = row["score"] * allowed / row["max_score"] if row["max_score"] else 0.0
    return f"{points:.2f}".rstrip("0").rstrip(".")
