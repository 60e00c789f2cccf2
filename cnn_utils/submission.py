"""The leaderboard's file: write predictions as `submission.csv`, and check such a file."""

import hashlib
import json
import re
from pathlib import Path

import numpy as np

from cnn_utils.data import data_source
from cnn_utils.errors import SubmissionError
from cnn_utils.files import sha256, write_whole
from cnn_utils.metrics import as_array, as_labels

HEADER = ["ID", "Prediction"]
N_ROWS = 10_000
N_CLASSES = 10
NEXT_STEP = "Write the file with export_submission(predictions)."


def export_submission(predictions, path="submission.csv", n_rows: int = N_ROWS) -> Path:
    """Write predictions for the unlabelled test images as ``ID,Prediction``.

    A record next to the file, ``submission.csv.json``, holds the source of the data and the file's
    SHA-256.

    Parameters
    ----------
    predictions : array-like of shape (n_rows,), (n_rows, 1) or (n_rows, 10)
        Labels 0-9, or class scores such as ``model.predict`` returns, in the images' order.
    path : str or Path, default="submission.csv"
        In an existing folder.
    n_rows : int, default=10_000
        Number of test images.

    Returns
    -------
    path : Path
        The file written.

    Raises
    ------
    KitError
        If the predictions can't be scored or the file can't be written; an earlier file stays.
    """
    content = as_csv(_labels(predictions, n_rows))
    path = Path(path).expanduser()
    record = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "data_source": data_source.sources().get("CIFAR-10", "unknown"),
    }
    write_whole(path.with_name(f"{path.name}.json"), json.dumps(record, indent=2) + "\n")
    write_whole(path.resolve(), content)  # a link stays a link
    return path


def as_csv(labels) -> bytes:
    """Return labels, in the images' order, as the content of a submission."""
    rows = "".join(f"{i},{label}\n" for i, label in enumerate(labels))
    return (",".join(HEADER) + "\n" + rows).encode("ascii")


def _labels(predictions, n_rows: int) -> np.ndarray:
    array = as_array(predictions, "predictions")
    if array.dtype.kind == "f" and (array.ndim == 1 or array.shape[1:] == (1,)):
        raise SubmissionError.about(
            "`predictions`",
            "be integer labels or one score per class",
            f"decimal numbers of shape {array.shape}",
            "Take the most probable class, `.argmax(axis=1)`, before rounding or averaging.",
        )
    if array.ndim == 2 and array.shape[1] not in (1, N_CLASSES):
        raise SubmissionError.about(
            "`predictions`", f"have {N_CLASSES} columns, one per class", array
        )
    labels = as_labels(array, "predictions")
    if len(labels) != n_rows:
        expected = f"hold {n_rows} predictions, one per test image"
        next_step = "Predict all the test images, not only a part of them."
        raise SubmissionError.about("`predictions`", expected, f"{len(labels)}", next_step)
    outside = np.flatnonzero((labels < 0) | (labels >= N_CLASSES))
    if len(outside):
        received = f"{labels[outside[0]]} at position {outside[0]}"
        raise SubmissionError.about("`predictions`", f"lie in 0..{N_CLASSES - 1}", received)
    if n_rows > 1 and (labels == labels[0]).all():
        raise SubmissionError.about(
            "`predictions`",
            "differ from image to image",
            f"class {labels[0]} for all {n_rows} images",
            "The network has not learned: check how the test images are scaled, and its training "
            "history.",
        )
    return labels


def validate_submission(path="submission.csv", n_rows: int = N_ROWS):
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
        next_step = "Check its name and folder."
        raise _wrong(path, "be a readable file", f"{error.strerror or error}", next_step) from None
    except pd.errors.EmptyDataError:
        raise _wrong(path, f"hold {n_rows:,} predictions", "an empty file") from None
    except ValueError as error:
        expected = "be a CSV file in UTF-8 with two columns"
        raise _wrong(path, expected, f"{error}".strip()[:100]) from None
    table = table.map(plain)
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


def plain(text: str) -> str:
    """Return a field without spaces around it, and "3" for the "3.0" of a column of floats."""
    return re.sub(r"(?<=[0-9])\.0+$", "", text.strip())


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
        elif header[0].startswith("#"):
            next_step = 'Write it without the "# ": np.savetxt(..., comments="").'
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
