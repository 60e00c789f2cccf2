import base64
import hashlib
import json
import re
import time

import pytest
from bs4 import BeautifulSoup
from markupsafe import escape

from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.results.manual_grading import merge_marks
from cnn_utils.grading.results.marking_page import SAFE, write_marking_page
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
    rows = {row["html"].strip(): row for row in data["rows"]}
    assert rows["<p>So.</p>"]["figures"] == [f"data:image/png;base64,{PNG}"]
    assert rows["<p>No.</p>"]["figures"] == []
    assert set(rows["<p>No.</p>"]) == {*data["columns"], "html", "figures"}
    assert "ann" not in str(found)


def test_no_text_becomes_a_program(page):
    """Only the page's own script runs: its hash is all that the policy allows."""
    evil = "</script><script>alert(1)</script><!-- <b>"
    found, data = page(result("ann", evil))
    assert BeautifulSoup(data["rows"][0]["html"], "html.parser").text.strip() == evil
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


def shown(page, text):
    """Return the HTML of an answer, without the line breaks between its tags."""
    _, data = page(result("ann", text))
    return data["rows"][0]["html"].replace("\n", "")


def test_an_answer_is_rendered_as_the_model_answer_is(page):
    table = "| a | b |\n|---|--:|\n| 1 | **2** |\n\n- one\n- `x < y`"
    assert shown(page, table) == (
        "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
        "<tbody><tr><td>1</td><td><strong>2</strong></td></tr></tbody></table>"
        "<ul><li>one</li><li><code>x &lt; y</code></li></ul>"
    )
    # A heading with the id of the page's own field would take its place.
    assert shown(page, "# points\n\nLoss $a_1 < b_1$ and $$x*y*z$$") == (
        "<h1>points</h1><p>Loss $a_1 &lt; b_1$ and $$x*y*z$$</p>"
    )


@pytest.mark.parametrize(
    ("evil", "harmless"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("a <img src=x onerror=alert(1)>", "<p>a &lt;img src=x onerror=alert(1)&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>x</p>"),
        ("[x](data:text/html,<script>alert(1)</script>)", None),
        ("[x](data:text/html;base64,PHNjcmlwdD4=)", "<p>x</p>"),
        ('[x](https://a.example "t")', "<p>x</p>"),
        ("<https://a.example>", "<p>https://a.example</p>"),
        ("![x](https://a.example/a.png)", "<p>[a picture]</p>"),
        ("![x](attachment:a.png)", "<p>[a picture]</p>"),
        ("![](x onerror=alert(1))", None),
        ('```"><script>\nx\n```', None),
        ("```mermaid\n<b>x</b>\n```", "<pre>&lt;b&gt;x&lt;/b&gt;</pre>"),
        ("```mermaid\n<!--><img src onerror=alert(1)>-->\n```", None),
        ("$<img src=x onerror=alert(1)>$", "<p>$&lt;img src=x onerror=alert(1)&gt;$</p>"),
        ("\\begin{<b>}\nx\n\\end{<b>}", None),
        ("| a |\n|---|\n| <script>alert(1)</script> |", None),
        ("<!-- --><svg/onload=alert(1)>", None),
        ("[a]: javascript:alert(1)\n\n[x][a]", "<p>x</p>"),
        ("<math><mtext></p><style><!--</style><img title='--><img src onerror=alert(1)>'>", None),
    ],
)
def test_a_hostile_answer_is_text_with_a_form(page, evil, harmless):
    html = shown(page, evil)
    assert harmless in (None, html)
    found = re.findall(r"<(/?)([^>]*)", html)
    assert {name.rstrip("/") for _, name in found} <= SAFE  # so none has an attribute


def test_a_long_text_is_shown_as_it_is(page):
    text = "*x* <b> " * 2_501
    assert shown(page, text) == f"<pre>{escape(text)}</pre>"


def test_a_text_that_the_renderer_refuses_is_shown_as_it_is(page, monkeypatch):
    def fail(*_):
        raise RecursionError

    monkeypatch.setattr("bs4.BeautifulSoup.decode", fail)
    assert shown(page, "*x* <b>") == "<pre>*x* &lt;b&gt;</pre>"


def test_hostile_markdown_takes_seconds_at_most(page):
    start = time.perf_counter()
    shown(page, "\\\\[" * 5_000)
    assert time.perf_counter() - start < 10
