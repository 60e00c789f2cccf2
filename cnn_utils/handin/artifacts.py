"""Save what a grader needs to rate a network without running the notebook again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from cnn_utils import __version__
from cnn_utils.data import data_source
from cnn_utils.errors import KitError, describe
from cnn_utils.files import finish_replacing, is_own, replaced_together, sha256
from cnn_utils.handin.kernel_history import digest, inputs_run
from cnn_utils.history import history_table
from cnn_utils.metrics import as_labels
from cnn_utils.submission.export import as_csv

FOLDER = "evidence"
WEIGHTS, ARCHITECTURE = "weights.npz", "architecture.json"
HISTORY, PREDICTIONS = "history.json", "predictions.csv"
EVIDENCE = (WEIGHTS, ARCHITECTURE, HISTORY, PREDICTIONS)
RECORD = "record.json"


@dataclass(frozen=True)
class Saved:
    """What was saved for grading; its text stays in the notebook and binds both together."""

    folder: Path
    parameters: int
    fingerprint: str
    epochs: int
    predictions: int
    architecture: str

    def __repr__(self) -> str:
        return (
            f"Saved for grading in {self.folder.as_posix()}:\n"
            f"  weights       {self.parameters:,} numbers, fingerprint {self.fingerprint}\n"
            f"  architecture  {self.architecture}\n"
            f"  history       {self.epochs} epochs\n"
            f"  predictions   {self.predictions:,}"
        )


def save_for_grading(name: str, model, history, predictions, folder="evidence") -> None:
    """Write a trained network as plain numbers and text, for a grader who trusts no program.

    In ``folder/name`` appear ``weights.npz`` (the arrays of ``model.get_weights()``, float32),
    ``architecture.json`` (``model.to_json()``, if the model can be written so), ``history.json``
    (one list per quantity), ``predictions.csv`` (``ID,Prediction``) and, last of all,
    ``record.json``: the SHA-256 of each, and of each cell that was run before.

    Parameters
    ----------
    name : str
        Of the network, such as "lenet": letters, digits, ``-`` and ``_``.
    model : keras.Model
        After training.
    history : keras.callbacks.History, dict, pandas.DataFrame, or path of a CSV log
        What `model.fit` returned.
    predictions : array-like of shape (n,), (n, 1) or (n, n_classes)
        Labels or class scores for the test images, in their order.
    folder : str or Path, default="evidence"
        Made if missing.

    Raises
    ------
    KitError
        If an argument is of the wrong kind, a weight is NaN or infinite, or nothing can be written.
    """
    # Printed, because a cell's last value would not be shown with a semicolon or a name before it.
    print(save(name, model, history, predictions, folder))


def save(name: str, model, history, predictions, folder="evidence") -> Saved:
    """Do what `save_for_grading` does, and return what it prints."""
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise KitError.about("`name`", 'be a short name such as "lenet"', describe(name))
    weights = _weights(model)
    table = history_table(history)
    labels = as_labels(predictions, "predictions")
    if len(labels) == 0 or labels.min() < 0:
        told = f"the label {labels.min()}" if len(labels) else "none"
        raise KitError.about("`predictions`", "hold a class for each test image", told)
    if not isinstance(folder, (str, os.PathLike)):
        raise KitError.about("`folder`", "be the name of a folder", folder)
    epochs = {column: _finite_or_none(table[column]) for column in table.columns}
    architecture, told = _architecture(model)
    contents = {
        ARCHITECTURE: architecture,
        HISTORY: json.dumps(epochs, indent=1).encode(),
        PREDICTIONS: as_csv(labels),
    }
    target = Path(os.path.expanduser(folder)) / name
    try:
        with replaced_together(target, (*EVIDENCE, RECORD)) as new:
            np.savez(new / WEIGHTS, *weights)
            for file, content in contents.items():
                if content is not None:
                    (new / file).write_bytes(content)
            record = {
                "network": name,
                "fingerprint": fingerprint(weights),
                "data": data_source.sources(),
                "versions": _versions(),
                "written": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "sha256": hashes(new),
                "cells": {count: digest(source) for count, source in inputs_run().items()},
            }
            (new / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError as error:
        raise KitError.about(
            f"`folder` '{folder}'",
            "be a place that can be written to",
            f"{error.strerror or error}",
            "Choose another folder, or make room on the disk.",
        ) from None
    n_parameters = sum(array.size for array in weights)
    return Saved(target, n_parameters, record["fingerprint"], len(table), len(labels), told)


def fingerprint(weights) -> str:
    """Return 16 hexadecimal digits that tell networks apart by the numbers they are made of.

    Parameters
    ----------
    weights : list of array-like
        In the order of ``model.get_weights()``; read as float32.
    """
    state = hashlib.sha256()
    for array in weights:
        numbers = np.ascontiguousarray(array, dtype="<f4")
        state.update(f"{np.shape(array)}".encode())
        state.update(numbers.tobytes())
    return state.hexdigest()[:16]


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each evidence file that is there, but the record's."""
    files = (folder / name for name in EVIDENCE)
    return {file.name: sha256(file) for file in files if file.is_file()}


def finish_saving(folder: Path, networks) -> None:
    """Do what is left of a saving whose process was killed, if the folder can be written to."""
    for network in networks:
        with suppress(OSError):
            finish_replacing(folder / FOLDER / network)


def files_of(folder: Path, network: str) -> list[Path]:
    """Return the evidence files of a network that are there; links to elsewhere are none."""
    names = (*EVIDENCE, RECORD)
    return [path for name in names if is_own(path := folder / FOLDER / network / name, folder)]


def _weights(model) -> list[np.ndarray]:
    expected = "be a trained Keras model"
    if isinstance(model, type) or not callable(getattr(model, "get_weights", None)):
        raise KitError.about("`model`", expected, model)
    try:
        weights = [np.asarray(array).astype(np.float32, order="C") for array in model.get_weights()]
    except (TypeError, ValueError) as error:
        raise KitError.about("`model`", f"{expected}, made of numbers", f"{error}") from None
    if not weights:
        raise KitError.about("`model`", expected, "one without weights", "Train it first.")
    if not all(np.isfinite(array).all() for array in weights):
        raise KitError.about(
            "`model`",
            "have finite weights",
            "NaN or infinity among them",
            "The training went astray: try a smaller learning rate.",
        )
    return weights


def _architecture(model) -> tuple[bytes | None, str]:
    """Return the model as JSON, and what to say of it."""
    try:
        return model.to_json().encode(), "as JSON"
    except Exception as error:  # of many kinds: a model's own class may do what it likes
        told = (
            f"not saved ({type(error).__name__}): it will be built by the notebook's own function"
        )
        return None, told


def _finite_or_none(column) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in column]


def _versions() -> dict[str, str]:
    loaded = {name: sys.modules.get(name) for name in ("keras", "tensorflow", "numpy")}
    found = {name: str(module.__version__) for name, module in loaded.items() if module}
    return {"cnn_utils": __version__, **found}
