"""Saliency and Grad-CAM: the pixels and regions that a class's score depends on."""

from collections.abc import Iterator
from math import ceil

import numpy as np
import tensorflow as tf

from cnn_utils.metrics import as_labels_of_images, check_named, ratio
from cnn_utils.plots.figure import Display
from cnn_utils.plots.images import EMPHASIS, as_images, listed, mark_mistakes, names_of, pixel_style
from cnn_utils.plots.layer_io import (
    as_model_images,
    class_scores,
    convolutions_of,
    feature_maps_of,
    find_convolution,
    for_display,
)
from cnn_utils.plots.tiles import PITCH, Sheet, draw_text

TITLE = "What supports the predicted class"
# Bounds the memory that the gradient needs for the outputs of every layer.
BATCH_SIZE = 32
# Images side by side; inches for the headings at the left, and for two lines above an image.
COLUMNS, LEFT, HEAD = 4, 1.3, 0.35
HEADINGS = (
    "image",
    "saliency\nbright: the score\ndepends on this pixel",
    "Grad-CAM\nyellow: this region\nsupports the class;\nall grey: none does",
)


def show_attributions(model, images, y_true=None, class_names=None, *, layer=None) -> Display:
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
    layer : str or int, optional
        For Grad-CAM; by default the last convolution.

    Returns
    -------
    display : Display
        As `plot_attributions` describes it.
    """
    images = as_model_images(model, images)
    probabilities = model.predict(images, verbose=0)
    if probabilities.min() < 0 or probabilities.max() > 1:  # logits
        probabilities = tf.nn.softmax(probabilities.astype(np.float64)).numpy()
    predicted = probabilities.argmax(axis=1)
    has_maps = layer is not None or convolutions_of(model)
    cams = grad_cam(model, images, predicted, layer) if has_maps else None
    maps = saliency(model, images, predicted)
    (shown,) = for_display(images)
    return plot_attributions(shown, maps, cams, probabilities, y_true, class_names)


def plot_attributions(
    images, saliency, cams, probabilities, y_true=None, class_names=None, *, title=TITLE, ax=None
) -> Display:
    """Draw one column per image: the image, its saliency, and its Grad-CAM over a grey version.

    Both maps, (n, height, width) in 0-1, are relative: 1 is the strongest place of each image,
    however strong. They can't be compared from image to image. `cams` may be None. The display
    holds the drawn pictures in `images_`, `saliency_` and `cams_`, the captions in `captions_`.
    """
    images, n = as_images(images), len(images)
    predicted = names_of(probabilities, "predictions", class_names, n)
    sure = probabilities.max(axis=1)
    captions, wrong = [f"{p} {s:.0%}" for p, s in zip(predicted, sure, strict=True)], [False] * n
    if y_true is not None:
        captions, wrong = mark_mistakes(
            predicted, names_of(y_true, "y_true", class_names, n), captions
        )
    shown, n_rows = ("saliency", 2) if cams is None else ("saliency and Grad-CAM", 3)
    columns, band = min(COLUMNS, n), HEAD + PITCH * n_rows
    display = Sheet(ax, LEFT + PITCH * columns, band * ceil(n / columns))
    display.images_, display.saliency_, display.cams_, display.captions_ = [], [], [], []
    unit = {"vmin": 0, "vmax": 1}
    for i, image in enumerate(images):
        x = LEFT + PITCH * (i % columns + 0.5)
        y = band * (i // columns) + HEAD + PITCH * np.arange(0.5, 3)
        display.images_.append(display.draw_image(image, x, y[0], **pixel_style(images)))
        display.saliency_.append(display.draw_image(saliency[i], x, y[1], cmap="inferno", **unit))
        if cams is not None:
            grey = image if image.ndim == 2 else image.mean(axis=-1)
            display.draw_image(grey, x, y[2], **pixel_style(images))
            # Weak regions let more of the picture below show.
            look = {"cmap": "plasma", "alpha": 0.8 * cams[i], **unit}
            display.cams_.append(display.draw_image(cams[i], x, y[2], **look))
        style = EMPHASIS if wrong[i] else {}
        display.captions_.append(draw_text(display.images_[-1], "above", captions[i], **style))
        if i % columns == 0:
            kinds = display.images_, display.saliency_, display.cams_
            for drawn, heading in zip(kinds[:n_rows], HEADINGS, strict=False):
                draw_text(drawn[-1], "left", heading)
    plural = "s" if n > 1 else ""
    return display.finish(title, f"{title}: {n} image{plural} with {shown}{listed(captions)}.")


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
    """
    images = as_model_images(model, images)
    maps = []
    for _, gradient in _score_gradients(model, images, labels):
        strength = tf.abs(gradient)
        maps.append(tf.reduce_max(strength, axis=-1) if images.ndim == 4 else strength)
    maps = np.concatenate(maps)
    return ratio(maps, maps.max(axis=(1, 2), keepdims=True))


def grad_cam(model, images, labels=None, layer=None) -> np.ndarray:
    """Return which regions of each image support a class (Grad-CAM, arXiv:1610.02391).

    The layer's feature maps A_k are added with the weights alpha_k, the mean over the map of the
    gradient of the class's score before the softmax. Negative sums, which oppose the
    class, are cut off: ReLU(sum_k alpha_k A_k). The result is resized to the image, bilinearly,
    and given as a share of the image's largest value.

    Parameters
    ----------
    model, images, labels
        As in `saliency`.
    layer : str or int, optional
        A layer with feature maps, by name or by index; by default the last convolution. The
        layers of a nested model are counted one by one.

    Returns
    -------
    cams : ndarray of shape (n, height, width), float32, 0-1
        The largest value of an image is 1; all are 0 if no region supports the class.
    """
    images = as_model_images(model, images)
    layer = find_convolution(model, layer, place=-1)
    cams = []
    for maps, gradient in _score_gradients(model, images, labels, layer):
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        cam = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1, keepdims=True))
        cams.append(tf.image.resize(cam, images.shape[1:3])[..., 0])
    cams = np.concatenate(cams)
    return ratio(cams, cams.max(axis=(1, 2), keepdims=True))


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
