import os

import numpy as np
import pytest

from cnn_utils.grading.sandbox.prepare import Settings, prepared
from cnn_utils.grading.sandbox.run_part import (
    Claims,
    Limits,
    RunConfig,
    _cases,
    _claims,
    _fill,
    _finding,
    remove_tree,
    run_parts,
)
from cnn_utils.grading.sandbox.sandbox import Outcome
from cnn_utils.grading.verify.hidden_tests import agrees, hidden_test_cells, make_inputs
from cnn_utils.notebook.reader import Cell, Notebook
from tests.grading.small_lab import needs_sandbox

WANTED = ["task:f1", "check:f1", "hidden:f1"]
NAME = "lab.ipynb"
CASE = f'<testcase classname="{NAME}" name="{{}}"/>'
FAILED = CASE.replace("/>", "><failure>ValueError: no\n  more\n</failure></testcase>")


def wanting(*names):
    return {"cells": [{"metadata": {"grade_id": name}} for name in names]}


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def claims(out, *cases):
    (out / "junit.xml").write_text(f"<testsuite>{''.join(cases)}</testsuite>")
    return _claims(out, {NAME: wanting(*WANTED)})[NAME]


def test_what_passed_and_why_not(out):
    found = claims(out, CASE.format("task:f1"), FAILED.format("check:f1"), CASE.format("hidden:f1"))
    assert found.status == "complete"
    assert found.passed == {"task:f1": True, "check:f1": False, "hidden:f1": True}
    assert found.failures == {"check:f1": "ValueError: no\n  more"}


def test_a_cell_reported_twice_or_not_at_all_does_not_count(out):
    found = claims(out, CASE.format("task:f1"), CASE.format("check:f1"), CASE.format("check:f1"))
    assert found.status == "incomplete"
    assert found.passed == {"task:f1": True}


def test_a_cell_that_was_not_asked_for_does_not_count(out):
    assert "check:lenet" not in claims(out, CASE.format("check:lenet")).passed


@pytest.mark.parametrize("kind", ["failure", "error", "skipped"])
def test_skipped_is_not_passed(out, kind):
    found = claims(
        out, f'<testcase classname="{NAME}" name="check:f1"><{kind} message="why"/></testcase>'
    )
    assert found.passed == {"check:f1": False}
    assert found.failures == {"check:f1": "why"}


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"<testsuite>",
        b"\xff\xfe",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b"<!DOCTYPE html>",
    ],
)
def test_an_invalid_report_is_a_crash(out, report):
    assert _cases(report) is None
    (out / "junit.xml").write_bytes(report)
    assert _claims(out, {NAME: wanting(*WANTED)}) == {NAME: Claims("crashed")}


def test_each_notebook_has_its_own_claims(out):
    other = '<testcase classname="other.ipynb" name="task:f1"><failure>no</failure></testcase>'
    (out / "junit.xml").write_text(f"<testsuite>{CASE.format('task:f1')}{other}</testsuite>")
    found = _claims(out, {NAME: wanting("task:f1"), "other.ipynb": wanting("task:f1")})
    assert [one.passed["task:f1"] for one in found.values()] == [True, False]


def test_a_finding_is_whole_but_for_its_pointer_and_colours():
    text = "✗ lenet: 24 x 24; expected 28 x 28.\n  Hint 1 of 3: See #x1B[31mpadding#x1B[0m.\n"
    found = _finding(f"{text}  For the next hint, run the check with hint=2.\n")
    assert found == "✗ lenet: 24 x 24; expected 28 x 28.\n  Hint 1 of 3: See padding."
    assert len(_finding("x" * 5_000)) == 1_000
    assert _finding(" ") == "failed"
    missing = "ModuleNotFoundError: No module named 'torchvision'\n\nNOTE: ..."
    assert _finding(missing) == "the sandbox has no package 'torchvision'"


def test_the_working_folder_holds_what_was_handed_in(tmp_path):
    files = {
        "lab.ipynb": b"theirs",
        "lenet/weights.npz": b"w",
        "submission.csv": b"s",
        "images.npy": b"i",
        "beside/helpers.py": b"h",
        "beside/data/x.csv": b"x",
        "beside/out/junit.xml": b"forged",
        "beside/in.json": b"forged",
        "beside/request/images.npy": b"forged",
        "beside/artifacts": b"in the way",
        "beside/data": b"in the way",
        "beside/../../escaped": b"!",
        "beside//tmp/escaped": b"!",
        "beside/" + "n" * 300: b"too long a name",
    }
    workdir = tmp_path / "folder" / "workdir"
    _fill(workdir, {"lab.ipynb": {"cells": []}}, {"f1": 1}, files, {"images.npy": b"x"})
    found = {
        path.relative_to(workdir).as_posix(): path.read_bytes()
        for path in workdir.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }
    assert found == {
        "lab.ipynb": b'{"cells": []}',
        "in.json": b'{"f1": 1}',
        "artifacts/lenet/weights.npz": b"w",
        "submission.csv": b"s",
        "images.npy": b"i",
        "request/images.npy": b"x",
        "helpers.py": b"h",
        "data/x.csv": b"x",
    }
    assert [path.name for path in tmp_path.rglob("escaped")] == []
    modes = [(workdir / n).stat().st_mode & 0o777 for n in ("out", "artifacts/lenet", "helpers.py")]
    assert modes == [0o777, 0o755, 0o666]


def test_if_one_part_ends_the_run_the_other_keeps_its_claims(tmp_path):
    runs = []

    class Box:
        def run(self, workdir, readable, arguments, seconds, listener, **environment):
            names = [name for name in arguments if name.endswith(".ipynb")]
            runs.append(names)
            if "b.ipynb" in names:
                return Outcome("timeout", -9, "")
            report = '<testsuite><testcase classname="a.ipynb" name="task:f1"/></testsuite>'
            (workdir / "out" / "junit.xml").write_text(report)
            return Outcome("done", 0, "")

    notebooks = {"a.ipynb": wanting("task:f1"), "b.ipynb": wanting("task:cnn")}
    found = run_parts(notebooks, {}, RunConfig(Box(), tmp_path, tmp_path, tmp_path))
    assert runs == [["a.ipynb", "b.ipynb"], ["a.ipynb"], ["b.ipynb"]]
    assert found["a.ipynb"] == Claims("complete", {"task:f1": True})
    assert found["b.ipynb"] == Claims("timeout")


def test_outputs_of_hidden_tests_are_read(out):
    (out / "output_f1.json").write_text("[0.5, 1]")
    (out / "output_lenet.json").write_text("[1]")
    assert claims(out, CASE.format("task:f1")).outputs == {"f1": [0.5, 1]}


def test_whatever_a_hand_in_left_is_removed(tmp_path):
    place = tmp_path / "left"
    (place / "a" / "b").mkdir(parents=True)
    (place / "link").symlink_to(tmp_path)
    os.chmod(place / "a", 0)
    here = os.getcwd()
    os.chdir(place)
    for _ in range(1500):  # deeper than Python's recursion, and than a path may be long
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    remove_tree(place)
    assert list(tmp_path.iterdir()) == []


@needs_sandbox
def test_in_the_sandbox_names_folders_and_modules_of_the_student_s_do_no_harm(lab, tmp_path):
    """Both parts are run at once; the second one needs no Keras."""
    answer = "def ten_digit_error_rate(accuracy):\n    return 1 - accuracy**10\n"
    cells = {
        "helper:cell 1": "import helpers, os\nos.mkdir('work')\n%cd work",
        "helper:cell 2": "list = open = float = len = range = int = str = dict = id = 3",
        "task:ten-digits": answer + "ten_digit_error_rate = helpers.same(ten_digit_error_rate)",
        "check:ten-digits": "assert abs(ten_digit_error_rate(0.5) - 0.9990234375) < 1e-9",
        "task:missing": "import torchvision_",
        **{f"hidden:{name}": x for name, x in hidden_test_cells({"ten-digits"}).items()},
    }
    made = [Cell("code", source, {"grade_id": name}) for name, source in cells.items()]
    notebook = Notebook("a.ipynb", made, {}).node()
    inputs = make_inputs(np.random.default_rng(0))
    files = {"beside/helpers.py": b"def same(x):\n    return x", "submission.csv": b"ID"}
    with prepared(Settings(lab, sandbox="bwrap", limits=Limits(images=500)), tmp_path) as context:
        claims = run_parts(
            {"a.ipynb": notebook, "b.ipynb": notebook}, inputs, context.run_config, files
        )
    for one in claims.values():
        assert one.failures.pop("task:missing") == "the sandbox has no package 'torchvision_'"
        assert agrees("ten-digits", one.outputs["ten-digits"], inputs)
    assert claims["a.ipynb"].failures == {}
    # They share the folder.
    assert list(claims["b.ipynb"].failures) == ["helper:cell 1"]
    assert "FileExistsError" in claims["b.ipynb"].failures["helper:cell 1"]
