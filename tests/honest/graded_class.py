"""Make a class of hand-ins, grade it in one batch in a real sandbox, and find each one's row."""

import time
from pathlib import Path

import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.grading.batch import grade
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.gradebook import as_rows
from cnn_utils.grading.sandbox.prepare import Settings
from cnn_utils.grading.sandbox.sandbox import choose
from cnn_utils.grading.verify.reference_data import SAMPLE
from tests.honest.hand_in import ANY, HandIn, write

NOTEBOOKS = KIT / "notebooks"


def grade_class(changes: dict, first_group: int, folder: Path, config) -> tuple[dict, list]:
    """Grade a class; return result and row by the hand-ins' names, and all results.

    Parameters
    ----------
    changes : dict
        By the hand-ins' names: functions of a `HandIn` that may return its files.
    first_group : int
    folder : Path
        Folder to work in; the results are in ``folder/out``.
    config : pytest.Config
    """
    try:
        choose("bwrap")
    except KitError as error:
        pytest.skip(str(error))
    groups = dict(enumerate(changes, start=first_group))
    for number, name in groups.items():
        hand_in = HandIn(number)
        write(folder / "handins", changes[name](hand_in) or hand_in.zipped())
    start = time.monotonic()
    settings = Settings(NOTEBOOKS, SAMPLE, sandbox="bwrap")
    results = grade(folder / "handins", settings, folder / "out", jobs=2)
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{len(results)} hand-ins in {time.monotonic() - start:.0f} s")
    rows = {row["name"]: row for row in as_rows(results, read_source_notebooks(NOTEBOOKS))}
    found = {}
    for result in results:
        name = next(n for g, n in groups.items() if str(g) in result["name"])
        assert name not in found, result["name"]
        found[name] = (result, rows[result["name"]])
    return found, results


def check_row(result: dict, row: dict, expected) -> None:
    """Compare points, status and review of a hand-in with those that it must get."""
    wanted = {key: value for key, value in expected.points.items() if value is not ANY}
    about = {key: row[key] for key in ("status", "review", "notes")} | {
        mark["task"]: mark["reason"] for mark in result["marks"] if mark["points"] == 0
    }
    assert {key: row[key] for key in wanted} == wanted, about
    assert row["status"] == expected.status, about
    assert expected.review in (None, bool(row["review"])), about
    assert all(words in f"{row['notes']}; {row['review']}" for words in expected.notes), about
