import re

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.release.pairing import pair
from tests.grading.small_lab import LAB, NOTEBOOKS


def test_tasks_points_and_headings_are_read(source_notebook):
    assert [(t.key, t.points, t.defines, t.heading) for t in source_notebook.tasks] == [
        ("f1", 10, ("F1Score",), "F1"),
        ("ten-digits", 20, ("ten_digit_error_rate",), "Ten digits"),
        ("why (text)", 5, (), "Why?"),
    ]
    assert source_notebook.task("f1").is_run
    assert source_notebook.task("none") is None


def test_the_course_s_own_notebooks():
    """Whatever an author has made of them."""
    source_notebooks = read_source_notebooks(NOTEBOOKS)
    texts = {path.with_suffix(".ipynb").name: path.read_text() for path in NOTEBOOKS.glob("*.py")}
    for name, source_notebook in source_notebooks.items():
        points = re.findall(r"(?m)^# %% .*\bpoints=([\d.]+)", texts[name])
        assert [task.points for task in source_notebook.tasks] == [float(x) for x in points]
        assert source_notebook.networks == re.findall(r'(?m)^# %% saves="(\w+)"', texts[name])
    assert list(source_notebooks) == sorted(texts)


@pytest.mark.parametrize("key", ["saves", "evidence"])
def test_networks_are_named_by_the_cell_that_saves_them(tmp_path, key):
    (tmp_path / "lab.py").write_text(LAB + f'\n# %% {key}="lenet"\nsave()\n')
    assert read_source_notebooks(tmp_path)["lab.ipynb"].networks == ["lenet"]


def test_all_keys_are_read(tmp_path):
    text = LAB.replace("points=10", "points=10 rerun=false").replace('"f1"', '"cnn"')
    text = text.replace("# task: f1", "# task: cnn").replace("rerun", "threshold=0.5 rerun")
    text = text.replace("points=5", 'points=5 rubric=["says why"] figures=["cnn"]')
    (tmp_path / "lab.py").write_text(text + '\n# %% hidden="ten-digits"\nassert 1\n')
    lab = read_source_notebooks(tmp_path)["lab.ipynb"]
    cnn, ten, why = lab.tasks
    assert (cnn.threshold, cnn.is_run) == (0.5, False)
    assert (ten.threshold, ten.is_run) == (None, True)
    assert (why.rubric, why.figures) == (("says why",), ("cnn",))
    assert lab.own_tests == {"ten-digits": (11, "assert 1")}
    assert len(lab.cells) == len(lab.outline) == 11


def test_the_ipynb_alone_is_read_as_well(tmp_path):
    (tmp_path / "lab.py").write_text(LAB)
    before = read_source_notebooks(tmp_path)
    pair(tmp_path)
    (tmp_path / "lab.py").unlink()
    assert read_source_notebooks(tmp_path) == before
    ipynb = tmp_path / "lab.ipynb"
    ipynb.write_text(ipynb.read_text().replace('"points": 20', '"points": 21'))
    assert read_source_notebooks(tmp_path)["lab.ipynb"].task("ten-digits").points == 21


@pytest.mark.parametrize("points", ["", "points=-1", 'points="ten"', "points=true"])
def test_a_task_without_points_is_an_error(tmp_path, points):
    (tmp_path / "lab.py").write_text(LAB.replace("points=10", points))
    told = r"lab\.py, cell 5: (points=.* must be a number|task 'f1' has no points)"
    with pytest.raises(KitError, match=told):
        read_source_notebooks(tmp_path)


def test_a_folder_without_notebooks_is_an_error(tmp_path):
    with pytest.raises(
        KitError, match=r"must hold the worked notebooks \(\.py or \.ipynb\); received none"
    ):
        read_source_notebooks(tmp_path)
