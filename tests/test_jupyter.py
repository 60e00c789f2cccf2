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
        f"for cell in {[START, *cells]!r}: print(shell.run_cell(cell, store_history=True).success)"
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


NETWORK = """
import keras, numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
def preprocess(images):
    raise ValueError("my own")
"""


def test_what_does_not_fit_a_network_takes_one_line():
    feed = "import cnn_utils\nmodel.fit(cnn_utils.ImageBatches(np.ones((3, 2)), np.ones(3), {}))"
    said = said_by(
        [
            NETWORK,
            "model.fit(np.ones((3, 5)), np.ones(3))",
            feed.format("lambda images: None"),
            feed.format("preprocess"),
        ]
    )
    lines = [line for line in said.splitlines() if line.startswith(("ValueError", "KitError"))]
    assert lines[0].startswith("ValueError: `x` must be images of shape (2,), which the network")
    assert lines[1].startswith("KitError: `preprocess` must return the images; received None.")
    assert "my own" in lines[-1]
    assert said.count("(most recent call last)") == 1  # of what the student wrote


def test_the_line_is_told_in_which_keras_was_called(tmp_path):
    (tmp_path / "mine.py").write_text("import keras\ndef fit(model, x):\n    model.fit(x)\n")
    said = said_by(
        [
            NETWORK,
            "def build():\n    return keras.layers.Dense(3, activation='rellu')",
            "build()",
            "import mine\nmine.fit(model, np.ones((3, 5)))",
        ],
        PYTHONPATH=str(tmp_path),
    )
    lines = said.splitlines()
    assert "In cell [3], line 2: return keras.layers.Dense(3, activation='rellu')" in lines
    assert "In mine.py, line 3: model.fit(x)" in lines


def test_the_whole_traceback_comes_on_request():
    said = said_by([FULL, KIT], CNN_UTILS_TRACEBACK="1")
    assert said.count("Traceback (most recent call last)") == 2
    assert "OSError: [Errno 28] No space left on device: 'a.csv'" in said
    later = said_by([FULL, "%env CNN_UTILS_TRACEBACK=1", "%tb"])
    assert "OSError: The disk is full" in later
    assert "Traceback (most recent call last)" in later.partition("CNN_UTILS_TRACEBACK")[2]
