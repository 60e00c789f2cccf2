"""Saliency and Grad-CAM: the pixels and regions that a class's score depends on."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import numpy as np
import tensorflow as tf

from cnn_utils.metrics import as_labels_of_images, check_named
from cnn_utils.plots.images import (
    EMPHASIS,
    PITCH,
    TILE,
    as_images,
    listed,
    mark_mistakes,
    names_of,
    pixel_style,
)
from cnn_utils.plots.layer_io import (
    class_scores,
    convolutions_of,
    feature_maps_of,
    find_convolution,
)
from cnn_utils.plots.model_inputs import as_model_images, check_model, for_display
from cnn_utils.plots.tiles import SheetDisplay, draw_image, draw_text

# Bounds the memory that the gradient needs for the outputs of every layer.
BATCH_SIZE = 32
# Rec. 601 luma: how bright red, green and blue look.
LUMA = np.array([0.299, 0.587, 0.114])
# How much of the picture the colour of the strongest region covers.
COVER = 0.8
# Under the Grad-CAM, the image is drawn between dark and light grey: on black or white, colours
# would be lost.
DARK, LIGHT = -0.5, 1.5
# Inches: for the headings at the left, and for two lines above an image.
LEFT, HEAD = 1.3, 0.35
HEADINGS = (
    "image",
    "saliency\nbright: the score\ndepends on this pixel",
    "Grad-CAM\nyellow: this region\nspeaks for the class",
)


class AttributionsDisplay(SheetDisplay):
    """One column per image: the image, its saliency, and its Grad-CAM over a grey version of it.

    Both maps, (n, height, width) in 0-1, are relative: 1 is the strongest place of each image,
    however strong. They can't be compared from image to image. `cams` may be None.

    The drawn pictures are in `images_`, `saliency_` and `cams_`, the captions in `captions_`.
    """

    def __init__(self, images, saliency, cams, probabilities, y_true=None, class_names=None):
        self.images, self.saliency, self.cams = as_images(images), saliency, cams
        n, sure = len(images), probabilities.max(axis=1)
        predicted = names_of(probabilities, "predictions", class_names, n)
        self.captions = [f"{name} {p:.0%}" for name, p in zip(predicted, sure, strict=True)]
        self.wrong = [False] * n
        if y_true is not None:
            true = names_of(y_true, "y_true", class_names, n)
            self.captions, self.wrong = mark_mistakes(predicted, true, self.captions)

    def plot(self, *, columns=4, title="What speaks for the predicted class", ax=None):
        """Draw the maps below their images, `columns` images in a band, and return the display."""
        n, kinds = len(self.images), 2 if self.cams is None else 3
        columns = min(columns, n)
        band = HEAD + PITCH * kinds
        ax = self._sheet(ax, LEFT + PITCH * columns, band * ceil(n / columns))
        self.images_, self.saliency_, self.cams_, self.captions_ = [], [], [], []
        for i in range(n):
            x, top = LEFT + PITCH * (i % columns + 0.5), band * (i // columns) + HEAD
            drawn = self._draw_column(i, ax, x, top)
            if i % columns == 0:
                for image, heading in zip(drawn, HEADINGS, strict=False):
                    draw_text(image, "left", heading)
        self._draw_title(title)
        shown = "saliency" if self.cams is None else "saliency and Grad-CAM"
        plural = "s" if n > 1 else ""
        self._describe(f"{title}: {n} image{plural} with {shown}{listed(self.captions)}.")
        return self

    def _draw_column(self, i, ax, x, top) -> list:
        """Draw one image's column, `top` inches below the upper edge; return its pictures."""
        y = iter(top + PITCH * np.arange(0.5, 3))
        look, image = pixel_style(self.images), self.images[i]
        self.images_.append(draw_image(ax, image, x, next(y), TILE, framed=True, **look))
        style = EMPHASIS if self.wrong[i] else {}
        self.captions_.append(draw_text(self.images_[-1], "above", self.captions[i], **style))
        unit = {"vmin": 0, "vmax": 1, "interpolation": "nearest", "framed": True}
        saliency = draw_image(ax, self.saliency[i], x, next(y), TILE, cmap="inferno", **unit)
        self.saliency_.append(saliency)
        if self.cams is None:
            return [self.images_[-1], saliency]
        place, cam = (x, next(y), TILE), self.cams[i]
        faint = {**look, "vmin": DARK * look["vmax"], "vmax": LIGHT * look["vmax"]}
        draw_image(ax, image if image.ndim == 2 else image @ LUMA, *place, **faint)
        # Weak regions let more of the picture below show.
        self.cams_.append(draw_image(ax, cam, *place, cmap="plasma", alpha=COVER * cam, **unit))
        if not cam.any():
            box = {"facecolor": "white", "edgecolor": "none", "pad": 2}
            draw_text(self.cams_[-1], "on", "no region\nspeaks for it", bbox=box)
        return [self.images_[-1], saliency, self.cams_[-1]]


def show_attributions(
    model, images, y_true=None, class_names=None, *, layer=None, columns=4
) -> AttributionsDisplay:
    """Draw images with the saliency and Grad-CAM of their predicted classes.

    Parameters
    ----------
    model : keras.Model
        From images to class scores. Without a convolution there is no Grad-CAM, and only the
        saliency is drawn.
    images : array of shape (n, height, width, channels), float
        As the network gets them, preprocessed. Values beyond 0-1 are stretched for display.
    y_true : array-like, optional
        True classes. Wrong predictions are marked by a cross, bold type and colour.
    class_names : sequence of str, optional
        By default the labels themselves.
    layer : str, int or layer, optional
        For Grad-CAM; by default the last convolution.
    columns : int, default=4
        Images side by side.

    Returns
    -------
    display : AttributionsDisplay

    Raises
    ------
    KitError
        If model, images, labels and names don't fit each other.
    """
    check_model(model)
    images = as_model_images(model, images)
    probabilities = _probabilities(model, images)
    predicted = probabilities.argmax(axis=1)
    has_maps = layer is not None or convolutions_of(model)
    cams = grad_cam(model, images, predicted, layer) if has_maps else None
    maps = saliency(model, images, predicted)
    (shown,) = for_display(images)
    return plot_attributions(shown, maps, cams, probabilities, y_true, class_names, columns=columns)


def plot_attributions(
    images, saliency, cams, probabilities, y_true=None, class_names=None, **options
) -> AttributionsDisplay:
    """Draw images with their maps; see `AttributionsDisplay` and its `plot`."""
    display = AttributionsDisplay(images, saliency, cams, probabilities, y_true, class_names)
    return display.plot(**options)


def saliency(model, images, labels=None) -> np.ndarray:
    """Return how strongly each pixel changes the score of a class (arXiv:1312.6034, section 3).

    The absolute value of the gradient of the class's score with respect to the pixel, the largest
    of its channels, as a share of the image's largest value. The score is the one before the
    softmax: a probability rises also when other classes' scores fall, and hardly changes at all
    where the network is sure.

    Parameters
    ----------
    model : keras.Model
        From images to class scores: probabilities or logits.
    images : array of shape (n, height, width, channels), float
        As the network gets them, preprocessed.
    labels : array-like, optional
        The class to explain, one per image; by default the predicted class.

    Returns
    -------
    saliency : ndarray of shape (n, height, width), float32, 0-1
        The largest value of an image is 1; all are 0 if no pixel has an influence.

    Raises
    ------
    KitError
        If model, images and labels don't fit each other.
    """
    check_model(model)
    images = as_model_images(model, images)
    maps = []
    for _, gradient in _score_gradients(model, images, labels):
        strength = tf.abs(gradient)
        maps.append(tf.reduce_max(strength, axis=-1) if images.ndim == 4 else strength)
    return _shares(np.concatenate(maps))


def grad_cam(model, images, labels=None, layer=None) -> np.ndarray:
    """Return which regions of each image speak for a class (Grad-CAM, arXiv:1610.02391).

    The layer's feature maps A_k are added with the weights alpha_k, the mean over the map of the
    gradient of the class's score before the softmax. Negative sums, which speak against the
    class, are cut off: ReLU(sum_k alpha_k A_k). The result is resized to the image, bilinearly,
    and given as a share of the image's largest value.

    Parameters
    ----------
    model, images, labels
        As in `saliency`.
    layer : str, int or layer, optional
        A layer with feature maps, by name or by index; by default the last convolution. The
        layers of a nested model are counted one by one.

    Returns
    -------
    cams : ndarray of shape (n, height, width), float32, 0-1
        The largest value of an image is 1; all are 0 if nothing speaks for the class.

    Raises
    ------
    KitError
        If model, images and labels don't fit each other, the model has no convolution, or the
        layer no feature maps.
    """
    check_model(model)
    images = as_model_images(model, images)
    layer = find_convolution(model, layer, place=-1)
    cams = []
    for maps, gradient in _score_gradients(model, images, labels, layer):
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        cam = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1, keepdims=True))
        cams.append(tf.image.resize(cam, images.shape[1:3])[..., 0])
    return _shares(np.concatenate(cams))


def _probabilities(model, images) -> np.ndarray:
    """Return probabilities (n, n_classes); outputs beyond 0-1 are taken for logits."""
    output = np.asarray(model.predict(images, verbose=0), dtype=np.float64)
    if output.min() >= 0 and output.max() <= 1:
        return output
    powers = np.exp(output - output.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _score_gradients(model, images, labels, layer=None) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """Yield, batch by batch, a layer's output (or the images) and the score's gradient there."""
    if labels is not None:
        labels = as_labels_of_images(labels, "labels", len(images))
    watched = () if layer is None else (layer,)
    for start in range(0, len(images), BATCH_SIZE):
        batch = tf.convert_to_tensor(images[start : start + BATCH_SIZE])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(batch)
            scores, captured = class_scores(model, batch, *watched)
            if labels is None:
                chosen = tf.argmax(scores, axis=1)
            else:
                chosen = labels[start : start + BATCH_SIZE]
                check_named(chosen, "labels", range(scores.shape[1]))
            # When predicting, images don't influence each other: one gradient serves them all.
            score = tf.gather(scores, chosen, batch_dims=1)
        target = batch if layer is None else feature_maps_of(layer, captured)
        gradient = tape.gradient(score, target, unconnected_gradients="zero")
        yield tf.cast(target, tf.float32), tf.cast(gradient, tf.float32)


def _shares(maps: np.ndarray) -> np.ndarray:
    """Divide each map by its largest value; maps of zeros stay."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
