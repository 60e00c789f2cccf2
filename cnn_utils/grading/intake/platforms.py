"""Read who uploaded a file from the name that a learning platform gave it."""

import re
import unicodedata
from contextlib import suppress
from datetime import datetime
from pathlib import PurePath
from typing import NamedTuple

# Canvas: doejane_LATE_101_9001_group7-1.zip (person, upload; -1 for the second one of this name).
CANVAS = re.compile(
    r"(?P<name>(?:anon_)?[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_"
    r"(?:(?P<when>\d+)_(?P<rest>.+)|(?P<text>text|link)(?:\.html?)?)",
    re.S,
)
# Moodle: "Group A-Jane Doe_11_assignsubmission_file_", a folder or the beginning of a file's name.
MOODLE = re.compile(
    r"(?P<member>(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?)(?P<rest>.*)", re.S
)
# Blackboard: HW1_jdoe_attempt_2026-11-20-10-00-00_group7.zip
BLACKBOARD = re.compile(
    r"(?P<name>.+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<rest>.+)|\.txt)?", re.S
)
# Brightspace: "12345-67890 - Jane Doe - Nov 20, 2026 1000 AM - group7.zip"
BRIGHTSPACE = re.compile(
    r"(?P<name>(?P<id>\d+-\d+) ?- ?.+?) ?- ?(?P<date>[^-]*\d{4}[^-]*?)(?: ?- ?(?P<rest>.+))?", re.S
)
DAYS = ("%b %d %Y", "%B %d %Y", "%d %B %Y", "%d %b %Y")
DATES = [f"{day} {time}" for day in DAYS for time in ("%I%M %p", "%H%M")]
# Inspera: the candidate's number comes first. A date does not name a person.
INSPERA = re.compile(r"(?P<name>(?!(?:19|20)\d{6}(?!\d))\d{5,})(?:[ _-]+(?P<rest>.+))?", re.S)
# What browsers and desktops add to the name of a copy.
COPY_OF = re.compile(
    r"(?:(?:copy|copie|copia|cópia|kopie|kopi)[ _](?:of|de|di|von|av|af)[ _])+", re.I
)
COPY = re.compile(
    r"(?: ?\((?P<a>\d{1,3})\)|[ _-]+(?:copy|copie|kopie|kopi)(?: ?\(?(?P<b>\d{1,3})\)?)?)$", re.I
)
GROUP = re.compile(
    r"(?<![a-z])(?:groupe?|gruppe|grupo|gruppo|grp|team|lag|équipe)[ _-]*0*"
    r"(?P<number>\d{1,4}(?:[-.]\d{1,2}(?!\d))?|[a-z])(?![a-z0-9])",
    re.I,
)


class Upload(NamedTuple):
    """What the name of an uploaded file or folder says.

    Attributes
    ----------
    person : str
        Whoever uploaded it; uploads of one person have the same.
    is_known : bool
        Whether a platform's name tells the person.
    member : str
        The platform's name for them, with its numbers.
    file : str
        The file's own name, or "" for a folder of a platform.
    when : str
        Increases with the time of the upload, or "".
    team : str
        Name of the platform's team, or "".
    is_late : bool
        Whether the platform marks it as late.
    """

    person: str
    is_known: bool
    member: str
    file: str
    when: str = ""
    team: str = ""
    is_late: bool = False

    @property
    def time(self) -> datetime | None:
        """Return when it was uploaded, in the platform's local time, if its name tells."""
        for form in ("%Y-%m-%d-%H-%M-%S", "%Y-%m-%dT%H:%M:%S"):
            with suppress(ValueError):
                return datetime.strptime(self.when, form)
        return None


def read_name(name: str, is_folder: bool = False) -> Upload:
    """Read the name of an uploaded file or folder."""
    name = unicodedata.normalize("NFC", name)
    stem = name if is_folder else PurePath(name).stem
    if found := MOODLE.fullmatch(name):
        team, _, alone = found["name"].partition("-")
        person = f"{found['name']}_{found['id']}"
        return Upload(person, True, found["member"], found["rest"], "", team if alone else "")
    if found := BLACKBOARD.fullmatch(name):
        return Upload(found["name"], True, stem, found["rest"] or "", found["when"])
    if found := BRIGHTSPACE.fullmatch(name):
        when = _as_iso(found["date"])
        return Upload(found["name"].strip(), True, stem, found["rest"] or "", when)
    if found := CANVAS.fullmatch(name):
        rest = PurePath(found["rest"] or f"{found['text']}.html")
        file = re.sub(r"-\d{1,2}$", "", rest.stem) + rest.suffix
        when = (found["when"] or "").zfill(20)
        person, is_late = f"{found['name']}_{found['id']}", bool(found["late"])
        return Upload(person, True, stem, file, when, is_late=is_late)
    if found := INSPERA.fullmatch(stem):
        file = "" if is_folder else (found["rest"] or "") + PurePath(name).suffix
        return Upload(found["name"], True, stem, file)
    return Upload(stem, False, stem, "" if is_folder else name)


def without_copy(stem: str) -> tuple[str, int]:
    """Return a name without " (1)", "Copy of " and the like, and the copy's number, or 0."""
    beginning = COPY_OF.match(stem)
    stem = stem[beginning.end() :] if beginning else stem
    if found := COPY.search(stem):
        return stem[: found.start()], int(found["a"] or found["b"] or 1)
    return stem, int(bool(beginning))


def group_label(name: str) -> str:
    """Return "7" for "jane_Group 07 (1)", or "" if a name tells no group."""
    found = GROUP.search(without_copy(name)[0])
    return found["number"].casefold() if found else ""


def in_order(name: str) -> str:
    """Return a key by which group2 comes before group10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(9), name)


def _as_iso(date: str) -> str:
    for form in DATES:
        with suppress(ValueError):
            return datetime.strptime(" ".join(date.replace(",", "").split()), form).isoformat()
    return ""
