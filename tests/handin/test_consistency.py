import os

import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.handin import artifacts
from cnn_utils.handin.consistency import (
    check_artifacts,
    check_submission,
    is_unsaved,
    outdated_cells,
)
from cnn_utils.notebook.reader import from_content
from cnn_utils.submission import export_submission

ANSWERS = np.arange(10_000) % 10


class Network:
    def get_weights(self):
        return [np.ones(3, np.float32)]

    def to_json(self):
        return "{}"


def ran(source, number, text=""):
    outputs = [v4.new_output("stream", text=text)] if text else []
    return v4.new_code_cell(source, execution_count=number, outputs=outputs)


@pytest.fixture
def notebook(tmp_path, monkeypatch, capsys):
    """A notebook as it was saved after its three cells, the last but one of which saved."""
    history = {1: "train()", 2: "save_for_grading()"}
    monkeypatch.setattr(artifacts, "executed_cells", lambda: history)
    folder = tmp_path / "artifacts"
    artifacts.save_for_grading("cnn", Network(), {"loss": [1.0]}, ANSWERS, folder)
    saved = capsys.readouterr().out
    cells = [ran("train()", 1), ran("save_for_grading()", 2, saved), ran("hand_in()", 9)]
    return v4.new_notebook(cells=cells)


def test_artifacts_of_this_run_are_well(notebook, tmp_path):
    assert list(check_artifacts(from_content(notebook), tmp_path, ["cnn"])) == []


def test_no_network_needs_no_artifacts(notebook, tmp_path):
    assert list(check_artifacts(from_content(notebook), tmp_path / "none", [])) == []


def test_missing_artifacts_are_named(notebook, tmp_path):
    (sentence,) = list(check_artifacts(from_content(notebook), tmp_path, ["lenet"]))
    where = f"artifacts/lenet is missing beside the notebook, in '{tmp_path}': run the cell with"
    assert sentence.startswith(where)


@pytest.mark.parametrize("file", ["weights.npz", "predictions.csv", "history.json", "record.json"])
def test_a_file_that_was_changed_is_noticed(notebook, tmp_path, file):
    (tmp_path / "artifacts" / "cnn" / file).write_text("[]")
    (sentence,) = list(check_artifacts(from_content(notebook), tmp_path, ["cnn"]))
    assert "do not belong together: run the cell with `save_for_grading` again" in sentence


def test_artifacts_of_another_run_is_noticed(notebook, tmp_path):
    notebook.cells[1].outputs = []
    (sentence,) = list(check_artifacts(from_content(notebook), tmp_path, ["cnn"]))
    assert "artifacts/cnn was saved by another run than this notebook shows" in sentence


def test_weights_too_large_to_hand_in_are_not_read(notebook, tmp_path):
    with (tmp_path / "artifacts" / "cnn" / "weights.npz").open("wb") as file:
        file.truncate(10**10)
    (sentence,) = list(check_artifacts(from_content(notebook), tmp_path, ["cnn"]))
    assert "has 10,000 MB; the limit is 200 MB. Make the network smaller." in sentence


@pytest.mark.parametrize("text", ["[" * 200_000, '{"cells": [1, 2]}', "3"])
def test_a_record_of_any_content_is_read(notebook, tmp_path, text):
    (tmp_path / "artifacts" / "cnn" / "record.json").write_text(text)
    assert len(list(check_artifacts(from_content(notebook), tmp_path, ["cnn"]))) == 1
    assert changed(notebook, tmp_path) == []


def changed(notebook, folder, ran=None):
    return list(outdated_cells(from_content(notebook), folder, ["cnn"], ran))


def test_a_cell_changed_after_the_run_is_named(notebook, tmp_path):
    assert changed(notebook, tmp_path) == []
    notebook.cells[0].source = "train(longer=True)"
    assert changed(notebook, tmp_path) == [1]


FIT = "history = model.fit(x)"
BUILD = "def build(kind):\n    model = kind(UNITS)\n    return model"
SCALE = "x = x / 255"


@pytest.mark.parametrize(
    ("cells", "outdated"),
    [
        # From the top, with gaps: some cells were run more than once.
        ([("x = load()", 1), (SCALE, 4), (FIT, 7)], []),
        # A picture of what was not changed, drawn again.
        ([("x = load()", 1), ("plot(x)", 9), (FIT, 2), ("print(history)", 3)], []),
        # Imports change nothing, nor does a name that is a function's own.
        ([("import layers", 9), ("model = 3", 8), (BUILD, 1), ("build(1)", 2)], []),
        # What uses a new value, and what uses that in turn, but not what lies beside it.
        (
            [("x = load()", 9), ("plot(x)", 2), ("y = 2", 3), (FIT, 4), ("print(history)", 5)],
            [2, 4, 5],
        ),
        ([("x = load()", 1), (FIT, 9), ("print(history)", 3), ("plot(x)", 4)], [3]),
        ([("x = 1", 9), ("x += 1", 2), (SCALE, 3), ("print(x)", 4)], [2, 3, 4]),
        ([("a, b = 1, 2", 9), ("for a, x[b] in c: d.e = a", 1), ("(a, d), *b = 1", 2)], [2]),
        ([("i = 1", 9), ("y = [i for i in z]", 2), ("k = lambda i: i", 3)], []),
        # A function that was written anew, or what it uses.
        ([(BUILD, 9), ("model = build(1)", 2), ("plot(2)", 3)], [2]),
        ([("UNITS = 3", 9), (BUILD, 1), ("model = build(1)", 2)], [3]),
        # The value of a cell further below.
        ([("x = 1", 1), ("print(x)", 3), ("x = 2", 2)], [2]),
        ([("for x in 1, 2:\n    print(x)", 9), ("x = 3", 1), ("print(x)", 2)], []),
        ([("x = 3", 9), ("x: int = 1", 1), ("x += 1", 2), ("[x for x in 1, 2]", 3)], []),
        # Not run, or not Python; cells that need not be run.
        ([("x = load()", 1), ("y = 1", None), ("", None), ("print(y)", 2), ("x(", 3)], [2, 4]),
    ],
)
def test_only_what_follows_from_a_change_is_run_again(tmp_path, cells, outdated):
    notebook = v4.new_notebook(cells=[ran(*cell) for cell in cells])
    assert changed(notebook, tmp_path) == outdated


def test_definitions_that_were_run_again_unchanged_change_nothing(tmp_path):
    cells = [ran(BUILD, 4), ran("model = build(1)", 2)]
    notebook = v4.new_notebook(cells=cells)
    history = {1: BUILD, 2: "model = build(1)", 3: BUILD, 4: BUILD}
    assert changed(notebook, tmp_path, history) == []
    # In between, it was another one; or nobody knows.
    assert changed(notebook, tmp_path, {**history, 3: "def build(): pass"}) == [2]
    assert changed(notebook, tmp_path) == [2]


def test_the_running_kernel_knows_more_than_the_record(notebook, tmp_path):
    notebook.cells.insert(2, ran("answer = 2", 3))
    assert changed(notebook, tmp_path) == []
    assert changed(notebook, tmp_path, {3: "answer = 2"}) == []
    assert changed(notebook, tmp_path, {3: "answer = 1"}) == [3]


def test_a_magic_is_compared_like_any_other_line(notebook, tmp_path):
    source = "%load_ext cnn_utils\nimport cnn_utils"
    notebook.cells.insert(2, ran(source, 3))
    assert changed(notebook, tmp_path, {3: source}) == []
    assert changed(notebook, tmp_path, {3: "import cnn_utils"}) == [3]


def test_a_kernel_that_was_started_again_counts_from_one(notebook, tmp_path):
    notebook.cells.insert(0, ran("import cnn_utils", 2))
    notebook.cells[1].execution_count = 3
    assert changed(notebook, tmp_path / "no artifacts", {2: "import cnn_utils"}) == []


def test_a_submission_of_the_saved_network_is_well(notebook, tmp_path):
    export_submission(ANSWERS, tmp_path / "submission.csv")
    assert list(check_submission(tmp_path, ["cnn"])) == []
    assert list(check_submission(tmp_path, [])) == []


def test_a_submission_of_another_network_is_noticed(notebook, tmp_path):
    export_submission(ANSWERS[::-1], tmp_path / "submission.csv")
    (sentence,) = list(check_submission(tmp_path, ["cnn"]))
    assert (
        "differs from the predictions that were saved for grading: run the cells from" in sentence
    )


def test_an_edited_submission_is_noticed(notebook, tmp_path):
    path = export_submission(ANSWERS, tmp_path / "submission.csv")
    path.write_text(path.read_text().replace("0,0\n", "0,1\n", 1))
    (sentence,) = check_submission(tmp_path, ["cnn"])
    assert "differs from the predictions" in sentence


def test_a_submission_written_by_hand_counts_by_its_content(notebook, tmp_path):
    rows = "".join(f"{i},{label}\n" for i, label in enumerate(ANSWERS))
    (tmp_path / "submission.csv").write_text("ID,Prediction\n" + rows)
    assert list(check_submission(tmp_path, ["cnn"])) == []


def test_a_missing_submission_is_said(tmp_path):
    (sentence,) = list(check_submission(tmp_path, []))
    assert "submission.csv" in sentence


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "lab.ipynb"
    path.write_text("as it was saved")
    return path


@pytest.mark.parametrize(
    ("history", "unsaved"),
    [
        ({1: "train()", 2: "save_for_grading()"}, False),
        ({1: "train()", 2: "save_for_grading()", 3: "look()"}, True),
        ({1: "train()", 2: "save_for_grading(x)"}, True),
        ({3: "hand_in()"}, True),
        ({}, False),
    ],
)
def test_a_file_without_the_last_cell_run_is_unsaved(notebook, file, history, unsaved):
    assert is_unsaved(from_content(notebook), file, history, ["cnn"]) is unsaved


def test_of_two_cells_with_one_number_either_will_do(notebook, file):
    notebook.cells.insert(0, ran("import cnn_utils", 2))
    assert not is_unsaved(from_content(notebook), file, {2: "import cnn_utils"}, [])


def test_a_file_older_than_its_artifacts_is_unsaved(notebook, file):
    os.utime(file, (0, 0))
    assert is_unsaved(from_content(notebook), file, {}, ["cnn"])
    assert not is_unsaved(from_content(notebook), file, {}, [])
