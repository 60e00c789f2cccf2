"""Write CSV files that are safe in spreadsheets, and read CSV files that spreadsheets saved."""

import codecs
import csv
import io
import re
import unicodedata
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole

# A spreadsheet runs a cell that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Longer texts are torn apart or refused; counted as spreadsheets do, in UTF-16.
MAX_CELL = 32_767
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Characters that change the direction of the text behind them.
OVERRIDES = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
NO_TABLES = (
    (b"PK\x03\x04", "an Excel or OpenDocument workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
)


def printable(text: str) -> str:
    """Replace what could control a terminal or reorder a line; keep letters of every script.

    Line breaks become spaces, invisible characters vanish, and the others (escape sequences,
    right-to-left overrides, half characters) become "?".
    """
    shown = []
    for c in text:
        if c.isprintable():
            shown.append(c)
        elif c.isspace():
            shown.append(" ")
        elif unicodedata.category(c) != "Cf" or unicodedata.bidirectional(c) in OVERRIDES:
            shown.append("?")
    return "".join(shown)


def as_text(value: str) -> str:
    """Quote a text that a spreadsheet would run as a formula."""
    return f"'{value}" if value.startswith(FORMULA) else value


def as_cell(value):
    """Prepare a value for a table: on one line, and not a formula."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    text = printable(" ".join(value.split()))
    return as_text(text if fits_in_a_cell(text) else beginning(text, MAX_CELL - 20) + " [...]")


def fits_in_a_cell(text: str) -> bool:
    """Return whether a spreadsheet takes a text as one cell."""
    return len(text.encode("utf-16-le", "surrogatepass")) <= 2 * MAX_CELL


def beginning(text: str, length: int) -> str:
    """Return the beginning of a text, at most `length` of a spreadsheet's characters."""
    data = text[:length].encode("utf-16-le", "surrogatepass")[: 2 * length]
    return data.decode("utf-16-le", "ignore")


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
    for start, what in NO_TABLES:
        if data.startswith(start):
            advice = "Open it, and save it as 'CSV UTF-8 (Comma delimited)'."
            raise KitError.about(f"'{path}'", "be a CSV file", what, advice)
    text = _decoded(data)
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


def _decoded(data: bytes) -> str:
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), None)
    if encoding is None and b"\0" in data[:200]:  # UTF-16 whose mark was lost
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        return data.decode(encoding or "utf-8", "replace" if encoding else "strict")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
