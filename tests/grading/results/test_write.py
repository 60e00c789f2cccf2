import csv

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.results.course import Course
from cnn_utils.grading.results.write import write_results
from tests.grading.results.test_gradebook import result


def test_all_of_it_is_written_and_marks_are_taken_over(source_notebook, tmp_path):
    source_notebooks = {"lab.ipynb": source_notebook}
    found = [result("ann", file="ann", answers={"lab.ipynb/why (text)": "So."}, helpers={})]
    _, (row,), n_changes = write_results(found, source_notebooks, tmp_path)
    assert (row["score"], row["to_mark"]) == (10, 5)
    assert n_changes == 0
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == [
        "adjustments.csv",
        "class.html",
        "gradebook.csv",
        "marking.html",
        "reports",
        "to_mark.csv",
        "to_mark.key",
    ]
    sheet = tmp_path / "to_mark.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        (line,) = csv.DictReader(file)
    sheet.write_text(f"{','.join(line)}\n{line['id']},why,So.,5,4,\n")
    _, (row,), n_changes = write_results(found, source_notebooks, tmp_path)
    assert (row["score"], row["to_mark"], n_changes) == (14, 0, 1)
    assert "ann,why (text),,4,marked" in (tmp_path / "changes.csv").read_text()
    assert "14" in (tmp_path / "reports" / "ann.html").read_text()
    adjustments = tmp_path / "adjustments.csv"
    adjustments.write_text(adjustments.read_text("utf-8-sig") + "ann,f1,5,,,cited\nann,,,1,,\n")
    late = Course("Lab 3", percent_per_day=10)
    _, (row,), _ = write_results(found, source_notebooks, tmp_path, late)
    assert (row["score"], row["f1"], row["late_points"]) == (8.1, 5, -0.9)
    page = (tmp_path / "reports" / "ann.html").read_text()
    assert "Handed in 1 day late: 10 % off, -0.9 points." in page
    assert "Changed from 10 to 5 points: cited." in page
    page = (tmp_path / "class.html").read_text()
    assert "<h1>Lab 3</h1>" in page
    assert "f1 changed from 10 to 5 points: cited" in page


def test_who_is_excused_has_no_report_without_a_hand_in(source_notebook, tmp_path):
    (tmp_path / "adjustments.csv").write_text(
        "submission,task,points,days_late,excused,reason\nann,,,,yes,ill\neve,,,,yes,\n"
    )
    found = [result("ann", file="ann", answers={}, helpers={})]
    _, rows, _ = write_results(found, {"lab.ipynb": source_notebook}, tmp_path)
    assert [(row["name"], row["status"], row["f1"]) for row in rows] == [
        ("ann", "complete", "excused"),
        ("eve", "excused", "excused"),
    ]
    assert [path.name for path in (tmp_path / "reports").glob("*.html")] == ["ann.html"]
    assert "Excused: ill.</p>" in (tmp_path / "reports" / "ann.html").read_text()
    assert (
        "<p>0 hand-ins; 2 excused, not counted here.\n</p>" in (tmp_path / "class.html").read_text()
    )


def test_invalid_points_change_nothing(source_notebook, tmp_path):
    (tmp_path / "to_mark.csv").write_text("id,task,answer,most,points,comment\n")
    found = [result("ann", file="ann", answers={}, helpers={})]
    write_results(found, {"lab.ipynb": source_notebook}, tmp_path)
    sheet = tmp_path / "to_mark.csv"
    sheet.write_text(sheet.read_text("utf-8-sig").replace(",5,,", ",5,9,"))
    before = (tmp_path / "gradebook.csv").read_bytes()
    with pytest.raises(KitError, match="a number from 0 to 5; received 9"):
        write_results(found, {"lab.ipynb": source_notebook}, tmp_path)
    assert (tmp_path / "gradebook.csv").read_bytes() == before
