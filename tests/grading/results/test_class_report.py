import base64
import re
from itertools import combinations

import pytest
from bs4 import BeautifulSoup

from cnn_utils.grading.results.class_report import class_summary, write_class_report, write_figures
from cnn_utils.grading.results.gradebook import as_rows
from cnn_utils.grading.results.similarity import Pair
from tests.grading.results.test_gradebook import mark, result


def class_of_three(source_notebook):
    source_notebooks = {"lab.ipynb": source_notebook}
    none = [mark("f1", 0), mark("ten-digits", 0, max_points=20), mark("why", 0, "answer", 5)]
    full = [mark("f1", 10), mark("ten-digits", 20, max_points=20), mark("why", 5, "answer", 5)]
    results = [
        result("ann", {"part1_accuracy": 0.9}),
        result("bo", {"part1_accuracy": 0.98}, marks=none, seconds=9, status="timeout"),
        result("<b>cy</b>", marks=full),
    ]
    pairs = [Pair("ann", "bo", "much the same", 0.5, ("<script>", "x"))]
    return as_rows(results, source_notebooks, pairs), source_notebooks, pairs


def test_the_numbers_of_a_class(source_notebook):
    about = class_summary(*class_of_three(source_notebook))
    assert about["statuses"] == [("complete", 2), ("timeout", 1)]
    assert (about["n"], about["median"], about["max_score"], about["to_mark"]) == (3, 10, 35, 1)
    # 10, 0 and 35 of 35 points
    assert [bar["n"] for bar in about["bars"]] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    names = ("n_full", "n_some", "n_none", "n_waiting")
    counted = {task["key"]: [task[name] for name in names] for task in about["tasks"]}
    assert counted == {"f1": [2, 0, 1, 0], "ten-digits": [1, 0, 2, 0], "why (text)": [1, 0, 1, 1]}
    assert about["accuracies"] == [("LeNet on the test digits", 0.94, 0.9, 0.98)]
    assert (about["seconds"], about["slowest"][0]) == ((3.2, pytest.approx(15.4)), (9, "bo"))


def test_the_page_shows_them_and_runs_nothing(source_notebook, tmp_path):
    write_class_report(*class_of_three(source_notebook), tmp_path / "class.html")
    page = (tmp_path / "class.html").read_text()
    assert "3 hand-ins: 2 complete, 1 timeout" in re.sub(r"\s+", " ", page)
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>cy" not in page
    assert "ann and bo: much the same (50 %)" in page


def test_a_class_of_none_is_a_page(source_notebook, tmp_path):
    write_class_report([], {"lab.ipynb": source_notebook}, [], tmp_path / "class.html")
    assert "0 hand-ins" in (tmp_path / "class.html").read_text()


PNG = base64.b64encode(b"\x89PNG a picture").decode()
SVG = base64.b64encode(
    b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
).decode()


def figures_of(tmp_path, source_notebook, *results):
    pages = write_figures(list(results), {"lab.ipynb": source_notebook}, tmp_path / "figures")
    return pages, [BeautifulSoup((tmp_path / path).read_text(), "html.parser") for _, path in pages]


def with_figures(name, *figures, **more):
    return result(name, figures={"lab.ipynb/ten-digits": list(figures)}, **more)


def test_figures_of_a_task_stand_side_by_side(source_notebook, tmp_path):
    header = {"group number": "7", "members": "Ann\u202e & Bo"}
    results = [
        with_figures("ann", ["image/png", PNG], ["image/svg+xml", SVG], group=header),
        with_figures("bo\x1b[2J", ["image/png", PNG[:40] + "\n" + PNG[40:]]),
        result("cy"),
    ]
    pages, (page,) = figures_of(tmp_path, source_notebook, *results)
    assert pages == [("Ten digits (ten-digits)", "figures/lab_ten_digits.html")]
    assert [h.text for h in page.find_all("h2")] == ["ann", "bo?[2J"]
    assert "Group 7: Ann & Bo" in page.text
    images = page.find_all("img")
    assert [img["src"][:26] for img in images] == [
        "data:image/png;base64,iVBO",
        "data:image/svg+xml;base64,",
        "data:image/png;base64,iVBO",
    ]
    assert images[1]["alt"] == "Figure 2 of ann"
    assert page.find("script") is None
    class_page = tmp_path / "class.html"
    rows = as_rows(results, {"lab.ipynb": source_notebook})
    write_class_report(rows, {"lab.ipynb": source_notebook}, [], class_page, pages)
    assert 'href="figures/lab_ten_digits.html"' in class_page.read_text()


@pytest.mark.parametrize(
    "figure",
    [
        ["text/html", PNG],
        ["image/png", '"><script>'],
        ["image/png", ""],
        ["image/png", "A" * 4_000_000],
        ['image/png;x="', PNG],
        ["application/pdf", PNG],
    ],
)
def test_only_pictures_are_shown_and_others_are_counted(source_notebook, tmp_path, figure):
    _, (page,) = figures_of(tmp_path, source_notebook, with_figures("ann", figure))
    assert not page.find_all("img")
    assert "1 in the notebook, not shown here" in page.text


def test_pages_of_figures_are_bounded(source_notebook, tmp_path, monkeypatch):
    many = with_figures("ann", *[["image/png", PNG]] * 20)
    _, (page,) = figures_of(tmp_path, source_notebook, many)
    assert (len(page.find_all("img")), "14 more in the notebook" in page.text) == (6, True)
    monkeypatch.setattr("cnn_utils.grading.results.class_report.MAX_PAGE", 260)
    _, (page,) = figures_of(tmp_path, source_notebook, many, with_figures("bo", ["image/png", PNG]))
    assert [len(s.find_all("img")) for s in page.find_all("section")] == [6, 0]
    assert "1 in the notebook" in page.text


def test_what_only_its_check_proves_is_said_once_for_the_class(source_notebook, tmp_path):
    alone = [{**mark("ten-digits", 20, review="by its check alone"), "by_check_alone": True}]
    results = [result(name, marks=alone, review=["two uploads differ"]) for name in ("ann", "bo")]
    source_notebooks = {"lab.ipynb": source_notebook}
    rows = as_rows(results, source_notebooks)
    assert [row["review"] for row in rows] == ["two uploads differ"] * 2
    write_class_report(rows, source_notebooks, [], tmp_path / "class.html")
    page = (tmp_path / "class.html").read_text()
    assert page.count("Task ten-digits: 2 hand-ins have its points by its check alone") == 1
    assert "by its check alone; no other" in page


def test_an_equal_network_alone_is_a_remark(source_notebook, tmp_path):
    pairs = [Pair("ann", "bo", "same cnn network", is_sign=False)]
    rows = as_rows([result("ann"), result("bo")], {"lab.ipynb": source_notebook}, pairs)
    assert not any("network" in row["review"] for row in rows)
    write_class_report(rows, {"lab.ipynb": source_notebook}, pairs, tmp_path / "class.html")
    assert "by itself no sign" in (tmp_path / "class.html").read_text()


def page_of(rows, source_notebook, tmp_path, pairs=()):
    write_class_report(rows, {"lab.ipynb": source_notebook}, pairs, tmp_path / "class.html")
    return BeautifulSoup((tmp_path / "class.html").read_text(), "html.parser")


def table_below(page, heading):
    table = page.find("h2", string=heading).find_next("table")
    return [
        [" ".join(cell.text.split()) for cell in row.find_all("td")]
        for row in table.find_all("tr")[1:]
    ]


def test_questions_come_first_and_copies_take_one_line(source_notebook, tmp_path):
    names = [f"group{i}" for i in range(1, 10)]
    pairs = [Pair(a, b, "same cnn network") for a, b in combinations(names, 2)]
    pairs += [Pair(a, b, "much alike", 0.7, ("x", "y")) for a, b in combinations("abc", 2)]
    none = [mark("f1", 10)]
    results = [result(name, marks=none) for name in [*names, "a", "b", "c"]]
    results[8]["review"] = ["two uploads differ"]
    rows = as_rows(results, {"lab.ipynb": source_notebook}, pairs)
    assert rows[8]["review"] == (
        "two uploads differ; same cnn network as 8 others: group1, group2 and 6 more"
    )
    page = page_of(rows, source_notebook, tmp_path, pairs)
    assert table_below(page, "For a person to look at") == [
        ["group9", "", "two uploads differ"],
        ["group1, group2 and 7 more", "same cnn network"],
        ["a, b and c", "much alike"],
    ]
    lines = page.find_all("details")
    assert [" ".join(line.summary.text.split()) for line in lines] == [
        "group1, group2 and 7 more: same cnn network",
        "a, b and c: much alike (70 %)",
    ]
    assert lines[0].p.text == ", ".join(names)
    assert [len(line.find_all("pre")) for line in lines] == [0, 6]


def test_who_is_late_by_the_platform_s_word_is_listed(source_notebook, tmp_path):
    late = {"days": 2, "counted": 2, "percent": 20, "points": -2.0}
    results = [result("ann"), result("bo", is_late=True), result("cy", is_late=True, late=late)]
    rows = as_rows(results, {"lab.ipynb": source_notebook})
    assert table_below(page_of(rows, source_notebook, tmp_path), "Late or adjusted") == [
        ["bo", "10", "late", "", ""],
        ["cy", "8", "2", "-2", ""],
    ]


def test_one_hand_in_is_one(source_notebook, tmp_path):
    page = page_of(as_rows([result()], {"lab.ipynb": source_notebook}), source_notebook, tmp_path)
    told = " ".join(page.text.split())
    assert "1 hand-in: 1 complete." in told
    assert "1 has texts that are not yet marked" in told
