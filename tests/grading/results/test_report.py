import json

import pytest
from bs4 import BeautifulSoup

from cnn_utils.grading.results.report import gradescope, student_report, write_reports

FACTS = {"part1_accuracy": 0.9899, "lenet_fingerprint": "abc"}


@pytest.fixture
def result():
    def mark(task, points, max_points, kind="code", reason="", review=""):
        report = {"part": "lab.ipynb", "task": task, "kind": kind, "reason": reason}
        return {**report, "points": points, "max_points": max_points, "review": review}

    return {
        "name": "<b>ann",
        "file": "_b_ann",
        "status": "timeout",
        "marks": [
            mark("f1", 10, 10),
            mark("ten-digits", 0, 20, reason="<script>alert(1)</script>", review="look, secret"),
            mark("why", None, 5, "answer", "A person will mark this."),
        ],
        "notes": ["task 'f1': 2 cells joined"],
        "facts": FACTS,
        "seconds": 3.2,
    }


def test_points_and_headings(result, source_notebook):
    report = student_report(result, {"lab.ipynb": source_notebook})
    assert (report["score"], report["max_score"], report["to_mark"]) == (10, 35, 5)
    assert [task["heading"] for task in report["tasks"]] == ["F1", "Ten digits", "Why?"]
    assert report["facts"] == {"Accuracy of your LeNet on the test digits": "98.99 %"}


def test_the_page_shows_text_as_text_and_nothing_for_instructors(result, source_notebook, tmp_path):
    write_reports([result], {"lab.ipynb": source_notebook}, tmp_path / "reports")
    text = (tmp_path / "reports" / "_b_ann.html").read_text()
    page = BeautifulSoup(text, "html.parser")
    assert page.find("h1").text == "<b>ann"
    assert page.find("script") is None
    assert "10 of 35 points; 5 of them are not yet marked." in page.text
    rows = [[cell.text.strip() for cell in row.find_all("td")] for row in page.find_all("tr")[1:]]
    assert rows == [
        ["F1", "10 of 10", "All is well."],
        ["Ten digits", "0 of 20", "<script>alert(1)</script>"],
        ["Why? (text)", "– of 5", "A person will mark this."],
    ]
    assert "secret" not in text
    assert "abc" not in text


def test_gradescope_reads_its_own_format(result, source_notebook, tmp_path):
    write_reports([result], {"lab.ipynb": source_notebook}, tmp_path)
    found = json.loads((tmp_path / "_b_ann.json").read_text())
    assert found == gradescope(result, {"lab.ipynb": source_notebook})
    assert found["score"] == 10
    assert [test["score"] for test in found["tests"]] == [10, 0, 0]
    assert found["leaderboard"] == [{"name": "MNIST", "value": 0.9899, "order": "desc"}]
    assert "took too long" in found["output"]


@pytest.mark.parametrize(
    ("points", "said"), [(5, "All is well."), (2.5, "2.5 of 5 points."), (0, "0 of 5 points.")]
)
def test_points_without_a_comment_say_how_many(result, source_notebook, points, said):
    result["marks"][2].update(points=points, reason="")
    report = student_report(result, {"lab.ipynb": source_notebook})
    assert report["tasks"][2]["reason"] == said
    assert gradescope(result, {"lab.ipynb": source_notebook})["tests"][2]["output"] == said


def test_group_and_members_are_shown_and_nothing_controls_the_page(
    result, source_notebook, tmp_path
):
    result["marks"][1]["reason"] = "Your maps are 24 x 24;\nexpected 28 x 28.\x1b[2J\u202e"
    result |= {"group": {"group number": "7", "members": "Ann\u200b Berg"}, "members": ["a_1_2_x"]}
    write_reports([result], {"lab.ipynb": source_notebook}, tmp_path)
    text = (tmp_path / "_b_ann.html").read_text()
    assert "Group number: 7. Members: Ann Berg" in text
    assert "Uploaded by a_1_2_x." in text
    assert "Your maps are 24 x 24;\nexpected 28 x 28.?[2J" in text
    assert not {"\x1b", "\u202e", "\u200b"} & set(text)
    found = json.loads((tmp_path / "_b_ann.json").read_text())
    assert found["tests"][1]["output"] == "Your maps are 24 x 24;\nexpected 28 x 28.?[2J"
