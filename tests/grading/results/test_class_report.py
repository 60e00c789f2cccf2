import re

import pytest

from cnn_utils.grading.results.class_report import class_summary, write_class_report
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
