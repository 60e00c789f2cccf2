"""Check a `submission.csv`."""

from __future__ import annotations

import json
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


def validate_submission(path="submission.csv", n_rows: int = N_ROWS) -> pd.DataFrame:
    """Read a submission file, or raise an error that says what is wrong with it.

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

    path = Path(path).expanduser()
    as_text = {"header": None, "dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    try:
        table = pd.read_csv(path, **as_text)
    except OSError as error:
        raise _wrong(path, "be a readable file", f"{error.strerror or error}") from None
    except pd.errors.EmptyDataError:
        raise _wrong(path, f"hold {n_rows:,} predictions", "an empty file") from None
    except ValueError as error:
        expected = "be a CSV file in UTF-8 with two columns"
        raise _wrong(path, expected, f"{error}".strip()[:100]) from None
    _check_header(path, table.iloc[0].tolist())
    if len(table) - 1 != n_rows:
        raise _wrong(path, f"hold {n_rows:,} predictions", f"{len(table) - 1:,}")
    ids, predictions = table[0].tolist()[1:], table[1].tolist()[1:]
    wrong = next((i for i in range(n_rows) if ids[i] != str(i)), None)
    if wrong is not None:
        received = f"'{ids[wrong][:30]}' in row {wrong + 1}, expected {wrong}"
        raise _wrong(path, f"hold the IDs 0 to {n_rows - 1}, each once and in this order", received)
    _check_predictions(path, predictions)
    if is_from_sample(path):
        print(
            f"NOTE: {path.name} was made from the drawn sample, not CIFAR-10: "
            "it is not for the leaderboard."
        )
    return pd.DataFrame({"ID": map(int, ids), "Prediction": map(int, predictions)})


def is_from_sample(path: Path) -> bool:
    """Return whether the record of `export_submission` says that the file is from the sample."""
    try:
        record = json.loads(path.with_name(f"{path.name}.json").read_bytes())
        source = record.get("data_source", record.get("data"))  # the latter in last year's kit
        return source == "sample" and record["sha256"] == sha256(path)
    except (OSError, ValueError, AttributeError, KeyError):
        return False  # no record, or somebody else's file


def _check_header(path: Path, header: list[str]) -> None:
    if header != HEADER:
        next_step = NEXT_STEP
        if header[0] in ("", "Unnamed: 0"):
            next_step = "Leave out the index column: to_csv(..., index=False)."
        elif ";" in header[0]:
            next_step = f"Separate the columns by commas, not semicolons. {NEXT_STEP}"
        received = f"'{','.join(header)[:60]}'"
        raise _wrong(path, "have the header 'ID,Prediction'", received, next_step)


def _check_predictions(path: Path, predictions: list[str]) -> None:
    wrong = [text for text in predictions if text not in tuple("0123456789")]
    if wrong:
        received = f"other values in {len(wrong):,} rows, the first is '{wrong[0][:30]}'"
        next_step = "Take the most probable class: `.argmax(axis=1)`." if "." in wrong[0] else ""
        raise _wrong(path, "hold predictions 0-9", received, next_step or NEXT_STEP)
    if len(predictions) > 1 and len(set(predictions)) == 1:
        raise _wrong(path, "hold different predictions", f"class {predictions[0]} for all images")


def _wrong(path: Path, expected: str, received: str, next_step: str = NEXT_STEP) -> SubmissionError:
    return SubmissionError.about(f"'{path.name}'", expected, received, next_step)
