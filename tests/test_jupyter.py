"""cnn_utils.jupyter: the extension, in IPython and in a kernel."""

import errno
import gc
import logging
import os
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from cnn_utils import jupyter
from cnn_utils.jupyter import machine_fault, unsolved_task

STUB = "task train-lenet: define `model`, `history`, then run this cell again"
LOAD = "%load_ext cnn_utils"


def ipython(cells, **environment):
    """Run named cells in IPython; return what each printed."""
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(colors='nocolor')\n"
        f"for cell in {[*cells.values()]!r}:\n"
        "    shell.run_cell(cell, store_history=True)\n"
        "    print(end='\\0')"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **environment}
    run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return dict(zip(cells, run.stdout.split("\0"), strict=False))


def kernel(*cells):
    """Run cells in a kernel; return the outputs of each."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    return [cell.outputs for cell in notebook.cells]


# Unsolved tasks


@pytest.fixture
def nothing_missing(monkeypatch):
    monkeypatch.setattr(jupyter, "_task_of", {})


def name_error(name):
    with pytest.raises(NameError) as caught:
        eval(name, {})
    return caught.value


@pytest.mark.usefixtures("nothing_missing")
def test_names_that_a_stub_should_have_defined_are_missing_afterwards():
    assert unsolved_task(name_error("history")) is None
    assert unsolved_task(NotImplementedError(STUB)) == f"Not solved yet, {STUB}"
    missing = "`history` is missing: solve task train-lenet first."
    assert unsolved_task(name_error("history")) == missing
    assert unsolved_task(name_error("histroy")) is None


@pytest.mark.usefixtures("nothing_missing")
def test_names_of_a_waiting_cell_are_missing_too():
    unsolved_task(NotImplementedError(STUB))
    unsolved_task(name_error("model"), "y_prob = model.predict(x)\ny_pred = y_prob.argmax()")
    assert "solve task train-lenet first" in unsolved_task(name_error("y_pred"))


@pytest.mark.parametrize("error", [NotImplementedError(), NotImplementedError("later"), KeyError()])
def test_other_errors_are_no_unsolved_tasks(error):
    assert unsolved_task(error) is None


# Faults of the machine


class ResourceExhaustedError(Exception):
    """As TensorFlow has it."""


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "a.csv"),
            ["The disk is full, or your quota is used up: 'a.csv'.", "Make room"],
        ),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), ["The disk is full"]),
        (ResourceExhaustedError("{{x}} a.index; No space left on device"), ["The disk is full"]),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.csv"),
            ["Access denied (Permission denied): 'a.csv'.", "copy the notebook's folder"],
        ),
        (OSError(errno.EROFS, "Read-only file system", "a.csv"), ["(Read-only file system)"]),
        (
            BlockingIOError(11, "Unable to synchronously open file (unable to lock file, errno=11"),
            ["The file is locked, or its drive does not answer", "copy it to a disk"],
        ),
        (OSError(errno.ESTALE, "Stale file handle"), ["(", "Stale file handle", "copy it"]),
        (MemoryError(), ["There is not enough memory (MemoryError).", "batch_size"]),
        (
            ResourceExhaustedError("OOM when allocating tensor\n with shape"),
            ["There is not enough memory (OOM when allocating tensor)."],
        ),
        (
            ModuleNotFoundError("No module named 'no_such'", name="no_such.part"),
            ["The package no_such is not installed in this Python", sys.executable],
        ),
        (
            ModuleNotFoundError("No module named 'no_such'", name="no_such"),
            ["the notebook's folder has no no_such.py", "Change Kernel", "pip install -r"],
        ),
        (
            ImportError("DLL load failed while importing _pywrap: The specified module"),
            ["A package is installed, but does not start (DLL load failed", "Visual C++"],
        ),
        (
            ImportError("libstdc++.so.6: cannot open shared object file"),
            ["does not start (libstdc++.so.6", "a new environment", "--force-reinstall"],
        ),
        (
            ValueError("numpy.dtype size changed, may indicate binary incompatibility."),
            ["does not start (numpy.dtype size changed"],
        ),
    ],
)
def test_a_fault_is_explained_with_what_to_do(error, parts):
    explanation = machine_fault(error)
    for part in parts:
        assert part in explanation
    assert "\n" not in explanation


def test_an_array_too_large_for_any_memory_is_a_fault():
    with pytest.raises(MemoryError) as caught:
        np.zeros(2**59)
    assert "not enough memory (Unable to allocate 4.00 EiB" in machine_fault(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("shapes (3,) and (4,) not aligned"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "a.csv"),
        ImportError("cannot import name 'Conv3' from 'keras.layers'"),
        ImportError("attempted relative import with no known parent package"),
        ModuleNotFoundError("'a' is not a package"),
        ModuleNotFoundError("No module named 'json.nothing'", name="json.nothing"),
        KeyError("x"),
        OSError("not of the system"),
    ],
)
def test_other_errors_are_no_faults(error):
    assert machine_fault(error) is None


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from keras.layer import Dense", "keras has no module layer. Do you mean keras.layers?"),
        ("import cnn_utils.plot", "cnn_utils has no module plot. Do you mean cnn_utils.plots?"),
    ],
)
def test_a_misspelt_module_is_no_missing_package(code, expected):
    exec("import keras")
    with pytest.raises(ModuleNotFoundError) as caught:
        exec(code)
    assert machine_fault(caught.value) == expected


# The extension

NETWORK = """
import keras, numpy as np
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
model.compile("sgd", "sparse_categorical_crossentropy")
x = np.ones((3, 2))
"""
STATE = """
import gc, logging, os, sys
def state():
    filters = list(logging.getLogger("tensorflow").filters)
    missing = [name for name, module in sys.modules.items() if module is None]
    handler = shell.CustomTB.__func__
    return dict(os.environ), filters, missing, shell.custom_exceptions, handler, gc.isenabled()
shell = get_ipython()
os.environ.pop("TF_CPP_MIN_LOG_LEVEL", None)
import tensorflow  # which sets variables of its own
before = state()
"""
FAILING = "class Bad(ValueError):\n    def __str__(self): 1 / 0\nraise Bad"
SAME = {  # as without the extension
    "syntax": "a b",
    "indentation": "def f():\nreturn 1",
    "dedentation": "  x = 1\n y = 2",
    "syntax while running": "exec('a b')",
    "syntax of a file": "compile('(', 'mine.py', 'exec')",
    "not closed": "x = (1,",
    "division": "1 / 0",
    "no file": "open('/nowhere')",
    "failing": FAILING,
}
CELLS = {
    "state": STATE,
    "load": LOAD,
    "load again": "import cnn_utils; cnn_utils.load_ipython_extension(shell)",
    "changed": "print(state() == before, os.environ['TF_CPP_MIN_LOG_LEVEL'])",
    **SAME,
    "stub": f"raise NotImplementedError('{STUB}')",
    "missing": "print(model)",
    "full": "raise OSError(28, 'No space left on device', 'a.csv')",
    "kit": "from cnn_utils import KitError; raise KitError('`x` must be 1.')",
    "network": NETWORK,
    "function": "def build():\n    return keras.layers.Dense(3, activation='rellu')",
    "misspelt": "build()",
    "label": "model.fit(x, np.array([0, 1, 7]), verbose=0)",  # an error of TensorFlow's own class
    "async": "await model.fit(x)",
    "fits": "model.fit(x, np.array([0, 1, 2]), verbose=0);",
    "on request": "%env CNN_UTILS_TRACEBACK=1\nraise KitError('`x` must be 2.')",
    "tb": "%tb",
    "unset": "del os.environ['CNN_UTILS_TRACEBACK']",
    "unload": "%unload_ext cnn_utils",
    "unloaded": "print(state() == before)",
    "plain": f"raise NotImplementedError('{STUB}')",
    "reload": f"{LOAD}\n%reload_ext cnn_utils",
    "break": "from cnn_utils import jupyter\njupyter.machine_fault = None",
    "unexplained": "raise OSError(28, 'No space left on device', 'a.csv')",
    "stub again": f"raise NotImplementedError('{STUB}')",
}


@pytest.fixture(scope="module")
def printed():
    return ipython(CELLS)


def test_explained_errors_take_a_line(printed):
    assert printed["stub"] == f"Not solved yet, {STUB}\n"
    assert printed["missing"] == "`model` is missing: solve task train-lenet first.\n"
    assert printed["full"] == (
        "OSError: The disk is full, or your quota is used up: 'a.csv'. Make room, then run it "
        "again.\n"
    )
    assert printed["kit"] == "KitError: `x` must be 1.\n"


def test_errors_of_keras_name_the_student_s_line(printed):
    assert printed["misspelt"].splitlines() == [
        "ValueError: Could not interpret activation function identifier: rellu. Do you mean relu?",
        "In cell [19], line 2: return keras.layers.Dense(3, activation='rellu')",
    ]
    assert printed["label"].startswith("InvalidArgumentError: Received a label value of 7 which")
    assert printed["label"].endswith(f", line 1: {CELLS['label']}\n")
    assert printed["async"].endswith(f", line 1: {CELLS['async']}\n")
    assert printed["fits"] == ""


def test_other_errors_are_shown_as_without_the_extension(printed):
    plain = ipython({f"line {i}": "0;" for i in range(4)} | SAME)
    assert "SyntaxError: invalid syntax" in plain["syntax"]
    assert "IndentationError" in plain["indentation"]
    assert "Bad" in plain["failing"]
    for name in SAME:
        assert printed[name] == plain[name]


def test_the_whole_traceback_is_shown_on_request(printed):
    assert "Traceback (most recent call last)" in printed["on request"]
    assert "Traceback (most recent call last)" in printed["tb"]
    assert printed["tb"].strip().endswith("KitError: `x` must be 2.")


def test_unloading_undoes_everything_and_loading_twice_is_harmless(printed):
    assert printed["changed"] == "False 2\n"
    assert printed["unloaded"] == "True\n"
    assert "(most recent call last)" in printed["plain"]
    assert printed["stub again"] == f"Not solved yet, {STUB}\n"


def test_an_explanation_that_fails_leaves_the_error_as_it_is(printed):
    assert "(most recent call last)" in printed["unexplained"]
    assert printed["unexplained"].endswith("OSError: [Errno 28] No space left on device: 'a.csv'\n")


def test_settings_of_the_user_stay():
    environment = {"TF_CPP_MIN_LOG_LEVEL": "1", "TF_ENABLE_ONEDNN_OPTS": "0"}
    show = "import os; print([os.environ.get(name) for name in %r])" % [*environment]
    cells = {"load": f"{LOAD}\n{show}", "unload": f"%unload_ext cnn_utils\n{show}"}
    assert [*ipython(cells, **environment).values()] == ["['1', '0']\n"] * 2


def test_in_a_kernel_the_start_is_quiet_and_syntax_errors_are_jupyter_s():
    def shown(outputs):
        assert [output.output_type for output in outputs] == ["error"]
        return outputs[0].ename, outputs[0].evalue, outputs[0].traceback

    first = f"{LOAD}\nimport cnn_utils\n\ncnn_utils.show_versions()"
    last = f"raise NotImplementedError('{STUB}')"
    syntax = [SAME["syntax"], SAME["indentation"], SAME["syntax while running"]]
    (versions,), *errors, network, used, failing, stub = kernel(
        first, *syntax, NETWORK, "model(x);", FAILING, last
    )
    assert versions.name == "stdout"
    for word in ("Python", "Keras", "tensorflow", "cnn_utils"):
        assert word in versions.text
    assert network == used == []
    assert list(map(shown, errors)) == list(map(shown, kernel("0;", *syntax)[1:]))
    assert "Bad: <exception str() failed>" in failing[0].text  # as Python shows it
    assert shown(stub) == ("NotImplementedError", STUB, [f"Not solved yet, {STUB}"])


def test_without_tensorflow_the_first_cell_explains_it(tmp_path):
    """A Python that has Keras, but no TensorFlow."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'tensorflow':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Without())\n"
    )
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    printed = ipython({"load": LOAD}, PYTHONPATH=paths, HOME=str(tmp_path))["load"]
    missing = f"The package tensorflow is not installed in this Python ({sys.executable}), "
    assert printed.startswith(f"ModuleNotFoundError: {missing}")
    assert len(printed.splitlines()) == 1


# The quiet start


def test_what_is_written_to_standard_error_is_dropped(capfd):
    assert gc.isenabled()
    with jupyter._quiet_start():
        os.write(2, b"start-up line")
        assert not gc.isenabled()
    assert gc.isenabled()
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def test_it_is_shown_if_the_start_fails(capfd):
    with pytest.raises(OSError, match="Bad"), jupyter._quiet_start():
        os.write(2, b"start-up line") and os.close(-1)
    assert "start-up line" in capfd.readouterr().err


def test_only_the_warning_of_retracing_is_filtered(caplog):
    logger = logging.getLogger("tensorflow")
    logger.addFilter(jupyter._is_not_about_retracing)
    with caplog.at_level("WARNING", logger="tensorflow"):
        logger.warning("5 out of the last 5 calls to %s triggered tf.function retracing.", "f")
        logger.warning("No space left.")
    logger.removeFilter(jupyter._is_not_about_retracing)
    assert "retracing" not in caplog.text
    assert "No space left." in caplog.text
