"""Which pixels and regions speak for the predicted class: saliency and Grad-CAM below the image."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array, as_labels_of_images, as_names
from cnn_utils.plots.figure import WARNING_INK
from cnn_utils.plots.images import PITCH, TILE, check_captions, check_images, pixel_style
from cnn_utils.plots.tiles import SheetDisplay, put, write

COLUMNS = 8
# Rec. 601 luma: how bright red, green and blue look.
LUMA = np.array([0.299, 0.587, 0.114])
# How much of the picture the colour of the strongest region covers.
COVER = 0.8
# Shown between dark and light grey, a black or white background lets the colours come out.
DARK, LIGHT = -0.5, 1.5
# Inches: for the title, for the headings at the left, and for two lines above an image.
LEAST_WIDTH = 4.5
LEFT, HEAD = 1.3, 0.35
HEADINGS = (
    "image",
    "saliency\nbright: the score\ndepends on this pixel",
    "Grad-CAM\nyellow: this region\nspeaks for the class",
)


class EvidenceDisplay(SheetDisplay):
    """One column per image: the image, its saliency, and its Grad-CAM over a grey version of it.

    Both maps are relative: 1 is the strongest place of each image, however strong. They can't be
    compared from image to image.

    Parameters
    ----------
    images : array of shape (n, height, width[, 1 or 3])
        uint8 0-255, or float 0-1.
    saliency : array of shape (n, height, width), float, 0-1
    cams : array of shape (n, height, width), float, 0-1, optional
        Left out for networks without a convolution.
    captions : list of str, optional
        One per image.
    emphasised : sequence of bool, optional
        Captions to set off in colour and bold, e.g. the mistakes.

    Attributes
    ----------
    images_, saliency_, cams_ : lists of matplotlib.image.AxesImage
        `cams_` is empty without `cams`.
    captions_ : list of matplotlib.text.Text
    """

    def __init__(self, images, saliency, cams=None, captions=None, emphasised=None):
        self.images = check_images(images)
        n = len(self.images)
        self.saliency = _check_maps(saliency, "saliency", self.images)
        self.cams = None if cams is None else _check_maps(cams, "cams", self.images)
        self.captions, self.emphasised = check_captions(captions, emphasised, n)

    def plot(self, *, columns=COLUMNS, title="Evidence", ax=None):
        """Draw the maps below their images, and return the display.

        Parameters
        ----------
        columns : int, default=8
            Images side by side; more follow in a band below.
        title : str, default="Evidence"
        ax : matplotlib Axes, optional
            Holds all of it; by default that of a new figure.
        """
        check_count("columns", columns)
        n, kinds = len(self.images), 2 if self.cams is None else 3
        columns = min(columns, n)
        bands = ceil(n / columns)
        band = HEAD + PITCH * kinds
        across, down = LEFT + PITCH * columns, band * bands
        figsize = (max(across + 0.2, LEAST_WIDTH), down + 0.4)
        ax = self._sheet(ax, across, down, figsize)
        self.images_, self.saliency_, self.cams_, self.captions_ = [], [], [], []
        for i in range(n):
            x, top = LEFT + PITCH * (i % columns + 0.5), band * (i // columns) + HEAD
            drawn = self._draw(i, ax, x, top)
            if i % columns == 0:
                for image, heading in zip(drawn, HEADINGS, strict=False):
                    write(image, "left", heading)
        self._write_title(title)
        named = "; ".join(" ".join(caption.split()) for caption in self.captions[:20] if caption)
        shown = "saliency" if self.cams is None else "saliency and Grad-CAM"
        self._describe(
            f"{title}: {n} image{'s' if n > 1 else ''} with {shown}{': ' + named if named else ''}."
        )
        return self

    def _draw(self, i, ax, x, top) -> list:
        """Draw one image's column, `top` inches below the upper edge; return its pictures."""
        y = iter(top + PITCH * np.arange(0.5, 3))
        look = pixel_style(self.images)
        image = self.images[i]
        drawn = [put(ax, image, x, next(y), TILE, framed=True, **look)]
        style = {"color": WARNING_INK, "weight": "bold"} if self.emphasised[i] else {}
        self.images_.append(drawn[0])
        self.captions_.append(write(drawn[0], "above", self.captions[i], **style))
        unit = {"vmin": 0, "vmax": 1, "interpolation": "nearest"}
        inferno = {"cmap": "inferno", "framed": True, **unit}
        drawn.append(put(ax, self.saliency[i], x, next(y), TILE, **inferno))
        self.saliency_.append(drawn[-1])
        if self.cams is not None:
            faint = {**look, "vmin": DARK * look["vmax"], "vmax": LIGHT * look["vmax"]}
            place = (x, next(y), TILE)
            put(ax, image if image.ndim == 2 else image @ LUMA, *place, **faint)
            cam = self.cams[i]
            # The weaker the evidence, the more of the picture below it shows.
            plasma = {"cmap": "plasma", "alpha": COVER * cam, "framed": True, **unit}
            drawn.append(put(ax, cam, *place, **plasma))
            self.cams_.append(drawn[-1])
            if not cam.any():
                box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
                write(drawn[-1], "on", "no region\nspeaks for it", bbox=box)
        return drawn


def plot_evidence(
    images,
    saliency,
    cams,
    probabilities,
    y_true=None,
    class_names=None,
    *,
    columns=COLUMNS,
    title="What speaks for the predicted class",
    ax=None,
):
    """Draw images with the maps of what speaks for their predicted classes, mistakes set off.

    Parameters
    ----------
    images : array of shape (n, height, width[, 1 or 3])
        uint8 0-255, or float 0-1.
    saliency : array of shape (n, height, width), float, 0-1
    cams : array of shape (n, height, width), float, 0-1, or None
    probabilities : array of shape (n, n_classes), float, 0-1
        The largest of a row is the prediction.
    y_true : array-like, optional
        True classes. Wrong predictions are marked by a cross, bold type and colour.
    class_names : sequence of str, optional
        By default the labels themselves.
    columns : int, default=8
    title : str, default="What speaks for the predicted class"
    ax : matplotlib Axes, optional

    Returns
    -------
    display : EvidenceDisplay

    Raises
    ------
    KitError
        If images can't be shown, the numbers of rows differ, or a class has no name.
    """
    images = check_images(images)
    n = len(images)
    probabilities = as_array(probabilities, "probabilities")
    fits = probabilities.ndim == 2 and len(probabilities) == n and probabilities.dtype.kind == "f"
    if not fits or not (probabilities.min() >= 0 and probabilities.max() <= 1):
        expected = f"have shape ({n}, n_classes), float in 0-1"
        raise KitError.about("`probabilities`", expected, probabilities)
    n_classes = probabilities.shape[1]
    names = as_names(range(n_classes) if class_names is None else class_names)
    if len(names) != n_classes:
        received = f"{len(names)} names"
        raise KitError.about("`class_names`", f"name each of the {n_classes} classes", received)
    pred, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    captions = [f"{names[p]} {s:.0%}" for p, s in zip(pred, sure, strict=True)]
    wrong = [False] * n
    if y_true is not None:
        true = as_labels_of_images(y_true, "y_true", n)
        if true.min() < 0 or true.max() >= n_classes:
            received = f"labels from {true.min()} to {true.max()}"
            raise KitError.about("`y_true`", f"lie in 0..{n_classes - 1}", received)
        wrong = (pred != true).tolist()
        gap = "\n" if any(wrong) else ""
        captions = [
            f"✗ {caption}\n(true {names[t]})" if w else f"✓ {caption}{gap}"
            for caption, t, w in zip(captions, true, wrong, strict=True)
        ]
    display = EvidenceDisplay(images, saliency, cams, captions, wrong)
    return display.plot(columns=columns, title=title, ax=ax)


def _check_maps(maps, name, images):
    array = as_array(maps, name)
    fits = array.shape == images.shape[:3] and array.dtype.kind == "f"
    # Written so that NaN is refused, too.
    if not fits or not (array.min() >= 0 and array.max() <= 1):
        raise KitError.about(f"`{name}`", f"have shape {images.shape[:3]}, float in 0-1", array)
    return array
