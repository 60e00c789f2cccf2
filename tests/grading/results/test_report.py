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
    assert "10 of 30 points so far; texts worth 5 points are not yet marked." in page.text
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


@pytest.mark.parametrize(("points", "said"), [(5, "All is well."), (2.5, ""), (0, "")])
def test_points_without_a_comment_stand_alone(result, source_notebook, points, said):
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


def page_of(result, source_notebook, tmp_path, title=""):
    write_reports([result], {"lab.ipynb": source_notebook}, tmp_path, title)
    page = BeautifulSoup((tmp_path / "_b_ann.html").read_text(), "html.parser")
    return page, [tag.text for tag in page.body.find_all(["p", "h1"])]


def test_the_course_stands_above_the_name(result, source_notebook, tmp_path):
    _, told = page_of(result, source_notebook, tmp_path, "Lab 3")
    assert told[:2] == ["Lab 3", "<b>ann"]


def test_an_adjusted_text_waits_for_nobody(result, source_notebook, tmp_path):
    result["marks"][2] |= {"points": 3, "adjusted": "changed from nothing to 3 points: spoken"}
    page, told = page_of(result, source_notebook, tmp_path)
    assert "13 of 35 points." in told
    assert "Changed from nothing to 3 points: spoken." in page.text
    assert "A person will mark" not in page.text
    result["marks"][2] |= {"points": None, "is_excused": True, "adjusted": "excused: ill"}
    page, told = page_of(result, source_notebook, tmp_path)
    assert "10 of 30 points." in told
    assert "Excused: ill." in page.text
    assert "A person will mark" not in page.text


def test_how_the_grader_ran_the_network_is_not_told(result, source_notebook, tmp_path):
    how = "the network was rebuilt from its architecture, pixels divided by 255, 700 images"
    result["notes"] += [f"lab.ipynb: {how}"]
    page, _ = page_of(result, source_notebook, tmp_path)
    assert [item.text for item in page.find_all("li")][-1] == "task 'f1': 2 cells joined"


def test_a_total_that_is_no_sum_is_explained(result, source_notebook, tmp_path):
    assert not any("Sum of" in line for line in page_of(result, source_notebook, tmp_path)[1])
    result["late"] = {"days": 2, "counted": 2, "percent": 20, "points": -2.0}
    result["whole"] = {"change": 1.5, "reason": "spoken"}
    _, told = page_of(result, source_notebook, tmp_path)
    assert told[1:5] == [
        "Sum of the tasks: 10.",
        "Handed in 2 days late: 20 % off, -2 points.",
        "Adjusted: +1.5 points: spoken.",
        "9.5 of 30 points so far; texts worth 5 points are not yet marked.",
    ]


def test_who_is_excused_without_points_reads_no_list(result, source_notebook, tmp_path):
    result |= {"is_excused": True, "status": "unreadable", "whole": {"reason": "ill"}}
    page, told = page_of(result, source_notebook, tmp_path)
    assert page.find("table") is not None  # 10 points were reached
    result["marks"][0]["points"] = 0
    page, told = page_of(result, source_notebook, tmp_path)
    assert told == ["<b>ann", "Excused: ill."]
    assert page.find("table") is None
    assert page.find("li") is None
