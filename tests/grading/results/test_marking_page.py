import base64
import hashlib
import json
import re

import pytest
from bs4 import BeautifulSoup

from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.manual_grading import merge_marks
from cnn_utils.grading.results.marking_page import write_marking_page
from tests.grading.results.test_manual_grading import result
from tests.grading.small_lab import LAB

PNG = base64.b64encode(b"\x89PNG").decode()
RUBRIC = 'task="why" rubric=["2: names the cause", "clear"] figures=["f1"]'
QUESTION = "# ### Why?\n#\n# Look at **it**.\n\n# %%\nprint(1)\n\n# %% [markdown]\n# And why?"


@pytest.fixture
def page(tmp_path):
    """Return a function that writes the page of some hand-ins and gives it and its data."""
    lab = LAB.replace('task="why"', RUBRIC).replace("# ### Why?", QUESTION)
    (tmp_path / "lab.py").write_text(lab)
    books = read_source_notebooks(tmp_path)
    sheet = tmp_path / "to_mark.csv"

    def page(*results):
        _, rows = merge_marks(list(results), books, sheet)
        write_marking_page(rows, books, sheet, "Lab <3>")
        text = (tmp_path / "marking.html").read_text()
        found = BeautifulSoup(text, "html.parser")
        return found, json.loads(found.find("script", id="data").string)

    return page


def test_the_page_holds_question_model_answer_and_rubric(page):
    found, data = page(result("ann", "So."))
    (task,) = data["tasks"]
    assert (task["name"], task["heading"], task["most"]) == ("why", "Why?", 5)
    assert BeautifulSoup(task["answer"], "html.parser").text.strip() == "Because."
    question = BeautifulSoup(task["question"], "html.parser")
    assert [p.text for p in question.find_all("p")] == ["Look at it.", "And why?"]
    assert task["rubric"] == [
        {"text": "2: names the cause", "points": 2},
        {"text": "clear", "points": 0},
    ]
    assert found.title.text == "Lab <3>: texts to mark"


def test_texts_are_anonymous_with_their_figures(page):
    figures = {"lab.ipynb/f1": [["image/png", PNG], ["text/html", PNG]]}
    found, data = page({**result("ann", "So."), "figures": figures}, result("bo", "No."))
    rows = {row["text"]: row for row in data["rows"]}
    assert rows["So."]["figures"] == [f"data:image/png;base64,{PNG}"]
    assert rows["No."]["figures"] == []
    assert set(rows["No."]) == {*data["columns"], "text", "figures"}
    assert "ann" not in str(found)


def test_no_text_becomes_a_program(page):
    """Only the page's own script runs: its hash is all that the policy allows."""
    evil = "</script><script>alert(1)</script><!-- <b>"
    found, data = page(result("ann", evil))
    assert data["rows"][0]["text"] == evil
    _, script = found.find_all("script")
    digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
    policy = found.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert re.search("script-src '([^']+)'", policy)[1] == f"sha256-{digest}"
    assert policy.startswith("default-src 'none'")


def test_the_batch_is_known_again_and_marks_stay(page, tmp_path):
    _, first = page(result("ann"))
    sheet = tmp_path / "to_mark.csv"
    sheet.write_text(sheet.read_text("utf-8-sig").replace(",5.0,,", ",5.0,4,'-1 for style"))
    _, second = page(result("ann"), result("bo"))
    assert first["batch"] == second["batch"]
    marked = {row["points"]: row["comment"] for row in second["rows"]}
    assert marked == {"4": "'-1 for style", "": ""}
