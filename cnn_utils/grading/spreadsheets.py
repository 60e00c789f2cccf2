"""Tables for spreadsheets: written so that nothing is run, read however they were saved."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole

# A spreadsheet takes what begins so for a formula, and runs it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(value: str) -> str:
    """Return a text that a spreadsheet does not take for a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def as_cell(value):
    """Return a value as it is written into a table: on one line, and no formula."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    return as_text("".join(c if c.isprintable() else " " for c in " ".join(value.split())))


def write_table(columns: list[str], rows: list[dict], path: Path) -> None:
    """Write a CSV file, whole or not at all.

    Parameters
    ----------
    columns : list of str
    rows : list of dict
        Values that no column names are left out.
    path : Path
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    # With the mark by which spreadsheets know UTF-8.
    write_whole(path, "\ufeff" + text.getvalue())


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and rows of a CSV file, whatever a spreadsheet made of its delimiter.

    Raises
    ------
    KitError
        If there is no such file, or it can't be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KitError.about(f"'{path}'", "be a CSV file", f"{error.strerror}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = list(reader.fieldnames or ())
        rows = [{name: row.get(name) or "" for name in columns} for row in reader]
    except csv.Error as error:
        raise KitError.about(f"'{path}'", "be a CSV file", f"'{error}'") from None
    return columns, rows
