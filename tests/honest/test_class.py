"""Grade a class of honest hand-ins, each made and saved in another way: all get their row."""

import csv

import pytest

from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.write import BOOK, REPORTS, write_results
from tests.honest.graded_class import NOTEBOOKS, check_row, grade_class
from tests.honest.styles import STYLES

pytestmark = pytest.mark.honest
FIRST_GROUP = 101


@pytest.fixture(scope="module")
def graded(tmp_path_factory, request):
    """Return the results and the gradebook's rows by the styles' names, and the output folder.

    Copies are not looked for: all hand-ins of this class are made from one.
    """
    folder = tmp_path_factory.mktemp("honest")
    changes = {name: change for name, (change, _) in STYLES.items()}
    found, results = grade_class(changes, FIRST_GROUP, folder, request.config)
    write_results(results, read_source_notebooks(NOTEBOOKS), folder / "out")
    return found, folder / "out"


@pytest.mark.parametrize("name", STYLES)
def test_each_hand_in_gets_its_row(graded, name):
    check_row(*graded[0][name], STYLES[name][1])


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
