"""The plugin on its own, without a sandbox, on notebooks of the test."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.files import KIT

PLUGIN = KIT / "cnn_utils" / "grading" / "sandbox"


@pytest.fixture
def run(tmp_path):
    def run(*sources, timeout=5, **metadata):
        cells = [
            v4.new_code_cell(source, metadata={"grade_id": f"cell:{i}", **metadata})
            for i, source in enumerate(sources)
        ]
        nbformat.write(v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "nbval.plugin", "-p", "nbval_grade"]
        command += ["--grade", "-c", "/dev/null", "--rootdir=.", f"--nbval-cell-timeout={timeout}"]
        subprocess.run(
            [*command, "-p", "no:cacheprovider", "--junitxml=junit.xml", "a.ipynb"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(PLUGIN), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            timeout=60,
        )
        cases = ElementTree.parse(tmp_path / "junit.xml").getroot().iter("testcase")
        return {case.get("name"): len(case) == 0 for case in cases}

    return run


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
