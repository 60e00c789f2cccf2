import csv

import pytest
from small_lab import LAB

from cnn_utils.grading.gradebook import as_rows, write_gradebook
from cnn_utils.grading.spec import read_masters


@pytest.fixture
def masters(tmp_path):
    (tmp_path / "lab.py").write_text(LAB)
    return read_masters(tmp_path)


def mark(task, points, kind="code", most=10, review=""):
    told = {"part": "lab.ipynb", "task": task, "kind": kind, "reason": "", "review": review}
    return {**told, "points": points, "most": most}


def result(name="ann", facts=(), notes=(), **changed):
    marks = [mark("f1", 10), mark("ten-digits", 0, most=20, review="look at this")]
    marks.append(mark("why", None, "answer", 5))
    row = {"name": name, "status": "complete", "marks": marks, "facts": dict(facts)}
    return {**row, "notes": list(notes), "sandbox": "bwrap", "seconds": 3.2, **changed}


def test_points_are_added_and_what_waits_is_counted_apart(masters):
    (row,) = as_rows([result()], masters)
    assert (row["score"], row["max_score"], row["to_mark"]) == (10, 35, 5)
    assert (row["f1"], row["ten-digits"], row["why (text)"]) == (10, 0, "")
    assert row["review"] == "ten-digits: look at this"


def test_the_same_network_twice_is_named(masters):
    same = {"lenet_fingerprint": "abc"}
    rows = as_rows([result("ann", same), result("bo", same), result("cy")], masters)
    assert [("same lenet network as" in row["review"]) for row in rows] == [True, True, False]
    assert rows[0]["review"].endswith("same lenet network as bo")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "=cmd|' /C calc'!A0"])
def test_a_spreadsheet_runs_nothing(masters, tmp_path, text):
    write_gradebook([result(text, notes=[text])], masters, tmp_path / "book.csv")
    with (tmp_path / "book.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    for name in ("name", "notes"):
        assert not row[name].startswith(("=", "+", "-", "@", "\t"))


def test_whole_numbers_are_written_so_and_lines_stay_lines(masters, tmp_path):
    write_gradebook([result(notes=["a\nb"])], masters, tmp_path / "book.csv")
    lines = (tmp_path / "book.csv").read_text().splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("ann,complete,10,35,5,10,0,,")
