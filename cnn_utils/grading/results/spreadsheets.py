"""Write CSV files that are safe in spreadsheets, and read CSV files that spreadsheets saved."""

import csv
import io
import re
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole
from cnn_utils.grading.intake.submissions import printable
from cnn_utils.notebook.reader import decoded

# A spreadsheet runs a cell that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Longer texts are torn apart or refused; counted as spreadsheets do, in UTF-16.
MAX_CELL = 32_767
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def as_text(value: str) -> str:
    """Quote a text that a spreadsheet would run as a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def from_text(value: str) -> str:
    """Return a text without the quote of `as_text`."""
    return value[1:] if value.startswith("'") and value[1:].startswith(FORMULA) else value


def as_cell(value):
    """Prepare a value for a table: on one line, and not a formula."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    text = printable(" ".join(value.split()))
    short = beginning(text)
    return as_text(text if short == text else short[:-20] + " [...]")


def beginning(text: str, length: int = MAX_CELL) -> str:
    """Return the beginning of a text, at most `length` of a spreadsheet's characters."""
    data = text[:length].encode("utf-16-le", "surrogatepass")[: 2 * length]
    return data.decode("utf-16-le", "ignore") if len(data) == 2 * length else text


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
    """Read the columns and rows of a CSV file, however a spreadsheet saved it.

    Delimiter, encoding, and a first line such as ``sep=;`` are recognised.

    Raises
    ------
    KitError
        If the file is missing or invalid.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KitError.about(f"'{path}'", "be a CSV file", f"{error.strerror}") from None
    if data.startswith(WORKBOOKS):
        advice = "Open it, and save it as 'CSV UTF-8 (Comma delimited)'."
        raise KitError.about(f"'{path}'", "be a CSV file", "an Excel or ODF workbook", advice)
    text = decoded(data)
    # The module's limit for a cell is one for the whole process; a long answer may exceed it.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    try:
        if named := re.match(r'"?sep=([^\w\s"]|\t)"?[,;\t]*[\r\n]+', text, re.IGNORECASE):
            delimiter, text = named[1], text[named.end() :]
        else:
            first = re.split(r"[\r\n]", text, maxsplit=1)[0]
            delimiter = max(",;\t", key=lambda d: len(next(csv.reader([first], delimiter=d), ())))
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = list(reader.fieldnames or ())
        rows = [{name: row.get(name) or "" for name in columns} for row in reader]
    except csv.Error as error:
        raise KitError.about(f"'{path}'", "be a CSV file", f"'{error}'") from None
    return columns, rows
