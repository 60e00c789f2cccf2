"""Page through images: filter by class and outcome, sort by confidence, enlarge one."""

import ipywidgets as widgets
import numpy as np
from traitlets import Unicode, link, observe, validate

from cnn_utils.errors import KitError, describe
from cnn_utils.widgets.pages import ImagePages

ALL = "all classes"
OUTCOMES = ("all", "correct", "wrong")
LABELS = {"class_name": "true class", "outcome": "outcome", "order": "order"}
ORDERS = ("as stored", "most confident first", "least confident first", "highest loss first")


class ImageBrowser(ImagePages):
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
        Needs `predictions`.
    order : {"as stored", "most confident first", "least confident first", "highest loss first"}
        All but the first need `probabilities`.
    chosen : int
        Index of the enlarged image; -1 for none.
    indices : ndarray of int
        The images that pass the filters, in their order.
    """

    class_name = Unicode(ALL)
    outcome = Unicode(OUTCOMES[0])
    order = Unicode(ORDERS[0])

    def __init__(self, images, labels, predictions=None, probabilities=None, class_names=None):
        super().__init__(images, labels, predictions, probabilities, class_names)
        self._options = {
            "class_name": (ALL, *self.class_names),
            "outcome": OUTCOMES if self.predictions is not None else OUTCOMES[:1],
            "order": ORDERS if self.probabilities is not None else ORDERS[:1],
        }
        controls = []
        for name, options in self._options.items():
            controls.append(widgets.Dropdown(options=options, description=LABELS[name]))
            link((self, name), (controls[-1], "value"))
        known = f"0 to {len(self.images) - 1}"
        self._number = widgets.Text(description="image no.", placeholder=known)
        self._number.continuous_update = False
        self._number.observe(self._jump, "value")
        self.observe(self._show_number, "chosen")
        row = widgets.Box([*controls, self._number], layout={"flex_flow": "row wrap"})
        self.children = [row, *self.children]

    def _jump(self, change) -> None:
        """Enlarge the image whose number was typed; none if it is no number."""
        text = change["new"].strip()
        self.chosen = int(text) if text.isdecimal() else -1
        self._show_number()

    def _show_number(self, change=None) -> None:
        self._number.value = "" if self.chosen < 0 else f"{self.chosen}"

    @validate("class_name", "outcome", "order")
    def _possible(self, proposal) -> str:
        name, value = proposal["trait"].name, proposal["value"]
        if value not in self._options[name]:
            expected = f"be one of {self._options[name]}"
            needed = "Outcomes need `predictions`; confidence and loss need `probabilities`."
            raise KitError.about(f"`{name}`", expected, describe(value), needed)
        return value

    @observe("class_name", "outcome", "order")
    def _filter(self, change=None) -> None:
        """Select the images that pass the filters, in the chosen order."""
        keep = np.ones(len(self.images), dtype=bool)
        if self.class_name != ALL:
            keep &= self.labels == self.class_names.index(self.class_name)
        if self.outcome != "all":
            keep &= (self.predictions == self.labels) == (self.outcome == "correct")
        self.select(self._sorted(np.flatnonzero(keep)))

    def _sorted(self, indices) -> np.ndarray:
        if self.order == "as stored":
            return indices
        if self.order == "most confident first":
            return self.by_confidence(indices)
        if self.order == "least confident first":
            return self.by_confidence(indices)[::-1]
        # The loss falls as the true class's probability rises.
        probability = self.probabilities[indices, self.labels[indices]]
        return indices[np.argsort(probability, kind="stable")]
