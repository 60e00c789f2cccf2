"""Find everything that is wrong with a `submission.csv`."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_utils.errors import SubmissionError, check_count
from cnn_utils.files import sha256

if TYPE_CHECKING:
    import pandas as pd

HEADER = ["ID", "Prediction"]
N_ROWS = 10_000
N_CLASSES = 10
CURE = "Write the file with export_submission(predictions)."


def validate_submission(path="submission.csv", n_rows: int = N_ROWS) -> pd.DataFrame:
    """Read a submission file and return it, or say everything that is wrong with it.

    Parameters
    ----------
    path : str or Path, default="submission.csv"
    n_rows : int, default=10_000
        Number of predictions expected.

    Returns
    -------
    table : DataFrame of shape (n_rows, 2)
        Columns "ID" (0..n_rows-1) and "Prediction" (0-9), int64.

    Raises
    ------
    SubmissionError
        Naming every problem found: separators, byte-order mark, line ends, header, number of
        rows, IDs, and predictions that are not whole numbers 0-9 or are all the same.
    """
    import pandas as pd

    check_count("n_rows", n_rows)
    if not isinstance(path, (str, os.PathLike)):
        raise SubmissionError.about("`path`", "be the name of a file", path, CURE)
    path = Path(os.path.expanduser(path))
    try:
        if path.exists() and not path.is_file():
            raise SubmissionError.about(f"'{path}'", "be a readable file", "a folder or device")
        content = path.read_bytes()
    except OSError as error:
        raise SubmissionError.about(
            f"'{path}'", "be a readable file", f"{error.strerror or error}", CURE
        ) from None
    problems, ids, predictions = _inspect(content, n_rows)
    if problems:
        listing = "\n".join(f"  - {problem}" for problem in problems)
        raise SubmissionError(f"'{path.name}' can't be scored:\n{listing}\n{CURE}")
    if warning := warning_of(path):
        print(f"NOTE: {path.name} was {warning}")
    return pd.DataFrame({"ID": ids, "Prediction": predictions})


def warning_of(path: Path) -> str:
    """Return the warning in the record that `export_submission` wrote beside the file, if any."""
    try:
        record = json.loads(path.with_name(f"{path.name}.json").read_bytes())
        return str(record["warning"]) if record["sha256"] == sha256(path) else ""
    except (OSError, ValueError, TypeError, KeyError):
        return ""  # no record, or somebody else's file


def _inspect(content: bytes, n_rows: int):
    """Return (problems, ids, predictions) of a file's bytes; the lists only if no problem."""
    problems = []
    if content.startswith(codecs.BOM_UTF8):
        problems.append("it starts with a byte-order mark (saved as 'CSV UTF-8' by a spreadsheet?)")
        content = content.removeprefix(codecs.BOM_UTF8)
    if b"\r" in content:
        problems.append("its lines end in CRLF (Windows) or CR, expected LF")
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not content.strip():
        return [*problems, "it is empty"], [], []
    try:
        lines = content.decode("utf-8").rstrip("\n").split("\n")
    except UnicodeDecodeError:
        return [*problems, "it is not text (UTF-8)"], [], []
    delimiter = ","
    if ";" in lines[0] and "," not in lines[0]:
        problems.append("its columns are separated by semicolons, expected commas")
        delimiter = ";"
    try:
        header, *rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=True)
    except csv.Error as error:
        return [*problems, f"it is not a CSV table ({error})"], [], []
    if header != HEADER:
        problems.append(_header_problem(header))
    if blank := [i for i, row in enumerate(rows) if not row]:
        problems.append(f"{len(blank)} of its lines are blank, the first after row {blank[0]}")
        rows = [row for row in rows if row]
    if len(rows) != n_rows:
        problems.append(f"it has {len(rows):,} predictions, expected {n_rows:,}")
    wide = next((i for i, row in enumerate(rows) if len(row) != len(header)), None)
    if wide is not None:
        problems.append(f"row {wide + 1} has {len(rows[wide])} values, expected {len(header)}")
    if wide is not None or not set(HEADER) <= set(header):
        return problems, [], []
    ids = [row[header.index("ID")] for row in rows]
    predictions = [row[header.index("Prediction")] for row in rows]
    problems += _id_problems(ids, n_rows) + _prediction_problems(predictions)
    return problems, *(([], []) if problems else (list(map(int, ids)), list(map(int, predictions))))


def _header_problem(header: list[str]) -> str:
    text = f"its header is '{','.join(header)[:60]}', expected 'ID,Prediction'"
    if header and header[0] in ("", "Unnamed: 0"):
        text += " (an index column: use to_csv(..., index=False))"
    return text


def _id_problems(ids: list[str], n_rows: int) -> list[str]:
    bad = [text for text in ids if not _is_integer(text)]
    if bad:
        return [f"{len(bad)} IDs are not whole numbers, the first is '{bad[0][:30]}'"]
    numbers = list(map(int, ids))
    problems = []
    if repeated := [number for number, times in Counter(numbers).items() if times > 1]:
        problems.append(f"{len(repeated)} IDs occur more than once, the first is {repeated[0]}")
    if missing := set(range(n_rows)) - set(numbers):
        problems.append(f"{len(missing)} IDs are missing, the first is {min(missing)}")
    if unknown := set(numbers) - set(range(n_rows)):
        problems.append(f"{len(unknown)} IDs are outside 0..{n_rows - 1}, e.g. {min(unknown)}")
    if numbers != sorted(numbers):
        problems.append("the IDs are not in ascending order")
    return problems


def _prediction_problems(predictions: list[str]) -> list[str]:
    bad = [text for text in predictions if not _is_integer(text)]
    if bad:
        kind = "class names or text, not numbers"
        if all(_is_number(text) for text in bad):
            kind = "decimal numbers, expected whole ones"
        return [f"{len(bad)} predictions are {kind}, the first is '{bad[0][:30]}'"]
    numbers = list(map(int, predictions))
    outside = [number for number in numbers if not 0 <= number < N_CLASSES]
    if outside:
        return [f"{len(outside)} predictions are outside 0-9, the first is {outside[0]}"]
    if len(numbers) > 1 and len(set(numbers)) == 1:
        return [f"every prediction is class {numbers[0]}"]
    return []


def _is_integer(text: str) -> bool:
    # int() would accept other scripts' digits, "1_0", and numbers of thousands of digits.
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) <= 12


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
