import csv

import pytest

from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.gradebook import as_rows, write_gradebook
from cnn_utils.grading.results.similarity import Pair
from tests.grading.small_lab import LAB


@pytest.fixture
def source_notebooks(tmp_path):
    (tmp_path / "lab.py").write_text(LAB)
    return read_source_notebooks(tmp_path)


def mark(task, points, kind="code", max_points=10, review=""):
    fields = {"part": "lab.ipynb", "task": task, "kind": kind, "reason": "", "review": review}
    return {**fields, "points": points, "max_points": max_points}


def result(name="ann", facts=(), notes=(), **changed):
    marks = [mark("f1", 10), mark("ten-digits", 0, max_points=20, review="look at this")]
    marks.append(mark("why", None, "answer", 5))
    row = {"name": name, "status": "complete", "marks": marks, "facts": dict(facts)}
    return {**row, "notes": list(notes), "sandbox": "bwrap", "seconds": 3.2, **changed}


def test_points_are_added_and_what_waits_is_counted_apart(source_notebooks):
    (row,) = as_rows([result()], source_notebooks)
    assert (row["score"], row["max_score"], row["to_mark"]) == (10, 35, 5)
    assert (row["f1"], row["ten-digits"], row["why (text)"]) == (10, 0, "")
    assert row["review"] == "ten-digits: look at this"


def test_whom_a_hand_in_is_like_is_named(source_notebooks):
    pairs = [Pair("ann", "bo", "same lenet network"), Pair("cy", "ann", "much alike", 0.754)]
    rows = as_rows([result("ann"), result("bo"), result("dan")], source_notebooks, pairs)
    assert [row["review"].partition("; ")[2] for row in rows] == [
        "same lenet network as bo; much alike as cy (75%)",
        "same lenet network as ann",
        "",
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_runs_nothing(source_notebooks, tmp_path, text):
    write_gradebook(
        as_rows([result(text, notes=[text])], source_notebooks),
        source_notebooks,
        tmp_path / "book.csv",
    )
    with (tmp_path / "book.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    for name in ("name", "notes"):
        assert not row[name].startswith(("=", "+", "-", "@", "\t"))


def test_whole_numbers_are_written_so_and_lines_stay_lines(source_notebooks, tmp_path):
    write_gradebook(
        as_rows([result(notes=["a\nb"])], source_notebooks), source_notebooks, tmp_path / "book.csv"
    )
    lines = (tmp_path / "book.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("ann,,,complete,10,35,5,,,,10,0,,")


def test_group_members_and_uploaders_stand_in_the_book(source_notebooks, tmp_path):
    header = {"group number": "7", "members": "Ann Berg,\nBo\u202e Dahl"}
    found = result(group=header, members=["bergann_1_2_x", "dahlbo_3_4_x"], review=["look"])
    rows = as_rows([found, result("cy", group={"members": 3}, members=[])], source_notebooks)
    assert rows[0]["review"] == "ten-digits: look at this; look"
    assert (rows[0]["group"], rows[0]["members"]) == (header, ["bergann_1_2_x", "dahlbo_3_4_x"])
    assert rows[1]["members"] == ["cy"]
    write_gradebook(rows, source_notebooks, tmp_path / "book.csv")
    with (tmp_path / "book.csv").open(encoding="utf-8-sig", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["group"], first["members"]) == ("7", "Ann Berg, Bo Dahl")
    assert first["uploaded_by"] == "bergann_1_2_x, dahlbo_3_4_x"
    assert (second["group"], second["members"], second["uploaded_by"]) == ("", "3", "cy")
