"""Write CSV files that are safe in spreadsheets, and read CSV files that spreadsheets saved."""

import csv
import io
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole

# A spreadsheet runs a cell that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(value: str) -> str:
    """Quote a text that a spreadsheet would run as a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def as_cell(value):
    """Prepare a value for a table: on one line, and not a formula."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    return as_text("".join(c if c.isprintable() else " " for c in " ".join(value.split())))


def write_table(columns: list[str], rows: list[dict], path: Path) -> None:
    """Write a CSV file, completely or not at all.

    Parameters
    ----------
    columns : list of str
    rows : list of dict
        Values without a column are left out.
    path : Path
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    # Spreadsheets recognise UTF-8 by its byte-order mark.
    write_whole(path, "\ufeff" + text.getvalue())


def read_table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Read the columns and rows of a CSV file with any delimiter.

    Raises
    ------
    KitError
        If the file is missing or invalid.
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
