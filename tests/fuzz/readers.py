"""Every reader of a file that somebody else may have made, with good files to begin from.

A reader takes bytes. It may refuse them with a `KitError`; any other exception is a defect.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import h5py
import nbformat
import numpy as np

from cnn_utils.data import formats
from cnn_utils.data.download import read_remote_files
from cnn_utils.files import KIT
from cnn_utils.grading.intake.assemble import assemble
from cnn_utils.grading.intake.assignment import SourceNotebook, read_source_notebooks
from cnn_utils.grading.intake.splice import splice
from cnn_utils.grading.intake.submissions import find_submissions
from cnn_utils.grading.release.pairing import as_json
from cnn_utils.grading.results.lms import check_export
from cnn_utils.grading.results.spreadsheets import read_table
from cnn_utils.grading.verify.own_network import read_submission
from cnn_utils.grading.verify.weights_file import read_weights
from cnn_utils.handin import checklist, consistency
from cnn_utils.history import history_table
from cnn_utils.notebook import assignment
from cnn_utils.notebook.reader import from_content, read, read_file
from cnn_utils.submission import validate_submission
from cnn_utils.training import caching

NOTEBOOK = "part1_lenet_mnist.ipynb"


@dataclass(frozen=True)
class Reader:
    """A reader, and what it reads.

    Attributes
    ----------
    read : callable
        Takes a file's path; the folder around it is the test's own.
    name : str
        Which the file must have.
    seeds : callable
        Takes a folder to work in; returns the contents of good files.
    """

    read: Callable[[Path], object]
    name: str
    seeds: Callable[[Path], list[bytes]]

    def __call__(self, data: bytes, folder: Path) -> None:
        """Read the bytes from a file in a folder."""
        path = folder / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        with redirect_stdout(io.StringIO()):
            self.read(path)


def _hdf5(folder: Path) -> list[bytes]:
    images = np.arange(11 * 3072, dtype=np.uint64).astype(np.uint8).reshape(11, 32, 32, 3)
    found = []
    for options in ({}, {"chunks": (1, 32, 32, 3), "compression": "gzip"}):
        with h5py.File(folder / "seed.h5", "w", locking=False) as file:
            file.create_dataset("X_train", data=images[:10], **options)
            file.create_dataset("X_test", data=images[10:], **options)
            file["y_train"] = np.arange(10)[:, np.newaxis]
            file.attrs["source"] = np.bytes_("sample")
        found.append((folder / "seed.h5").read_bytes())
    return found


def _npz(**named) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **named)
    return file.getvalue()


def _mnist(folder: Path) -> list[bytes]:
    names = ("x_train", "y_train", "x_test", "y_test")
    return [_npz(**{name: np.zeros((3, 28, 28), np.uint8) for name in names})]


def _weights(folder: Path) -> list[bytes]:
    file = io.BytesIO()
    np.savez(file, np.ones((2, 3), "float32"), np.zeros(3, "float32"))
    return [file.getvalue()]


def _stored(folder: Path) -> list[bytes]:
    file = folder / "store" / "run.npz"
    caching._write(file, {"key": {}, "weights": [np.ones(3)], "logs": [{"loss": 0.5}]})
    return [file.read_bytes()]


def _submission(folder: Path) -> list[bytes]:
    rows = "".join(f"{i},{i % 10}\n" for i in range(10_000))
    return [f"ID,Prediction\n{rows}".encode(), b"ID;Prediction\r\n0;1\r\n"]


def _exports(folder: Path) -> list[bytes]:
    canvas = "Student,ID,SIS Login ID,Section,LeNet (12)\n    Points Possible,,,,100\nA,1,a,b,\n"
    moodle = "Identifier,Full name,Email address,Status,Grade,Maximum Grade\nP 1,A,a@b,,-,100\n"
    return [canvas.encode(), moodle.replace(",", ";").encode("utf-8-sig")]


def _read_export(path: Path) -> None:
    read_table(path)
    check_export(path)


def _notebooks(folder: Path) -> list[bytes]:
    v4 = nbformat.v4
    output = v4.new_output("display_data", {"text/plain": "accuracy 0.98", "image/png": "iVBOR="})
    code = v4.new_code_cell("# task: lenet\ndef build_lenet():\n    return 1", execution_count=1)
    code.outputs = [output, v4.new_output("stream", text="test accuracy 0.9, macro F1 0.9")]
    answer = v4.new_markdown_cell("It is 98 %.", metadata={"task": "compare", "kind": "answer"})
    header = v4.new_markdown_cell("| **Group number** | 1 |", metadata={"kind": "header"})
    notebook = v4.new_notebook(cells=[header, code, answer])
    old = nbformat.convert(notebook, 3)
    return [nbformat.writes(notebook).encode(), json.dumps(old).encode(), b"# %%\nx = 1\n"]


def _look_over(path: Path) -> None:
    part = assignment.Part((assignment.Task("lenet"),), ("lenet",))
    checklist.examine(read_file(path), path.parent, part)


@cache
def _source_notebook() -> SourceNotebook:
    return read_source_notebooks(KIT / "notebooks")[Path(NOTEBOOK).name]


def _splice(path: Path) -> None:
    answers = splice(_source_notebook(), read(path.read_bytes()))
    json.dumps(assemble(_source_notebook(), answers))


def _records(folder: Path) -> list[bytes]:
    content = {"fingerprint": "ab12", "sha256": {"weights.npz": "0" * 64}, "cells": {"1": "ab"}}
    return [json.dumps(content).encode()]


def _compare_record(path: Path) -> None:
    (path.parent / "weights.npz").write_bytes(b"PK")
    folder = path.parents[2]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", execution_count=1)])
    notebook = from_content(notebook)
    list(consistency.check_artifacts(notebook, folder, ["lenet"]))
    list(consistency.outdated_cells(notebook, folder, ["lenet"], None))


def _zips(folder: Path) -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr(f"group1/{NOTEBOOK}", _notebooks(folder)[0])
            archive.writestr("group1/evidence/lenet/weights.npz", _weights(folder)[0])
            archive.writestr("submission.csv", "ID,Prediction\n0,1\n")
        found.append(file.getvalue())
    return found


def _take(path: Path) -> None:
    for submission in find_submissions(path.parent, {NOTEBOOK: _source_notebook()}):
        submission.files()


def _logs(folder: Path) -> list[bytes]:
    return [b"epoch,accuracy,loss,val_loss\n0,0.5,1.5,1.6\n1,0.75,1.25,1.5\n"]


def _assignments(folder: Path) -> list[bytes]:
    part = assignment.Part(
        (assignment.Task("lenet"), assignment.Task("compare", "answer")), ("lenet",)
    )
    return [as_json({NOTEBOOK: part}).encode()]


def _courses(folder: Path) -> list[bytes]:
    content = {"size": 9, "sha256": "a" * 64, "addresses": ["https://a.example/data.h5"]}
    return [json.dumps({"student_dataset_CIFAR10.h5": content}).encode()]


READERS = {
    "hdf5": Reader(formats.read_cifar10, "student_dataset_CIFAR10.h5", _hdf5),
    "mnist": Reader(formats.read_mnist, "mnist.npz", _mnist),
    "weights": Reader(lambda path: read_weights(path.read_bytes()), "weights.npz", _weights),
    "stored training": Reader(caching._read, "run.npz", _stored),
    "submission": Reader(validate_submission, "submission.csv", _submission),
    "handed_in_submission": Reader(
        lambda path: read_submission(path.read_bytes()), "submission.csv", _submission
    ),
    "lms": Reader(_read_export, "export.csv", _exports),
    "notebook": Reader(_look_over, NOTEBOOK, _notebooks),
    "handed_in_notebook": Reader(_splice, NOTEBOOK, _notebooks),
    "evidence": Reader(_compare_record, "evidence/lenet/record.json", _records),
    "zip": Reader(_take, "group1.zip", _zips),
    "log": Reader(history_table, "log.csv", _logs),
    "assignment": Reader(
        lambda path: assignment.read_assignment(path.parent), "assignment.json", _assignments
    ),
    "course": Reader(read_remote_files, "course.json", _courses),
}
