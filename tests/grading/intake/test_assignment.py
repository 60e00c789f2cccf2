import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assignment import read_source_notebooks
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
    source_notebooks = read_source_notebooks(NOTEBOOKS)
    assert {name: notebook.networks for name, notebook in source_notebooks.items()} == {
        "part1_lenet_mnist.ipynb": ["lenet"],
        "part2_cnn_cifar10.ipynb": ["cnn"],
    }
    assert sum(task.points for m in source_notebooks.values() for task in m.tasks) == 125
    assert source_notebooks["part1_lenet_mnist.ipynb"].task("train-lenet").threshold == 0.97
    assert not source_notebooks["part2_cnn_cifar10.ipynb"].task("submit").is_run


@pytest.mark.parametrize("key", ["saves", "evidence"])
def test_networks_are_named_by_the_cell_that_saves_them(tmp_path, key):
    (tmp_path / "lab.py").write_text(LAB + f'\n# %% {key}="lenet"\nsave()\n')
    assert read_source_notebooks(tmp_path)["lab.ipynb"].networks == ["lenet"]


@pytest.mark.parametrize("points", ["", "points=-1", 'points="ten"', "points=true"])
def test_a_task_without_points_is_an_error(tmp_path, points):
    (tmp_path / "lab.py").write_text(LAB.replace("points=10", points))
    with pytest.raises(KitError, match=r"'points' of task 'f1' .* must be a number"):
        read_source_notebooks(tmp_path)


def test_a_folder_without_notebooks_is_an_error(tmp_path):
    with pytest.raises(KitError, match=r"must hold the worked notebooks \(\.py\); received none"):
        read_source_notebooks(tmp_path)
