import os

import numpy as np
import pytest

from cnn_utils.grading.sandbox.run_part import Claims, _cases, _claims, as_npy, remove_tree

WANTED = ["task:f1", "check:f1", "hidden:f1"]
CASE = '<testcase name="{}"/>'
FAILED = '<testcase name="{}"><failure>Traceback\nValueError: no\n</failure></testcase>'


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def claims(out, *cases):
    (out / "junit.xml").write_text(f"<testsuite>{''.join(cases)}</testsuite>")
    return _claims(out, WANTED)


def test_what_passed_and_why_not(out):
    found = claims(out, CASE.format("task:f1"), FAILED.format("check:f1"), CASE.format("hidden:f1"))
    assert found.status == "complete"
    assert found.passed == {"task:f1": True, "check:f1": False, "hidden:f1": True}
    assert found.failures == {"check:f1": "ValueError: no"}


def test_a_cell_reported_twice_or_not_at_all_does_not_count(out):
    found = claims(out, CASE.format("task:f1"), CASE.format("check:f1"), CASE.format("check:f1"))
    assert found.status == "incomplete"
    assert found.passed == {"task:f1": True}


def test_a_cell_that_was_not_asked_for_does_not_count(out):
    assert "check:lenet" not in claims(out, CASE.format("check:lenet")).passed


@pytest.mark.parametrize("kind", ["failure", "error", "skipped"])
def test_skipped_is_not_passed(out, kind):
    found = claims(out, f'<testcase name="check:f1"><{kind} message="why"/></testcase>')
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
    assert _claims(out, WANTED) == Claims("crashed")


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


def test_arrays_travel_without_pickle():
    import io

    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(np.load(io.BytesIO(as_npy(array)), allow_pickle=False), array)
