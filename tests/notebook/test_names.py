import pytest

from cnn_utils.notebook.names import (
    calls_only,
    names_left_by,
    names_read_by,
)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a, b = 1, 2\nfor c in (): pass\nwith x as d: e: int = 1", ["a", "b", "c", "d", "e"]),
        ("def f():\n    inner = 1\nclass C:\n    y = 1\ng = lambda: (h := 1)", ["f", "C", "g"]),
        ("import numpy as np, os.path", ["np", "os"]),
        ("%load_ext cnn_utils\na = 1", ["a"]),
        ("%%time\nif a:\n    !ls\nb = 2", ["b"]),
        ("b = (a\n     % 2)", ["b"]),
        ("a = = 1", []),
        ("print(a)", []),
    ],
)
def test_names_that_a_cell_leaves_behind(source, names):
    assert names_left_by(source) == names


def test_names_that_a_cell_reads():
    assert names_read_by("%load_ext cnn_utils\nplot(history)") == {"plot", "history"}
    assert names_read_by("plot(history") == {"plot", "history"}


@pytest.mark.parametrize(
    ("source", "only"),
    [
        ("cnn_utils.hand_in()", True),
        ("# at last\nfrom cnn_utils import hand_in\nhanded = hand_in('.')", True),
        ("%load_ext cnn_utils\ncnn_utils.hand_in()", True),
        ("cnn_utils.check_lenet(build_lenet, hint=2)\nhand_in()", True),
        ("x = 1\nhand_in()", False),
        ("# hand_in()", False),
        ("print('hand_in()')", False),
        ("hand_in(", False),
    ],
)
def test_a_cell_that_does_nothing_but_call(source, only):
    assert calls_only(source, "hand_in", "check_") is only


def test_names_in_deeply_nested_code_take_no_stack():
    assert names_left_by("x = " + "a" + ".a" * 900) == ["x"]
