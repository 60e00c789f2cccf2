import pytest

from cnn_utils.notebook.names import names_left_by, names_read_by


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
