"""The mutation table: each wrong solution gets its hint, each right one passes."""

import re

import matplotlib.pyplot as plt
import pytest

import cnn_utils as checks
from tests.checks.mutations import table

CASES = table()
# Keras and TensorFlow write so, and only about themselves.
RAW = re.compile(r"Received|received by|Exception enc|KerasTensor,|<class|\[Op:|symbolic|built=")


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.task}: {case.name}")
def test_each_solution_gets_its_verdict(case):
    verdict, text = case.run()
    plt.close("all")
    assert verdict == case.expected, text
    assert case.words in text
    assert not RAW.search(text)
    if verdict == "passed":
        assert re.fullmatch(r"✓ [\w-]+: .+\n", text)
    elif verdict == "not-attempted":
        assert text.startswith(f"· {case.task}: not attempted yet")
    else:
        assert text.startswith(f"✗ {case.task}: ")
        # These two say in the finding itself what to do.
        has_no_hint = verdict in ("cannot-be-checked", "wrong-argument")
        assert has_no_hint or "\n  Hint 1 of " in text


def test_every_task_has_wrong_and_right_solutions():
    wrong = [case for case in CASES if case.expected not in ("passed", "not-attempted")]
    right = [case for case in CASES if case.expected == "passed"]
    assert len(wrong) >= 60
    assert len(right) >= 40
    assert {case.task for case in wrong} == {case.task for case in right}


def test_every_check_is_in_the_table():
    named = {name for name in checks.__all__ if name.startswith("check_")}
    assert {case.check.__name__ for case in CASES} == named
