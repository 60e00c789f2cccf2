import os
import subprocess
import sys

import pytest

from cnn_utils import __main__ as command_line
from cnn_utils.data import locations
from cnn_utils.files import KIT
from cnn_utils.grading.release import run as runner
from tests.data.small_files import write_cifar10, write_mnist


def test_the_wrong_python_is_named(monkeypatch, capsys):
    def miss(*_, **__):
        raise ModuleNotFoundError("No module named 'nbformat'", name="nbformat")

    monkeypatch.setattr(runner, "run_notebook", miss)
    assert command_line.main(["run"]) == 2
    error = capsys.readouterr().err
    assert "nbformat is not installed in this Python" in error
    assert ".venv/bin/python -m cnn_utils" in error


def test_version(capsys):
    with pytest.raises(SystemExit, match="0"):
        command_line.main(["--version"])
    assert capsys.readouterr().out.startswith("cnn_utils ")


def test_wrong_words_are_explained():
    command = [sys.executable, "-m", "cnn_utils", "run", "part3"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "part3" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_python_without_any_package_is_told_so():
    """`-S` leaves out all that is installed."""
    command = [sys.executable, "-S", "-m", "cnn_utils", "run"]
    run = subprocess.run(command, cwd=KIT, capture_output=True, text=True)
    assert run.returncode == 2
    assert run.stderr.startswith("Error: The package ")
    assert "is not installed in this Python" in run.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_quietly():
    code = f"'{sys.executable}' -m cnn_utils --help | true; echo ${{PIPESTATUS[0]}}"
    run = subprocess.run(["bash", "-c", code], cwd=KIT, capture_output=True, text=True)
    assert run.stderr == ""


def test_a_fault_of_the_machine_is_told_in_a_line(monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "build")

    monkeypatch.setattr(runner, "run_notebook", full)
    assert command_line.main(["run"]) == 2
    assert capsys.readouterr().err.startswith("Error: The disk is full, or your quota is used up")
    monkeypatch.setenv("CNN_UTILS_TRACEBACK", "1")
    with pytest.raises(OSError, match="No space"):
        command_line.main(["run"])


def test_the_command_line_prepares_only_its_own_process(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, os, sys\n"
        "show = lambda: print(os.environ['TF_CPP_MIN_LOG_LEVEL'], 'lark' in sys.modules)\n"
        "atexit.register(show)\n"
    )
    environment = {name: os.environ[name] for name in os.environ if name[:3] != "TF_"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(KIT)])
    command = [sys.executable, "-m", "cnn_utils", "pair", "--check", "--notebooks", tmp_path]
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert run.stdout.endswith("2 False\n")


@pytest.fixture
def data_files(monkeypatch, tmp_path):
    """Put small data files where downloads are cached, and take them for the originals."""
    monkeypatch.setattr(locations, "data_folders", lambda: [tmp_path])
    monkeypatch.setattr(locations, "downloads_folder", lambda: tmp_path)
    monkeypatch.setattr(locations.originals, "is_original_mnist", lambda arrays: True)
    monkeypatch.setenv("HOME", str(tmp_path))
    return write_mnist(tmp_path / "mnist.npz"), write_cifar10(
        tmp_path / "student_dataset_CIFAR10.h5"
    )


def test_data_shows_both_data_sets(data_files, capsys):
    assert command_line.main(["data"]) == 0
    message = capsys.readouterr().out
    assert f"MNIST ({data_files[0]})\n  X_train  (50000, 28, 28)" in message
    assert f"CIFAR-10 ({data_files[1]})\n  X_train  (10, 32, 32, 3)" in message


def test_data_that_is_not_the_original_is_named(data_files, monkeypatch, capsys):
    monkeypatch.setattr(locations.originals, "is_original_mnist", lambda arrays: False)
    assert command_line.main(["data"]) == 1
    message = capsys.readouterr().out
    assert f"NOTE: {data_files[0]} holds other images or labels than the original MNIST" in message


def test_a_damaged_data_file_is_named_and_the_other_one_verified(data_files, capsys):
    data_files[0].write_bytes(b"<html>")
    assert command_line.main(["data"]) == 2
    shown = capsys.readouterr()
    assert "mnist.npz' must be a NumPy archive (.npz); received a web page" in shown.err
    assert "CIFAR-10 (" in shown.out


def test_a_missing_data_file_is_named_offline(data_files, capsys):
    data_files[1].unlink()
    assert command_line.main(["data"]) == 2
    assert "student_dataset_CIFAR10.h5 must be in" in capsys.readouterr().err
