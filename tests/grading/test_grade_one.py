from dataclasses import replace

import pytest

from cnn_utils.grading import grade_one as module
from cnn_utils.grading.grade_one import BatchContext, grade_one
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.submissions import Submission
from cnn_utils.grading.sandbox.run_part import Claims, RunConfig
from cnn_utils.grading.sandbox.sandbox import Sandbox
from cnn_utils.grading.verify.reference_data import ReferenceData
from tests.grading.small_lab import F1, answer, notebook


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


def test_a_check_without_its_hidden_test_gives_no_points(context, handed_in, monkeypatch):
    claims = Claims("complete", {"task:f1": True, "check:f1": True})
    monkeypatch.setattr(module, "run_parts", lambda *arguments: {"lab.ipynb": claims})
    row = grade_one(handed_in, context)
    assert row["status"] == "complete"
    assert [(m["task"], m["points"]) for m in row["marks"]] == [
        ("f1", 0),
        ("ten-digits", 0),
        ("why", 0),
    ]
    assert row["marks"][0]["review"].endswith("the hidden test gave no output")


def test_the_grader_s_own_failure_is_a_row(context, handed_in, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(module, "run_parts", fail)
    row = grade_one(handed_in, context)
    assert row["status"] == "failed"
    assert row["notes"][-1] == "The grader failed: ZeroDivisionError: oh"
    assert row["review"] == ["It could not be graded."]
    assert {mark["reason"] for mark in row["marks"]} == {"It could not be graded."}
    assert len(row["marks"]) == 3


def test_what_can_not_be_read_is_a_row_to_look_at(context, tmp_path):
    nothing = Submission("bo", ["bo"], [str(tmp_path)], problem="It holds no files.")
    row = grade_one(nothing, context)
    assert (row["status"], row["notes"]) == ("unreadable", ["It holds no files."])
    assert row["review"] == ["It holds no files."]
    assert [mark["points"] for mark in row["marks"]] == [0, 0, 0]
    assert {mark["reason"] for mark in row["marks"]} == {"It holds no files."}
    (tmp_path / "lab.ipynb").write_bytes(b"")
    row = grade_one(submission("bo", tmp_path / "lab.ipynb"), context)
    assert row["status"] == "unreadable"
    assert row["review"] == row["notes"]
    assert row["notes"][0] == f"lab.ipynb: {row['marks'][0]['reason']}"


def test_a_missing_part_is_an_incomplete_row(context, tmp_path):
    row = grade_one(Submission("bo", ["bo"], [str(tmp_path)]), context)
    assert (row["status"], row["notes"]) == (
        "incomplete",
        ["lab.ipynb: not handed in, or not readable."],
    )


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


def test_a_text_of_any_length_is_a_row(context, handed_in, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "run_parts", lambda *arguments: {"lab.ipynb": Claims()})
    long = answer("word " * 200_000)
    (tmp_path / "lab.ipynb").write_bytes(notebook(F1, long))
    row = grade_one(handed_in, context)
    assert len(row["answers"]["lab.ipynb/why (text)"]) == module.MAX_LETTERS
    assert row["marks"][2]["points"] is None


def test_notes_are_few_and_short(context):
    found = Submission("bo", ["bo"], [], notes=["x" * 10_000, *map(str, range(500))])
    row = grade_one(found, context)
    assert len(row["notes"]) == module.MAX_NOTES
    assert max(map(len, row["notes"])) == module.MAX_NOTE


@pytest.mark.parametrize("name", ["cnn/weights.npz", "submission.csv"])
def test_files_without_their_notebook_are_looked_at(context, tmp_path, name):
    lab = replace(context.source_notebooks["lab.ipynb"], networks=["cnn"])
    context = replace(context, source_notebooks={"lab.ipynb": lab})
    (tmp_path / "x").write_bytes(b"x")
    places = {name: (str(tmp_path / "x"), ())}
    row = grade_one(Submission("bo", ["bo"], [], places=places), context)
    assert row["review"] == [f"lab.ipynb: not handed in, but {name} was"]


def test_the_group_and_a_task_s_figures_are_kept(context, handed_in, monkeypatch):
    spliced = module.read_and_splice
    figure = ["image/png", "aGVsbG8="]

    def read(*arguments):
        found = spliced(*arguments)
        found["group"] = {"group number": "7"}
        found["answers"]["code:f1"].update(figures=[figure], has_figure=True)
        return found

    monkeypatch.setattr(module, "read_and_splice", read)
    monkeypatch.setattr(module, "run_parts", lambda *arguments: {"lab.ipynb": Claims()})
    monkeypatch.setattr(module.compare, "FIGURE_TASKS", ("f1",))
    row = grade_one(handed_in, context)
    assert row["group"] == {"group number": "7"}
    assert row["figures"] == {"lab.ipynb/f1": [figure]}
    reason = "the figure in the handed-in notebook is empty, or too small to show anything"
    assert row["marks"][0]["reason"].lower()[:-1] in (reason, "the notebook ended its own run")
