"""Pages of images with their classes; one of them large, with its class probabilities."""

from __future__ import annotations

from math import ceil

import ipywidgets as widgets
import numpy as np
from traitlets import Int, observe, validate

from cnn_utils.metrics import as_labels_of_images
from cnn_utils.plots.figure import release
from cnn_utils.plots.images import check_images, plot_images
from cnn_utils.widgets.arguments import check_names, check_predictions
from cnn_utils.widgets.static import (
    StaticPicture,
    detail_figure,
    img_tag,
    to_png,
    with_note,
    words_figure,
)

PAGE_SIZE = 20


class ImagePages(StaticPicture):
    """A selection of images, page by page; what `ImageBrowser` and the explorer have in common.

    Parameters
    ----------
    images, labels, predictions, probabilities, class_names
        As in `ImageBrowser`.

    Attributes
    ----------
    page : int
        Page shown, from 0; a number outside the pages becomes the nearest one.
    chosen : int
        Index of the enlarged image; -1 for none.
    indices : ndarray of int
        The images on all the pages; `select` sets them.
    """

    page = Int(0)
    chosen = Int(-1)

    def __init__(self, images, labels, predictions=None, probabilities=None, class_names=None):
        self.images = check_images(images)
        n = len(self.images)
        self.labels = as_labels_of_images(labels, "labels", n)
        self.predictions, self.probabilities = check_predictions(
            predictions, "predictions", probabilities, n
        )
        self.class_names = check_names(
            class_names, self.labels, self.predictions, self.probabilities
        )
        self.indices = np.arange(n)
        self._build()
        super().__init__([self._turning, self._grid, self._detail])
        self._redraw()

    @property
    def n_pages(self) -> int:
        """Number of pages of the selected images, at least 1."""
        return max(1, ceil(len(self.indices) / PAGE_SIZE))

    def select(self, indices) -> None:
        """Show these images, from their first page on."""
        self.indices = np.asarray(indices, dtype=np.int64)
        if self.page == 0:
            self._draw_page()
        else:
            self.page = 0

    def shown(self) -> np.ndarray:
        """Return the indices of the images on the page."""
        return self.indices[self.page * PAGE_SIZE : (self.page + 1) * PAGE_SIZE]

    def by_confidence(self, indices) -> np.ndarray:
        """Sort `indices`, the surest prediction first; without probabilities, as they are."""
        if self.probabilities is None:
            return indices
        confidence = self.probabilities[indices, self.predictions[indices]]
        return indices[np.argsort(-confidence, kind="stable")]

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

    def status(self) -> str:
        """Say which page of how many images is shown."""
        found = f"{len(self.indices)} of {len(self.images)} images"
        return f"page {self.page + 1} of {self.n_pages}, {found}"

    def figure(self):
        """Return the page as a Matplotlib figure: the widget's static form."""
        index = self.shown()
        if len(index) == 0:
            return words_figure(self.status())
        pred = None if self.predictions is None else self.predictions[index]
        options = {"columns": 10, "title": self.status()}
        display = plot_images(
            self.images[index], self.labels[index], pred, self.class_names, **options
        )
        return release(display.figure_)

    def alt_text(self) -> str:
        """Describe the page in words."""
        captions = "; ".join(self.caption(index) for index in self.shown())
        return f"Image browser, {self.status()}: {captions}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.images)} images, {self.status()})"

    def _build(self) -> None:
        """Make the parts once."""
        self._before = widgets.Button(description="◀ previous")
        self._after = widgets.Button(description="next ▶")
        self._before.on_click(lambda _: setattr(self, "page", self.page - 1))
        self._after.on_click(lambda _: setattr(self, "page", self.page + 1))
        self._status = widgets.Label()
        self._turning = widgets.HBox([self._before, self._after, self._status])
        shared = {
            "wide": widgets.Layout(width="auto"),
            "style": widgets.ButtonStyle(),
        }
        self._cells = [_Cell(self, **shared) for _ in range(PAGE_SIZE)]
        columns = widgets.Layout(grid_template_columns="repeat(auto-fill, 210px)", grid_gap="6px")
        self._grid = widgets.GridBox(self._cells, layout=columns)
        self._detail = widgets.HTML(layout=widgets.Layout(display="none"))

    @validate("page")
    def _nearest_page(self, proposal) -> int:
        return min(max(proposal["value"], 0), self.n_pages - 1)

    @validate("chosen")
    def _known_image(self, proposal) -> int:
        return min(max(proposal["value"], -1), len(self.images) - 1)

    @observe("page", "chosen")
    def _redraw(self, change=None) -> None:
        """Bring the view up to date: the only place that changes it."""
        if change is None or change["name"] == "page":
            self._draw_page()
        else:
            self._draw_detail()

    def _draw_page(self) -> None:
        index = self.shown()
        self._before.disabled = self.page == 0
        self._after.disabled = self.page == self.n_pages - 1
        for cell, i in zip(self._cells, [*index, *[-1] * (PAGE_SIZE - len(index))], strict=True):
            cell.show(int(i))
        self._status.value = with_note(self.status())  # last: it tells what can be seen

    def _draw_detail(self) -> None:
        self._detail.layout.display = "none" if self.chosen < 0 else ""
        if self.chosen < 0:
            return
        if self.chosen not in self.shown() and self.chosen in self.indices:
            self.page = int(np.flatnonzero(self.indices == self.chosen)[0]) // PAGE_SIZE
        title = f"image {self.chosen}: {self.caption(self.chosen)}"
        probabilities = None if self.probabilities is None else self.probabilities[self.chosen]
        figure = detail_figure(self.images[self.chosen], probabilities, self.class_names, title)
        self._detail.value = img_tag(figure.png(), figure.alt_text, width="640px")


class _Cell(widgets.VBox):
    """One image of the page, and a button below it that enlarges it."""

    def __init__(self, pages: ImagePages, wide, style):
        self._pages, self._index = pages, -1
        self._picture = widgets.HTML(layout=wide)
        self._button = widgets.Button(layout=wide, style=style)
        self._button.on_click(lambda _: setattr(pages, "chosen", self._index))
        super().__init__([self._picture, self._button])

    def show(self, index: int) -> None:
        """Show image `index`, or nothing for -1."""
        self._index = index
        self.layout.display = "none" if index < 0 else ""
        if index < 0:
            return
        self._button.description = self._pages.caption(index)
        self._button.tooltip = f"image {index}: {self._button.description}"
        png = to_png(self._pages.images[index], height=96)
        self._picture.value = img_tag(png, self._button.tooltip, width="96px")
