import copy

import nbformat.v4 as v4
import numpy as np
import pytest

from cnn_utils.grading.release.pairing import part_of
from cnn_utils.handin.checklist import Finding, claims_in, examine, in_lines, shares_in
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


def test_planted_faults_are_named_the_most_important_first(notebook, folder):
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
    found = told(notebook, folder, part)
    again = "not run, or out of date: run it again (in a new kernel: all cells), and save."
    assert found == [
        "cell 2 (# task: lenet): no answer yet.",
        "cell 3 (# task: plot-history): shows no figure.",
        "'# task: submit': missing, put a code cell that begins with this line back.",
        f"cell 4 (print(accuracy)): {again}",
        "group number: fill in the table at the top (double-click it).",
        "members (now 'Your names'): fill in the table at the top (double-click it).",
        "cell 5 (The test accuracy is 99.1 %.): you write 99.1 %; the nearest headline figure of "
        "the run is 98.70%.",
    ]


def test_errors_that_wait_for_an_unsolved_task_are_not_told_again(notebook, folder):
    def ended(source, number, ename, evalue):
        return ran(source, number, v4.new_output("error", ename=ename, evalue=evalue))

    part = Part((Task("lenet", defines=("build_lenet",)),))
    notebook.cells = [
        ended("# task: lenet\nraise NotImplementedError()", 1, "NotImplementedError", "task lenet"),
        ended("model = build_lenet()", 2, "NameError", "name 'build_lenet' is not defined"),
        ended("model.summary()", 3, "NameError", "name 'model' is not defined"),
        ended("check_lenet(1)", 4, "CheckFailed", "· lenet: not attempted yet."),
        ended("plto()", 5, "NameError", "name 'plto' is not defined"),
    ]
    own = "cell 5 (plto()): ended in an error; the first is NameError: name 'plto' is not defined"
    assert told(notebook, folder, part)[:2] == ["cell 1 (# task: lenet): no answer yet.", own]
    notebook.cells[0].source = "# task: lenet\nmodel = 1"
    found = [line for line in told(notebook, folder, part) if "ended in an error" in line]
    assert len(found) == 5


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


@pytest.mark.parametrize(
    ("n_figures", "where", "how"),
    [
        (1, "cell 3 (plot(1))", "run it again"),
        (2, "cell 3 (plot(1)), cell 4 (plot(2))", "run them again, in this order"),
        (5, "cell 3 (plot(1)) and 4 below it", "choose Run, Run Selected Cell and All Below"),
    ],
)
def test_cells_to_run_again_are_named_in_their_order(notebook, folder, n_figures, where, how):
    notebook.cells[1].execution_count = 9  # and what uses its `model` was run before
    notebook.cells[2:2] = [ran(f"plot({i})\nmodel", 2) for i in range(1, 1 + n_figures)]
    (sentence,) = told(notebook, folder)
    assert (
        sentence
        == f"{where}: not run, or out of date: {how} (in a new kernel: all cells), and save."
    )


def test_a_notebook_that_was_not_run_gets_one_sentence(notebook, folder):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
    assert told(notebook, folder) == ["It was not run yet: run all cells, and save."]


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
    assert "you write 99.9 %" in sentence


def test_code_beside_hand_in_is_examined(notebook, folder):
    notebook.cells.append(ran("1 / 0  # then hand_in()", None))
    (sentence,) = told(notebook, folder)
    assert "(1 / 0  # then hand_in()): not run, or out of date: run it again" in sentence


@pytest.mark.parametrize("value", ["Ada Lovelace (group leader)", "Group 7", "12"])
def test_names_and_numbers_are_no_placeholders(notebook, folder, value):
    notebook.cells[0].source = TABLE.format(value, value)
    assert told(notebook, folder) == []


@pytest.mark.parametrize("value", ["", "0", "...", "Your names", "<group number>", "_"])
def test_what_a_form_says_is_a_placeholder(notebook, folder, value):
    notebook.cells[0].source = TABLE.format(value, value)
    assert len(told(notebook, folder)) == 2


def test_a_finding_names_its_cell_by_its_first_words(notebook, folder):
    assert str(Finding("Why?")) == "Why?"
    assert str(Finding("Why?", "cell 3 (x)")) == "cell 3 (x): Why?"
    notebook.cells[1].source = "x = " + "very " * 20 + "long"
    notebook.cells[4].source = "<!-- note -->\n**Yes**, it is 99.9 % accurate: accuracy 99.9 %."
    found = told(notebook, folder, Part((Task("lenet"), Task("overfitting", "answer"))))
    assert found[0] == (
        "'# task: lenet': missing, put a code cell that begins with this line back."
    )
    assert found[1].startswith("cell 5 (**Yes**, it is 99.9 % accura …): you write 99.9 %")


def test_texts_without_an_answer_are_named_by_their_task(notebook, folder):
    notebook.cells[4].source = "*YOUR ANSWER HERE*"
    assert told(notebook, folder)[0] == "cell 5 (text of 'overfitting'): no answer yet."


def test_a_changed_cell_is_named(notebook, folder):
    part = part_of(notebook)
    (finding,) = examine(from_content(notebook), folder, part, {3: "print(f1)"})
    assert str(finding).startswith("cell 4 (print(accuracy)): not run, or out of date: run it")


def test_findings_are_grouped_by_cause_and_the_least_important_counted():
    findings = [Finding("why?", f"cell {i}") for i in range(1, 7)]
    findings += [Finding("late.", "cell 2"), Finding("Whole."), Finding("date.")]
    assert in_lines(findings, 9) == [
        "cell 1, cell 2, cell 3 and 3 more: why?",
        "cell 2: late.",
        "Whole.",
        "date.",
    ]
    assert in_lines(findings, 3)[2:] == ["2 more points, shown after these."]
    assert in_lines(findings[:4], 1) == ["cell 1, cell 2, cell 3, cell 4: why?"]


def test_a_cell_that_need_not_be_run_is_none_to_mend(notebook, folder):
    optional = v4.new_code_cell("search()", metadata={"tags": ["nbval-skip"]})
    notebook.cells.insert(3, optional)
    assert told(notebook, folder) == []


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
        ("The accuracy is over 95 %, at least 96 % and almost 99 %.", []),
        ("Its accuracy is 1.2 % higher, a difference of 1.2 %.", []),
        ("The 95 % interval of the accuracy is narrow.", []),
        ("An error rate of 1.3 %.", [0.013]),
        ("Guessing gives an accuracy of 10 %.", []),
        ("The accuracy rose by 3.1 % to 98.7 %.", [0.987]),
        ("We took 80 % of the images for training, and the accuracy was 98.7 %.", [0.987]),
    ],
)
def test_accuracies_and_f1_scores_are_claims(text, values):
    assert [value for _, value, *_ in claims_in(text)] == pytest.approx(values)


def test_shares_are_read_from_what_the_run_printed():
    text = "test accuracy 0.9870, macro F1 0.9868 on 10,000 images; 1.2% wrong, 3 epochs, 12 s"
    assert [share for share, _ in shares_in(text)] == pytest.approx([0.987, 0.9868, 0.012])
    assert [half for _, half in shares_in(text)] == pytest.approx([5e-5, 5e-5, 5e-4])


def told_of_claim(notebook, folder, sentence, printed="test accuracy 0.9870, macro F1 0.9868"):
    notebook.cells[3].outputs[0].text = printed
    notebook.cells[4].source = sentence
    return told(notebook, folder)


@pytest.mark.parametrize(
    ("claimed", "printed"),
    [
        *[(claim, "0.98703") for claim in ("98.7 %", "98.70 %", "99 %", "98 %", "0.987")],
        ("95.2 %", "0.9515"),
        ("95.1 %", "0.9515"),
        ("95.1 %", "0.9512"),
        ("95.1 %", "95.2%"),
    ],
)
def test_rounded_claims_hold(notebook, folder, claimed, printed):
    said = told_of_claim(notebook, folder, f"The accuracy is {claimed}.", f"accuracy {printed}")
    assert said == []


@pytest.mark.parametrize("claimed", ["99.1 %", "98.8 %", "0.991", "99.3 %"])
def test_other_claims_are_answered_with_the_nearest_figure(notebook, folder, claimed):
    printed = "accuracy 0.98703\nconfidence 0.993\nclass 8 precision 0.991 F1 0.988"
    (sentence,) = told_of_claim(notebook, folder, f"The accuracy is {claimed}.", printed)
    nearest = "98.70%" if "%" in claimed else "0.9870"
    assert f"you write {claimed}; the nearest headline figure of the run is {nearest}." in sentence


RUN = """accuracy: 0.9930 - loss: 0.0412 - val_accuracy: 0.9801
test accuracy 0.9870, macro F1 0.9868
class 8 precision 0.9710 F1 0.9650
accuracy, 95 % interval: 98.46% to 98.90%
ten digits: 12.27% wrong"""


@pytest.mark.parametrize(
    ("sentence", "is_right"),
    [
        ("The test accuracy is 99.3 %.", False),
        ("The training accuracy ends at 99.3 %.", True),
        ("The test accuracy of 98.7 % is below the training accuracy of 99.3 %.", True),
        ("The validation accuracy was 97.1 % after two epochs.", True),
        ("The validation accuracy was 96.1 % after two epochs.", False),
        ("Digit 8 is hard, digits 8 have an F1 of 96.5 %.", True),
        ("The F1 is 96.5 %.", False),
        ("An accuracy of 98.7 % is an error rate of 1.3 %, for ten digits 12.3 %.", True),
        ("The error rate is 5.6 %.", False),
        ("The accuracy lies between 98.46 % and 98.9 %.", True),
        ("The accuracy is 95 %.", False),
    ],
)
def test_claims_are_compared_with_the_figures_that_they_mean(notebook, folder, sentence, is_right):
    place = folder / "artifacts" / "lenet"
    place.mkdir(parents=True)
    (place / "history.json").write_text('{"accuracy": [0.9, null], "val_accuracy": [0.95, 0.971]}')
    told_of_claim(notebook, folder, sentence, RUN)
    part = Part(tuple(part_of(notebook).tasks), ("lenet",))
    said = [text for text in told(notebook, folder, part) if "you write" in text]
    assert (said == []) is is_right


def test_a_run_without_numbers_says_nothing(notebook, folder):
    assert told_of_claim(notebook, folder, "The accuracy is 98.7 %.", "done") == []
