import copy

import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.grading.release.pairing import part_of
from cnn_utils.handin.checklist import Finding, claims_in, examine, shares_in
from cnn_utils.notebook.assignment import Part, Task
from cnn_utils.notebook.reader import from_content
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


def told(notebook, folder, part=None):
    part = part_of(notebook) if part is None else part
    return [str(finding) for finding in examine(from_content(notebook), folder, part)]


def test_a_good_notebook_has_nothing_to_mend(notebook, folder):
    assert told(notebook, folder) == []


def test_ten_planted_faults_are_named_all_ten(notebook, folder):
    part = part_of(copy.deepcopy(notebook))
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
    found = told(notebook, folder, part)
    expected = [
        "says nothing for 'group number'",
        "says 'Your names' for 'members'",
        "cell 2 (# task: lenet): Task 'lenet' has no code yet",
        "cell 2 (# task: lenet): It ended in an error (NotImplementedError: lenet)",
        "cell 3 (# task: plot-history): Task 'plot-history' shows no figure",
        "cell 4 (print(accuracy)): It was not run. Restart the kernel",
        "99.1 %.): You write 99.1 %; the nearest number that the run shows is 98.7%",
        "Task 'submit' is missing: put a code cell that begins with `# task: submit` back",
        "cell 6 (print(1)): It was run as number 9; from the top it would be number 4. Restart",
        "submission.csv",
    ]
    assert len(found) == 10
    for part in expected:
        assert sum(part in sentence for sentence in found) == 1, part


def test_a_missing_submission_is_noticed_where_there_should_be_one(notebook, tmp_path):
    assert "submission.csv" in told(notebook, tmp_path)[0]
    del notebook.cells[-1]
    assert told(notebook, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOTE: drawn sample, not MNIST", "It ran on the drawn sample, not on the real data."),
        ("NOTE: synthetic sample, not MNIST", "It ran on the drawn sample"),
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
    assert any(
        "cell 3 (# task: plot-history): It was run as number" in sentence
        for sentence in told(notebook, folder)
    )


def test_a_notebook_that_was_not_run_gets_one_sentence(notebook, folder):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
    assert told(notebook, folder) == [
        "It was not run yet. Restart the kernel, run all cells, and save."
    ]


@pytest.mark.parametrize("count", [None, 5, 12])
def test_the_cell_that_hands_in_may_be_run_again(notebook, folder, count):
    failed = v4.new_output("error", ename="KitError", evalue="no place")
    notebook.cells.append(ran("cnn_utils.hand_in()", count, failed))
    notebook.cells.append(ran("print(1)", 6 if count == 5 else 5))
    assert told(notebook, folder) == []


def test_artifacts_are_asked_for_where_the_assignment_does(notebook, folder):
    part = Part(tuple(part_of(notebook).tasks), ("lenet",))
    (sentence,) = told(notebook, folder, part)
    assert sentence.startswith("artifacts/lenet is missing")


def test_what_an_earlier_look_said_supports_no_claim(notebook, folder):
    notebook.cells[4].source = "The accuracy was 99.9 %."
    said = v4.new_output("stream", text="You write 99.9 %. It ran on the drawn sample.")
    notebook.cells.append(ran("cnn_utils.hand_in()", 5, said))
    (sentence,) = told(notebook, folder)
    assert "You write 99.9 %" in sentence


def test_code_beside_hand_in_is_examined(notebook, folder):
    notebook.cells.append(ran("1 / 0  # then hand_in()", None))
    (sentence,) = told(notebook, folder)
    assert "It was not run" in sentence


@pytest.mark.parametrize("value", ["Ada Lovelace (group leader)", "Group 7", "12"])
def test_names_and_numbers_are_no_placeholders(notebook, folder, value):
    notebook.cells[0].source = TABLE.format(value, value)
    assert told(notebook, folder) == []


@pytest.mark.parametrize("value", ["", "0", "...", "Your names", "<group number>", "_"])
def test_what_a_form_says_is_a_placeholder(notebook, folder, value):
    notebook.cells[0].source = TABLE.format(value, value)
    assert len(told(notebook, folder)) == 2


def test_a_finding_names_its_cell_by_its_first_words(notebook, folder):
    assert str(Finding(None, "Why?")) == "Why?"
    assert str(Finding(3, "Why?")) == "cell 3: Why?"
    notebook.cells[1].source = "x = " + "very " * 20 + "long"
    notebook.cells[4].source = "<!-- note -->\n**Yes**, it is 99.9 % accurate: accuracy 99.9 %."
    found = told(notebook, folder, Part((Task("lenet"), Task("overfitting", "answer"))))
    assert found[0] == (
        "Task 'lenet' is missing: put a code cell that begins with `# task: lenet` back."
    )
    assert found[1].startswith("cell 5 (**Yes**, it is 99.9 % accurate: …): You write 99.9 %")


def test_a_changed_cell_is_named(notebook, folder):
    part = part_of(notebook)
    (finding,) = examine(from_content(notebook), folder, part, {3: "print(f1)"})
    assert str(finding).startswith("cell 4 (print(accuracy)): It was changed after it was run, so")


def test_a_figure_may_be_a_vector_picture(notebook, folder):
    notebook.cells[2].outputs[0].data = {"image/svg+xml": "<svg/>"}
    assert told(notebook, folder) == []


def test_a_cell_with_a_line_magic_is_like_any_other(notebook, folder):
    notebook.cells[1].source = "%load_ext cnn_utils\n# task: lenet\nmodel = 1"
    assert told(notebook, folder) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The test accuracy is 98.7 %.", [0.987]),
        ("Accuracy: 98,7% and F1 0.986.", [0.987, 0.986]),
        ("An accuracy of 99 percent.", [0.99]),
        ("It has 61,706 parameters and 98.7 % accuracy after 40 epochs.", [0.987]),
        ("The loss falls by 20 %.", []),
        ("A baseline reaches an accuracy of 70 %.", []),
        ("With augmentation, the accuracy could reach 85 %.", []),
        ("Accuracy rises by 120 %.", []),
        ("Batch normalisation with momentum 0.9.", []),
        ("accuracy: 99.9 %", [0.999]),
        ("**Accuracy**: we got 99.9 %.", [0.999]),
        ("A dropout of 0.25 raised the accuracy.", []),
        ("A learning rate of 0.001 gave the best accuracy, 0.81.", [0.81]),
        ("Guessing gives an accuracy of 10 %.", []),
        ("The accuracy rose by 3.1 % to 98.7 %.", [0.987]),
        ("We took 80 % of the images for training, and the accuracy was 98.7 %.", [0.987]),
    ],
)
def test_accuracies_and_f1_scores_are_claims(text, values):
    assert [value for _, value, _ in claims_in(text)] == pytest.approx(values)


def test_shares_are_read_from_what_the_run_printed():
    text = "test accuracy 0.9870, macro F1 0.9868 on 10,000 images; 1.2% wrong, 3 epochs, 12 s"
    assert shares_in(text) == pytest.approx([0.987, 0.9868, 0.012])


def told_of_claim(notebook, folder, claim, printed):
    notebook.cells[3].outputs[0].text = printed
    notebook.cells[4].source = f"The accuracy is {claim}."
    return told(notebook, folder)


@pytest.mark.parametrize("claimed", ["98.7 %", "98.70 %", "99 %", "0.987"])
def test_rounded_claims_hold(notebook, folder, claimed):
    assert told_of_claim(notebook, folder, claimed, "0.98703 or 0.5") == []


@pytest.mark.parametrize("claimed", ["99.1 %", "98.8 %", "0.991"])
def test_other_claims_are_answered_with_the_nearest_share(notebook, folder, claimed):
    (sentence,) = told_of_claim(notebook, folder, claimed, "0.98703 or 0.5")
    nearest = "98.7%" if "%" in claimed else "0.987"
    assert f"You write {claimed}; the nearest number that the run shows is {nearest}." in sentence


def test_a_run_without_numbers_says_nothing(notebook, folder):
    assert told_of_claim(notebook, folder, "98.7 %", "done") == []
