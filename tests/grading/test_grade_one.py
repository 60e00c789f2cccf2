import pytest

from cnn_utils.grading import grade_one as module
from cnn_utils.grading.grade_one import BatchContext, files_of, grade_one
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.submissions import HandedIn
from cnn_utils.grading.sandbox.run_part import Claims, RunConfig
from cnn_utils.grading.sandbox.sandbox import Sandbox
from cnn_utils.grading.verify.reference_data import ReferenceData
from tests.grading.small_lab import F1, notebook


@pytest.fixture
def context(lab, tmp_path):
    run_config = RunConfig(Sandbox("bwrap"), tmp_path, tmp_path, tmp_path)
    return BatchContext(lab, read_source_notebooks(lab), ReferenceData(), run_config, "version")


@pytest.fixture
def handed_in(tmp_path):
    (tmp_path / "lab.ipynb").write_bytes(notebook(F1))
    return HandedIn("ann", tmp_path / "lab.ipynb")


def test_claims_without_a_comparison_give_no_points(context, handed_in, monkeypatch):
    claims = Claims("complete", {"task:f1": True, "check:f1": True})
    monkeypatch.setattr(module, "run_parts", lambda *arguments: {"lab.ipynb": claims})
    row = grade_one(handed_in, context)
    assert row["status"] == "complete"
    assert [(m["task"], m["points"]) for m in row["marks"]] == [
        ("f1", 0),
        ("ten-digits", 0),
        ("why", 0),
    ]
    assert "there is no result to compare" in row["marks"][0]["review"]


def test_the_grader_s_own_failure_is_a_row(context, handed_in, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(module, "run_parts", fail)
    row = grade_one(handed_in, context)
    assert row["status"] == "failed"
    assert row["notes"][-1] == "The grader failed: ZeroDivisionError: oh"
    assert len(row["marks"]) == 3


def test_an_empty_folder_is_an_incomplete_row(context, tmp_path):
    (tmp_path / "empty").mkdir()
    row = grade_one(HandedIn("bo", tmp_path / "empty"), context)
    assert (row["status"], row["notes"]) == ("incomplete", ["lab.ipynb: not handed in."])
    assert [mark["points"] for mark in row["marks"]] == [0, 0, 0]


def test_nothing_is_run_where_nothing_was_answered(context, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "run_parts", None)
    (tmp_path / "lab.ipynb").write_bytes(notebook("x = 1"))
    assert grade_one(HandedIn("cy", tmp_path / "lab.ipynb"), context)["status"] == "complete"


def test_a_row_says_how_it_came_about(context, handed_in, monkeypatch):
    monkeypatch.setattr(module, "run_parts", lambda *arguments: {"lab.ipynb": Claims()})
    row = grade_one(handed_in, context)
    assert (row["sandbox"], row["master_hash"], row["status"]) == ("bwrap", "version", "crashed")
    assert row["answers"]["lab.ipynb/f1"].startswith("# task: f1")
    assert row["helpers"] == {"lab.ipynb": ""}


def test_grading_looks_at_the_notebooks_alone_where_no_network_is_asked_for(context, handed_in):
    assert list(files_of(handed_in, context.source_notebooks)) == ["lab.ipynb"]
