"""A confusion matrix to click on: each cell shows its images; models side by side."""

from collections import Counter
from html import escape
from math import ceil
from textwrap import fill
from typing import NamedTuple

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import Enum, Tuple, Unicode, link, observe, validate

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_labels_of_images, as_names, confusion_matrix, most_confused
from cnn_utils.plots.confusion_matrix import NORMALIZE, draw_confusion_matrix
from cnn_utils.plots.images import as_images, plot_images
from cnn_utils.widgets.matrix import MatrixGrid
from cnn_utils.widgets.pages import STATIC_COLUMNS, ImagePages, as_predictions
from cnn_utils.widgets.static import CSS_CLASS, StaticPicture

MAX_CLASSES, N_PAIRS = 30, 8
# Inches: a page holds the picture of two matrices and its cell, with letters of 7 points.
STATIC_WIDTH, MATRIX_HEIGHT, N_STATIC = 7.8, 3.4, 2 * STATIC_COLUMNS
OTHER = f"{CSS_CLASS}-other"


class _Results(NamedTuple):
    """What one model predicts; `pairs` are its most frequent mistakes, as words and as a cell."""

    predictions: np.ndarray
    probabilities: np.ndarray | None
    counts: np.ndarray
    pairs: list[tuple[str, tuple[str, str]]]


class ConfusionMatrixExplorer(StaticPicture):
    """A confusion matrix whose cells, once chosen, show exactly their images, surest first.

    Beside the matrix stand precision, recall and F1 of each class, and the most confused pairs. At
    first, the most frequent mistake is chosen.

    Parameters
    ----------
    y_true : array-like
        True classes: labels, one-hot rows or scores.
    y_pred : array-like, or dict of model name to array-like
        Predicted classes, or better their probabilities (rows sum to one): labels leave the
        images of a cell in their stored order. A dict shows its models side by side.
    images : array of shape (n, height, width[, 1 or 3])
        uint8 0-255, or float 0-1; not copied.
    class_names : sequence of str
        2 to 30 names, in the order of the labels.

    Attributes
    ----------
    cell : tuple of two str, or None
        True and predicted class, by name, whose images are shown.
    model : str
        Whose cell it is: a key of `y_pred`; "model" if there is only one.
    normalize : {None, "true", "pred"}
        Counts, or percentages of each true (row) or predicted (column) class.
    indices : ndarray of int
        The images of the chosen cell.

    Examples
    --------
    >>> ConfusionMatrixExplorer(y_val, y_val_prob, X_val, class_names)
    >>> ConfusionMatrixExplorer(y_test, {"LeNet": y_prob, "dense": dense_prob}, x_test, names)
    """

    cell = Tuple(Unicode(), Unicode(), default_value=None, allow_none=True)
    model = Unicode()
    normalize = Enum(list(NORMALIZE), default_value=None, allow_none=True)
    _is_updating = False

    def __init__(self, y_true, y_pred, images, class_names):
        self.class_names = as_names(class_names)
        if not 2 <= len(self.class_names) <= MAX_CLASSES:
            expected, received = f"name 2 to {MAX_CLASSES} classes", f"{len(self.class_names)}"
            next_step = "plot_confusion_matrix draws matrices of any size."
            raise KitError.about("`class_names`", expected, received, next_step)
        images = as_images(images)
        self.y_true = as_labels_of_images(y_true, "y_true", len(images))
        by_model = y_pred if isinstance(y_pred, dict) else {"model": y_pred}
        self.results = {name: self._results_of(given) for name, given in by_model.items()}
        name, first = next(iter(self.results.items()))
        self._pages = ImagePages(images, self.y_true, *first[:2], self.class_names)
        super().__init__(self._build())
        self._choose(name, first.pairs[0][1] if first.pairs else None)
        keys = {text: key for key, text in NORMALIZE.items()}
        link((self, "normalize"), (self._lists["show"], "value"), (NORMALIZE.get, keys.get))
        link((self, "model"), (self._lists["model"], "value"))

    @property
    def indices(self) -> np.ndarray:
        """Images of the chosen cell, the surest answer first."""
        return self._pages.indices

    def story(self) -> str:
        """Describe the chosen cell, and the other models' predictions for its images."""
        if self.cell is None:
            return "Choose a cell of the matrix to see its images."
        indices, (true, pred) = self.indices, self.cell
        images = "image" if len(indices) == 1 else "images"
        text = f"true {true}, predicted {pred}: {len(indices)} {images}"
        if len(self.results) == 1 or len(indices) == 0:
            return text
        others = []
        for name, results in self.results.items():
            if name != self.model:
                counts = Counter(self.class_names[label] for label in results.predictions[indices])
                said = ", ".join(f"{n} x {label}" for label, n in counts.most_common())
                others.append(f"{name} says {said}")
        return f"{self.model}: {text}; of these, {'; '.join(others)}"

    def figure(self) -> Figure:
        """Draw the matrices, one below the other, and the first images of the cell."""
        shown = self._pages.shown()[:N_STATIC]
        rows = ceil(len(shown) / STATIC_COLUMNS)
        heights = [max(MATRIX_HEIGHT, 0.16 * len(self.class_names) + 1.2)] * len(self.results)
        heights += [1.65 * rows + 0.5] if rows else []  # with room for the title
        figure = Figure(figsize=(STATIC_WIDTH, sum(heights)), layout="constrained")
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        options = {"normalize": self.normalize, "scores": True}
        for part, (name, results) in zip(parts, self.results.items(), strict=False):
            options |= {"title": "Confusion matrix" if len(self.results) == 1 else name}
            draw_confusion_matrix(results.counts, self.class_names, ax=part.subplots(), **options)
        if rows:
            pred = self.results[self.model].predictions[shown]
            data = self._pages.images[shown], self.y_true[shown], pred, self.class_names
            options = {"columns": STATIC_COLUMNS, "title": fill(self.story(), 80)}
            plot_images(*data, ax=parts[-1].subplots(), **options)
        return figure

    def alt_text(self) -> str:
        """Describe the matrices, their most confused pairs, and the images of the cell."""
        parts = []
        for name, results in self.results.items():
            pairs = "; ".join(text for text, _ in results.pairs)
            hits, total = np.trace(results.counts), results.counts.sum()
            mistakes = f"most confused: {pairs}" if pairs else "no mistake"
            parts.append(f"{name}: {hits} of {total} images on the diagonal; {mistakes}.")
        text = f"Confusion matrix. {' '.join(parts)} {self.story()}"
        captions = "; ".join(map(self._pages.caption, self._pages.shown()[:N_STATIC]))
        return f"{text}: {captions}" if captions else text

    def _results_of(self, y_pred) -> _Results:
        y_pred, probabilities = as_predictions(y_pred, None, "y_pred", len(self.y_true))
        counts = confusion_matrix(self.y_true, y_pred, len(self.class_names))
        table = most_confused(self.y_true, y_pred, self.class_names, N_PAIRS)
        rows = table.itertuples(index=False)
        pairs = [(f"{true} taken for {pred}: {n}", (true, pred)) for true, pred, n in rows]
        return _Results(y_pred, probabilities, counts, pairs)

    def _build(self) -> list[widgets.Widget]:
        """Make the parts once."""
        names = [(name, name) for name in self.class_names]
        lists = {
            "show": [*NORMALIZE.values()],
            "model": list(self.results),
            "confused": [("", None)],
            "true": [("", None), *names],
            "predicted": [("", None), *names],
        }
        self._lists = {
            name: widgets.Dropdown(options=options, description=name, layout={"width": "auto"})
            for name, options in lists.items()
        }
        for name in ("confused", "true", "predicted"):
            self._lists[name].observe(lambda _, name=name: self._chosen_from(name), "value")
        self._lists["model"].layout.display = "none" if len(self.results) == 1 else ""
        self._grids, self._models = {}, {}
        for name, results in self.results.items():
            self._grids[name] = MatrixGrid(
                results.counts, self.class_names, lambda cell, name=name: self._choose(name, cell)
            )
            title = [] if len(self.results) == 1 else [widgets.Label(name)]
            self._models[name] = widgets.VBox([*title, self._grids[name]])
        self._story = widgets.HTML()
        images = widgets.VBox([self._story, self._pages], layout={"flex": "1 1 480px"})
        row = {"flex_flow": "row wrap", "grid_gap": "4px 16px"}
        parts = widgets.Box([*self._models.values(), images], layout=row)
        return [widgets.Box([*self._lists.values()], layout=row), parts]

    def _chosen_from(self, name: str) -> None:
        """Take the cell that was chosen from a list."""
        if self._is_updating:
            return
        if name == "confused":
            self.cell = self._lists[name].value
        elif all(cell := (self._lists["true"].value, self._lists["predicted"].value)):
            self.cell = cell

    def _choose(self, model: str, cell: tuple[str, str] | None) -> None:
        with self.hold_trait_notifications():
            self.model, self.cell = model, cell

    @validate("cell")
    def _known_cell(self, proposal):
        cell = proposal["value"]
        if cell is not None and not set(cell) <= set(self.class_names):
            raise KitError.about("`cell`", f"be two of {self.class_names}", f"{cell}")
        return cell

    @validate("model")
    def _known_model(self, proposal) -> str:
        if proposal["value"] not in self.results:
            raise KitError.about("`model`", f"be one of {list(self.results)}", proposal["value"])
        return proposal["value"]

    @observe("cell", "model", "normalize")
    def _redraw(self, change) -> None:
        """Update the view: the only place that changes it."""
        pairs, (true, pred) = self.results[self.model].pairs, self.cell or (None, None)
        pair = self.cell if self.cell in dict(pairs).values() else None
        self._is_updating = True
        self._lists["confused"].options = [("", None), *pairs]
        for name, value in (("confused", pair), ("true", true), ("predicted", pred)):
            self._lists[name].value = value
        self._is_updating = False
        for name, grid in self._grids.items():
            is_current = name == self.model
            grid.show(self.normalize, self.cell if is_current else None)
            model = self._models[name]
            (model.remove_class if is_current else model.add_class)(OTHER)
        if change["name"] != "normalize":
            self._show_images()

    def _show_images(self) -> None:
        pages, results = self._pages, self.results[self.model]
        pages.predictions, pages.probabilities = results.predictions, results.probabilities
        others = {name: r.predictions for name, r in self.results.items() if name != self.model}
        pages.others, pages.chosen = others, -1
        pages.layout.display = "none" if self.cell is None else ""
        found = np.arange(0)
        if self.cell is not None:
            true, pred = map(self.class_names.index, self.cell)
            found = np.flatnonzero((self.y_true == true) & (pages.predictions == pred))
        pages.select(pages.by_confidence(found))
        self._story.value = escape(self.story())
