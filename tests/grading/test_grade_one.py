import pytest

from cnn_utils.grading import grade_one as module
from cnn_utils.grading.grade_one import BatchContext, grade_one
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.submissions import Submission
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
    return submission("ann", tmp_path / "lab.ipynb")


def submission(name, path):
    return Submission(name, [name], [str(path)], places={"lab.ipynb": (str(path), ())})


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


def test_what_can_not_be_read_is_a_row_to_look_at(context, tmp_path):
    nothing = Submission("bo", ["bo"], [str(tmp_path)], problem="It holds no files.")
    row = grade_one(nothing, context)
    assert (row["status"], row["notes"]) == ("unreadable", ["It holds no files."])
    assert row["review"] == ["It holds no files."]
    assert [mark["points"] for mark in row["marks"]] == [0, 0, 0]


def test_a_missing_part_is_an_incomplete_row(context, tmp_path):
    row = grade_one(Submission("bo", ["bo"], [str(tmp_path)]), context)
    assert (row["status"], row["notes"]) == ("incomplete", ["lab.ipynb: not handed in."])


def test_a_row_tells_who_handed_in_and_what_was_found(context, tmp_path, monkeypatch):
    found = Submission("bo", ["bo_1", "cy_2"], [], notes=["A note."], review=["Look."])
    row = grade_one(found, context)
    assert (row["members"], row["review"]) == (["bo_1", "cy_2"], ["Look."])
    assert row["notes"][0] == "A note."


def test_nothing_is_run_where_nothing_was_answered(context, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "run_parts", None)
    (tmp_path / "lab.ipynb").write_bytes(notebook("x = 1"))
    assert grade_one(submission("cy", tmp_path / "lab.ipynb"), context)["status"] == "complete"


def test_a_row_says_how_it_came_about(context, handed_in, monkeypatch):
    monkeypatch.setattr(module, "run_parts", lambda *arguments: {"lab.ipynb": Claims()})
    row = grade_one(handed_in, context)
    assert (row["sandbox"], row["master_hash"], row["status"]) == ("bwrap", "version", "crashed")
    assert row["answers"]["lab.ipynb/f1"].startswith("# task: f1")
    assert row["helpers"] == {"lab.ipynb": ""}
