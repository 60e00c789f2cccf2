import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.spec import read_masters
from tests.grading.small_lab import LAB, NOTEBOOKS


def test_tasks_points_and_headings_are_read(master):
    assert [(t.key, t.points, t.defines, t.heading) for t in master.tasks] == [
        ("f1", 10, ("F1Score",), "F1"),
        ("ten-digits", 20, ("ten_digit_error_rate",), "Ten digits"),
        ("why (text)", 5, (), "Why?"),
    ]
    assert master.task("f1").is_run
    assert master.task("none") is None


def test_the_course_s_own_masters():
    masters = read_masters(NOTEBOOKS)
    assert {name: master.networks for name, master in masters.items()} == {
        "part1_lenet_mnist.ipynb": ["lenet"],
        "part2_cnn_cifar10.ipynb": ["cnn"],
    }
    assert sum(task.points for m in masters.values() for task in m.tasks) == 125
    assert masters["part1_lenet_mnist.ipynb"].task("train-lenet").threshold == 0.97
    assert not masters["part2_cnn_cifar10.ipynb"].task("submit").is_run


@pytest.mark.parametrize("points", ["", "points=-1", 'points="ten"', "points=true"])
def test_a_task_without_points_is_said(tmp_path, points):
    (tmp_path / "lab.py").write_text(LAB.replace("points=10", points))
    with pytest.raises(KitError, match=r"'points' of task 'f1' .* must be a number"):
        read_masters(tmp_path)


def test_a_folder_without_masters_is_said(tmp_path):
    with pytest.raises(KitError, match=r"must hold the worked notebooks \(\.py\); received none"):
        read_masters(tmp_path)
