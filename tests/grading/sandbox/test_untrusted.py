import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.sandbox import untrusted
from cnn_utils.grading.sandbox.untrusted import read_and_splice
from tests.grading.small_lab import F1, notebook


def test_answers_and_the_notebook_to_run_come_back(lab):
    reply = read_and_splice(lab, "lab.ipynb", "lab.ipynb", notebook(F1))
    assert reply["answers"]["code:f1"]["state"] == "answered"
    assert reply["answers"]["code:ten-digits"]["state"] == "missing"
    ids = [cell["metadata"]["grade_id"] for cell in reply["notebook"]["cells"]]
    assert ids == ["given:1", "task:f1", "check:f1", "hidden:f1"]


def test_what_can_t_be_read_is_one_sentence(lab):
    with pytest.raises(KitError, match="The file is empty"):
        read_and_splice(lab, "lab.ipynb", "lab.ipynb", b"")


def test_a_reader_that_dies_or_takes_too_long_is_one_sentence(lab, monkeypatch):
    monkeypatch.setattr(untrusted, "SECONDS", 0.01)
    with pytest.raises(KitError, match="could not be read in time or memory"):
        read_and_splice(lab, "lab.ipynb", "lab.ipynb", notebook(F1))
