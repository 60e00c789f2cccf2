"""Save what a grader needs to rate a network without running the notebook again."""

import hashlib
import json
import os
import re
import sys
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from cnn_utils import __version__
from cnn_utils.data import data_source
from cnn_utils.errors import KitError, cannot_write, describe
from cnn_utils.files import is_own, replaced_together, sha256
from cnn_utils.history import history_table
from cnn_utils.metrics import as_labels
from cnn_utils.notebook.assignment import ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER
from cnn_utils.submission import as_csv

WEIGHTS, ARCHITECTURE = "weights.npz", "architecture.json"
HISTORY, PREDICTIONS = "history.json", "predictions.csv"
ARTIFACTS = (WEIGHTS, ARCHITECTURE, HISTORY, PREDICTIONS)
RECORD = "record.json"


def save_for_grading(name: str, model, history, predictions, folder=ARTIFACTS_FOLDER) -> None:
    """Save a trained network as plain numbers and text, so that grading runs no code of yours.

    Into ``folder/name`` go ``weights.npz`` (the arrays of ``model.get_weights()``, float32),
    ``architecture.json`` (``model.to_json()``, if the model supports it), ``history.json`` (one
    list per quantity), ``predictions.csv`` (``ID,Prediction``) and, last, ``record.json``: the
    SHA-256 of each file and of each cell that ran before.

    Parameters
    ----------
    name : str
        Of the network, such as "lenet": letters, digits, ``-`` and ``_``.
    model : keras.Model
        After training.
    history : keras.callbacks.History, dict, pandas.DataFrame, or path of a CSV log
        The result of `model.fit`.
    predictions : array-like of shape (n,), (n, 1) or (n, n_classes)
        Labels or class scores for the test images, in their order.
    folder : str or Path, default="artifacts"
        Created if missing.

    Raises
    ------
    KitError
        If `model` has no weights, NaN or infinity among them, or the files can't be written.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise KitError.about("`name`", 'be a short name such as "lenet"', describe(name))
    weights = _weights(model)
    table = history_table(history)
    labels = as_labels(predictions, "predictions")
    architecture, how_saved = _architecture(model)
    curves = table.astype(object).where(np.isfinite(table), None).to_dict("list")
    packages = [x for x in ("keras", "tensorflow", "numpy") if sys.modules.get(x)]
    versions = {package: str(sys.modules[package].__version__) for package in packages}
    record = {
        "network": name,
        "fingerprint": fingerprint(weights),
        "data": data_source.sources(),
        "versions": {"cnn_utils": __version__, **versions},
        "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "cells": {count: source_hash(source) for count, source in executed_cells().items()},
    }
    target = Path(os.path.expanduser(folder)) / name
    try:
        with replaced_together(target, (*ARTIFACTS, RECORD)) as new:
            np.savez(new / WEIGHTS, *weights)
            if architecture:
                (new / ARCHITECTURE).write_text(architecture, encoding="utf-8")
            (new / HISTORY).write_text(json.dumps(curves, indent=1), encoding="utf-8")
            (new / PREDICTIONS).write_bytes(as_csv(labels))
            record["sha256"] = hashes(new)
            (new / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError as error:
        raise cannot_write(target / RECORD, error) from None
    # Printed, because a cell's last value would not be shown with a semicolon or a name before it.
    # The text stays in the notebook; its fingerprint shows that both are from one run.
    print(f"Saved for grading in {target.as_posix()}:")
    n_parameters = sum(array.size for array in weights)
    print(f"  weights       {n_parameters:,} numbers, fingerprint {record['fingerprint']}")
    print(f"  architecture  {how_saved}")
    print(f"  history       {len(table)} epochs")
    print(f"  predictions   {len(labels):,}")


def fingerprint(weights) -> str:
    """Return 16 hexadecimal digits that identify a network's weights, read as float32."""
    state = hashlib.sha256()
    for array in weights:
        numbers = np.ascontiguousarray(array, dtype="<f4")
        state.update(f"{np.shape(array)}".encode())
        state.update(numbers.tobytes())
    return state.hexdigest()[:16]


def hashes(place: Path) -> dict[str, str]:
    """Return the SHA-256 of each artifact in a network's folder, except the record's."""
    return {name: sha256(place / name) for name in ARTIFACTS if (place / name).is_file()}


def place_of(folder: Path, network: str) -> Path:
    """Return the folder of a network's artifacts; earlier releases saved in ``evidence/``."""
    new, old = (folder / name / network for name in (ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER))
    return old if old.is_dir() and not new.is_dir() else new


def files_of(folder: Path, network: str) -> list[Path]:
    """Return the artifacts of a network that exist, without links to elsewhere."""
    place = place_of(folder, network)
    return [place / name for name in (*ARTIFACTS, RECORD) if is_own(place / name, folder)]


def _weights(model) -> list[np.ndarray]:
    weights = [np.asarray(array).astype(np.float32, order="C") for array in model.get_weights()]
    if not weights:
        expected = "be a trained Keras model"
        raise KitError.about("`model`", expected, "one without weights", "Train it first.")
    if not all(np.isfinite(array).all() for array in weights):
        received = "NaN or infinity among them"
        next_step = "The training diverged: try a smaller learning rate."
        raise KitError.about("`model`", "have finite weights", received, next_step)
    return weights


def _architecture(model) -> tuple[str, str]:
    """Return the model as JSON ("" if it can't be), and what to print about it."""
    try:
        return model.to_json(), "as JSON"
    except Exception as error:  # of many kinds: a model's own class may do anything
        reason = type(error).__name__
        return "", f"not saved ({reason}): grading builds it with the notebook's own function"


def executed_cells() -> dict[int, str]:
    """Return the sources of the cells run in this kernel, by execution count.

    The running cell is among them. Outside a notebook, as in a terminal, the result is empty.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel"):
        return {}
    # The raw history holds magics as they were typed, like the notebook's file.
    sources = shell.history_manager.input_hist_raw
    return {count: source for count, source in enumerate(sources) if count > 0}


def source_hash(source: str) -> str:
    """Return 16 hexadecimal digits that identify a cell's source."""
    # IPython keeps sources without their last line ends.
    text = source.rstrip("\n").encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]
