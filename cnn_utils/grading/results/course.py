"""Read ``course.toml``: the title, the due date, and what late days cost."""

import math
import sys
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from pathlib import Path

from cnn_utils.errors import KitError, closest, describe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = "course.toml"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Course:
    """The settings of a course; each may be left out.

    Attributes
    ----------
    title : str
        Heading of the class's pages.
    due : datetime or None
        In the local time of the learning platform.
    free_days : int
        Days that each group may be late without a deduction.
    percent_per_day : float, 0-100
        Deduction for each further day begun, of the points reached.
    extensions : dict of str to (int or datetime)
        Further days, or another due date, by group number or name of a hand-in.
    """

    title: str = ""
    due: datetime | None = None
    free_days: int = 0
    percent_per_day: float = 0
    extensions: dict[str, int | datetime] = field(default_factory=dict)

    def days_late(self, handed_in: datetime | None) -> int | None:
        """Return the days begun since the due date; None if one of both is unknown."""
        if handed_in is None or self.due is None:
            return None
        return _days(handed_in - self.due)

    def counted(self, days_late: int, extension: int | datetime = 0) -> int:
        """Return the late days that cost points.

        Parameters
        ----------
        days_late : int
            Since the due date.
        extension : int or datetime
            Of the group, from `extensions`.
        """
        more = extension if isinstance(extension, int) else _days(extension - self.due)
        return max(days_late - more - self.free_days, 0)

    def percent(self, counted: int) -> float:
        """Return the deduction for a number of counted days, at most 100 percent."""
        return min(counted * self.percent_per_day, 100)


def read_course(folder: Path) -> Course:
    """Read the ``course.toml`` of a folder of notebooks; without one, all is left out.

    Raises
    ------
    KitError
        If it is no TOML, or a setting is unknown or invalid.
    """
    path = folder / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Course()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KitError.about(f"'{path}'", "be a TOML file in UTF-8", str(error)) from None
    known = [f.name for f in fields(Course)]
    for name in values:
        if name not in known:
            near = closest(name, known)
            advice = f"Did you mean '{near}'?" if near else ""
            expected = f"be one of {', '.join(known)}"
            raise KitError.about(f"A setting of '{path}'", expected, f"'{name}'", advice)
    for name, is_valid, expected in (
        ("title", lambda x: isinstance(x, str), "be a text in quotes"),
        ("due", lambda x: isinstance(x, date), "be a date, such as 2026-11-20T23:59:00"),
        ("free_days", _is_count, "be a whole number of days, such as 2"),
        ("percent_per_day", lambda x: _is_number(x) and 0 <= x <= 100, "be a number from 0 to 100"),
        ("extensions", lambda x: isinstance(x, dict), "be a table, [extensions]"),
    ):
        if name in values and not is_valid(values[name]):
            raise KitError.about(f"'{name}' in '{path}'", expected, describe(values[name]))
    if "due" in values:
        values["due"] = _local(values["due"])
    for group, more in values.get("extensions", {}).items():
        if not (_is_count(more) or (isinstance(more, date) and "due" in values)):
            expected = "be a whole number of days, or a date if 'due' is given"
            where = f"The extension of '{group}' in '{path}'"
            raise KitError.about(where, expected, describe(more))
        values["extensions"][group] = more if isinstance(more, int) else _local(more)
    return Course(**values)


def _is_number(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _local(when: date) -> datetime:
    """Return a date as local time without a zone; a day lasts until midnight."""
    if not isinstance(when, datetime):
        return datetime.combine(when, time(23, 59, 59))
    return when.astimezone().replace(tzinfo=None) if when.tzinfo else when


def _days(late: timedelta) -> int:
    return max(math.ceil(late / DAY), 0)
