"""Check a `submission.csv`."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_utils.errors import SubmissionError
from cnn_utils.files import sha256

if TYPE_CHECKING:
    import pandas as pd

HEADER = ["ID", "Prediction"]
N_ROWS = 10_000
N_CLASSES = 10
NEXT_STEP = "Write the file with export_submission(predictions)."
FROM_SAMPLE = "made from the drawn sample, not CIFAR-10: it is not for the leaderboard."


def validate_submission(path="submission.csv", n_rows: int = N_ROWS) -> pd.DataFrame:
    """Read a submission file, or raise an error that says what is wrong with it.

    Line ends of any system, a byte-order mark, quotes and blank lines are accepted.

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
        If the file is no CSV file with commas, in UTF-8, or its header, number of rows, IDs or
        predictions are wrong.
    """
    import pandas as pd

    path = Path(os.path.expanduser(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
        lines = io.StringIO(text, newline=None)  # line ends of any system
        rows = [row for row in csv.reader(lines, strict=True) if row]
    except OSError as error:
        raise _wrong(path, "be a readable file", f"{error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(path, "be a CSV file in UTF-8", f"{error}"[:100]) from None
    _check_table(path, rows, n_rows)
    ids, predictions = zip(*rows[1:], strict=True)
    wrong = next((i for i in range(n_rows) if ids[i] != str(i)), None)
    if wrong is not None:
        received = f"'{ids[wrong][:30]}' in row {wrong + 1}, expected {wrong}"
        raise _wrong(path, f"hold the IDs 0 to {n_rows - 1}, each once and in this order", received)
    _check_predictions(path, predictions)
    if is_from_sample(path):
        print(f"NOTE: {path.name} was {FROM_SAMPLE}")
    return pd.DataFrame({"ID": map(int, ids), "Prediction": map(int, predictions)})


def is_from_sample(path: Path) -> bool:
    """Return whether the record of `export_submission` says that the file is from the sample."""
    try:
        record = json.loads(path.with_name(f"{path.name}.json").read_bytes())
        source = record.get("data_source", record.get("data"))  # the latter in last year's kit
        return source == "sample" and record["sha256"] == sha256(path)
    except (OSError, ValueError, AttributeError, KeyError):
        return False  # no record, or somebody else's file


def _check_table(path: Path, rows: list[list[str]], n_rows: int) -> None:
    if not rows:
        raise _wrong(path, f"hold {n_rows:,} predictions", "an empty file")
    if rows[0] != HEADER:
        received, next_step = f"'{','.join(rows[0])[:60]}'", NEXT_STEP
        if rows[0][0] in ("", "Unnamed: 0"):
            next_step = "Leave out the index column: to_csv(..., index=False)."
        elif ";" in rows[0][0]:
            next_step = f"Separate the columns by commas, not semicolons. {NEXT_STEP}"
        raise _wrong(path, "have the header 'ID,Prediction'", received, next_step)
    if uneven := [row for row in rows if len(row) != 2]:
        raise _wrong(path, "have two values in each row", f"'{','.join(uneven[0])[:60]}'")
    if len(rows) - 1 != n_rows:
        raise _wrong(path, f"hold {n_rows:,} predictions", f"{len(rows) - 1:,}")


def _check_predictions(path: Path, predictions: tuple[str, ...]) -> None:
    wrong = [text for text in predictions if not re.fullmatch("[0-9]", text)]
    if wrong:
        received = f"other values in {len(wrong):,} rows, the first is '{wrong[0][:30]}'"
        next_step = NEXT_STEP
        if re.fullmatch(r"-?[0-9]*\.[0-9]+(e-?[0-9]+)?", wrong[0]):
            next_step = "Take the most probable class: `.argmax(axis=1)`."
        raise _wrong(path, "hold predictions 0-9", received, next_step)
    if len(predictions) > 1 and len(set(predictions)) == 1:
        raise _wrong(path, "hold different predictions", f"class {predictions[0]} for all images")


def _wrong(path: Path, expected: str, received: str, next_step: str = NEXT_STEP) -> SubmissionError:
    return SubmissionError.about(f"'{path.name}'", expected, received, next_step)
