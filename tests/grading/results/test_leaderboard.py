import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_markdown_cell

from cnn_utils.__main__ import main
from cnn_utils.grading.results.leaderboard import Entry, ranked, score, score_handins, write_page
from cnn_utils.submission import export_submission
from tests.grading.small_lab import notebook

LABELS = np.arange(10_000) % 10


def right_for(n):
    """Return predictions that are right for the first n images, the next class for the others."""
    predictions = (LABELS + 1) % 10
    predictions[:n] = LABELS[:n]
    return predictions


@pytest.fixture
def places(tmp_path):
    export_submission(LABELS, tmp_path / "labels.csv")
    for name, n in (("ann", 8_500), ("bo", 7_500), ("=cy()", 7_500), ("<b>di", 6_000)):
        (tmp_path / "in" / name).mkdir(parents=True)
        export_submission(right_for(n), tmp_path / "in" / name / "submission.csv")
    (tmp_path / "in" / "ed").mkdir()
    (tmp_path / "in" / "flo.ipynb").write_text("{}")
    return tmp_path


def test_accuracy_interval_and_f1():
    entry = score(right_for(8_000), LABELS)
    # Wilson's interval for 8,000 of 10,000 is 0.7920 to 0.8077; all classes alike, F1 is 0.8.
    assert (entry.accuracy, entry.f1) == pytest.approx((0.8, 0.8))
    assert (entry.low, entry.high) == pytest.approx((0.7920, 0.8077), abs=5e-5)


def test_equals_share_a_rank_and_baselines_have_none():
    entries = [Entry(name, a) for name, a in (("a", 0.7), ("b", 0.8), ("c", 0.8), ("d", 0.6))]
    lines = ranked(entries, {"BEAT ME": 0.7})
    assert [(line.name, line.rank) for line in lines] == [
        ("b", 1),
        ("c", 1),
        ("BEAT ME", 0),
        ("a", 3),
        ("d", 4),
    ]


def test_equals_stand_in_the_order_of_their_numbers_below_a_scale(tmp_path):
    entries = [Entry(f"g{i}", 0.7, 0.7, 0.69, 0.71, group=f"Group {i}") for i in (10, 11, 2, 3)]
    lines = ranked([*entries, Entry("low", 0.4321, 0.4, 0.42, 0.44, group="Group 1")], {})
    assert [line.group for line in lines] == [f"Group {i}" for i in (2, 3, 10, 11, 1)]
    write_page(lines, {}, tmp_path / "a.html", "Board")
    page = BeautifulSoup((tmp_path / "a.html").read_text(), "html.parser")
    scale = page.find("thead").find_all("th")[-1]
    # from a multiple of 5 % below the lowest interval
    assert [end.text for end in scale.find_all("span")] == ["40 %", "100 %"]
    assert "left: 50.0%" in page.find_all("b")[0]["style"]


def test_who_has_no_submission_is_named_with_the_reason(places):
    entries, refused = score_handins(places / "in", LABELS)
    assert {entry.name for entry in entries} == {"ann", "bo", "=cy()", "<b>di"}
    reason = "submission.csv was not handed in"
    assert refused == {"ed": reason, "flo": reason}


def test_the_command_writes_a_page_that_needs_nothing_else(places, capsys):
    options = ["--labels", str(places / "labels.csv"), "--out", str(places / "board.html")]
    options += ["--baseline", "BEAT ME=0.7", "--baseline", "SandvikNet=0.8"]
    assert main(["leaderboard", str(places / "in"), *options]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == [
        "   1  0.8500  Anonymous 1 (ann)",
        "   -  0.8000  SandvikNet",
        "   2  0.7500  Anonymous 2 (=cy())",
    ]
    text = (places / "board.html").read_text()
    page = BeautifulSoup(text, "html.parser")
    rows = [[cell.text.strip() for cell in row.find_all("td")] for row in page.find_all("tr")[1:]]
    assert [row[1] for row in rows] == [
        "Anonymous 1",
        "SandvikNet (baseline)",
        "Anonymous 2",
        "Anonymous 3",
        "BEAT ME (baseline)",
        "Anonymous 4",
    ]
    assert rows[0][:3] == ["1", "Anonymous 1", "85.00 %"]
    assert "src=" not in text
    assert "http" not in text
    # Only the instructor learns who handed in nothing.
    assert any("ed: submission.csv was not handed in" in line for line in said)
    assert "not scored" not in page.text


def test_the_class_reads_groups_and_no_files_or_numbers(tmp_path, source_notebook):
    table = "| | |\n|---|---|\n| **Group number** | {} |\n| **Group name** (optional) | {} |"
    headers = {
        "doejane_101_9001_x": ("7", "The\u202e nets"),
        "group12": ("", ""),
        "b": ("Alpha", ""),
    }
    for name, values in headers.items():
        place = tmp_path / "in" / name
        place.mkdir(parents=True)
        export_submission(right_for(7_000), place / "submission.csv")
        cell = new_markdown_cell(table.format(*values), metadata={"kind": "header"})
        (place / "lab.ipynb").write_bytes(notebook(cell))
    (tmp_path / "in" / "roemax_LATE_102_9002").mkdir()
    export_submission(right_for(7_000), tmp_path / "in" / "roemax_LATE_102_9002" / "submission.csv")
    entries, _ = score_handins(tmp_path / "in", LABELS, {"lab.ipynb": source_notebook})
    names = {entry.name: entry.group for entry in entries}
    assert names == {
        "doejane_101": "Group 7 (The\u202e nets)",
        "group12": "Group 12",
        "b": "Alpha",
        "roemax_LATE_102_9002": "",
    }
    write_page(ranked(entries, {}), {"x": "invalid"}, tmp_path / "a.html", "Board")
    page = (tmp_path / "a.html").read_text()
    assert "Group 7 (The nets)" in page
    assert "Anonymous 1" in page
    assert "roemax" not in page
    assert "1 not scored, because its file is invalid." in page


def test_an_empty_board_is_a_page_as_well(tmp_path):
    write_page([], {"ann": "x"}, tmp_path / "a.html", "Board")
    assert "<h1>Board</h1>" in (tmp_path / "a.html").read_text()
