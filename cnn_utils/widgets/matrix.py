"""One confusion matrix as a grid of buttons, with precision, recall and F1 of each class."""

from collections.abc import Callable
from html import escape

import ipywidgets as widgets
import matplotlib
import numpy as np
from matplotlib.colors import to_hex

from cnn_utils.metrics import precision_recall_f1
from cnn_utils.plots.confusion_matrix import as_percentages
from cnn_utils.widgets.static import CSS_CLASS

N_SHADES, CHOSEN = 8, f"{CSS_CLASS}-chosen"
TURNED = "writing-mode:vertical-rl;transform:rotate(180deg);margin:auto"


class MatrixGrid(widgets.GridBox):
    """Buttons with counts or percentages: true classes down, predicted classes across.

    Right answers are shades of blue, mistakes shades of orange, each from their own rarest to
    their most frequent; the chosen cell has a frame. A click calls `on_choose`
    with (true, predicted), the names of the cell's classes.
    """

    def __init__(self, counts, class_names, on_choose: Callable[[tuple[str, str]], None]):
        self.counts, self.class_names = counts, class_names
        self._size = widgets.Layout(width="auto", height="26px", padding="0", margin="0")
        # Buttons share their styles: one of each shade, instead of one per button.
        self._styles = {
            right: [
                widgets.ButtonStyle(button_color=shade, text_color="#000000")
                for shade in shades("Blues" if right else "Oranges")
            ]
            for right in (True, False)
        }
        self.buttons = np.array(
            [[self._button(t, p, on_choose) for p in class_names] for t in class_names],
            dtype=object,
        )
        columns = f"auto repeat({len(class_names)}, 30px) repeat(3, 40px)"
        layout = widgets.Layout(
            grid_template_columns=columns, grid_gap="2px", align_items="center", width="max-content"
        )
        super().__init__(self._cells(), layout=layout)

    def show(self, normalize: str | None, chosen: tuple[str, str] | None) -> None:
        """Write counts or percentages into the cells, and mark the chosen one."""
        values = self.counts if normalize is None else as_percentages(self.counts, normalize)
        right = np.eye(len(values), dtype=bool)
        level = np.where(right, _levels(values * right), _levels(values * ~right))
        for (i, j), button in np.ndenumerate(self.buttons):
            is_chosen = chosen == (self.class_names[i], self.class_names[j])
            button.description = f"{values[i, j]}" if normalize is None else _percent(values[i, j])
            button.style = self._styles[i == j][level[i, j]]
            (button.add_class if is_chosen else button.remove_class)(CHOSEN)

    def _button(self, true, pred, on_choose) -> widgets.Button:
        n = self.counts[self.class_names.index(true), self.class_names.index(pred)]
        button = widgets.Button(
            layout=self._size,
            tabbable=False,  # a hundred tab stops: by keyboard, cells are chosen from the lists
            style=self._styles[True][0],
            tooltip=f"true {true}, predicted {pred}: {n}",
        )
        button.on_click(lambda _: on_choose((true, pred)))
        return button

    def _cells(self) -> list[widgets.Widget]:
        """Return the grid's cells, row by row, with names and scores around the buttons."""
        style = TURNED if max(map(len, self.class_names)) > 3 else "text-align:center"
        scores = zip(*precision_recall_f1(self.counts), strict=True)
        cells = [widgets.HTML(_html("true ↓<br>predicted →"))]
        cells += [widgets.HTML(_html(escape(name), style)) for name in self.class_names]
        cells += [widgets.HTML(_html(name, TURNED)) for name in ("precision", "recall", "F1")]
        for name, row, score in zip(self.class_names, self.buttons, scores, strict=True):
            cells += [widgets.HTML(_html(escape(name))), *row]
            cells += [widgets.HTML(_html(f"{value:.3f}")) for value in score]
        return cells


def shades(colour_map: str) -> list[str]:
    """Return colours from nearly white to strong; black stands out on all of them."""
    levels = np.linspace(0, 0.68, N_SHADES)
    return [to_hex(colour) for colour in matplotlib.colormaps[colour_map](levels)]


def _levels(values) -> np.ndarray:
    # The root keeps rare mistakes apart from none at all, and shade 0 for none at all.
    return np.ceil((N_SHADES - 1) * np.sqrt(values / max(values.max(), 1e-9))).astype(int)


def _percent(value: float) -> str:
    return f"{value:.1f}" if 0 < value < 9.95 else f"{value:.0f}"


def _html(html: str, style: str = "text-align:center") -> str:
    return f'<div style="{style};line-height:1.2">{html}</div>'
