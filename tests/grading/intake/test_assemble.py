import pytest

from cnn_utils.grading.intake.assemble import assemble, names_replaced_by
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.splice import splice
from cnn_utils.notebook.reader import read
from tests.grading.small_lab import F1, LAB, TEN, notebook


def assembled(source_notebook, *cells):
    made = assemble(source_notebook, splice(source_notebook, read(notebook(*cells))))
    return {cell.metadata.grade_id: cell.source for cell in made.cells}


def test_given_answers_checks_and_hidden_tests_in_their_order(source_notebook):
    cells = assembled(source_notebook, "h = 1", F1, TEN)
    assert list(cells) == [
        "given:1",
        "helper:cell 1",
        "task:f1",
        "check:f1",
        "task:ten-digits",
        "check:ten-digits",
        "hidden:f1",
        "hidden:ten-digits",
    ]
    assert cells["given:1"].startswith("%load_ext cnn_utils\nimport keras")
    assert cells["task:ten-digits"] == TEN
    assert "output_f1.json" in cells["hidden:f1"]


def test_given_cells_that_nothing_needs_are_left_out(source_notebook):
    assert not any(
        'greeting = "hello"' in source for source in assembled(source_notebook, F1).values()
    )
    used = assembled(source_notebook, F1.replace("average", "average"), "print(greeting)")
    assert any('greeting = "hello"' in source for source in used.values())


@pytest.mark.parametrize("magic", ["%time", "%%time\n", "!echo", "shown ="])
def test_a_given_cell_stays_if_a_magic_needs_it(source_notebook, magic):
    cells = assembled(source_notebook, f"{F1}\n    shout = True\n\n{magic} greeting")
    assert any('greeting = "hello"' in source for source in cells.values())


def test_unanswered_tasks_are_left_out_with_their_checks(source_notebook):
    cells = assembled(source_notebook, TEN)
    assert "check:f1" not in cells
    assert "hidden:f1" not in cells
    assert "check:ten-digits" in cells


def test_checks_are_ours_whatever_was_handed_in(source_notebook):
    cells = assembled(source_notebook, F1, "metric = F1Score()\nprint('passed')")
    assert "assert abs(float(metric.result()) - 1) < 1e-6" in cells["check:f1"]


def test_a_cell_that_loads_the_extension_stays_even_if_it_defines_nothing(tmp_path):
    (tmp_path / "lab.py").write_text(LAB.replace("cnn_utils\n", "cnn_utils\n\n# %%\n", 1))
    cells = assembled(read_source_notebooks(tmp_path)["lab.ipynb"], F1)
    assert (cells["given:1"], cells["given:2"][:12]) == ("%load_ext cnn_utils", "import keras")


def test_the_student_s_own_cells_run_whatever_they_are_for(source_notebook):
    cells = assembled(source_notebook, "print(1)", "%cd work", "def half(x):\n    return x / 2")
    assert list(cells)[1:] == ["helper:cell 1", "helper:cell 2", "helper:cell 3"]


def test_a_changed_given_cell_runs_behind_ours_and_a_copy_again(source_notebook):
    given = "import keras\nimport numpy as np\nfrom keras import ops"
    cells = assembled(source_notebook, f"{given}\nimport math", F1)
    assert list(cells)[:3] == ["given:1", "helper:cell 1", "task:f1"]
    cells = assembled(source_notebook, given, F1, given, "np.zeros(3)")
    assert list(cells)[:4] == ["given:1", "task:f1", "check:f1", "given:1 cell 3"]


NOT_RUN = LAB.replace("points=20", "points=20 rerun=false")


def test_an_answer_that_is_not_run_again_runs_if_it_is_needed(tmp_path):
    (tmp_path / "lab.py").write_text(NOT_RUN)
    source_notebook = read_source_notebooks(tmp_path)["lab.ipynb"]
    assert "task:ten-digits" not in assembled(source_notebook, F1, TEN)
    cells = assembled(source_notebook, F1, TEN, "rate = ten_digit_error_rate(0.9)")
    assert "task:ten-digits" in cells
    assert "check:ten-digits" not in cells


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("x = x.astype('float32') / 255", {"x"}),
        ("x /= 255\ny[0] += 1", {"x", "y"}),
        ("x = y / 255\nfor z in z: pass", set()),
        ("x = = 1", set()),
    ],
)
def test_names_that_change_with_each_run(source, names):
    assert names_replaced_by(source) == names


OWN = """
# %%
limit = 7

# %% task="mine" points=1 defines=["x"]
# task: mine
x = 1

# %% check="mine"
assert x

# %% hidden="mine"
assert x < limit

# %% [markdown]
# ## Next

# %% hidden="f1"
assert F1Score
"""


def test_the_author_s_hidden_tests_run_where_they_were_written_and_replace_ours(tmp_path):
    (tmp_path / "lab.py").write_text(LAB + OWN)
    source_notebook = read_source_notebooks(tmp_path)["lab.ipynb"]
    assert not any("hidden" in cell.metadata for cell in source_notebook.cells)
    cells = assembled(source_notebook, F1, TEN, "# task: mine\nx = 3", "y = 1")
    assert list(cells) == [
        "given:1",
        "task:f1",
        "check:f1",
        "task:ten-digits",
        "check:ten-digits",
        "given:11",
        "task:mine",
        "check:mine",
        "hidden:mine",
        "hidden:f1",
        "helper:cell 4",
        "hidden:ten-digits",
    ]
    assert cells["hidden:mine"] == "assert x < limit"
    assert "hidden:mine" not in assembled(source_notebook, F1, TEN)


def test_a_hidden_test_in_a_hand_in_is_left_out(tmp_path):
    (tmp_path / "lab.py").write_text(LAB + OWN)
    source_notebook = read_source_notebooks(tmp_path)["lab.ipynb"]
    cells = assembled(source_notebook, F1, "assert F1Score", "assert F1Score  # mine")
    assert [name for name in cells if name.startswith("helper")] == ["helper:cell 3"]


GIVEN_AWAY = """
# %%
def preprocess(images):
    return images / 255

# %% task="cnn" points=1 defines=["build_cnn"]
# task: cnn
def build_cnn():
    ### BEGIN SOLUTION
    return keras.Sequential()
    ### END SOLUTION
"""


def test_a_task_that_was_given_away_is_there_for_the_hidden_tests_that_need_it(tmp_path):
    (tmp_path / "lab.py").write_text(LAB + GIVEN_AWAY)
    source_notebook = read_source_notebooks(tmp_path)["lab.ipynb"]
    cells = assembled(source_notebook, "# task: cnn\ndef build_cnn(): ...")
    assert list(cells) == ["given:1", "given:11", "task:cnn", "hidden:cnn"]
    assert "return images / 255" in cells["given:11"]
