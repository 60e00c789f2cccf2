"""A class of hostile hand-ins, graded in one batch in a real sandbox: each gets its row."""

import json
import subprocess
import time

import pytest

from cnn_utils.grading.batch import grade
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.gradebook import as_rows, write_gradebook
from cnn_utils.grading.sandbox.prepare import Settings
from cnn_utils.grading.sandbox.run_part import Limits
from tests.hostile.cases import CASES

pytestmark = pytest.mark.hostile
LIMITS = Limits(cell=12, whole=60)


@pytest.fixture(scope="session")
def places(new_course):
    folder = new_course()
    for name, case in CASES.items():
        place = folder / "handins" / name
        place.mkdir(parents=True)
        (place / case.name).write_bytes(case.data)
    zips = [name for name, case in CASES.items() if case.name.endswith(".zip")]
    for name in zips:  # a zip stands beside the folders, not in one
        (folder / "handins" / name / "lab.zip").rename(folder / "handins" / f"{name}.zip")
        (folder / "handins" / name).rmdir()
    return folder


def run(places):
    settings = Settings(places / "notebooks", sandbox="bwrap", limits=LIMITS)
    return grade(places / "handins", settings, places / "out", jobs=2)


@pytest.fixture(scope="session")
def graded(places):
    results = run(places)
    source_notebooks = read_source_notebooks(places / "notebooks")
    rows = as_rows(results, source_notebooks)
    write_gradebook(rows, source_notebooks, places / "out" / "gradebook.csv")
    return {row["name"]: row for row in rows}, {path.name for path in (places / "out").iterdir()}


@pytest.mark.parametrize("name", CASES)
def test_each_hand_in_gets_its_row(graded, name):
    row, case = graded[0][name], CASES[name]
    assert (row["score"], row["status"]) == (case.score, case.status), row
    assert case.review in (None, bool(row["review"])), row


def test_there_is_a_row_for_each_and_nothing_is_left_over(graded, places):
    rows, left = graded
    assert set(rows) == set(CASES)
    assert left == {"results", "gradebook.csv"}
    time.sleep(1)
    running = subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
    assert "MARK-OF-A-DAEMON" not in running
    assert str(places) not in running


def test_graded_again_nothing_is_run_and_the_book_is_the_same(graded, places):
    start = time.monotonic()
    results = run(places)
    unreadable = sum(case.status == "unreadable" for case in CASES.values())
    assert time.monotonic() - start < 20 + 3 * unreadable
    again = {
        row["name"]: row for row in as_rows(results, read_source_notebooks(places / "notebooks"))
    }
    for name, row in graded[0].items():
        same = {key: value for key, value in row.items() if key != "seconds"}
        assert {key: value for key, value in again[name].items() if key != "seconds"} == same


def test_a_changed_hand_in_is_graded_anew(graded, places):
    honest = places / "handins" / "honest" / "lab.ipynb"
    honest.write_bytes(CASES["one task wrong"].data)
    rows = as_rows(run(places), read_source_notebooks(places / "notebooks"))
    assert next(row["score"] for row in rows if row["name"] == "honest") == 10
    honest.write_bytes(CASES["honest"].data)


def test_results_are_plain_json(graded, places):
    for path in (places / "out" / "results").glob("*.json"):
        assert json.loads(path.read_text())["name"] in CASES
