import json
import os

import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.handin import artifacts as for_grading
from cnn_utils.handin.artifacts import save
from cnn_utils.handin.consistency import changed_since, check_evidence, check_submission, is_unsaved
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
def notebook(tmp_path, monkeypatch):
    """A notebook as it was saved after its three cells, the last but one of which saved."""
    monkeypatch.setattr(for_grading, "inputs_run", lambda: {1: "train()", 2: "save_for_grading()"})
    saved = save("cnn", Network(), {"loss": [1.0]}, ANSWERS, tmp_path / "evidence")
    cells = [ran("train()", 1), ran("save_for_grading()", 2, repr(saved)), ran("hand_in()", 9)]
    return v4.new_notebook(cells=cells)


def told(findings):
    return [str(finding) for finding in findings]


def test_evidence_of_this_run_is_well(notebook, tmp_path):
    assert told(check_evidence(notebook, tmp_path, ["cnn"])) == []


def test_no_network_needs_no_evidence(notebook, tmp_path):
    assert told(check_evidence(notebook, tmp_path / "none", [])) == []


def test_missing_evidence_is_named(notebook, tmp_path):
    (sentence,) = told(check_evidence(notebook, tmp_path, ["lenet"]))
    where = f"evidence/lenet is missing beside the notebook, in '{tmp_path}': run the cell with"
    assert sentence.startswith(where)


@pytest.mark.parametrize("file", ["weights.npz", "predictions.csv", "history.json", "record.json"])
def test_a_file_that_was_changed_is_noticed(notebook, tmp_path, file):
    (tmp_path / "evidence" / "cnn" / file).write_text("[]")
    (sentence,) = told(check_evidence(notebook, tmp_path, ["cnn"]))
    assert "do not belong together. Restart the kernel" in sentence


def test_evidence_of_another_run_is_noticed(notebook, tmp_path):
    notebook.cells[1].outputs = []
    (sentence,) = told(check_evidence(notebook, tmp_path, ["cnn"]))
    assert "evidence/cnn was saved by another run than this notebook shows" in sentence


@pytest.mark.parametrize("content", ["hello", ""])
def test_weights_that_cannot_be_read_are_noticed(notebook, tmp_path, content):
    place = tmp_path / "evidence" / "cnn"
    (place / "weights.npz").write_text(content)
    record = json.loads((place / "record.json").read_text())
    (place / "record.json").write_text(json.dumps({**record, "sha256": for_grading.hashes(place)}))
    (sentence,) = told(check_evidence(notebook, tmp_path, ["cnn"]))
    assert "do not belong together" in sentence


def test_weights_of_another_network_are_noticed_by_their_fingerprint(notebook, tmp_path):
    place = tmp_path / "evidence" / "cnn"
    np.savez(place / "weights.npz", np.zeros(3, np.float32))
    record = json.loads((place / "record.json").read_text())
    for mark in (record["fingerprint"], ""):
        changed = {**record, "sha256": for_grading.hashes(place), "fingerprint": mark}
        (place / "record.json").write_text(json.dumps(changed))
        assert len(told(check_evidence(notebook, tmp_path, ["cnn"]))) == 1


def test_weights_too_large_to_hand_in_are_not_read(notebook, tmp_path):
    with (tmp_path / "evidence" / "cnn" / "weights.npz").open("wb") as file:
        file.truncate(10**10)
    (sentence,) = told(check_evidence(notebook, tmp_path, ["cnn"]))
    assert "has 10,000 MB; at most 200" in sentence


@pytest.mark.parametrize("text", ["[" * 200_000, '{"cells": [1, 2]}', "3"])
def test_a_record_of_any_content_is_read(notebook, tmp_path, text):
    (tmp_path / "evidence" / "cnn" / "record.json").write_text(text)
    assert len(told(check_evidence(notebook, tmp_path, ["cnn"]))) == 1
    assert told(changed_since(notebook, tmp_path, ["cnn"], None)) == []


def changed(notebook, folder, ran=None):
    return told(changed_since(notebook, folder, ["cnn"], ran))


def test_a_cell_changed_after_the_run_is_named(notebook, tmp_path):
    assert changed(notebook, tmp_path) == []
    notebook.cells[0].source = "train(longer=True)"
    (sentence,) = changed(notebook, tmp_path)
    assert sentence.startswith("cell 1: It was changed after it was run")


def test_the_running_kernel_knows_more_than_the_evidence(notebook, tmp_path):
    notebook.cells.insert(2, ran("answer = 2", 3))
    assert changed(notebook, tmp_path) == []
    assert changed(notebook, tmp_path, {3: "answer = 2"}) == []
    (sentence,) = changed(notebook, tmp_path, {3: "answer = 1"})
    assert sentence.startswith("cell 3: It was changed")


def test_a_kernel_that_was_started_again_counts_from_one(notebook, tmp_path):
    notebook.cells.insert(0, ran("import cnn_utils", 2))
    notebook.cells[1].execution_count = 3
    assert changed(notebook, tmp_path / "no evidence", {2: "import cnn_utils"}) == []


def test_a_submission_of_the_saved_network_is_well(notebook, tmp_path):
    export_submission(ANSWERS, tmp_path / "submission.csv")
    assert told(check_submission(tmp_path, ["cnn"])) == []
    assert told(check_submission(tmp_path, [])) == []


def test_a_submission_of_another_network_is_noticed(notebook, tmp_path):
    export_submission(ANSWERS[::-1], tmp_path / "submission.csv")
    (sentence,) = told(check_submission(tmp_path, ["cnn"]))
    assert "other answers than the network that was saved" in sentence


def test_an_edited_submission_is_noticed(tmp_path):
    path = export_submission(ANSWERS, tmp_path / "submission.csv")
    path.write_text(path.read_text().replace("0,0\n", "0,1\n", 1))
    assert told(check_submission(tmp_path, [])) == [
        "submission.csv is not the file that export_submission wrote: run task 'submit' again."
    ]


@pytest.mark.parametrize("record", [None, "{", "[]", json.dumps({"sha256": "x"})])
def test_a_submission_without_its_record_is_noticed(tmp_path, record):
    export_submission(ANSWERS, tmp_path / "submission.csv")
    beside = tmp_path / "submission.csv.json"
    beside.unlink() if record is None else beside.write_text(record)
    assert len(told(check_submission(tmp_path, []))) == 1


def test_a_missing_submission_is_said(tmp_path):
    (sentence,) = told(check_submission(tmp_path, []))
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
    assert is_unsaved(notebook, file, history, ["cnn"]) is unsaved


def test_of_two_cells_with_one_number_either_will_do(notebook, file):
    notebook.cells.insert(0, ran("import cnn_utils", 2))
    assert not is_unsaved(notebook, file, {2: "import cnn_utils"}, [])


def test_a_file_older_than_its_evidence_is_unsaved(notebook, file):
    os.utime(file, (0, 0))
    assert is_unsaved(notebook, file, {}, ["cnn"])
    assert not is_unsaved(notebook, file, {}, [])
