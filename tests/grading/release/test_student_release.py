import os
import re
import shutil
import subprocess
from pathlib import Path

import jupytext
import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.grading.release.regions import BEGIN, END, replace_regions
from cnn_utils.grading.release.run import run_notebook
from cnn_utils.grading.release.student_release import (
    CONTINUE_TAG,
    LEFT_OUT,
    needs_an_answer,
    package_for_students,
    release,
    without_answers,
)
from cnn_utils.notebook.assignment import FILE, read_assignment

KIT = Path(__file__).parents[3]
NOTEBOOKS = KIT / "notebooks"
PARTS = ("part1_lenet_mnist", "part2_cnn_cifar10")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "handout"
    release(folder, NOTEBOOKS, as_text=True)
    return folder


def worked(part):
    return jupytext.read(NOTEBOOKS / f"{part}.py", fmt="py:percent")


def student(released, part):
    return nbformat.read(released / "notebooks" / f"{part}.ipynb", as_version=4)


def solution_lines(source: str) -> list[str]:
    """Return the lines of the worked answers, without indentation and blank lines."""
    lines, inside = [], False
    for line in source.split("\n"):
        if BEGIN in line or END in line:
            inside = BEGIN in line
        elif inside and line.strip():
            lines.append(line.strip())
    return lines


def answers():
    """Return the lines that stand in worked answers and nowhere else."""
    files = (KIT / "cnn_utils").rglob("*.py")
    sources = [path.read_text() for path in files if "grading" not in path.parts]
    sources += [cell.source for part in PARTS for cell in worked(part).cells]
    solutions, given = set(), ""
    for source in sources:
        solutions |= set(solution_lines(source))
        given += replace_regions(source, lambda _: [], "")[0]
    return {line for line in solutions if len(line) > 8 and line not in given}


def test_no_line_of_an_answer_is_anywhere(released):
    lines = answers()
    assert len(lines) > 100
    assert 'model.add(layers.Conv2D(6, 5, padding="same", activation="relu"))' in lines
    for path in released.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            text = text.replace('\\"', '"')  # as notebooks write it
            found = [line for line in lines if line in text]
            assert found == [], path


def test_what_is_not_for_students_is_left_out(released):
    names = {path.name for path in released.rglob("*")}
    assert names.isdisjoint({"grading", "tests", "__pycache__", ".git", ".ci", "images"})
    assert not any(path.suffix == ".pyc" for path in released.rglob("*"))
    assert {"README.md", "Makefile", "requirements.txt", "LICENSE", "assignment.json"} <= names
    text = "".join(path.read_text() for path in released.rglob("*.py"))
    assert "BEGIN SOLUTION" not in text.replace("### BEGIN SOLUTION (", "")


def test_notebooks_are_as_text_only_on_request(tmp_path):
    assert main(["release", "--out", str(tmp_path / "a")]) == 0
    assert not list((tmp_path / "a" / "notebooks").glob("*.py"))
    assert len(list((tmp_path / "a" / "notebooks").glob("*.ipynb"))) == 2


@pytest.mark.parametrize("part", PARTS)
def test_filled_with_the_worked_answers_it_is_the_worked_notebook(released, part):
    filled = student(released, part)
    original = worked(part)
    original.cells = [cell for cell in original.cells if "hidden" not in cell.metadata]
    assert len(filled.cells) == len(original.cells)
    for cell, target in zip(filled.cells, original.cells, strict=True):
        if target.metadata.get("kind") == "header":
            cell.source = target.source
        begin, end = target.source.find("### BEGIN"), target.source.rfind("### END SOLUTION")
        if begin >= 0:
            lines = target.source.split("\n")
            first = next(i for i, line in enumerate(lines) if "### BEGIN SOLUTION" in line)
            last = next(i for i, line in enumerate(lines) if "### END SOLUTION" in line)
            assert end > begin
            stub = r"(?m)^( *)# YOUR CODE HERE\n\1raise NotImplementedError\(\"task .*\"\)$"
            stub += r"|^\*YOUR ANSWER HERE\*$"
            region = "\n".join(lines[first : last + 1])
            cell.source, n = re.subn(stub, lambda _, region=region: region, cell.source)
            assert n == 1
        tags = [tag for tag in cell.metadata.pop("tags", []) if tag != CONTINUE_TAG]
        assert tags == target.metadata.get("tags", [])
        expected = {**target.metadata, "tags": target.metadata.get("tags")}
        expected.pop("rubric", None)
        assert {**cell.metadata, "tags": tags or None} == expected
        assert (cell.cell_type, cell.source) == (target.cell_type, target.source)


def test_the_package_differs_only_where_answers_were(released):
    for path in (KIT / "cnn_utils").rglob("*.py"):
        name = path.relative_to(KIT)
        if "grading" in name.parts or name.name == "scripts.py":
            assert not (released / name).exists()
            continue
        expected, n = replace_regions(path.read_text(), lambda indent: [indent + LEFT_OUT], "x")
        assert (released / name).read_text() == (expected if n else path.read_text())


def test_the_assignment_asks_for_the_same(released):
    assert read_assignment(released / "notebooks") == read_assignment(NOTEBOOKS)


def test_the_group_s_table_is_empty(released):
    for part in PARTS:
        header = next(
            c for c in student(released, part).cells if c.metadata.get("kind") == "header"
        )
        rows = [line.split("|") for line in header.source.splitlines() if line[:1] == "|"]
        assert len(rows) >= 4
        assert {row[2].strip(" -") for row in rows} == {""}
        assert all(row[1].strip() for row in rows[1:])


# Five small trainings at the end of part 2, which need no answer, become two.
SHORTER = {
    'quick=["Muon", "mirrored at test"]': "quick=[]",
    "(full=8, quick=2)": "(full=8, quick=1)",
}


@pytest.mark.parametrize("part", PARTS)
def test_untouched_it_runs_and_each_gap_explains_itself(released, tmp_path, monkeypatch, part):
    monkeypatch.setenv("PYTHONPATH", str(released))
    untouched = student(released, part)
    for cell in untouched.cells:
        for long, short in SHORTER.items():
            cell.source = cell.source.replace(long, short)
    nbformat.write(untouched, tmp_path / f"{part}.ipynb")
    result = run_notebook(tmp_path / f"{part}.ipynb", tmp_path / "out", "quick")
    assert result.error is None
    executed = nbformat.read(result.notebook, as_version=4)
    errors = []
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                assert CONTINUE_TAG in cell.metadata.tags
                errors += ["\n".join(output.traceback)]
    pattern = r"Not solved yet, task ([\w-]+)|`\w+` is missing: solve task ([\w-]+) first"
    pattern += r"|· ([\w-]+): not attempted yet"
    matches = [re.match(pattern, text) for text in errors]
    assert [text for text, match in zip(errors, matches, strict=True) if not match] == []
    explained = {next(filter(None, match.groups())) for match in matches}
    code = (cell for cell in executed.cells if cell.cell_type == "code")
    assert explained == {cell.metadata["task"] for cell in code if "task" in cell.metadata}


def notebook(*cells):
    return v4.new_notebook(cells=list(cells))


SOLVED = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (v4.new_code_cell(SOLVED), "cell 1: there is a solution, but .* name no task"),
        (v4.new_markdown_cell(f"<!-- {SOLVED}"), "looks like a delimiter"),
        (v4.new_code_cell("x", metadata={"task": "a"}), "task 'a' must hold one solution; .* 0"),
        (
            v4.new_code_cell(f"{SOLVED}\n{SOLVED}", metadata={"task": "a"}),
            "task 'a' must hold one solution; it holds 2",
        ),
    ],
)
def test_a_solution_out_of_place_is_an_error(cell, message):
    with pytest.raises(KitError, match=message):
        without_answers(notebook(cell), "part1.py")


def test_hidden_tests_and_rubrics_are_left_out(tmp_path):
    text = '# %% task="a" points=1\n# task: a\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n\n'
    text += '# %% hidden="a"\nassert x == 1, "secret"\n\n'
    text += '# %% [markdown] task="b" kind="answer" points=2 rubric=["secret"] figures=["a"]\n'
    text += "# <!-- ### BEGIN SOLUTION -->\n# secret\n# <!-- ### END SOLUTION -->\n\n# %%\nx\n"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lab.py").write_text(text)
    release(tmp_path / "out", tmp_path / "in", as_text=True)
    folder = tmp_path / "out" / "notebooks"
    assert sorted(path.name for path in folder.iterdir()) == [FILE, "lab.ipynb", "lab.py"]
    assert not any("secret" in path.read_text() for path in folder.iterdir())
    cells = nbformat.read(folder / "lab.ipynb", as_version=4).cells
    assert [cell.cell_type for cell in cells] == ["code", "markdown", "code"]
    assert cells[1].metadata == {"task": "b", "kind": "answer", "points": 2, "figures": ["a"]}
    assert cells[2].metadata == {"tags": [CONTINUE_TAG]}
    assert len(read_assignment(folder)["lab.ipynb"].outline) == 3


def header(source):
    return v4.new_markdown_cell(source, metadata={"task": "group", "kind": "header"})


def test_a_solution_in_the_header_is_an_error():
    source = "<!-- ### BEGIN SOLUTION -->\nx\n<!-- ### END SOLUTION -->"
    with pytest.raises(KitError, match="task 'group' must hold one solution; it holds 1"):
        without_answers(notebook(header(source)), "x")


def test_the_header_is_emptied_however_it_is_written():
    table = "# Lab\n| | |\n|---|---|\n| Members | Ann |\n| **Group** | 7 | \n  **Name** | x"
    (cell,) = without_answers(notebook(header(table)), "x").cells
    assert cell.source.splitlines()[3:] == ["| Members | |", "| **Group** | |", "|**Name** | |"]


def test_magics_in_a_notebook_are_no_obstacle():
    cells = [v4.new_code_cell("%matplotlib inline\n!ls"), v4.new_code_cell("x")]
    assert len(without_answers(notebook(*cells), "x").cells) == 2


def test_only_the_package_s_own_kinds_of_files_are_copied(tmp_path, monkeypatch):
    kit = tmp_path / "kit"
    shutil.copytree(KIT / "cnn_utils", kit / "cnn_utils")
    for name in ("solutions.ipynb", "models.py.orig", "model.keras", ".secret.py~"):
        (kit / "cnn_utils" / name).write_text("x")
    monkeypatch.setattr("cnn_utils.grading.release.student_release.KIT", kit)
    package_for_students(tmp_path / "out")
    suffixes = {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert suffixes == {".py", ".typ", ".ttf", ".txt", ".json"}


def test_an_empty_folder_is_used_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert len(release(Path(), NOTEBOOKS)) > 50


@pytest.mark.parametrize("name", ["file/sub", "x" * 300])
def test_an_impossible_place_is_an_error(tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(KitError, match="must be a file to write to; received"):
        release(tmp_path / name, NOTEBOOKS)


def test_a_stub_says_what_to_define():
    cells = [
        v4.new_code_cell(f"# task: a\n{SOLVED}", metadata={"task": "a", "defines": ["x", "y"]}),
        v4.new_code_cell(f"# task: b\n{SOLVED}", metadata={"task": "b"}),
    ]
    first, second = without_answers(notebook(*cells), "x").cells
    assert first.source.splitlines()[1:] == [
        "# YOUR CODE HERE",
        'raise NotImplementedError("task a: define `x`, `y`, then run this cell again")',
    ]
    assert "task b: write its code, then" in second.source
    assert "BEGIN" in cells[0].source  # the worked notebook stays as it is


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(KitError, match="be a new or empty folder; received a folder in use"):
        release(tmp_path, NOTEBOOKS)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_is_left_behind_when_a_solution_is_wrongly_delimited(tmp_path):
    folder = tmp_path / "worked"
    shutil.copytree(NOTEBOOKS, folder)
    part = folder / "part1_lenet_mnist.py"
    part.write_text(part.read_text().replace("### END SOLUTION", "### END", 1))
    with pytest.raises(KitError, match=r"part1_lenet_mnist\.py, cell \d+: .* never ends"):
        release(tmp_path / "out", folder)
    assert [path.name for path in tmp_path.iterdir()] == ["worked"]


def test_a_folder_without_worked_notebooks_is_an_error(tmp_path):
    with pytest.raises(
        KitError, match=r"must hold the worked notebooks \(\.py or \.ipynb\); received none"
    ):
        release(tmp_path / "out", tmp_path)


def need_an_answer(*sources, **tasks):
    cells = [
        v4.new_code_cell(source, metadata=tasks.get(f"cell{i}", {}))
        for i, source in enumerate(sources)
    ]
    return needs_an_answer(cells)


TASK = {"task": "lenet", "defines": ["build_lenet"]}


def test_a_task_and_cells_that_use_it_need_an_answer():
    sources = ("import keras", "def build_lenet():\n    return 1", "build_lenet()", "keras.x")
    assert need_an_answer(*sources, cell1=TASK) == [False, True, True, False]


def test_names_that_such_a_cell_defines_are_missing_too():
    sources = ("def build_lenet(): ...", "a = build_lenet()", "b = [a for _ in '']", "c = 1", "b")
    assert need_an_answer(*sources, cell0=TASK) == [True, True, True, False, True]


def test_names_that_only_the_solution_defines_are_missing_too():
    assert need_an_answer("seconds = 1", "print(seconds)", cell0={"task": "train"}) == [True, True]


def test_names_within_functions_are_their_own():
    sources = ("def build_lenet():\n    model = 1\n    return model", "model = 2", "model")
    assert need_an_answer(*sources, cell0=TASK) == [True, False, False]


def test_a_use_within_a_function_counts():
    assert need_an_answer(
        "def build_lenet(): ...", "def f():\n    return build_lenet()", cell0=TASK
    ) == [
        True,
        True,
    ]


def test_imports_in_a_solution_are_missing_too():
    sources = ("import math as m\nx = m.pi", "m.e", "math = 1")
    assert need_an_answer(*sources, cell0={"task": "a"}) == [True, True, False]


def test_line_magics_do_not_hide_the_names_of_a_cell():
    sources = ("%load_ext cnn_utils\nimport keras", "%matplotlib inline\nx = 1", "keras", "x")
    assert need_an_answer(*sources, cell1=TASK) == [False, True, False, True]


def test_jupyterlab_starts_for_root_as_well(released):
    for folder in (KIT, released):
        command = ["make", "-n", "-C", str(folder), "lab", "ARGS=--port 8899"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        as_root = "--allow-root " if os.geteuid() == 0 else ""
        assert " ".join(f"jupyter lab {as_root}notebooks --port 8899".split()) in " ".join(
            shown.split()
        )
