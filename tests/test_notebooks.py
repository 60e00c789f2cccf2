"""Rules for the worked notebooks; that they run is nbval's part (see pyproject.toml).

The rules of the lesson are the kit's own: whoever teaches otherwise deletes their tests. The others
hold for every assignment, whatever its points, texts and tasks are.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

from cnn_utils.grading.release.pairing import pair
from cnn_utils.grading.release.run import run_notebook
from cnn_utils.submission import validate_submission

FOLDER = Path(__file__).parents[1] / "notebooks"
SOURCES = sorted(FOLDER.glob("*.py"))
each_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def cells(source, kind):
    notebook = jupytext.read(source, fmt="py:percent")
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def lines(cell):
    """The lines a reader sees as code: no blank ones, no markers of the worked answer."""
    text = [line.strip() for line in cell.source.splitlines()]
    return [line for line in text if line and not line.startswith("###")]


def test_both_forms_agree_and_their_metadata_are_valid():
    assert pair(FOLDER, check=True) == [], "run `make pair`"


@each_notebook
def test_sections_are_numbered(source):
    texts = "\n".join(cell.source for cell in cells(source, "markdown"))
    numbers = [int(number) for number in re.findall(r"(?m)^## (\d+) \S", texts)]
    assert numbers == list(range(1, len(re.findall("(?m)^## ", texts)) + 1))


@each_notebook
def test_every_code_task_has_its_check_behind_it(source):
    marks = [cell.metadata for cell in cells(source, "code")]
    names = [mark[key] for mark in marks for key in ("task", "check") if key in mark]
    checked = [mark["check"] for mark in marks if "check" in mark]
    tasks = [mark["task"] for mark in marks if "task" in mark]
    assert checked == [name for name in tasks if name in checked]
    assert names == [name for task in tasks for name in [task] * (1 + checked.count(task))]


@each_notebook
def test_a_task_defines_what_it_says(source):
    for cell in [cell for cell in cells(source, "code") if "defines" in cell.metadata]:
        names = {node.name for node in ast.walk(ast.parse(cell.source)) if hasattr(node, "name")}
        names |= {
            node.id
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        assert set(cell.metadata["defines"]) <= names


@each_notebook
def test_the_group_s_table_is_there(source):
    headers = [c for c in cells(source, "markdown") if c.metadata.get("kind") == "header"]
    assert len(headers) == 1


@each_notebook
def test_solutions_are_delimited_once_per_task(source):
    for cell in [*cells(source, "code"), *cells(source, "markdown")]:
        is_task = "task" in cell.metadata and cell.metadata.get("kind") != "header"
        assert cell.source.count("### BEGIN SOLUTION") == int(is_task)
        assert cell.source.count("### END SOLUTION") == int(is_task)
        assert cell.source.find("### BEGIN") <= cell.source.find("### END")


# The rules of the lesson.


@each_notebook
def test_cells_are_short(source):
    lengths = sorted(len(lines(cell)) for cell in cells(source, "code"))
    assert lengths[-1] <= 15
    assert lengths[len(lengths) // 2] <= 4


@each_notebook
def test_the_extension_is_the_first_line_of_code(source):
    first = cells(source, "code")[0].source.splitlines()
    assert first[:2] == ["%load_ext cnn_utils", "import cnn_utils"]


@each_notebook
def test_the_lesson_calls_keras_by_hand_before_the_kit_does(source):
    """`fit` and `predict` are shown once with their arguments, then `fit_cached` takes over."""
    code = "\n".join(cell.source for cell in cells(source, "code"))
    calls = [code.find(call) for call in (".fit(", ".predict(", "cnn_utils.fit_cached(")]
    assert calls == sorted(calls)
    assert calls[0] > 0
    assert "options" not in code


@each_notebook
def test_unscaled_and_scaled_images_have_names_that_differ(source):
    code = "\n".join(cell.source for cell in cells(source, "code"))
    names = {
        node.id
        for node in ast.walk(ast.parse(code.replace("%load", "# %load")))
        if isinstance(node, ast.Name)
    }
    assert not any(name.startswith("X_") for name in names)
    assert "images_train" in names


@each_notebook
def test_prose_accompanies_the_code(source):
    assert len(cells(source, "markdown")) >= 0.6 * len(cells(source, "code"))


@pytest.fixture(scope="module")
def real_data(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    unpack = [sys.executable, shared_data / "unpack_cifar10.py", folder]
    subprocess.run(unpack, check=True, capture_output=True)
    shutil.copy(shared_data / "mnist.npz", folder)
    return folder


def texts(executed):
    for cell in nbformat.read(executed, as_version=4).cells:
        for output in cell.get("outputs", []):
            yield output.get("text", "") + output.get("data", {}).get("text/plain", "")


@pytest.mark.slow
def test_part_1_on_mnist(real_data, tmp_path, monkeypatch):
    monkeypatch.delenv("CNN_UTILS_SOURCE")
    result = run_notebook(FOLDER / "part1_lenet_mnist.ipynb", tmp_path, "quick", real_data)
    assert result.error is None
    said = "\n".join(texts(result.notebook))
    assert "drawn sample" not in said
    # Two of the forty epochs: most digits are read already.
    assert float(re.search(r"test accuracy (\d\.\d+)", said)[1]) > 0.97


@pytest.mark.slow
def test_part_2_on_cifar10(real_data, tmp_path, monkeypatch):
    monkeypatch.delenv("CNN_UTILS_SOURCE")
    result = run_notebook(FOLDER / "part2_cnn_cifar10.ipynb", tmp_path, "quick", real_data)
    assert result.error is None
    said = "\n".join(texts(result.notebook))
    assert "drawn sample" not in said
    # An eighth of the images, three epochs: well above the 0.1 of guessing.
    assert float(re.search(r"validation accuracy (\d\.\d+)", said)[1]) > 0.35
    assert len(validate_submission(tmp_path / "submission.csv")) == 10_000
