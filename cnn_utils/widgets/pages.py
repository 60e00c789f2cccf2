"""Pages of images with their classes; one of them enlarged, with its class probabilities."""

from math import ceil

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from traitlets import Int, observe, validate

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array, as_labels_of_images, as_names, check_named
from cnn_utils.plots.figure import figure_png, with_note
from cnn_utils.plots.images import as_images, plot_images
from cnn_utils.widgets.static import CSS_CLASS, StaticPicture, detail_figure, img_tag, to_png

PAGE_SIZE = 20
# More would be too small on paper.
STATIC_COLUMNS = 6
# Sums of 8-bit numbers (bfloat16) differ from one by some thousandths.
TOLERANCE = 1e-2


class ImagePages(StaticPicture):
    """A selection of images, page by page: the common part of the browser and the explorer."""

    page = Int(0)
    chosen = Int(-1)

    def __init__(self, images, labels, predictions=None, probabilities=None, class_names=None):
        self.images = as_images(images)
        n = len(self.images)
        self.labels = as_labels_of_images(labels, "labels", n)
        answers = as_predictions(predictions, probabilities, "predictions", n)
        self.predictions, self.probabilities = answers
        self.others = {}  # predictions of other models, by their names
        self.class_names = self._names(class_names)
        self.indices = np.arange(n)
        self._build()
        super().__init__([self._turning, self._grid])
        self._draw_page()

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
        """Sort `indices`, the surest prediction first; without probabilities, keep the order."""
        if self.probabilities is None:
            return indices
        confidence = self.probabilities[indices, self.predictions[indices]]
        return indices[np.argsort(-confidence, kind="stable")]

    def caption(self, index: int) -> str:
        """Name an image's true class, prediction, its probability, and others' predictions."""
        true = self.class_names[self.labels[index]]
        if self.predictions is None:
            return true
        pred = self.predictions[index]
        sure = "" if self.probabilities is None else f" {self.probabilities[index, pred]:.0%}"
        is_right = pred == self.labels[index]
        text = f"✓ {true}{sure}" if is_right else f"✗ {self.class_names[pred]}{sure} ({true})"
        others = (f", {who}: {self.class_names[y[index]]}" for who, y in self.others.items())
        return text + "".join(others)

    def status(self) -> str:
        """Name the page and the number of images."""
        found = f"{len(self.indices)} of {len(self.images)} images"
        return f"page {self.page + 1} of {self.n_pages}, {found}"

    def figure(self) -> Figure:
        """Draw the page: the widget's static form."""
        index = self.shown()
        if len(index) == 0:
            figure = Figure(figsize=(6, 1))
            figure.suptitle(self.status())
            return figure
        pred = None if self.predictions is None else self.predictions[index]
        data = self.images[index], self.labels[index], pred, self.class_names
        return plot_images(*data, columns=STATIC_COLUMNS, title=self.status()).figure_

    def alt_text(self) -> str:
        """Describe the page in words."""
        captions = "; ".join(self.caption(index) for index in self.shown())
        return f"Image browser, {self.status()}: {captions}"

    def _names(self, class_names) -> list[str]:
        """Return a name for every label and score; by default the labels themselves."""
        seen = self.labels
        if self.predictions is not None:
            seen = np.concatenate([seen, self.predictions])
        n_scores = 0 if self.probabilities is None else self.probabilities.shape[1]
        names = as_names(range(n_scores or seen.max() + 1) if class_names is None else class_names)
        check_named(seen, "labels", names)
        if n_scores not in (0, len(names)):
            expected = f"have one column for each of the {len(names)} classes"
            raise KitError.about("`probabilities`", expected, f"{n_scores} columns")
        return names

    def _build(self) -> None:
        """Make the parts once."""
        self._before = widgets.Button(description="◀ previous")
        self._after = widgets.Button(description="next ▶")
        self._before.on_click(lambda _: setattr(self, "page", self.page - 1))
        self._after.on_click(lambda _: setattr(self, "page", self.page + 1))
        self._status = widgets.Label()
        parts = [self._before, self._after, self._status]
        self._turning = widgets.Box(parts, layout=widgets.Layout(flex_flow="row wrap"))
        self._cells = [_Tile(self) for _ in range(PAGE_SIZE)]
        columns = {"grid_template_columns": "repeat(auto-fill, 114px)", "grid_gap": "6px"}
        grid = widgets.GridBox(self._cells, layout=widgets.Layout(**columns, width="594px"))
        self._detail = widgets.HTML(layout=widgets.Layout(display="none", width="460px"))
        # The enlarged image stands beside the page; where it has no room, above.
        flow = widgets.Layout(flex_flow="row wrap-reverse", grid_gap="16px", align_items="flex-end")
        self._grid = widgets.Box([grid, self._detail], layout=flow)

    @validate("page")
    def _nearest_page(self, proposal) -> int:
        return min(max(proposal["value"], 0), self.n_pages - 1)

    @validate("chosen")
    def _known_image(self, proposal) -> int:
        return min(max(proposal["value"], -1), len(self.images) - 1)

    @observe("page", "chosen")
    def _redraw(self, change) -> None:
        """Update the view: the only place that changes it."""
        draw = self._draw_page if change["name"] == "page" else self._draw_detail
        draw()

    def _draw_page(self) -> None:
        index = self.shown()
        self._before.disabled = self.page == 0
        self._after.disabled = self.page == self.n_pages - 1
        for cell, i in zip(self._cells, [*index, *[-1] * (PAGE_SIZE - len(index))], strict=True):
            cell.show(int(i))
        self._status.value = with_note(self.status())  # last, when the page is complete

    def _draw_detail(self) -> None:
        self._detail.layout.display = "none" if self.chosen < 0 else ""
        if self.chosen < 0:
            return
        if self.chosen not in self.shown() and self.chosen in self.indices:
            self.page = int(np.flatnonzero(self.indices == self.chosen)[0]) // PAGE_SIZE
        title = alt_text = f"image {self.chosen}: {self.caption(self.chosen)}"
        probabilities = None
        if self.probabilities is not None:
            probabilities = self.probabilities[self.chosen]
            best = np.argsort(-probabilities, kind="stable")[:3]
            surest = ", ".join(f"{self.class_names[i]} {probabilities[i]:.1%}" for i in best)
            alt_text = f"{title}; most probable: {surest}"
        figure = detail_figure(self.images[self.chosen], probabilities, self.class_names, title)
        self._detail.value = img_tag(figure_png(figure), with_note(alt_text), width="100%")


class _Tile(widgets.VBox):
    """One image of the page and its caption: a click on either enlarges it."""

    def __init__(self, pages: ImagePages):
        self._pages, self._index = pages, -1
        self._picture, self._button = widgets.HTML(), widgets.Button()
        self._button.on_click(lambda _: setattr(pages, "chosen", self._index))
        super().__init__([self._picture, self._button], layout=widgets.Layout(height="130px"))
        self.add_class(f"{CSS_CLASS}-tile")

    def show(self, index: int) -> None:
        """Show image `index`, or nothing for -1."""
        self._index = index
        self.layout.display = "none" if index < 0 else ""
        if index >= 0:
            self._button.description = self._pages.caption(index)
            self._button.tooltip = f"image {index}: {self._button.description}"
            png = to_png(self._pages.images[index], height=96)
            self._picture.value = img_tag(png, self._button.tooltip, width="96px")


def as_predictions(predictions, probabilities, name: str, n: int):
    """Return `n` predicted labels and `n` rows of probabilities, or None for missing ones.

    Predictions that are neither labels nor one-hot rows serve as probabilities. Without
    predictions, the most probable classes are predicted.
    """
    scores = "probabilities"
    if probabilities is None and predictions is not None:
        table = as_array(predictions, name)
        is_table = table.ndim == 2 and table.shape[1] > 1 and table.dtype.kind == "f"
        if is_table and not np.isin(table, (0, 1)).all():
            probabilities, scores = table, name
    if probabilities is not None:
        probabilities = as_array(probabilities, scores)
        shaped = probabilities.ndim == 2 and len(probabilities) == n
        # Written so that NaN is refused, too. Half precision must not be summed in half precision.
        if not shaped or not (
            probabilities.min() >= 0
            and np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1).max() < TOLERANCE
        ):
            expected = f"be {n} rows of class probabilities that sum to one"
            next_step = "Give what model.predict returns after a softmax, not logits; or labels."
            raise KitError.about(f"`{scores}`", expected, probabilities, next_step)
        predictions = probabilities if predictions is None else predictions
    if predictions is not None:
        predictions = as_labels_of_images(predictions, name, n)
    return predictions, probabilities
