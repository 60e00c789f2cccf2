"""The ways to hand in stand in tests/grading/intake/hand_ins.py; there `hand_in` reads them too."""

import pytest

from cnn_utils.notebook.answers import find_answers, is_empty, is_stub
from cnn_utils.notebook.assignment import Task
from cnn_utils.notebook.reader import Cell, Notebook

TASKS = (Task("lenet", "code", ("build",)), Task("f1"), Task("why", "answer"))
RAISE = "raise NotImplementedError('task f1: write it')"


def found(*cells, outline=()):
    return find_answers(Notebook("lab", list(cells)), TASKS, outline)


def code(source, **metadata):
    return Cell("code", source, metadata)


def why(source):
    return Cell("markdown", source, {"task": "why", "kind": "answer"})


@pytest.mark.parametrize(
    "source",
    [
        "# task: f1",
        "# task: f1\n# a comment",
        f"# task: f1\ndef f1():\n    {RAISE}",
        f"# task: f1\n%%time\nclass F1:\n    a = 1\n    {RAISE}",
        f"# task: f1\ndef f1(x):\n    if x:\n        return 1\n    {RAISE}",
        f"# task: f1\ndef f1():\n    return 1\n\ndef f1():\n    {RAISE}",
        f"# task: f1\ndef f1(:\n    {RAISE}",
        f"with x:\n    y = 1\n{RAISE}",
        "# task: f1\nraise NotImplementedError",
        "# task: f1\n# YOUR CODE HERE",
    ],
)
def test_a_stub_is_no_answer(source):
    assert is_stub(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = 1",
        f"x = 1\n# {RAISE}",
        f"def f1():\n    return 1\n    {RAISE}",
        f"def f1(x):\n    if x:\n        return 1\n    else:\n        return 2\n    {RAISE}",
        f"def f1():\n    with x:\n        return 1\n    {RAISE}",
        f"def f1():\n    {RAISE}\n\ndef f1():\n    return 1",
        f"def f1(:\n    return 1  # {RAISE}",
        f"text = '''\n{RAISE.replace(chr(39), chr(34))}'''",
        "class A:\n    def f(self):\n        raise NotImplementedError",
    ],
)
def test_code_that_does_not_run_into_its_placeholder_is_an_answer(source):
    assert not is_stub(source)


def test_what_a_task_asks_for_may_stand_above_a_left_over_placeholder():
    assert not is_stub(f"model = 1\n{RAISE}", ["model"])
    assert is_stub(f"net = 1\n{RAISE}", ["model"])
    assert is_stub(f"def f1():\n    {RAISE}\n{RAISE}", ["f1"])


@pytest.mark.parametrize("source", ["", "  \n", "*YOUR ANSWER HERE*", "<!-- hint -->"])
def test_an_empty_text_is_no_answer(source):
    assert is_empty(source)
    assert not is_empty(f"{source} It overfits.")


def test_the_line_counts_for_more_than_the_metadata():
    answers = found(code("# task: f1\nx = 1", task="lenet"), code("y = 1", task="lenet"))
    assert answers["code:f1"].source == "# task: f1\nx = 1"
    assert answers["code:lenet"].source == "y = 1"


@pytest.mark.parametrize(
    "line", ["%%time", "%load_ext cnn_utils", "", "!pip list\n", "#@title A\n"]
)
def test_the_line_may_stand_below_others(line):
    assert found(code(f"{line}\n# Task: F1\nx = 1"))["code:f1"].state == "answered"


@pytest.mark.parametrize("cell", [code("x = 1  # task: f1"), Cell("markdown", "# task: f1")])
def test_other_cells_are_no_tasks(cell):
    assert found(cell)["code:f1"].state == "missing"


def test_a_split_cell_answers_with_both_halves():
    answer = found(code("# task: f1\na = 1"), code("x"), code("# task: f1\nb = 2"))["code:f1"]
    assert (answer.cells, answer.notes) == ([1, 3], ["task 'f1': 2 cells joined"])
    assert answer.source == "# task: f1\na = 1\n# task: f1\nb = 2"


def test_each_of_two_tasks_in_one_cell_has_its_own_source():
    answers = found(code("%%time\n# task: lenet\nbuild = 1\n\n# task: f1\nx = 1"))
    assert answers["code:lenet"].source == "%%time\n# task: lenet\nbuild = 1"
    assert answers["code:f1"].source == "# task: f1\nx = 1"


def test_untouched_and_deleted_answers_differ():
    answers = found(code(f"# task: f1\n{RAISE}"), why("*YOUR ANSWER HERE*"))
    states = {key: (answer.state, answer.cells) for key, answer in answers.items()}
    assert states == {
        "code:lenet": ("missing", []),
        "code:f1": ("unanswered", [1]),
        "answer:why": ("unanswered", [2]),
    }
    assert answers["code:lenet"].notes == ["task 'lenet': no cell found"]


@pytest.mark.parametrize(
    "source", ["def build():\n    pass", "build = lambda: 1", "%time 1\nbuild = 2"]
)
def test_names_find_an_answer_but_an_import_does_not(source):
    answer = found(code(source))["code:lenet"]
    assert (answer.state, answer.notes) == (
        "answered",
        ["task 'lenet': found by the names it defines"],
    )
    assert found(code("from kit import build"))["code:lenet"].state == "missing"


def test_without_an_outline_only_names_and_lines_count():
    stub = code(f"# task: f1\n{RAISE}")
    assert found(stub, code("model.fit(x)"))["code:f1"].state == "unanswered"
    assert found(stub, code("model.fit(x)"), outline=["code:f1"])["code:f1"].cells == [2]


def test_each_of_several_missing_texts_gets_one_of_the_texts_found_there():
    tasks = (Task("one", "answer"), Task("two", "answer"))
    notebook = Notebook("lab", [Cell("markdown", "First."), Cell("markdown", "Second.")])
    answers = find_answers(notebook, tasks, ["answer:one", "answer:two"])
    assert [answer.source for answer in answers.values()] == ["First.", "Second."]
