import re
import sys
import types

import nbformat.v4 as v4
import pytest

from cnn_utils.grading.intake.assemble import assemble
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.splice import splice
from cnn_utils.grading.release.pairing import pair
from cnn_utils.handin.checklist import examine
from cnn_utils.notebook.assignment import read_assignment
from cnn_utils.notebook.names import MAGIC
from cnn_utils.notebook.reader import from_content, read
from tests.grading.intake.hand_ins import KINDS, Book
from tests.grading.small_lab import F1, TEN, answer, notebook

STUB = '# task: f1\n# YOUR CODE HERE\nraise NotImplementedError("task f1: write `F1Score`")'


class Net:
    def fit(self, x):
        self.x = x
        return types.SimpleNamespace(history={"loss": [0.5]}, epoch=[0])


@pytest.fixture
def worked(tmp_path):
    """Return the solved notebook, its assignment as students have it, and as graders have it."""
    book = Book(tmp_path)
    pair(tmp_path)
    part = read_assignment(tmp_path)["lab.ipynb"]
    return book, part, read_source_notebooks(tmp_path)["lab.ipynb"]


def run(node, monkeypatch):
    """Run a notebook's cells one by one, failures or not; return its names and what was checked."""
    checked = {}

    def check(name, *values):
        checked[name] = values

    kit = types.ModuleType("cnn_utils")
    kit.__getattr__ = lambda name: lambda *values, **_: check(name, *values)
    lab = types.SimpleNamespace(build=Net, plot=lambda history: ["figure", history.history])
    modules = {"cnn_utils": kit, "lab": lab, "keras": types.SimpleNamespace(Model=Net)}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    names, failures = {}, {}
    for cell in node.cells:
        try:
            exec(MAGIC.sub(r"\1pass", cell.source), names)
        except Exception as error:
            failures[cell.metadata.grade_id] = repr(error)
    return names, checked, failures


@pytest.mark.parametrize("name", KINDS)
def test_hand_in_and_grading_agree_on_what_is_answered(worked, tmp_path, name):
    book, part, source_notebook = worked
    change, unanswered = KINDS[name]
    change(book)
    handed_in = from_content(v4.new_notebook(cells=book.cells))
    spliced = splice(source_notebook, handed_in)
    assert {key for key, a in spliced.answers.items() if a.state != "answered"} == unanswered
    told = [str(finding) for finding in examine(handed_in, tmp_path, part)]
    begins = {
        key: key.replace("code:", "# task: ") if "code:" in key else f"text of '{key[7:]}'"
        for key in spliced.answers
    }
    told = [text for text in told if text.endswith(("no answer yet.", "back.", "no figure."))]
    missing = {key for key in begins if any(re.search(rf"\W{begins[key]}\W", x) for x in told)}
    assert missing == unanswered
    assert not any("shows no figure" in sentence for sentence in told)


@pytest.mark.parametrize("name", KINDS)
def test_what_was_handed_in_runs_with_the_student_s_results(worked, name, monkeypatch):
    book, _, source_notebook = worked
    change, unanswered = KINDS[name]
    change(book)
    spliced = splice(source_notebook, from_content(v4.new_notebook(cells=book.cells)))
    names, checked, _ = run(assemble(source_notebook, spliced), monkeypatch)
    expected = {"code:f1": "check_f1", "code:ten-digits": "check_ten_digits"}
    expected |= {"code:train": "check_training", "code:look": "check_figure"}
    assert set(checked) == {check for key, check in expected.items() if key not in unanswered}
    if "code:f1" not in unanswered:
        assert names["F1Score"]().result() == 2.0
        assert checked["check_f1"] == (names["F1Score"],)
    if "code:ten-digits" not in unanswered:
        assert names["ten_digits"](1) == 0
    if "code:train" not in unanswered:
        model, history = checked["check_training"]
        assert (model.x, history.history) == ([1.0], {"loss": [0.5]})
    for i in range(1, 20) if name == "a_title_and_cells_of_ones_own_everywhere" else []:
        assert names[f"own_{i}"] == i


def spliced(source_notebook, *cells):
    return splice(source_notebook, read(notebook(*cells)))


def code(source, **metadata):
    return v4.new_code_cell(source, metadata=metadata)


def test_a_clean_hand_in_needs_no_repair(source_notebook):
    result = spliced(source_notebook, F1, TEN, answer("It is so."))
    states = {key: answer.state for key, answer in result.answers.items()}
    assert states == dict.fromkeys(("code:f1", "code:ten-digits", "answer:why"), "answered")
    assert all(answer.notes == [] for answer in result.answers.values())
    assert result.answers["code:f1"].source == F1
    assert result.helpers == {}


def test_cells_are_named_by_their_task_or_their_number(source_notebook):
    result = spliced(source_notebook, "a = 1", F1, "b = 2", TEN + "\n" + F1, STUB)
    assert result.ids == {1: "helper:cell 1", 2: "helper:cell 2", 3: "helper:cell 3", 4: "task:f1"}
    assert result.helpers == {"helper:cell 1": ["a = 1"], "helper:cell 3": ["b = 2"]}
    assert result.tasks_of == {2: ["f1"], 4: ["f1", "ten-digits"]}


def test_given_checks_and_handing_in_are_not_own(source_notebook):
    given = "import keras\n\nimport numpy as np\n# numbers\nfrom keras import ops\n"
    calls = [
        "cnn_utils.check_f1(F1Score, hint=3)",
        "cnn_utils.save_for_grading('f1', 1)",
        "hand_in()",
    ]
    result = spliced(source_notebook, given, 'greeting = "hello"\nprint(greeting)', F1, *calls)
    assert result.own == {3: F1}
    changed = spliced(source_notebook, given + "import math", F1)
    assert list(changed.own) == [1, 2]


def test_comments_that_control_nbval_are_removed(source_notebook):
    result = spliced(
        source_notebook, "# task: f1\n# NBVAL_SKIP\nF1Score = 1  # nbval_raises_exception yes"
    )
    assert "nbval" not in result.own[1].lower()


def test_what_the_cell_showed_comes_along(source_notebook):
    cell = code(F1)
    cell.outputs = [v4.new_output("stream", text="1/1 ===\r" * 2_000 + "test accuracy 0.98")]
    cell.outputs += [v4.new_output("display_data", data={"image/jpeg": "AAAA"})]
    found = spliced(source_notebook, cell).answers["code:f1"]
    assert found.figures == [("image/jpeg", "AAAA")]
    assert found.output_text.endswith("test accuracy 0.98")


def test_hostile_cells_take_no_time(source_notebook):
    long = "x" * 200_000
    cells = [long, "(" * 50_000, "\n".join(["a = 1"] * 50_000), "# task: " + "-" * 50_000]
    cells += [
        "x = " + "-" * 5_000 + "1",
        "if x: pass\n" + "elif x: pass\n" * 3_000,
        "a" + ".a" * 3_000,
    ]
    cells += ["# task: ten-digits\n" + "if x: pass\n" + "elif x: pass\n" * 900, '"' * 50_000]
    assert spliced(source_notebook, *cells, F1).answers["code:f1"].state == "answered"
