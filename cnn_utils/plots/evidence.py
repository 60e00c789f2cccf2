"""Which pixels and regions speak for the predicted class: saliency and Grad-CAM below the image."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.errors import KitError, check_count
from cnn_utils.metrics import as_array, as_labels_of_images, as_names
from cnn_utils.plots.figure import INK, WARNING_INK, Display, framed, titled
from cnn_utils.plots.images import check_captions, check_images, pixel_style

COLUMNS = 8
# Rec. 601 luma: how bright red, green and blue look.
LUMA = np.array([0.299, 0.587, 0.114])
# How much of the picture the colour of the strongest region covers.
COVER = 0.8
# Shown between dark and light grey, a black or white background lets the colours come out.
DARK, LIGHT = -0.5, 1.5
# Inches, for the title.
LEAST_WIDTH = 4.5
HEADINGS = (
    "image",
    "saliency\nbright: the score\ndepends on this pixel",
    "Grad-CAM\nyellow: this region\nspeaks for the class",
)


class EvidenceDisplay(Display):
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
        ax : sequence of matplotlib Axes, optional
            Row by row: a band's images, then their saliency, then their Grad-CAM.
        """
        check_count("columns", columns)
        n, kinds = len(self.images), 2 if self.cams is None else 3
        columns = min(columns, n)
        bands = ceil(n / columns)
        figsize = (max(1.25 * columns + 1.6, LEAST_WIDTH), bands * (1.25 * kinds + 0.45) + 0.5)
        panels = self._panels(ax, bands * kinds * columns, columns, figsize=figsize)
        by_image = np.reshape(panels, (bands, kinds, columns)).swapaxes(1, 2).reshape(-1, kinds)
        self.images_, self.saliency_, self.cams_, self.captions_ = [], [], [], []
        for i, own in enumerate(by_image):
            for panel, heading in zip(own, HEADINGS, strict=False):
                panel.set_visible(i < n)
                framed(panel)
                if i % columns == 0:
                    place = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 8}
                    panel.set_ylabel(heading, color=INK, **place)
            if i < n:
                self._draw(i, *own)
        self.figure_.suptitle(titled(title), fontsize="large")
        named = "; ".join(" ".join(caption.split()) for caption in self.captions[:20] if caption)
        shown = "saliency" if self.cams is None else "saliency and Grad-CAM"
        self._describe(
            f"{title}: {n} image{'s' if n > 1 else ''} with {shown}{': ' + named if named else ''}."
        )
        return self

    def _draw(self, i, image_panel, saliency_panel, cam_panel=None):
        """Draw one image's column."""
        style = {"color": WARNING_INK, "weight": "bold"} if self.emphasised[i] else {"color": INK}
        self.captions_.append(image_panel.set_title(self.captions[i], fontsize=8, pad=3, **style))
        look = pixel_style(self.images)
        image = self.images[i]
        self.images_.append(image_panel.imshow(image, **look))
        unit = {"vmin": 0, "vmax": 1, "interpolation": "nearest"}
        self.saliency_.append(saliency_panel.imshow(self.saliency[i], cmap="inferno", **unit))
        if cam_panel is not None:
            faint = {**look, "vmin": DARK * look["vmax"], "vmax": LIGHT * look["vmax"]}
            cam_panel.imshow(image if image.ndim == 2 else image @ LUMA, **faint)
            cam = self.cams[i]
            # The weaker the evidence, the more of the picture below it shows.
            self.cams_.append(cam_panel.imshow(cam, cmap="plasma", alpha=COVER * cam, **unit))
            if not cam.any():
                place = {"ha": "center", "va": "center", "transform": cam_panel.transAxes}
                box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
                words = "no region\nspeaks for it"
                cam_panel.text(0.5, 0.5, words, fontsize=8, color=INK, bbox=box, **place)


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
    ax : sequence of matplotlib Axes, optional

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
