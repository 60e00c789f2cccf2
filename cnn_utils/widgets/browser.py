"""Page through images: filter by class and outcome, sort by confidence, enlarge one."""

from __future__ import annotations

from math import ceil

import ipywidgets as widgets
import numpy as np
from traitlets import Enum, Int, Unicode, link, observe, validate

from cnn_utils.errors import KitError
from cnn_utils.plots.images import check_images, plot_images
from cnn_utils.widgets.arguments import check_labels, check_names, check_probabilities
from cnn_utils.widgets.static import StaticPicture, detail_figure, release, to_png, words_figure

PAGE_SIZE = 20
ALL = "all classes"
OUTCOMES = ("all", "correct", "wrong")
ORDERS = ("as stored", "most confident first", "least confident first", "highest loss first")


class ImageBrowser(StaticPicture, widgets.VBox):
    """Pages of images with their classes; choose one to see it large, with its probabilities.

    Parameters
    ----------
    images : array of shape (n, height, width[, 1 or 3])
        uint8 0-255, or float 0-1; not copied.
    labels : array-like
        True classes: labels, one-hot rows or scores.
    predictions : array-like, optional
        Predicted classes; by default the most probable ones, if `probabilities` is given.
    probabilities : array of shape (n, n_classes), optional
        Rows sum to one. Needed for confidence and loss.
    class_names : sequence of str, optional
        By default the labels themselves.

    Attributes
    ----------
    page : int
        Page shown, from 0; a number outside the pages becomes the nearest one.
    class_name : str
        True class shown, or "all classes".
    outcome : {"all", "correct", "wrong"}
    order : {"as stored", "most confident first", "least confident first", "highest loss first"}
    chosen : int
        Index of the enlarged image; -1 for none.

    Raises
    ------
    KitError
        If there is no image, lengths differ, a label has no name, or probabilities are none.
    """

    page = Int(0)
    class_name = Unicode(ALL)
    outcome = Enum(OUTCOMES, OUTCOMES[0])
    order = Enum(ORDERS, ORDERS[0])
    chosen = Int(-1)

    def __init__(self, images, labels, predictions=None, probabilities=None, class_names=None):
        self.images = check_images(images)
        n = len(self.images)
        self.labels = check_labels(labels, "labels", n)
        self.probabilities = check_probabilities(probabilities, n)
        predictions = self.probabilities if predictions is None else predictions
        self.predictions = check_labels(predictions, "predictions", n)
        n_scores = 0 if self.probabilities is None else self.probabilities.shape[1]
        self.class_names = check_names(class_names, self.labels, self.predictions, n_scores)
        self._indices = np.arange(n)
        self._build()
        super().__init__([self._controls, self._status, self._grid, self._detail])
        self._redraw()

    @property
    def n_pages(self) -> int:
        """Number of pages of the images that pass the filters, at least 1."""
        return max(1, ceil(len(self._indices) / PAGE_SIZE))

    def shown(self) -> np.ndarray:
        """Return the indices of the images on the page."""
        return self._indices[self.page * PAGE_SIZE : (self.page + 1) * PAGE_SIZE]

    def caption(self, index: int) -> str:
        """Say of an image what it is, and what it was taken for, how surely."""
        true = self.class_names[self.labels[index]]
        if self.predictions is None:
            return true
        pred, label = self.predictions[index], self.labels[index]
        sure = ""
        if self.probabilities is not None:
            sure = f" {self.probabilities[index, pred]:.0%}"
        return f"✓ {true}{sure}" if pred == label else f"✗ {self.class_names[pred]}{sure} ({true})"

    def figure(self):
        """Return the page as a Matplotlib figure: the widget's static form."""
        index = self.shown()
        if len(index) == 0:
            return words_figure(self._status.value)
        pred = None if self.predictions is None else self.predictions[index]
        options = {"columns": 10, "title": self._status.value}
        display = plot_images(
            self.images[index], self.labels[index], pred, self.class_names, **options
        )
        return release(display.figure_)

    def alt_text(self) -> str:
        """Describe the page in words."""
        captions = "; ".join(self.caption(index) for index in self.shown())
        return f"Image browser, {self._status.value}: {captions}"

    def __repr__(self) -> str:
        return f"ImageBrowser({len(self.images)} images, {self._status.value})"

    def _build(self) -> None:
        """Make the parts once, and tie the controls to the traits."""
        by_class = widgets.Dropdown(options=[ALL, *self.class_names], description="true class")
        outcomes = OUTCOMES if self.predictions is not None else OUTCOMES[:1]
        by_outcome = widgets.Dropdown(options=outcomes, description="outcome")
        orders = ORDERS if self.probabilities is not None else ORDERS[:1]
        by_order = widgets.Dropdown(options=orders, description="order")
        jump = widgets.BoundedIntText(-1, -1, len(self.images) - 1, description="image no.")
        before, after = (
            widgets.Button(description="◀ previous"),
            widgets.Button(description="next ▶"),
        )
        before.on_click(lambda _: setattr(self, "page", self.page - 1))
        after.on_click(lambda _: setattr(self, "page", self.page + 1))
        for control, trait in (
            (by_class, "class_name"),
            (by_outcome, "outcome"),
            (by_order, "order"),
            (jump, "chosen"),
        ):
            link((self, trait), (control, "value"))
        row = widgets.Layout(flex_flow="row wrap")
        self._controls = widgets.Box(
            [by_class, by_outcome, by_order, jump, before, after], layout=row
        )
        self._before, self._after = before, after
        self._status = widgets.Label()
        self._cells = [_Cell(self) for _ in range(PAGE_SIZE)]
        columns = widgets.Layout(grid_template_columns="repeat(auto-fill, 210px)", grid_gap="6px")
        self._grid = widgets.GridBox(self._cells, layout=columns)
        large = widgets.Layout(display="none", width="640px", max_width="100%")
        self._detail = widgets.Image(format="png", layout=large)

    @validate("page")
    def _nearest_page(self, proposal) -> int:
        return min(max(proposal["value"], 0), self.n_pages - 1)

    @validate("chosen")
    def _known_image(self, proposal) -> int:
        return min(max(proposal["value"], -1), len(self.images) - 1)

    @validate("class_name")
    def _known_class(self, proposal) -> str:
        if proposal["value"] not in (ALL, *self.class_names):
            raise KitError.about(
                "`class_name`", f"be '{ALL}' or one of {self.class_names}", proposal["value"]
            )
        return proposal["value"]

    @observe("page", "class_name", "outcome", "order", "chosen")
    def _redraw(self, change=None) -> None:
        """Bring the view up to date: the only place that changes it."""
        if change is not None and change["name"] in ("class_name", "outcome", "order"):
            self._indices = self._select()
            self.page = 0
        if change is None or change["name"] != "chosen":
            self._draw_page()
        else:
            self._draw_detail()

    def _select(self) -> np.ndarray:
        """Return the indices that pass the filters, in the chosen order."""
        keep = np.ones(len(self.images), dtype=bool)
        if self.class_name != ALL:
            keep &= self.labels == self.class_names.index(self.class_name)
        if self.outcome != "all" and self.predictions is not None:
            keep &= (self.predictions == self.labels) == (self.outcome == "correct")
        indices = np.flatnonzero(keep)
        if self.order == ORDERS[0] or self.probabilities is None:
            return indices
        return indices[np.argsort(self._sort_key(indices), kind="stable")]

    def _sort_key(self, indices) -> np.ndarray:
        if self.order == "highest loss first":  # the loss falls as this probability rises
            return self.probabilities[indices, self.labels[indices]]
        confidence = self.probabilities[indices, self.predictions[indices]]
        return -confidence if self.order == "most confident first" else confidence

    def _draw_page(self) -> None:
        index = self.shown()
        found = f"{len(self._indices)} of {len(self.images)} images"
        self._status.value = f"page {self.page + 1} of {self.n_pages}, {found}"
        self._before.disabled, self._after.disabled = (
            self.page == 0,
            self.page == self.n_pages - 1,
        )
        for cell, i in zip(self._cells, [*index, *[-1] * (PAGE_SIZE - len(index))], strict=True):
            cell.show(int(i))

    def _draw_detail(self) -> None:
        self._detail.layout.display = "none" if self.chosen < 0 else ""
        if self.chosen < 0:
            return
        if self.chosen not in self.shown() and self.chosen in self._indices:
            self.page = int(np.flatnonzero(self._indices == self.chosen)[0]) // PAGE_SIZE
        title = f"image {self.chosen}: {self.caption(self.chosen)}"
        probabilities = None if self.probabilities is None else self.probabilities[self.chosen]
        figure = detail_figure(self.images[self.chosen], probabilities, self.class_names, title)
        self._detail.value, self._detail.tooltip = figure.png(), title


class _Cell(widgets.VBox):
    """One image of the page, and a button below it that enlarges it."""

    def __init__(self, browser: ImageBrowser):
        self._browser, self._index = browser, -1
        self._picture = widgets.Image(format="png", layout=widgets.Layout(width="96px"))
        self._button = widgets.Button(layout=widgets.Layout(width="auto"))
        self._button.on_click(lambda _: setattr(browser, "chosen", self._index))
        super().__init__([self._picture, self._button])

    def show(self, index: int) -> None:
        """Show image `index`, or nothing for -1."""
        self._index = index
        self.layout.display = "none" if index < 0 else ""
        if index < 0:
            return
        self._picture.value = to_png(self._browser.images[index], height=96)
        self._button.description = self._browser.caption(index)
        self._button.tooltip = f"image {index}: {self._button.description}"
