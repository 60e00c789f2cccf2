"""The plugin on its own, without a sandbox, on notebooks of the test."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.files import KIT
from cnn_utils.grading.sandbox.run_part import MAIN

PLUGIN = KIT / "cnn_utils" / "grading" / "sandbox"


@pytest.fixture
def run_all(tmp_path):
    """Run notebooks, given as lists of cells; return the failures by notebook and cell."""

    def run_all(timeout=5, **notebooks):
        for name, cells in notebooks.items():
            nbformat.write(v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb")
        command = [sys.executable, "-c", MAIN, f"--nbval-cell-timeout={timeout}"]
        subprocess.run(
            [*command, "--junitxml=junit.xml", *(f"{name}.ipynb" for name in notebooks)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PLUGIN), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            timeout=60,
        )
        cases = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")
        return {
            (case.get("classname").removesuffix(".ipynb"), case.get("name")): "".join(
                child.text for child in case
            )
            for case in cases
        }

    return run_all


@pytest.fixture
def run(run_all):
    def run(*sources, timeout=5, **metadata):
        found = run_all(
            timeout, a=[cell(source, i, **metadata) for i, source in enumerate(sources)]
        )
        return {name: not failure for (_, name), failure in found.items()}

    return run


def cell(source, number, **metadata):
    return v4.new_code_cell(source, metadata={"grade_id": f"cell:{number}", **metadata})


def named(**sources):
    names = {name.replace("_", ":", 1): source for name, source in sources.items()}
    return [v4.new_code_cell(s, metadata={"grade_id": name}) for name, s in names.items()]


def test_cells_are_named_and_fail_on_their_own(run):
    found = run("x = 1", "assert x == 2", "assert x == 1", "print('a')")
    assert found == {"cell:0": True, "cell:1": False, "cell:2": True, "cell:3": True}


def test_what_a_cell_says_about_its_test_is_not_read(run):
    sources = ["# NBVAL_SKIP\n1 / 0", "# NBVAL_RAISES_EXCEPTION\n1 / 0", "%nosuch\nx = 1"]
    assert run(*sources, tags=["raises-exception", "nbval-skip"]) == {
        "cell:0": False,
        "cell:1": False,
        "cell:2": False,
    }


def test_a_silenced_traceback_is_an_error_all_the_same(run):
    silence = "get_ipython().showtraceback = lambda *a, **k: None"
    assert run(silence, "1 / 0", "x = 1") == {"cell:0": True, "cell:1": False, "cell:2": True}


def test_a_loop_fails_alone_and_a_dead_kernel_fails_the_rest(run):
    assert run("while True: pass", "x = 1", timeout=2) == {"cell:0": False, "cell:1": True}
    assert run("import os; os._exit(0)", "x = 1", timeout=30) == {"cell:0": False, "cell:1": False}


def test_loud_cells_pass(run):
    assert run("for i in range(10000): print(i, flush=True)", timeout=30) == {"cell:0": True}


def test_each_notebook_has_a_kernel_of_its_own(run_all):
    found = run_all(
        a=named(task_x="x = 1\nimport sys\nsys.left = 1", task_end="import os\nos._exit(0)"),
        b=named(task_x="import sys\nassert not hasattr(sys, 'left')\nx"),
    )
    assert found.pop(("a", "task:x")) == ""
    assert "kernel died" in found.pop(("a", "task:end"))
    assert found.keys() == {("b", "task:x")}
    assert found["b", "task:x"] == "NameError: name 'x' is not defined"


def test_a_failure_is_the_whole_message_of_the_error(run_all):
    found = run_all(
        a=named(
            task_long="raise ValueError('first line\\n  \\x1b[31msecond\\x1b[0m line')",
            task_shown="class CheckFailed(Exception):\n"
            "    def _render_traceback_(self):\n        return [str(self)]\n"
            "raise CheckFailed('no: 24 x 24; expected 28 x 28.\\n  Hint 1 of 2: look.')",
            task_explained="class E(ValueError):\n"
            "    def _render_traceback_(self):\n        return ['E: because.']\n"
            "raise E('Keras says much')",
            task_syntax="x = = 1",
            task_missing="import no_such_package",
            task_endless="raise ValueError('x' * 1_000_000)",
            task_without_words="raise ValueError",
        )
    )
    found = {name.partition(":")[2]: failure for (_, name), failure in found.items()}
    assert found["long"] == "ValueError: first line\n  second line"
    assert found["shown"] == "no: 24 x 24; expected 28 x 28.\n  Hint 1 of 2: look."
    assert found["explained"] == "E: because."
    assert found["missing"] == "ModuleNotFoundError: No module named 'no_such_package'"
    assert found["syntax"].startswith("SyntaxError: invalid syntax")
    assert 1_000 < len(found["endless"]) < 10_000
    assert found["without_words"] == "ValueError"


def test_checks_run_in_the_working_folder_and_students_where_they_went(run_all, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "lab_helpers.py").write_text("x = 3")
    found = run_all(
        a=named(
            task_import="import lab_helpers, os\nassert lab_helpers.x == 3\n%cd there",
            check_import="assert os.path.basename(os.getcwd()) != 'there'\n1 / 0",
            helper_then="assert os.path.basename(os.getcwd()) == 'there'",
            hidden_import="open(os.environ['CNN_UTILS_WORKDIR'] + '/a.ipynb').close()\n"
            "assert os.path.samefile(os.environ['CNN_UTILS_WORKDIR'], '.')",
        )
    )
    failed = {name: failure for (_, name), failure in found.items() if failure}
    assert failed == {"check:import": "ZeroDivisionError: division by zero"}
    assert len(found) == 4


def test_a_module_of_the_hand_in_can_t_take_the_place_of_ours(run, tmp_path):
    for name in ("pytest", "nbformat", "json", "nbval_grade"):
        (tmp_path / f"{name}.py").write_text("1 / 0")
    assert run("x = 1") == {"cell:0": True}
