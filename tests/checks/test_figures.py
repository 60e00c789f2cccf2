import pytest

from cnn_utils import CheckFailed, check_history_plot, check_images_figure
from tests.checks.cases_figures import HISTORY, panels


def test_a_missing_curve_is_named_with_its_column():
    with pytest.raises(CheckFailed) as caught:
        check_history_plot(panels([name for name in HISTORY if name != "val_f1"]), HISTORY)
    assert str(caught.value).splitlines() == [
        "✗ plot-history: There is no curve of f1 on the validation images, with one point per "
        "epoch.",
        "  Hint 1 of 1: `plot` draws history['val_f1']; several figures: a list.",
    ]


def test_a_right_solution_is_confirmed(capsys):
    check_history_plot(panels(), HISTORY)
    assert capsys.readouterr().out == "✓ plot-history: 6 curves over 3 epochs.\n"


def test_a_value_of_another_type_is_described():
    with pytest.raises(CheckFailed, match=r"Expected a figure; received 3 \(int\)"):
        check_images_figure(3)


def test_a_part_of_a_figure_stands_for_it(capsys):
    curves = panels().axes[0].get_lines()
    check_history_plot(list(curves), HISTORY)
    assert "6 curves" in capsys.readouterr().out
