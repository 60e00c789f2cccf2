"""Grids of images: with their classes, examples of each class, means of each class."""

from math import ceil

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array, as_labels_of_images, as_names, check_named
from cnn_utils.plots.figure import WARNING_INK, Display
from cnn_utils.plots.tiles import LINE, PITCH, TILE, Sheet, draw_text

EMPHASIS = {"color": WARNING_INK, "weight": "bold"}


def plot_images(
    images, labels=None, predictions=None, class_names=None, *, columns=8, title="Images", ax=None
) -> Display:
    """Draw images in a grid with their classes; mistakes are emphasised.

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
    display : Display
        With the drawn images in `images_` and the captions in `captions_`.
    """
    images = as_images(images)
    true = names_of(labels, "labels", class_names, len(images))
    predicted = names_of(predictions, "predictions", class_names, len(images))
    captions, wrong = true or predicted or [""] * len(images), []
    if true and predicted:
        captions, wrong = mark_mistakes(predicted, true)
    return draw_image_grid(images, captions, wrong, columns=columns, title=title, ax=ax)


def plot_class_examples(images, labels, class_names, *, n_per_class=6, title="Examples") -> Display:
    """Draw the first `n_per_class` images of each class, one column per class.

    Parameters
    ----------
    images, labels : arrays
        As in `plot_images`.
    class_names : sequence of str
        Classes without an image are left out; one with too few repeats its last.
    n_per_class : int, default=6
    title : str, default="Examples"
    """
    images, members = _by_class(images, labels, class_names)
    firsts = [indices[:n_per_class] for indices in members.values()]
    columns = [np.pad(first, (0, n_per_class - len(first)), mode="edge") for first in firsts]
    order = np.stack(columns, axis=1).ravel()
    captions = list(members) * n_per_class
    return draw_image_grid(images[order], captions, columns=len(columns), title=title)


def plot_class_means(images, labels, class_names, *, title="Mean image of each class") -> Display:
    """Draw the average image of each class: what a class has in common in place and colour.

    Parameters
    ----------
    images, labels : arrays
        As in `plot_images`.
    class_names : sequence of str
        Classes without an image are left out.
    title : str, default="Mean image of each class"
    """
    images, members = _by_class(images, labels, class_names)
    white = 255 if images.dtype == np.uint8 else 1
    means = [images[indices].mean(axis=0, dtype=np.float32) / white for indices in members.values()]
    return draw_image_grid(np.stack(means), list(members), columns=5, title=title)


def draw_image_grid(images, captions, emphasised=(), *, columns, title, ax=None) -> Display:
    """Draw images with captions below; the captions at True in `emphasised` are bold and coloured.

    `images` are as `as_images` returns them.
    """
    n = len(images)
    columns = min(columns, n)
    row = PITCH + LINE * max(caption.count("\n") + 1 for caption in captions)
    display = Sheet(ax, PITCH * columns, row * ceil(n / columns))
    display.images_, display.captions_ = [], []
    for i, (image, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = PITCH * (i % columns + 0.5), row * (i // columns) + TILE / 2
        display.images_.append(display.draw_image(image, x, y, **pixel_style(images)))
        style = EMPHASIS if any(emphasised[i : i + 1]) else {}
        display.captions_.append(draw_text(display.images_[-1], "below", caption, **style))
    return display.finish(title, f"{title}: {n} image{'s' if n > 1 else ''}{listed(captions)}.")


def as_images(images) -> np.ndarray:
    """Return `images` as (n, height, width[, 3]), uint8 or float 0-1, or name their mistake."""
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
    is_float = array.dtype.kind == "f" and array.min() >= 0 and array.max() <= 1
    if array.dtype != np.uint8 and not is_float:
        received = f"{array.dtype} in {array.min()} to {array.max()}"
        next_step = "Show the images as they were loaded, or divide by 255 once."
        raise KitError.about("`images`", "be uint8 in 0-255 or float in 0-1", received, next_step)
    return array


def pixel_style(images) -> dict:
    """Return the arguments with which `imshow` shows uint8 or 0-1 images unchanged."""
    # Without the full range given, each grey image would be stretched to its own extremes.
    full = 255 if images.dtype == np.uint8 else 1
    return {"cmap": "gray", "vmin": 0, "vmax": full, "interpolation": "nearest"}


def mark_mistakes(predicted, true, words=None) -> tuple[list[str], list[bool]]:
    """Return captions of predictions and which are wrong; `words` replace the predicted names."""
    words = predicted if words is None else words
    wrong = [p != t for p, t in zip(predicted, true, strict=True)]
    gap = "\n" if any(wrong) else ""
    rows = zip(words, true, wrong, strict=True)
    return [f"✗ {word}\n(true {t})" if w else f"✓ {word}{gap}" for word, t, w in rows], wrong


def listed(captions) -> str:
    """Return the first twenty captions for an alternative text."""
    named = "; ".join(" ".join(caption.split()) for caption in captions[:20] if caption)
    return f": {named}" if named else ""


def names_of(labels, name: str, class_names, n: int) -> list[str]:
    """Return the class names of `n` labels, one-hot rows or scores; an empty list for None."""
    if labels is None:
        return []
    labels = as_labels_of_images(labels, name, n)
    if class_names is None:
        return [str(label) for label in labels]
    class_names = as_names(class_names)
    check_named(labels, name, class_names)
    return [class_names[label] for label in labels]


def _by_class(images, labels, class_names) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the images, and the indices of each class that has any, by its name."""
    images, class_names = as_images(images), as_names(class_names)
    labels = as_labels_of_images(labels, "labels", len(images))
    check_named(labels, "labels", class_names)
    members = {name: np.flatnonzero(labels == i) for i, name in enumerate(class_names)}
    return images, {name: indices for name, indices in members.items() if len(indices)}
