import copy
import json

import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.handin.doctor import Finding, examine
from cnn_utils.submission import export_submission

TABLE = "| | |\n|---|---|\n| **Group number** | {} |\n| **Members** | {} |"
FIGURE = v4.new_output("display_data", data={"image/png": "AAAA"})


def answered(text, task="overfitting"):
    return v4.new_markdown_cell(text, metadata={"task": task, "kind": "answer"})


def ran(source, number, *outputs):
    return v4.new_code_cell(source, execution_count=number, outputs=list(outputs))


@pytest.fixture
def notebook():
    accuracy = v4.new_output("stream", text="test accuracy 0.9870, macro F1 0.9868")
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell(TABLE.format(7, "Ada, Grace"), metadata={"kind": "header"}),
            ran("# task: lenet\nmodel = 1", 1),
            ran("# task: plot-history\nplot()", 2, FIGURE),
            ran("print(accuracy)", 3, accuracy),
            answered("It overfits after epoch 9. The test accuracy is 98.7 %."),
            ran("# task: submit\nexport()", 4),
        ]
    )


@pytest.fixture
def folder(tmp_path):
    export_submission(np.arange(10_000) % 10, tmp_path / "submission.csv")
    return tmp_path


def told(notebook, folder, master=None):
    return [str(finding) for finding in examine(notebook, folder, master)]


def test_a_good_notebook_has_nothing_to_mend(notebook, folder):
    assert told(notebook, folder, copy.deepcopy(notebook)) == []


def test_ten_planted_faults_are_named_all_ten(notebook, folder):
    master = copy.deepcopy(notebook)
    header, lenet, figure, accuracy, overfitting, submit = notebook.cells
    header.source = TABLE.format("", "Your names")  # 1, 2
    lenet.source = "# task: lenet\n# YOUR CODE HERE\nraise NotImplementedError"  # 3
    lenet.outputs = [v4.new_output("error", ename="NotImplementedError", evalue="lenet")]  # 4
    figure.outputs = []  # 5
    accuracy.execution_count = None  # 6
    overfitting.source = "The test accuracy is 99.1 %."  # 7
    notebook.cells.remove(submit)  # 8
    notebook.cells.append(ran("print(1)", 9))  # 9
    (folder / "submission.csv").write_text("ID,Prediction\n0,1\n")  # 10
    found = told(notebook, folder, master)
    expected = [
        "says nothing for 'group number'",
        "says 'Your names' for 'members'",
        "cell 2: Task 'lenet' has no code yet",
        "cell 2: It ended in an error (NotImplementedError: lenet)",
        "cell 3: Task 'plot-history' shows no figure",
        "cell 4: It was not run. Restart the kernel",
        "cell 5: You write 99.1 %; the nearest number that the run shows is 98.7%",
        "Task 'submit' is missing: put a code cell that begins with `# task: submit` back",
        "cell 6: It was run as number 9, but stands at place 4",
        "submission.csv",
    ]
    assert len(found) == 10
    for part in expected:
        assert sum(part in sentence for sentence in found) == 1, part


def test_an_edited_submission_is_noticed(notebook, folder):
    path = folder / "submission.csv"
    path.write_text(path.read_text().replace("0,0\n", "0,1\n", 1))
    assert told(notebook, folder) == [
        "submission.csv is not the file that export_submission wrote: run task 'submit' again."
    ]


@pytest.mark.parametrize("record", [None, "{", "[]", json.dumps({"sha256": "x"})])
def test_a_submission_without_its_record_is_noticed(notebook, folder, record):
    beside = folder / "submission.csv.json"
    beside.unlink() if record is None else beside.write_text(record)
    assert len(told(notebook, folder)) == 1


def test_a_missing_submission_is_noticed_where_there_should_be_one(notebook, tmp_path):
    assert "submission.csv" in told(notebook, tmp_path)[0]
    del notebook.cells[-1]
    assert told(notebook, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOTE: synthetic sample, not MNIST", "synthetic sample, not on the real data"),
        ("quick profile: 2 epochs", "It ran in the quick profile"),
    ],
)
def test_a_trial_run_is_no_hand_in(notebook, folder, text, expected):
    notebook.cells[1].outputs = [v4.new_output("stream", text=text)]
    (sentence,) = told(notebook, folder)
    assert expected in sentence


@pytest.mark.parametrize("count", [1, 3])
def test_repeated_and_skipped_numbers_are_out_of_order(notebook, folder, count):
    notebook.cells[2].execution_count = count
    assert any("cell 3: It was run as number" in sentence for sentence in told(notebook, folder))


def test_a_finding_names_its_cell():
    assert str(Finding(3, "x")) == "cell 3: x"
    assert str(Finding(None, "x")) == "x"
