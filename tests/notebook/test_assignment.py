import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.notebook.assignment import (
    FILE,
    count_figures,
    group_of,
    is_hand_in,
    output_text,
    read_assignment,
    tasks_in,
    without_comments,
)


@pytest.mark.parametrize("text", [None, "{", "[1]", '{"lab.ipynb": {"tasks": 1}}'])
def test_a_folder_without_a_readable_assignment_is_said(tmp_path, text):
    if text is not None:
        (tmp_path / FILE).write_text(text)
    with pytest.raises(KitError, match=r"must hold a readable assignment\.json"):
        read_assignment(tmp_path)


def code(source, **metadata):
    return v4.new_code_cell(source, metadata=metadata)


def answer(source, name="overfitting"):
    return v4.new_markdown_cell(source, metadata={"task": name, "kind": "answer"})


def tasks(*cells):
    return tasks_in(v4.new_notebook(cells=list(cells)))


def test_the_visible_line_names_a_task_even_without_metadata():
    assert list(tasks(code("# Task: LeNet\nx = 1"))) == [("lenet", "code")]


def test_the_line_counts_for_more_than_the_metadata():
    assert list(tasks(code("# task: f1\nx = 1", task="lenet"))) == [("f1", "code")]


def test_without_the_line_the_metadata_serve():
    assert list(tasks(code("x = 1", task="lenet"))) == [("lenet", "code")]


@pytest.mark.parametrize("magic", ["%%time", "%load_ext cnn_utils", "", "!pip list\n"])
def test_the_line_may_stand_below_magics(magic):
    (task,) = tasks(code(f"{magic}\n# task: f1\nx = 1")).values()
    assert task.name == "f1"


def test_a_split_cell_answers_with_both_halves():
    found = tasks(code("# task: f1\na = 1"), code("x"), code("# task: f1\nb = 2"))
    assert [number for number, _ in found["f1", "code"].cells] == [1, 3]
    assert "b = 2" in found["f1", "code"].source


def test_code_and_answer_of_one_name_are_two_tasks():
    assert list(tasks(code("# task: cnn\nx"), answer("why", "cnn"))) == [
        ("cnn", "code"),
        ("cnn", "answer"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "# task: f1",
        "# task: f1\n# a comment",
        "# task: f1\ndef f1():\n    raise NotImplementedError('task f1: write it')",
        "# task: f1\nraise NotImplementedError",
        "# task: f1\n# YOUR CODE HERE",
    ],
)
def test_a_stub_is_no_answer(source):
    assert tasks(code(source))["f1", "code"].is_stub


@pytest.mark.parametrize("source", ["", "  \n", "*YOUR ANSWER HERE*", "<!-- hint -->"])
def test_an_empty_text_is_no_answer(source):
    assert tasks(answer(source))["overfitting", "answer"].is_stub


def test_a_placeholder_left_beside_an_answer_does_no_harm():
    found = tasks(
        code("# task: f1\n# YOUR CODE HERE\nx = 1"),
        code("# task: b\nclass A:\n    def f(self):\n        raise NotImplementedError"),
        answer("*YOUR ANSWER HERE*\n\nIt overfits."),
    )
    assert not any(task.is_stub for task in found.values())


def test_answers_are_not_stubs():
    found = tasks(code("# task: f1\nx = 1"), answer("It overfits."))
    assert not any(task.is_stub for task in found.values())


def test_other_cells_are_no_tasks():
    header = v4.new_markdown_cell("table", metadata={"task": "group", "kind": "header"})
    assert tasks(code("x = 1  # task: f1"), v4.new_markdown_cell("# task: f1"), header) == {}


@pytest.mark.parametrize(
    ("source", "only"),
    [
        ("cnn_utils.hand_in()", True),
        ("# at last\nfrom cnn_utils import hand_in\nhanded = hand_in('.')", True),
        ("%load_ext cnn_utils\ncnn_utils.hand_in()", True),
        ("x = 1\nhand_in()", False),
        ("# hand_in()", False),
        ("print('hand_in()')", False),
        ("hand_in(", False),
    ],
)
def test_a_cell_that_only_hands_in(source, only):
    assert is_hand_in(code(source)) is only
    assert not is_hand_in(v4.new_markdown_cell(source))


def test_comments_are_cut_out_however_many():
    assert without_comments("a<!-- b -->c<!-- d --> e <!-- f") == "ac e "
    assert without_comments("<!--" * 100_000) == ""


def test_a_table_may_do_without_its_last_line():
    table = "| | |\n|-|-|\n| **Group number** | 7 |\n  **Members** | Ada, Grace"
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(table)])
    assert group_of(notebook) == {"group number": "7", "members": "Ada, Grace"}


def test_the_group_is_read_from_the_table():
    table = "| | |\n|---|---|\n| **Group number** | 12 |\n| **Group name** (optional) | Ada |"
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell(table)])
    assert group_of(notebook) == {"group number": "12", "group name": "Ada"}
    assert group_of(v4.new_notebook()) == {}


def output(**data):
    return v4.new_output(
        "display_data", data={name.replace("__", "/"): x for name, x in data.items()}
    )


def test_texts_come_from_streams_and_displays_but_not_from_handing_in():
    outputs = [v4.new_output("stream", text="a"), output(text__plain="b", text__html=["c", "d"])]
    cells = [
        v4.new_code_cell("x", outputs=outputs),
        v4.new_markdown_cell("no output"),
        v4.new_code_cell("hand_in()", outputs=[v4.new_output("stream", text="e")]),
    ]
    assert output_text(v4.new_notebook(cells=cells)).split() == ["a", "b", "cd"]


def test_pictures_of_all_kinds_are_figures():
    outputs = [output(image__png="A"), output(image__svg_xml="B"), output(text__plain="C")]
    outputs[1].data = {"image/svg+xml": "<svg/>", "text/plain": "D"}
    assert count_figures(v4.new_code_cell("plot()", outputs=outputs)) == 2
    assert count_figures(v4.new_markdown_cell("text")) == 0
