"""The zip for Gradescope: unpacked and run as its container does."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.grading.release.gradescope import write_autograder
from cnn_utils.grading.sandbox.sandbox import choose
from tests.grading.small_lab import F1, TEN, answer, notebook

# Reads what must stay the instructor's: the answers, the labels, the grader's memory.
SPY = """# task: ten-digits
import glob, os
def readable(path):
    try:
        return bool(os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1))
    except OSError:
        return False
found = [p for p in [{source!r}, "/proc/%d/mem" % os.getppid()] if readable(p)]
assert not found, found
def ten_digit_error_rate(accuracy):
    return 1 - accuracy**10"""


@pytest.fixture
def root(lab, tmp_path, monkeypatch):
    """Return a container's folder, as it is when the image is built."""
    out = tmp_path / "autograder.zip"
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "labels_CIFAR10.csv").write_text("secret")
    write_autograder(out, lab, tmp_path / "labels")
    root = tmp_path / "autograder"
    (root / "submission").mkdir(parents=True)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(root / "source")
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "source" / "labels" / "labels_CIFAR10.csv").unlink()
    (root / "source" / "labels").rmdir()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    return root


def as_setup_leaves_it(root):
    for path in (root / "source").rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)


def run(script, root, **more):
    environment = {**os.environ, "PYTHONPATH": "", "AUTOGRADER_ROOT": str(root), **more}
    command = ["bash", str(root / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_the_zip_holds_kit_notebooks_and_labels_and_no_tests(lab, tmp_path, capsys):
    (tmp_path / "mnist.npz").write_bytes(b"x")
    options = ["autograder", "--gradescope", "--notebooks", str(lab), "--labels", str(tmp_path)]
    assert main([*options, "--out", str(tmp_path / "a.zip")]) == 0
    assert "as another user" in capsys.readouterr().out
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = set(archive.namelist())
        modes = {i.filename: i.external_attr >> 16 for i in archive.infolist()}
    expected = {"setup.sh", "run_autograder", "requirements.txt", "notebooks/lab.py"}
    assert names >= expected | {"labels/mnist.npz", "cnn_utils/grading/batch.py"}
    assert not any("test" in name for name in names if not name.endswith("hidden_tests.py"))
    assert modes["run_autograder"] & 0o111
    write_autograder(tmp_path / "b.zip", lab, None)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert not any(name.startswith("labels") for name in archive.namelist())


@pytest.mark.parametrize("folder", ["labels", "notebooks"])
def test_missing_files_are_told(lab, tmp_path, folder):
    with pytest.raises(KitError, match=f"--{folder} '.*' must hold"):
        write_autograder(
            tmp_path / "a.zip",
            tmp_path if folder == "notebooks" else lab,
            tmp_path if folder == "labels" else None,
        )


def test_the_image_is_built_by_setup(root, tmp_path):
    """With programs in place of apt-get, python3 and pip that only tell how they were called."""
    tools, log = tmp_path / "tools", tmp_path / "calls"
    tools.mkdir()
    for name in ("apt-get", "python3"):
        (tools / name).write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\n')
        (tools / name).chmod(0o755)
    (root / "venv" / "bin").mkdir(parents=True)
    shutil.copy(tools / "python3", root / "venv" / "bin" / "pip")
    done = run("source/setup.sh", root, PATH=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert log.read_text().splitlines() == [
        "apt-get update -q",
        "apt-get install -qy python3-venv bubblewrap",
        f"python3 -m venv {root}/venv",
        "python3 install --no-cache-dir -r requirements.txt",
    ]
    assert (root / "source" / "notebooks" / "lab.py").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="Gradescope's container runs as root")
def test_a_submission_is_graded_and_reads_nothing_of_the_instructor_s(root):
    source = str(root / "source" / "notebooks" / "lab.py")
    cells = (F1, SPY.format(source=source), answer("It is so."))
    (root / "submission" / "lab.ipynb").write_bytes(notebook(*cells))
    as_setup_leaves_it(root)
    done = run("run_autograder", root, AUTOGRADER_PYTHON=sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((root / "results" / "results.json").read_text())
    assert [test["score"] for test in found["tests"]] == [10, 20, 0]
    assert found["score"] == 30


def test_without_bubblewrap_limits_and_another_user_remain(root):
    """What most of Gradescope's containers are."""
    bubblewrap = root / "source" / "cnn_utils" / "grading" / "sandbox" / "bubblewrap.py"
    bubblewrap.write_text("def command_line(*_):\n    return ['false']\n")
    source = str(root / "source" / "notebooks" / "lab.py")
    spy = SPY.format(source=source) if choose("rlimits").is_other_user else TEN
    (root / "submission" / "lab.ipynb").write_bytes(notebook(F1, spy))
    as_setup_leaves_it(root)
    done = run("run_autograder", root, AUTOGRADER_PYTHON=sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING: without a sandbox" in done.stdout
    found = json.loads((root / "results" / "results.json").read_text())
    assert [test["score"] for test in found["tests"]] == [10, 20, 0]


def test_a_broken_kit_leaves_no_result_and_fails(root):
    (root / "source" / "notebooks" / "lab.py").unlink()
    done = run("run_autograder", root, AUTOGRADER_PYTHON=sys.executable)
    assert done.returncode != 0
    assert "--notebooks 'notebooks' must hold the worked notebooks" in done.stderr
    assert not (root / "results").exists()


def test_notebooks_with_mistakes_are_refused(lab, tmp_path):
    wrong = (lab / "lab.py").read_text().replace("points=10", 'points="10"')
    (tmp_path / "lab.py").write_text(wrong)
    (tmp_path / "assignment.json").write_text("{}")
    with pytest.raises(KitError, match="write points=10"):
        write_autograder(tmp_path / "a.zip", tmp_path)
    (tmp_path / "lab.py").write_text((lab / "lab.py").read_text())
    assert "notebooks/assignment.json" in write_autograder(tmp_path / "a.zip", tmp_path)
