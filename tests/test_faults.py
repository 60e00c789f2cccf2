"""cnn_utils.faults: what is wrong with the machine, and nothing else, is recognised."""

import errno
import subprocess
import sys

import numpy as np
import pytest

from cnn_utils import faults
from cnn_utils.faults import explanation


class ResourceExhaustedError(Exception):
    """As TensorFlow has it."""


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "a.csv"),
            ["The disk is full, or your quota used up: 'a.csv'.", "Make room"],
        ),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), ["The disk is full"]),
        (ResourceExhaustedError("{{x}} a.index; No space left on device"), ["The disk is full"]),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.csv"),
            ["can't be read or written (Permission denied): 'a.csv'.", "place of your own"],
        ),
        (OSError(errno.EROFS, "Read-only file system", "a.csv"), ["(Read-only file system)"]),
        (
            BlockingIOError(11, "Unable to synchronously open file (unable to lock file, errno=11"),
            ["The file is locked, or on a drive that does not answer", "copy it to a disk"],
        ),
        (OSError(errno.ESTALE, "Stale file handle"), ["(", "Stale file handle", "copy it"]),
        (MemoryError(), ["There is not enough memory (MemoryError).", "batch_size"]),
        (
            ResourceExhaustedError("OOM when allocating tensor\n with shape"),
            ["There is not enough memory (OOM when allocating tensor)."],
        ),
        (
            ModuleNotFoundError("No module named 'keras.src'", name="keras.src"),
            ["The package keras is not installed in this Python", sys.executable, "Change Kernel"],
        ),
        (
            ImportError("DLL load failed while importing _pywrap: The specified module"),
            ["A package is installed, but does not start (DLL load failed", "Visual C++"],
        ),
        (
            ImportError("libstdc++.so.6: cannot open shared object file"),
            ["does not start (libstdc++.so.6", "into an empty environment", "--force-reinstall"],
        ),
        (
            ValueError("numpy.dtype size changed, may indicate binary incompatibility."),
            ["does not start (numpy.dtype size changed"],
        ),
    ],
)
def test_a_fault_is_told_with_what_to_do(error, parts):
    told = explanation(error)
    for part in parts:
        assert part in told
    assert "\n" not in told


def test_an_array_too_large_for_any_memory_is_a_fault():
    with pytest.raises(MemoryError) as caught:
        np.zeros(2**59)
    assert "not enough memory (Unable to allocate 4.00 EiB" in explanation(caught.value)


def test_a_python_too_new_for_tensorflow_is_told(monkeypatch):
    monkeypatch.setattr(faults, "NEWEST", (3, 9))
    told = explanation(ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow"))
    assert "Make an environment with Python 3.10 to 3.9: there it can be installed." in told


@pytest.mark.parametrize(
    "error",
    [
        ValueError("shapes (3,) and (4,) not aligned"),
        FileNotFoundError(errno.ENOENT, "No such file or directory", "a.csv"),
        ImportError("cannot import name 'Conv3' from 'keras.layers'"),
        ImportError("attempted relative import with no known parent package"),
        ModuleNotFoundError("'a' is not a package"),
        KeyError("x"),
        OSError("not of the system"),
    ],
)
def test_other_errors_are_left_alone(error):
    assert explanation(error) is None


def test_without_tensorflow_the_first_cell_says_so(tmp_path):
    """A Python that has Keras, but whose TensorFlow is not there."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'tensorflow':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Without())\n"
    )
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance(colors='nocolor')\n"
        "shell.run_cell('import cnn_utils; cnn_utils.show_versions()')"
    )
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, env=environment, capture_output=True, text=True).stdout
    told = f"The package tensorflow is not installed in this Python ({sys.executable}), "
    assert said.startswith(f"ModuleNotFoundError: {told}")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from keras.layer import Dense", "keras has no module layer. Do you mean keras.layers?"),
        ("import cnn_utils.plot", "cnn_utils has no module plot. Do you mean cnn_utils.plots?"),
        ("import json.nothing_like_it", "json has no module nothing_like_it."),
    ],
)
def test_a_part_that_an_installed_package_has_not_is_no_missing_package(code, expected):
    exec("import keras, cnn_utils.plots")  # what is there is known then
    with pytest.raises(ModuleNotFoundError) as caught:
        exec(code)
    assert explanation(caught.value) == expected
