import numpy as np
import pytest

from cnn_utils.widgets.matrix import CHOSEN, MatrixGrid, shades
from tests.widgets.contrast import contrast

NAMES = ["cat", "dog"]
COUNTS = np.array([[8, 2], [0, 10]])


@pytest.fixture
def chosen():
    return []


@pytest.fixture
def grid(chosen):
    grid = MatrixGrid(COUNTS, NAMES, chosen.append)
    grid.show(None, ("cat", "dog"))
    return grid


def descriptions(grid):
    return [[button.description for button in row] for row in grid.buttons]


def test_cells_show_counts_or_percentages(grid):
    assert descriptions(grid) == [["8", "2"], ["0", "10"]]
    grid.show("true", None)
    assert descriptions(grid) == [["80", "20"], ["0", "100"]]
    grid.show("pred", None)
    assert descriptions(grid) == [["100", "17"], ["0", "83"]]


def test_small_percentages_are_told_from_none():
    grid = MatrixGrid(np.array([[997, 3], [0, 1000]]), NAMES, print)
    grid.show("true", None)
    assert descriptions(grid) == [["100", "0.3"], ["0", "100"]]


def test_tooltips_are_sentences(grid):
    assert grid.buttons[0, 1].tooltip == "true cat, predicted dog: 2"


def test_a_button_tells_its_classes(grid, chosen):
    grid.buttons[0, 1].click()
    grid.buttons[1, 1].click()
    assert chosen == [("cat", "dog"), ("dog", "dog")]


def test_the_chosen_cell_is_framed(grid):
    assert CHOSEN in grid.buttons[0, 1]._dom_classes
    assert CHOSEN not in grid.buttons[0, 0]._dom_classes
    grid.show(None, None)
    assert CHOSEN not in grid.buttons[0, 1]._dom_classes


def test_precision_recall_and_f1_stand_beside_each_class(grid):
    heads, cat, dog = (grid.children[i : i + 3] for i in (3, 9, 15))
    # Cat: 8 of 8 predictions, 8 of 10 images, 16/18; dog: 10 of 12, 10 of 10, 20/22.
    expected = [
        (heads, ["precision", "recall", "F1"]),
        (cat, ["1.000", "0.800", "0.889"]),
        (dog, ["0.833", "1.000", "0.909"]),
    ]
    for cells, texts in expected:
        assert all(text in cell.value for cell, text in zip(cells, texts, strict=True))


def test_names_are_text_not_html():
    grid = MatrixGrid(COUNTS, ["<b>cat", "dog"], print)
    assert any("&lt;b&gt;cat" in getattr(child, "value", "") for child in grid.children)


def test_buttons_share_styles_and_layouts():
    grid = MatrixGrid(np.ones((10, 10), int), list("abcdefghij"), print)
    grid.show(None, ("a", "b"))
    assert len({button.style.model_id for button in grid.buttons.flat}) == 2
    assert len({button.layout.model_id for button in grid.buttons.flat}) == 1


def test_no_mistake_at_all_is_drawn():
    grid = MatrixGrid(np.diag([3, 0]), NAMES, print)
    grid.show("pred", None)
    assert descriptions(grid) == [["100", "0"], ["0", "0"]]


def test_contrast_is_that_of_the_web_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("colour_map", ["Blues", "Oranges"])
def test_every_figure_can_be_read(colour_map):
    assert all(contrast("#000000", shade) >= 4.5 for shade in shades(colour_map))
