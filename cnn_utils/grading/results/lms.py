"""Fill points into an export of Canvas or Moodle, for import there."""

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.intake import platforms
from cnn_utils.grading.results.give_back import joined
from cnn_utils.grading.results.spreadsheets import printable, read_table, write_table

# Canvas' columns; the names of Moodle's depend on its language.
CANVAS, SPLIT_NAMES = {"ID", "Section"}, ("LastName", "FirstName")
KEPT = ("Student", *SPLIT_NAMES, "ID", "SIS User ID", "SIS Login ID", "Integration ID")
KEPT += ("Root Account", "Section")
# The word for a group, in columns that Moodle writes and instructors add.
GROUP = re.compile(
    r"(?<![^\W\d_])(gr[ou]+p|groep|grwp|skupin|ryhm|csoport|team|[ée]quip|rühm|nhóm|kelompok|груп"
    r"|ομάδ|กลุ่ม|グループ|班|小?[组組]|그룹|모둠|مجموع|گروه|קבוצ)[^\W\d_]*",
    re.IGNORECASE,
)
COMMENTS = re.compile(
    r"feedback|comm?ent|koment|коммент|r[üu]ckmeld|återkoppl|tilbakemeld|tilbagemeld|palaut|opmerk"
    r"|retroaliment|r[ée]troaction|reactie|评语|反馈|コメント|フィードバック|피드백",
    re.IGNORECASE,
)
BETWEEN_NAMES = re.compile(r"[;/&|+\n]|<br\s*/?>|(?<=\s)(?:and|und|et|og|och|en|y|e)(?=\s)")


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
    questions : list of str
        What a person must decide, such as between two students of one name.
    numbers : dict of str to str
        Hand-in of each of Moodle's participants that got points, if its downloads are by person.
    """

    n_filled: int = 0
    not_marked: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    numbers: dict[str, str] = field(default_factory=dict)


@dataclass
class Person:
    """A student's row in an export, and all that identifies it."""

    row: dict[str, str]
    label: str
    number: str
    full_names: set[str]
    logins: set[str]
    groups: set[str]
    max_points: float | None


@dataclass
class Export:
    """An export of Canvas or Moodle: its columns to write, all its rows, and the students."""

    columns: list[str]
    rows: list[dict[str, str]]
    target: str
    people: list[Person]
    is_canvas: bool
    comments: str = ""


def fill_in(
    export: Path,
    rows: list[dict],
    out: Path,
    column: str | None = None,
    roster: Path | None = None,
    texts: dict[str, str] | None = None,
) -> Filled:
    """Fill the points into an export of Canvas' gradebook or Moodle's grading worksheet.

    A row is filled only if exactly one hand-in fits it. A hand-in is matched by the number in the
    platform's name of each who uploaded it; without a number, by their name, login or address if
    exactly one student has it; else by the group. Members that the notebook's header names get the
    points as well. Points are scaled to the maximum in the export; excused students stay excused.

    Parameters
    ----------
    export : Path
    rows : list of dict
        From `as_rows`.
    out : Path
        The file to write.
    column : str, optional
        Canvas' assignment, with or without the number after its name; Moodle's column of grades.
    roster : Path, optional
        A CSV file that tells each student's group; see `add_groups`.
    texts : dict of str to str, optional
        Feedback in HTML by name of the hand-in, for Moodle's column of comments. What others wrote
        there stays.

    Raises
    ------
    KitError
        If the export or the roster has another format, or no such column.
    """
    table, filled, sure = _read(export, column), Filled(), set()
    if roster:
        filled.questions += add_groups(table.people, roster)
    claims = [_claims(row, table.people, filled.questions) for row in rows]
    is_by_person = not table.is_canvas and _are_by_person(rows, table.people)
    for i, person in enumerate(table.people):
        found = [(claim[i], row) for row, claim in zip(rows, claims, strict=True) if i in claim]
        # What the platform says comes before what students wrote into their notebooks.
        fits = [row for is_certain, row in found if is_certain] or [row for _, row in found]
        if len(found) > 1:
            names = " and ".join(printable(row["name"]) for _, row in found)
            more = f"; filled in from {printable(fits[0]['name'])}" if len(fits) == 1 else ""
            filled.questions.append(f"{person.label}: {names} fit this row{more}.")
        if len(fits) != 1:
            continue
        (row,) = fits
        sure.add(row["name"])
        if person.row[table.target].strip().upper() == "EX":
            filled.questions.append(f"{person.label} is excused (EX) and stays so.")
        elif row.get("is_excused") and table.is_canvas:
            person.row[table.target] = "EX"
            filled.n_filled += 1
        elif row.get("is_excused"):
            filled.questions.append(f"{person.label} is excused: the grade stays as it is.")
        elif row.get("status") == "failed":
            filled.questions.append(f"{person.label}: the grader failed, so no points: run again.")
        elif not row["to_mark"]:
            person.row[table.target] = _scaled(row, person.max_points)
            filled.n_filled += 1
            if is_by_person:
                filled.numbers[person.number] = row["name"]
            if table.comments and row["name"] in (texts or {}):
                comment = joined(person.row[table.comments], texts[row["name"]])
                person.row[table.comments] = comment
    filled.not_found = [row["name"] for row in rows if row["name"] not in sure]
    filled.not_marked = [row["name"] for row in rows if row["name"] in sure and row["to_mark"]]
    write_table(table.columns, table.rows, out)
    return filled


def check_export(export: Path, column: str | None = None) -> None:
    """Raise the errors of `fill_in` before the grading starts."""
    _read(export, column)


def _read(export: Path, wanted: str | None) -> Export:
    columns, rows = read_table(export)
    has_names = "Student" in columns or set(columns) >= set(SPLIT_NAMES)
    read = _canvas if set(columns) >= CANVAS and has_names else _moodle
    return read(export, columns, rows, wanted)


def _canvas(export: Path, columns: list[str], rows: list[dict], wanted: str | None) -> Export:
    # Above the students, Canvas writes how grades are posted, then the maximum points.
    above = list(takewhile(lambda row: not row["ID"].strip(), rows))
    assignments = {name: re.sub(r" \(\d+\)$", "", name) for name in columns}
    assignments = {name: plain for name, plain in assignments.items() if name != plain}
    for name in list(assignments):
        if any("read only" in row[name].lower() for row in above):
            del assignments[name]
    fits = [a for a, plain in assignments.items() if wanted in (None, a, plain)]
    if len(fits) != 1:
        known = ", ".join(assignments) or "it has no assignments"
        required = f"name one of the assignments in '{export}': {known}"
        raise KitError.about("--column", required, wanted or "nothing")
    (target,) = fits
    numbers = [row[target] for row in above if re.search(r"\d", row[target])]
    max_points = _number(numbers[0], export, target) if numbers else None
    groups = [name for name in columns if GROUP.search(name) and name not in assignments]
    logins = [name for name in KEPT[3:-2] if name in columns]
    logins += [n for n in ("Full name", "Email address", "Username", "ID number") if n in columns]
    people = []
    for row in rows[len(above) :]:
        family, given = (row.get(name, "") for name in SPLIT_NAMES)
        if "Student" in row:  # a spreadsheet may have replaced the comma
            family, _, given = re.sub("[;\t]", ",", row["Student"]).partition(",")
        cells = {name: row[name] for name in [*logins, *groups]}
        name = f"{given} {family}"
        people.append(_person(row, name, row["ID"], cells, groups, max_points))
    columns = [name for name in columns if name in KEPT or name == target]
    return Export(columns, rows, target, people, is_canvas=True)


def _moodle(export: Path, columns: list[str], rows: list[dict], wanted: str | None) -> Export:
    """Recognise a grading worksheet by its cells: "Participant 123", a grade, its maximum."""
    identifier = next((name for name in columns if _are_identifiers(name, rows)), None)
    if identifier is None:
        required = "be exported from Canvas (Grades, Export) or Moodle (Download grading worksheet)"
        raise KitError.about(f"'{export}'", required, f"the columns {', '.join(columns)}")
    first = columns.index(identifier) + 1
    grades = _grade_columns(columns[first:], rows)
    if wanted is not None:
        grades = {
            n: grades.get(n) or _beside(n, columns, rows) for n in columns[first:] if n == wanted
        }
    target = next(iter(grades), "")
    if len(grades) != 1:
        required = f"name the column of the grades in '{export}': {', '.join(columns[first:])}"
        raise KitError.about("--column", required, wanted or "nothing")
    known = columns[first : columns.index(target)]
    groups = [name for name in known if GROUP.search(name) or _are_groups(name, rows)]
    people = []
    for row in rows:
        max_points = _number(row.get(grades[target], ""), export, grades[target])
        cells = {name: row[name] for name in known}
        name = next((row[name] for name in known if name not in groups), "")
        people.append(_person(row, name, row[identifier], cells, groups, max_points))
    return Export(columns, rows, target, people, False, _comments(columns, target))


def _person(row: dict, name: str, number: str, cells: dict, groups: list, max_points) -> Person:
    words, number = name.split(), re.sub(r"\D", "", number)
    full_names = {_key(name), _key(" ".join([*words[-1:], *words[:-1]]))} - {""}
    texts = [cell for column, cell in cells.items() if column not in groups]
    texts += [text.partition("@")[0] for text in texts if "@" in text]
    label = f"{printable(' '.join(words)) or '(no name)'} ({number})"
    logins = {_key(text) for text in texts} - {""}
    found = {group_number(cells[column]) for column in groups} - {""}
    return Person(row, label, number, full_names, logins, found, max_points)


def _comments(columns: list[str], target: str) -> str:
    """Return the column of comments behind the grades, or ""."""
    behind = columns[columns.index(target) + 1 :]
    return next((name for name in behind if COMMENTS.search(name)), "")


def add_groups(people: list[Person], roster: Path) -> list[str]:
    """Add the groups of a roster, for exports without them; return what is unclear.

    Parameters
    ----------
    people : list of Person
        Changed.
    roster : Path
        A CSV file with a column of groups; all others identify the student: by number, name,
        login or address.
    """
    columns, rows = read_table(roster)
    groups = [name for name in columns if GROUP.search(name)]
    if len(groups) != 1:
        required = "have one column of groups, such as 'group', and one of names or numbers"
        raise KitError.about(f"--roster '{roster}'", required, f"the columns {', '.join(columns)}")
    questions = []
    for row in rows:
        group = row.pop(groups[0])
        cells = [cell for cell in row.values() if cell.strip()]
        keys = {_key(cell) for cell in cells} | {cell.strip() for cell in cells}
        found = [p for p in people if p.number in keys or keys & (p.full_names | p.logins)]
        if len(found) == 1 and group_number(group):
            found[0].groups.add(group_number(group))
        elif cells:
            who = printable(", ".join(cells))
            fits = " or ".join(person.label for person in found) or "nobody in the export"
            questions.append(f"The roster's {who}, group {printable(group) or '(none)'}: {fits}?")
    return questions


def _are_groups(column: str, rows: list[dict]) -> bool:
    cells = [row[column] for row in rows if row[column].strip()]
    return bool(cells) and all(GROUP.match(cell) for cell in cells)


def _beside(column: str, columns: list[str], rows: list[dict]) -> str:
    """Return the column behind one if it holds numbers, else ""."""
    behind = [*columns, ""][columns.index(column) + 1]
    return behind if all(re.search(r"\d", row.get(behind, "")) for row in rows) else ""


def _are_identifiers(column: str, rows: list[dict]) -> bool:
    """Return whether all cells are the same words and a number, each another number."""
    cells = [re.fullmatch(r"([^\d@]+)(\d+)", row[column].strip()) for row in rows]
    if not cells or not all(cells) or GROUP.match(cells[0][1]):
        return False
    is_word = any(c.isalpha() for c in cells[0][1])
    numbers = {cell[2] for cell in cells}
    return is_word and len({cell[1] for cell in cells}) == 1 and len(numbers) == len(cells)


def _grade_columns(columns: list[str], rows: list[dict]) -> dict[str, str]:
    """Return the columns that may hold the grades, each with the maximum behind it.

    The maximum is the same number in each row.
    """
    found: dict[str, str] = {}
    for grade, maximum in pairwise(columns):
        values = {row[maximum].strip() for row in rows}
        most = _plain_number(values.pop()) if len(values) == 1 else None
        if most and all(_is_grade(row[grade], most) for row in rows):
            found[grade] = maximum
    return found


def _is_grade(text: str, most: float) -> bool:
    value = _plain_number(text)
    return text.strip() in ("", "-") or (value is not None and value <= most)


def _claims(row: dict, people: list[Person], questions: list[str]) -> dict[int, bool]:
    """Return the rows that a hand-in fits: certainly, or as its notebook's header says."""
    name, header, certain = row["name"], row.get("group") or {}, set()
    members = row.get("members") or [name]
    # A person must decide about those; a number that is not in the export is another class's.
    is_settled = any(uploader(who) != who for who in members)
    for who in members:
        found = _of_member(who, people)
        if len(found) > 1:
            labels = " or ".join(people[i].label for i in found)
            questions.append(f"{printable(name)}: which one is {printable(who)}, {labels}?")
            is_settled = True
        certain |= set(found) if len(found) == 1 else set()
    if not certain and is_settled:
        return {}
    certain = certain or set(_of_group(name, people))
    written = _of_group(str(header.get("group number") or ""), people)
    if not certain <= set(written):
        written = []  # the platform has them in another group
    homes = {group for i in certain for group in people[i].groups}
    for part in _people_in(str(header.get("members") or "")):
        key = _key(part)
        found = [i for i, person in enumerate(people) if key in person.full_names]
        is_elsewhere = homes and any(people[i].groups - homes for i in found)
        if (len(found) > 1 or is_elsewhere) and not certain & set(found):
            labels = " or ".join(people[i].label for i in found)
            where = ", of another group" if is_elsewhere else ""
            questions.append(f"{printable(name)} names {printable(part)}: {labels}{where}?")
        else:
            written += found
    return {**dict.fromkeys(written, False), **dict.fromkeys(certain, True)}


def _are_by_person(rows: list[dict], people: list[Person]) -> bool:
    """Return whether Moodle's downloads have the numbers of persons, not those of teams."""
    known = {person.number: person.full_names for person in people}
    found = [platforms.MOODLE.match(who) for row in rows for who in row.get("members") or ()]
    return all(
        any(_key(one["name"]).endswith(name) for name in known.get(one["id"], ()))
        for one in found
        if one
    )


def uploader(name: str) -> str:
    """Return the student's number in the name of a downloaded file, else the name."""
    found = platforms.MOODLE.match(name) or platforms.CANVAS.match(name)
    return found["id"] if found else name


def _of_member(who: str, people: list[Person]) -> list[int]:
    """Return the rows of one who uploaded: by number if there is one, else by name."""
    if (number := uploader(who)) != who:
        return [i for i, person in enumerate(people) if person.number == number]
    for key in dict.fromkeys((_key(who), _key(platforms.without_copy(who)[0]))):
        if found := [i for i, p in enumerate(people) if key and key in p.full_names | p.logins]:
            return found
    return []


def _of_group(text: str, people: list[Person]) -> list[int]:
    """Return the rows of a group, by its number or name."""
    for number in dict.fromkeys(map(group_number, (text, platforms.without_copy(text[:200])[0]))):
        if found := [i for i, person in enumerate(people) if number and number in person.groups]:
            return found
    return []


def group_number(text: str) -> str:
    """Return "7" for "Gruppe 07", and what identifies another name; "" for "0" or "?"."""
    rest = _key(GROUP.sub(" ", text[:200]))
    return str(int(rest) or "") if rest.isdecimal() else rest


def _people_in(text: str) -> list[str]:
    """Return the names in a list of members, whatever parts them; also "Doe, Jane"."""
    parts = [text[:2_000], *BETWEEN_NAMES.split(text[:2_000])]
    parts += [name for part in parts if "," in part for name in part.split(",")]
    names = (re.sub(r"\(.*\)|[*_]", "", part).strip() for part in parts)
    return [name for name in dict.fromkeys(names) if re.search(r"[^\W\d]", name)]


def _key(text: str) -> str:
    """Return what is equal for equal names: letters and digits, in one form.

    What parts two numbers stays: "group1-2" is not "group12".
    """
    text = unicodedata.normalize("NFKD", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return re.sub(r"(?<!\d) | (?!\d)", "", " ".join("".join(kept).split()))


def _number(text: str, export: Path, column: str) -> float | None:
    """Return the maximum points in a cell; None for an empty one."""
    if text.strip() in ("", "-"):
        return None
    value = _plain_number(text)
    if value is None or value <= 0:
        where, advice = f"'{column}' in '{export}'", "Write it without a thousands separator."
        raise KitError.about(where, "have a maximum such as 10 or 10.00", text.strip(), advice)
    return value


def _plain_number(text: str) -> float | None:
    """Read "1,000.00", "1.000,00" and "1 000,00"; None for "1.000", which may be 1 or 1000."""
    text = re.sub(r"(?<=\d)['’\s](?=\d{3}(?!\d))", "", text.strip())
    whole, mark, decimals = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", text, re.DOTALL).groups()
    if mark and mark in whole:  # "1,000,000"
        whole, mark, decimals = text, None, None
    is_parted = re.fullmatch(r"\d{1,3}(?:,\d{3})+|\d{1,3}(?:\.\d{3})+", whole)
    is_unclear = mark and len(decimals) == 3 and whole.isdecimal() and int(whole)
    if is_unclear or not (whole.isdecimal() or is_parted):
        return None
    return float(re.sub(r"\D", "", whole) + "." + (decimals or "0"))


def _scaled(row: dict, max_points: float | None) -> str:
    allowed = row["max_score"] if max_points is None else max_points
    points = row["score"] * allowed / row["max_score"] if row["max_score"] else 0.0
    return f"{points:.2f}".rstrip("0").rstrip(".")
