import pytest

from cnn_utils.notebook.names import names_left_by, names_read_by


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a, b = 1, 2\nfor c in (): pass\nwith x as d: e: int = 1", ["a", "b", "c", "d", "e"]),
        ("def f():\n    inner = 1\nclass C:\n    y = 1\ng = lambda: (h := 1)", ["f", "C", "g"]),
        ("import numpy as np, os.path", ["np", "os"]),
        ("%load_ext cnn_utils\nimport keras\na = 1", ["keras", "a"]),
        ("if x:\n    !ls\n    a = 1\nhelp?", ["a"]),
        ("a = (b\n     % c)", ["a"]),
        ("this is no Python", []),
        ("print(a)", []),
    ],
)
def test_names_that_a_cell_leaves_behind(source, names):
    assert names_left_by(source) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = b + c.d\ndef f(x):\n    return g", {"a", "b", "c", "g"}),
        ("%time fit(x)\nprint(y)", {"time", "fit", "x", "print", "y"}),
        ("no Python", {"no", "Python"}),
    ],
)
def test_names_that_a_cell_reads(source, names):
    assert names_read_by(source) == names
