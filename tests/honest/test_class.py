"""Grade a class of honest hand-ins, each made and saved in another way: all get their row."""

import csv
import time

import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.grading.batch import grade
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.gradebook import as_rows
from cnn_utils.grading.results.write import BOOK, REPORTS, write_results
from cnn_utils.grading.sandbox.prepare import Settings
from cnn_utils.grading.sandbox.sandbox import choose
from cnn_utils.grading.verify.reference_data import SAMPLE
from tests.honest.hand_in import ANY, HandIn, write
from tests.honest.styles import STYLES

pytestmark = pytest.mark.honest
NOTEBOOKS = KIT / "notebooks"
FIRST_GROUP = 101


@pytest.fixture(scope="module")
def graded(tmp_path_factory, request):
    """Return the results and the gradebook's rows by the styles' names, and the output folder.

    Copies are not looked for: all hand-ins of this class are made from one.
    """
    try:
        choose("bwrap")
    except KitError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("honest")
    groups = {}
    for number, (name, (change, _)) in enumerate(STYLES.items(), start=FIRST_GROUP):
        hand_in = HandIn(number)
        write(folder / "handins", change(hand_in) or hand_in.zipped())
        groups[number] = name
    start = time.monotonic()
    settings = Settings(NOTEBOOKS, SAMPLE, sandbox="bwrap")
    results = grade(folder / "handins", settings, folder / "out", jobs=2)
    seconds = time.monotonic() - start
    source_notebooks = read_source_notebooks(NOTEBOOKS)
    write_results(results, source_notebooks, folder / "out")
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{len(results)} hand-ins in {seconds:.0f} s")
    rows = {row["name"]: row for row in as_rows(results, source_notebooks)}
    found = {}
    for result in results:
        name = next(n for g, n in groups.items() if str(g) in result["name"])
        assert name not in found, result["name"]
        found[name] = (result, rows[result["name"]])
    return found, folder / "out"


@pytest.mark.parametrize("name", STYLES)
def test_each_hand_in_gets_its_row(graded, name):
    result, row = graded[0][name]
    expected = STYLES[name][1]
    points = {key: row[key] for key, value in expected.points.items() if value is not ANY}
    wanted = {key: value for key, value in expected.points.items() if value is not ANY}
    about = {key: row[key] for key in ("status", "review", "notes")} | {
        mark["task"]: mark["reason"] for mark in result["marks"] if mark["points"] == 0
    }
    assert points == wanted, about
    assert row["status"] == expected.status, about
    assert expected.review in (None, bool(row["review"])), about
    assert all(note in row["notes"] for note in expected.notes), about


@pytest.mark.parametrize("name", [n for n, (_, row) in STYLES.items() if row.reasons])
def test_the_reason_for_lost_points_is_told(graded, name):
    result, row = graded[0][name]
    report = next((graded[1] / REPORTS).glob(f"*{row['name']}*.html")).read_text("utf-8")
    marks = {
        mark["task"] + " (text)" * (mark["kind"] == "answer"): mark for mark in result["marks"]
    }
    for key, reason in STYLES[name][1].reasons.items():
        assert reason in marks[key]["reason"], marks[key]
        assert reason.partition("`")[0] in report


def test_everybody_is_in_the_gradebook_with_the_group_of_the_header(graded):
    with (graded[1] / BOOK).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(STYLES) >= 40
    assert sorted(int(row["group"]) for row in rows) == [
        FIRST_GROUP + i for i in range(len(STYLES))
    ]


def test_a_team_is_one_hand_in_of_all_its_members(graded):
    _, row = graded[0]["a team's folders, as Moodle names them"]
    assert len(row["members"]) == 2
    assert all(any(who in member for member in row["members"]) for who in ("Jane Doe", "Max Roe"))
