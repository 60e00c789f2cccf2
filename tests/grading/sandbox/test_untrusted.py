import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.sandbox import untrusted
from cnn_utils.grading.sandbox.untrusted import read_and_splice
from tests.grading.small_lab import F1, notebook


@pytest.fixture
def lab(lab):
    return read_source_notebooks(lab)["lab.ipynb"]


def test_answers_and_the_notebook_to_run_come_back(lab):
    reply = read_and_splice(lab, notebook(F1))
    assert reply["answers"]["code:f1"]["state"] == "answered"
    assert reply["answers"]["code:ten-digits"]["state"] == "missing"
    ids = [cell["metadata"]["grade_id"] for cell in reply["notebook"]["cells"]]
    assert ids == ["given:1", "task:f1", "check:f1", "hidden:f1"]


def test_group_figures_and_names_in_the_run_come_back(lab):
    table = v4.new_markdown_cell("|||\n|-|-|\n| **Group number** | 7 |\n| **Members** | Ada |")
    cell = v4.new_code_cell(F1)
    pictures = ["AAAA", "A" * 3_000_000, *["BBBB"] * 30]
    cell.outputs = [v4.new_output("display_data", {"image/png": data}) for data in pictures]
    reply = read_and_splice(lab, notebook(table, "import math", cell))
    assert reply["group"] == {"group number": "7", "members": "Ada"}
    answer = reply["answers"]["code:f1"]
    assert (answer["ids"], answer["cells"], answer["has_figure"]) == (["task:f1"], [3], True)
    assert answer["figures"] == [["image/png", "AAAA"], *[["image/png", "BBBB"]] * 19]
    assert reply["helpers"] == {"helper:cell 2": ["import math"]}
    assert "task 'ten-digits': no cell found" in reply["notes"]


@pytest.mark.parametrize("source", ["x = 1", F1, "# task: f1\nraise NotImplementedError", "pass"])
def test_ten_thousand_cells_are_read_in_time(lab, source):
    stub = '# task: f1\nraise NotImplementedError("task f1: write it")'
    cells = [stub, *[source] * 9_998]
    reply = read_and_splice(lab, notebook(*cells))
    assert len(reply["answers"]) == 3


def test_what_can_t_be_read_is_one_sentence(lab):
    with pytest.raises(KitError, match="The file is empty"):
        read_and_splice(lab, b"")


def test_a_reader_that_dies_or_takes_too_long_is_one_sentence(lab, monkeypatch):
    monkeypatch.setattr(untrusted, "SECONDS", 0.01)
    with pytest.raises(KitError, match="could not be read in time or memory"):
        read_and_splice(lab, notebook(F1))
