"""Write predictions as `submission.csv`."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from cnn_utils.data import data_source
from cnn_utils.errors import KitError, SubmissionError, check_count
from cnn_utils.files import atomic_path
from cnn_utils.metrics import as_array, as_labels
from cnn_utils.submission.validate import HEADER, N_CLASSES, N_ROWS


def export_submission(predictions, path="submission.csv", n_rows: int = N_ROWS) -> Path:
    """Write predictions for the unlabelled test images as ``ID,Prediction``.

    A small record is written beside the file (``submission.csv.json``): when, from which data and
    with which SHA-256. Each file appears whole or not at all.

    Parameters
    ----------
    predictions : array-like of shape (n_rows,), (n_rows, 1) or (n_rows, 10)
        Labels 0-9, or class scores such as ``model.predict`` returns, in the images' order.
    path : str or Path, default="submission.csv"
        Where to write: a name that ends in ".csv", in an existing folder.
    n_rows : int, default=10_000
        Number of test images.

    Returns
    -------
    path : Path
        The file written.

    Raises
    ------
    SubmissionError
        If the predictions can't be scored or the file can't be written; the earlier file stays.
    """
    labels = _check_predictions(predictions, n_rows)
    path = _check_path(path)
    content = as_csv(labels)
    record = {
        "file": path.name,
        "rows": len(labels),
        "sha256": hashlib.sha256(content).hexdigest(),
        "data": data_source.source_of("CIFAR-10") or "unknown",
        "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    if record["data"] == "sample":
        record["warning"] = "made from the synthetic sample: not for the leaderboard"
    beside = path.with_name(f"{path.name}.json")
    try:
        with atomic_path(path) as part, atomic_path(beside) as record_part:
            part.write_bytes(content)
            record_part.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise SubmissionError.about(
            f"'{path}'",
            "be a place that can be written to",
            f"{error.strerror or error}",
            "Choose another folder, or make room on the disk.",
        ) from None
    return path


def as_csv(labels) -> bytes:
    """Return labels, in the images' order, as the content of a submission."""
    rows = "".join(f"{i},{label}\n" for i, label in enumerate(labels))
    return (",".join(HEADER) + "\n" + rows).encode("ascii")


def _check_path(path) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise SubmissionError.about("`path`", "be a text or a Path", path)
    target = Path(os.path.expanduser(path))
    # os.replace would put a file in place of a link or a device.
    target = target.resolve() if target.is_symlink() else target
    usable = target.parent.is_dir() and (target.is_file() or not target.exists())
    if target.suffix.lower() != ".csv" or not usable:
        raise SubmissionError.about(
            "`path`",
            'be a file name ending in ".csv", in an existing folder',
            f"'{path}'",
            "Create the folder first, or leave `path` out.",
        )
    return target


def _check_predictions(predictions, n_rows: int) -> np.ndarray:
    check_count("n_rows", n_rows)
    array = _in_submission(as_array, predictions)
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
    labels = _in_submission(as_labels, array)
    if len(labels) != n_rows:
        raise SubmissionError.about(
            "`predictions`",
            f"hold {n_rows} predictions, one per image of X_test",
            f"{len(labels)}",
            "Predict X_test, all of it: `model.predict(preprocess(X_test))`.",
        )
    outside = (labels < 0) | (labels >= N_CLASSES)
    if outside.any():
        first = int(np.flatnonzero(outside)[0])
        raise SubmissionError.about(
            "`predictions`",
            f"lie in 0..{N_CLASSES - 1}",
            f"{labels[first]} at position {first}",
        )
    if n_rows > 1 and (labels == labels[0]).all():
        raise SubmissionError.about(
            "`predictions`",
            "differ from image to image",
            f"class {labels[0]} for all {n_rows} images",
            "The network has not learned: check its scaling of X_test and its training history.",
        )
    return labels


def _in_submission(convert, values) -> np.ndarray:
    """Convert the predictions; what is wrong with them is a matter of the submission."""
    try:
        return convert(values, "predictions")
    except KitError as error:
        raise SubmissionError(str(error)) from None
