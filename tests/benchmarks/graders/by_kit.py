"""Grade with the kit: `cnn_utils.grading.batch.grade`, in bubblewrap, as `make hostile` does."""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path

from cnn_utils.grading.batch import grade
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.gradebook import as_rows
from cnn_utils.grading.sandbox.prepare import QUICK_KERAS, Settings
from cnn_utils.grading.sandbox.run_part import Limits
from cnn_utils.grading.sandbox.sandbox import choose

LIMITS = Limits(cell=12, whole=60)


def grade_cases(lab: str, cases: dict, place: Path) -> dict[str, dict]:
    """Grade a class of hand-ins in one batch; return each one's row of the gradebook.

    Parameters
    ----------
    lab : str
        The worked notebook.
    cases : dict of str to Case
        See ``tests/hostile/cases.py``.
    place : Path
        Folder to make.
    """
    for name, case in cases.items():
        is_zip = case.name.endswith(".zip")
        file = place / "handins" / (f"{name}.zip" if is_zip else f"{name}/{case.name}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(case.data)
    return {row["name"]: row for row in _rows(lab, place, jobs=2)}


def _rows(lab: str, place: Path, jobs: int) -> list[dict]:
    notebooks = place / "notebooks"
    notebooks.mkdir(parents=True)
    (notebooks / "lab.py").write_text(lab)
    settings = Settings(notebooks, sandbox="bwrap", limits=LIMITS)
    results = grade(place / "handins", settings, place / "out", jobs=jobs)
    return as_rows(results, read_source_notebooks(notebooks))


def time_class(lab: str, data: bytes, count: int, place: Path, jobs: int) -> float:
    """Return the seconds in which a class of equal, honest hand-ins is graded.

    Parameters
    ----------
    lab, place
        As in `grade_cases`.
    data : bytes
        A hand-in worth 30 points.
    count, jobs : int
    """
    for i in range(count):
        folder = place / "handins" / f"student{i}"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_bytes(data)
    start = time.monotonic()
    rows = _rows(lab, place, jobs)
    seconds = time.monotonic() - start
    assert [row["score"] for row in rows] == [30] * count
    return seconds


def time_import(place: Path, times: int = 5) -> float:
    """Return the seconds that ``import keras`` takes in a hand-in, Python's own start left out.

    Parameters
    ----------
    place : Path
        Folder to make.
    times : int, default=5
        The median of as many is taken, after one that warms the disk's cache.
    """
    place.mkdir(parents=True)
    (place / "workdir").mkdir()
    for folder in (place, place / "workdir"):
        folder.chmod(0o777)  # who runs in there is nobody
    shutil.copy(QUICK_KERAS, place / "sitecustomize.py")
    sandbox, options = choose("bwrap"), {"KERAS_BACKEND": "tensorflow", "PYTHONPATH": str(place)}

    def seconds(code: str) -> float:
        start = time.monotonic()
        outcome = sandbox.run(place / "workdir", [place], ["-c", code], 120, **options)
        assert outcome.code == 0, outcome.tail
        return time.monotonic() - start

    seconds("import keras")
    with_keras = statistics.median(seconds("import keras") for _ in range(times))
    return with_keras - statistics.median(seconds("pass") for _ in range(times))
