"""Pictures of pictures: grids with labels, examples and means of each class."""

from __future__ import annotations

from math import ceil

import numpy as np

from cnn_utils.errors import KitError, check_count, describe
from cnn_utils.metrics import as_array, as_labels_of_images, as_names, check_named
from cnn_utils.plots.figure import WARNING_INK
from cnn_utils.plots.tiles import LINE, SheetDisplay, put, write

# Inches: an image's longer side, and the way from one to the next.
TILE, PITCH = 1.1, 1.2


class ImageGridDisplay(SheetDisplay):
    """A grid of images with a caption under each.

    Parameters
    ----------
    images : array of shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
        uint8 0-255, or float 0-1.
    captions : list of str, optional
        One per image.
    emphasised : sequence of bool, optional
        Captions to set off in colour and bold, e.g. the mistakes.

    Attributes
    ----------
    images_ : list of matplotlib.image.AxesImage
    captions_ : list of matplotlib.text.Text
    """

    def __init__(self, images, captions=None, emphasised=None):
        self.images = check_images(images)
        n = len(self.images)
        self.captions, self.emphasised = check_captions(captions, emphasised, n)

    def plot(self, *, columns=8, title="", ax=None):
        """Draw the grid, `columns` images a row, and return the display.

        Parameters
        ----------
        columns : int, default=8
        title : str, default=""
        ax : matplotlib Axes, optional
            Holds the whole grid; by default that of a new figure.
        """
        check_count("columns", columns)
        n = len(self.images)
        columns = min(columns, n)
        rows = ceil(n / columns)
        lines = max(caption.count("\n") + 1 for caption in self.captions)
        width, row = PITCH * columns, PITCH + LINE * lines
        ax = self._sheet(ax, width, row * rows, figsize=(width + 0.1, row * rows + 0.5))
        self.images_, self.captions_ = [], []
        look = pixel_style(self.images)
        for i, (image, caption) in enumerate(zip(self.images, self.captions, strict=True)):
            x, y = PITCH * (i % columns + 0.5), row * (i // columns) + TILE / 2
            self.images_.append(put(ax, image, x, y, TILE, **look))
            style = {"color": WARNING_INK, "weight": "bold"} if self.emphasised[i] else {}
            self.captions_.append(write(self.images_[-1], "below", caption, **style))
        self._write_title(title)
        named = "; ".join(" ".join(caption.split()) for caption in self.captions[:20] if caption)
        self._describe(f"{title or 'Images'}: {n} images{': ' + named if named else ''}.")
        return self


def plot_images(
    images, labels=None, predictions=None, class_names=None, *, columns=8, title="Images", ax=None
):
    """Draw images in a grid, captioned with their classes, mistakes set off.

    Parameters
    ----------
    images : array of shape (n, height, width[, 1 or 3])
        uint8 0-255, or float 0-1.
    labels : array-like, optional
        True classes of the images: labels, one-hot rows or scores.
    predictions : array-like, optional
        Predicted classes. Wrong ones are marked by a cross, bold type and colour.
    class_names : sequence of str, optional
        By default the labels themselves are shown.
    columns : int, default=8
    title : str, default="Images"
    ax : matplotlib Axes, optional

    Returns
    -------
    display : ImageGridDisplay

    Raises
    ------
    KitError
        If the images can't be shown or the lengths differ.
    """
    images = check_images(images)
    class_names = None if class_names is None else as_names(class_names)
    true = _names(labels, "labels", class_names, len(images))
    pred = _names(predictions, "predictions", class_names, len(images))
    wrong = [False] * len(images)
    if true is not None and pred is not None:
        wrong = [t != p for t, p in zip(true, pred, strict=True)]
        captions = [
            f"✗ {p}\n(true {t})" if w else f"✓ {p}\n"
            for t, p, w in zip(true, pred, wrong, strict=True)
        ]
    else:
        captions = true if true is not None else pred
    return ImageGridDisplay(images, captions, wrong).plot(columns=columns, title=title, ax=ax)


def plot_class_examples(images, labels, class_names, *, n_per_class=6, title="Examples"):
    """Draw the first `n_per_class` images of each class, one column per class.

    Parameters
    ----------
    images, labels : arrays
        As in `plot_images`.
    class_names : sequence of str
        Classes without an image are left out; one with too few repeats its last.
    n_per_class : int, default=6
    title : str, default="Examples"

    Returns
    -------
    display : ImageGridDisplay
    """
    check_count("n_per_class", n_per_class)
    class_names = as_names(class_names)
    images, labels = _with_labels(images, labels, class_names)
    firsts = (np.flatnonzero(labels == label)[:n_per_class] for label in range(len(class_names)))
    columns = [np.pad(f, (0, n_per_class - len(f)), mode="edge") for f in firsts if len(f)]
    order = np.stack(columns, axis=1).ravel()
    names = [class_names[label] for label in labels[order]]
    return ImageGridDisplay(images[order], names).plot(columns=len(columns), title=title)


def plot_class_means(images, labels, class_names, *, title="Mean image of each class"):
    """Draw the average image of each class: what a class has in common in place and colour.

    Parameters
    ----------
    images, labels : arrays
        As in `plot_images`.
    class_names : sequence of str
        Classes without an image are left out.
    title : str, default="Mean image of each class"

    Returns
    -------
    display : ImageGridDisplay
    """
    class_names = as_names(class_names)
    images, labels = _with_labels(images, labels, class_names)
    present = [label for label in range(len(class_names)) if (labels == label).any()]
    means = np.stack([images[labels == label].mean(axis=0, dtype=np.float32) for label in present])
    if images.dtype == np.uint8:
        means /= 255
    names = [class_names[label] for label in present]
    return ImageGridDisplay(means, names).plot(columns=5, title=title)


def check_images(images) -> np.ndarray:
    """Return `images` as (n, height, width[, 3]) uint8 or float 0-1, or say what is wrong."""
    array = as_array(images, "images")
    if array.ndim == 4 and array.shape[-1] == 1:
        array = array[..., 0]
    # Rather one image with its channels than many that are 1 or 3 pixels wide.
    is_one = array.ndim == 3 and array.shape[-1] in (1, 3) and min(array.shape[:2]) > 3
    shaped = (array.ndim == 3 and not is_one) or (array.ndim == 4 and array.shape[-1] == 3)
    if not shaped or array.size == 0:
        raise KitError.about(
            "`images`",
            "have shape (n, height, width), (n, height, width, 1) or (n, height, width, 3), n > 0",
            array,
            "Show one image as images[i:i + 1].",
        )
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind != "f" or not (array.min() >= 0 and array.max() <= 1):
        raise KitError.about(
            "`images`",
            "be uint8 in 0-255 or float in 0-1",
            _range_of(array),
            "Show the images as they were loaded, or divide by 255 once.",
        )
    return array


def _range_of(array) -> str:
    if array.dtype.kind not in "fiub":
        return describe(array)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return f"{array.dtype} with {(~np.isfinite(array)).sum()} values that are NaN or infinite"
    # All the digits: an excess of a millionth is one, too.
    return f"{array.dtype} in {array.min()} to {array.max()}"


def check_captions(captions, emphasised, n: int) -> tuple[list[str], list[bool]]:
    """Return `n` captions and which of them to set off; by default empty ones, and none."""
    captions = [""] * n if captions is None else list(captions)
    emphasised = [False] * n if emphasised is None else list(emphasised)
    if not len(captions) == len(emphasised) == n:
        received = f"{len(captions)} captions for {n} images"
        raise KitError.about("`captions`", "hold one text per image", received)
    return captions, emphasised


def pixel_style(images) -> dict:
    """Return what `imshow` needs to show uint8 or 0-1 images as they are."""
    # Without the full range given, each grey image would be stretched to its own extremes.
    full = 255 if images.dtype == np.uint8 else 1
    return {"cmap": "gray", "vmin": 0, "vmax": full, "interpolation": "nearest"}


def _with_labels(images, labels, class_names):
    images = check_images(images)
    return images, _labels(labels, "labels", len(images), class_names)


def _labels(labels, name, n, class_names):
    labels = as_labels_of_images(labels, name, n)
    if class_names is not None:
        check_named(labels, name, class_names)
    return labels


def _names(labels, name, class_names, n):
    if labels is None:
        return None
    labels = _labels(labels, name, n, class_names)
    return [str(label if class_names is None else class_names[label]) for label in labels]
