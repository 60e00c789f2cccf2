"""cnn_utils.explain: one line in the traceback's place, and only where the cause is known."""

import os
import subprocess
import sys

from cnn_utils.explain import explain_in_notebook

STUB = "task train-lenet: define `model`, `history`, then run this cell again"
START = "from cnn_utils.explain import explain_in_notebook; explain_in_notebook()"


def said_by(cells, **environment):
    """Run cells in IPython; return what it printed."""
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(colors='nocolor')\n"
        f"for cell in {[START, *cells]!r}: print(shell.run_cell(cell).success)"
    )
    options = {"capture_output": True, "text": True, "check": True}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={**os.environ, **environment}, **options).stdout


def test_outside_a_notebook_nothing_happens():
    explain_in_notebook()


def test_tasks_that_are_not_solved_are_named():
    said = said_by([f"raise NotImplementedError('{STUB}')", "print(model)", "1 / 0"])
    before, _, traceback = said.partition("---")
    assert before.split("\n")[:5] == [
        "True",
        f"Not solved yet, {STUB}",
        "False",
        "This needs `model`, and first of all task train-lenet, not solved yet.",
        "False",
    ]
    assert "ZeroDivisionError: division by zero" in traceback


FULL = "raise OSError(28, 'No space left on device', 'a.csv')"
KIT = "from cnn_utils import KitError; raise KitError('`x` must be 1.')"


def test_faults_of_the_machine_take_one_line():
    said = said_by([FULL, KIT, "open('/nowhere')", "a b"])
    assert said.splitlines()[1:5] == [
        "OSError: The disk is full, or your quota used up: 'a.csv'. Make room, then run it again.",
        "False",
        "KitError: `x` must be 1.",
        "False",
    ]
    assert "Traceback (most recent call last)" in said  # of the file that isn't there
    assert "SyntaxError" in said


def test_the_whole_traceback_comes_on_request():
    said = said_by([FULL, KIT], CNN_UTILS_TRACEBACK="1")
    assert said.count("Traceback (most recent call last)") == 2
    assert "OSError: [Errno 28] No space left on device: 'a.csv'" in said
    later = said_by([FULL, "%env CNN_UTILS_TRACEBACK=1", "%tb"])
    assert "OSError: The disk is full" in later
    assert "Traceback (most recent call last)" in later.partition("CNN_UTILS_TRACEBACK")[2]
