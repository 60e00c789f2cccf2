"""Rules for the worked notebooks; that they run is nbval's part (see pyproject.toml)."""

import ast
from pathlib import Path

import jupytext
import pytest

from cnn_utils.handin.pairing import pair

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted(FOLDER.glob("*.py"))
# The assignment's tasks: what a student defines, and in which notebook.
TASKS = {
    "part1_lenet_mnist": {
        "lenet": ["build_lenet"],
        "f1": ["F1Score"],
        "train-lenet": ["model", "history"],
        "plot-history": [],
        "evaluate-lenet": ["test_accuracy", "test_f1"],
        "ten-digits": ["ten_digit_error_rate"],
    },
    "part2_cnn_cifar10": {
        "preprocess": ["preprocess"],
        "look": [],
        "cnn": ["build_cnn"],
        "submit": [],
    },
}
ANSWERS = {
    "part1_lenet_mnist": ["overfitting", "compare", "ten-digits"],
    "part2_cnn_cifar10": ["cnn", "discussion"],
}

each_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells(source, kind):
    notebook = jupytext.read(source, fmt="py:percent")
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def lines(cell):
    """The lines a reader sees as code: no blank ones, no markers of the worked answer."""
    text = [line.strip() for line in cell.source.splitlines()]
    return [line for line in text if line and not line.startswith("###")]


def test_the_ipynb_are_built_from_the_py():
    assert pair(FOLDER, check=True) == [], "run `make pair`"


@each_notebook
def test_cells_are_short(source):
    lengths = sorted(len(lines(cell)) for cell in cells(source, "code"))
    assert lengths[-1] <= 15
    assert lengths[len(lengths) // 2] <= 5


@each_notebook
def test_prose_accompanies_the_code(source):
    assert len(cells(source, "markdown")) >= 0.6 * len(cells(source, "code"))


@each_notebook
def test_the_headings_are_the_five_of_every_part(source):
    headings = [
        line.removeprefix("## ")
        for cell in cells(source, "markdown")
        for line in cell.source.splitlines()
        if line.startswith("## ")
    ]
    assert headings == [
        "1 Setup",
        "2 Prepare the data",
        "3 Build the model",
        "4 Train",
        "5 Evaluate",
        "6 Discussion",
    ]


@each_notebook
def test_every_task_is_marked_visibly_and_in_the_metadata(source):
    tasks = {}
    for cell in cells(source, "code"):
        first = cell.source.splitlines()[0]
        assert first.startswith("# task:") == ("task" in cell.metadata)
        if "task" in cell.metadata:
            assert first == f"# task: {cell.metadata['task']}"
            assert cell.metadata["points"] > 0
            tasks[cell.metadata["task"]] = cell.metadata.get("defines", [])
    assert tasks == TASKS[source.stem]


@each_notebook
def test_a_task_defines_what_it_says(source):
    for cell in cells(source, "code"):
        names = {node.name for node in ast.walk(ast.parse(cell.source)) if hasattr(node, "name")}
        names |= {
            node.id
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        assert set(cell.metadata.get("defines", [])) <= names


@each_notebook
def test_answers_and_the_group_s_header_are_there(source):
    marked = [cell.metadata for cell in cells(source, "markdown") if "task" in cell.metadata]
    assert [m["task"] for m in marked if m["kind"] == "answer"] == ANSWERS[source.stem]
    assert [m["task"] for m in marked if m["kind"] == "header"] == ["group"]


@each_notebook
def test_solutions_are_delimited_once_per_task(source):
    for cell in [*cells(source, "code"), *cells(source, "markdown")]:
        is_task = "task" in cell.metadata and cell.metadata.get("kind") != "header"
        assert cell.source.count("### BEGIN SOLUTION") == int(is_task)
        assert cell.source.count("### END SOLUTION") == int(is_task)
        assert cell.source.find("### BEGIN") <= cell.source.find("### END")
