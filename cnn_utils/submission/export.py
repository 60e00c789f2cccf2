"""Write predictions as `submission.csv`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from cnn_utils.data import data_source
from cnn_utils.errors import SubmissionError
from cnn_utils.files import write_whole
from cnn_utils.metrics import as_array, as_labels
from cnn_utils.submission.validate import HEADER, N_CLASSES, N_ROWS


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
        raise SubmissionError.about(
            "`predictions`",
            f"hold {n_rows} predictions, one per test image",
            f"{len(labels)}",
            "Predict all the test images, not only a part of them.",
        )
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
