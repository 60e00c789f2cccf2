import csv

import pytest

from cnn_utils.grading.results.adjustments import Adjustment, adjusted
from cnn_utils.grading.results.changes import write_changes
from cnn_utils.grading.results.course import Course
from cnn_utils.grading.results.gradebook import as_rows, columns, write_gradebook
from tests.grading.results.test_gradebook import result

COURSE = Course(percent_per_day=10)
ANN = {"input_hash": "a", "master_hash": "m"}


@pytest.fixture
def run(source_notebook, tmp_path):
    """Return a function that does what a run of `grade` does, and returns what it tells."""
    books, book = {"lab.ipynb": source_notebook}, tmp_path / "gradebook.csv"

    def run(results, *adjustments):
        results = adjusted(results, list(adjustments), COURSE, tmp_path / "adjustments.csv")
        rows = as_rows(results, books)
        n_changes = write_changes(book, results, rows, columns(books))
        write_gradebook(rows, books, book)
        file = tmp_path / "changes.csv"
        if not file.exists():
            assert n_changes == 0
            return []
        with file.open(encoding="utf-8-sig", newline="") as opened:
            found = [tuple(row.values()) for row in csv.DictReader(opened)]
        file.unlink()
        assert len(found) == n_changes
        return found

    return run


def changed(marks, **fields):
    """Return ann's result with other points: [(index, points, reason), ...]."""
    row = result("ann", **{**ANN, **fields})
    for i, points, reason in marks:
        row["marks"][i] |= {"points": points, "reason": reason}
    return row


def test_the_first_run_and_one_without_changes_write_nothing(run):
    assert run([changed([])]) == []
    assert run([changed([])]) == []


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (changed([(2, 4.5, "Nice")]), ("why (text)", "", "4.5", "marked: Nice")),
        (changed([(0, 0, "Wrong")], input_hash="b"), ("f1", "10", "0", "handed in again")),
        (
            changed([(1, 20, "")], master_hash="n"),
            ("ten-digits", "0", "20", "the worked notebooks, labels or kit changed"),
        ),
        (changed([(0, 0, "Wrong")]), ("f1", "10", "0", "graded again: Wrong")),
    ],
    ids=["marked", "handed in", "kit", "again"],
)
def test_each_change_has_its_cause(run, after, line):
    run([changed([]), result("bo")])
    assert run([after, result("bo")]) == [("ann", *line)]


def test_a_person_changes_and_takes_it_back(run):
    rows = [Adjustment(2, "ann", "f1", points=5, reason="cited"), Adjustment(3, "ann", days_late=2)]
    run([changed([])])
    assert run([changed([])], *rows) == [
        ("ann", "f1", "10", "5", "changed from 10 to 5 points: cited"),
        (
            "ann",
            "whole",
            "10",
            "4",
            "2 days late: -1 points; f1 changed from 10 to 5 points: cited",
        ),
    ]
    assert run([changed([])]) == [
        ("ann", "f1", "5", "10", "its adjustment was withdrawn"),
        ("ann", "whole", "4", "10", "a deduction or an adjustment was withdrawn"),
    ]


def test_who_comes_and_goes_is_named(run):
    run([changed([]), result("bo")])
    rows = [Adjustment(2, "eve", excused=True)]
    assert run([changed([]), result("cy")], *rows) == [
        ("cy", "whole", "", "10", "new: handed in"),
        ("eve", "whole", "", "0", "new: excused"),
        ("bo", "whole", "10", "", "its row was removed"),
    ]


def test_who_is_excused_keeps_what_was_there(run):
    run([changed([])])
    found = run([changed([])], Adjustment(2, "ann", "f1", excused=True, reason="ill"))
    assert found == [("ann", "f1", "10", "excused", "excused: ill")]


def test_a_gradebook_that_a_spreadsheet_saved_is_the_same(run, tmp_path):
    run([changed([(0, 7.5, "")])])
    book = tmp_path / "gradebook.csv"
    text = book.read_text("utf-8-sig").replace("7.5", "7|5").replace(",", ";").replace("|", ",")
    book.write_text(text, encoding="cp1252")
    assert run([changed([(0, 7.5, "")])]) == []


def test_a_removed_mark_is_told_so_and_an_old_file_is_emptied(run, tmp_path):
    run([changed([(2, 4, "")])])
    waiting = changed([(2, None, "A person will mark this.")])
    assert run([waiting]) == [("ann", "why (text)", "4", "", "its mark was removed")]
    (tmp_path / "changes.csv").write_text("of an earlier run")
    assert run([waiting]) == []
