import pytest

from cnn_utils.grading.intake.assemble import assemble
from cnn_utils.grading.intake.assignment import read_source_notebook
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
        "helper:2",
        "task:f1",
        "check:f1",
        "task:ten-digits",
        "check:ten-digits",
        "hidden:f1",
        "hidden:ten-digits",
    ]
    assert cells["given:1"].startswith("%load_ext cnn_utils\nimport keras")
    assert cells["task:ten-digits"] == TEN
    assert "out/output_f1.json" in cells["hidden:f1"]


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
    cells = assembled(read_source_notebook(tmp_path / "lab.py"), F1)
    assert (cells["given:1"], cells["given:2"][:12]) == ("%load_ext cnn_utils", "import keras")
