"""Which pixels, and which regions, a class's score depends on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from cnn_utils.plots.layer_io import class_scores, find_convolutions, find_layer, maps_of
from cnn_utils.plots.model_inputs import as_images_for, as_labels_for, check_model

# Bounds the memory for what the gradient needs of every layer.
BATCH_SIZE = 32


def saliency(model, images, labels=None) -> np.ndarray:
    """Return how strongly each pixel moves the score of a class.

    The absolute value of the gradient of the class's score with respect to the pixel, the largest
    of its channels, as a share of the image's largest value. The score is the one before the
    softmax: a probability rises also when other classes' scores fall, and hardly moves at all
    where the network is sure.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, from images to class scores: probabilities or logits.
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

    References
    ----------
    K. Simonyan, A. Vedaldi, A. Zisserman (2014), "Deep inside convolutional networks: visualising
    image classification models and saliency maps", ICLR workshop, section 3.
    """
    images, labels = _checked(model, images, labels)
    maps = []
    for _, gradient in _score_gradients(model, images, labels):
        strength = tf.abs(gradient)
        maps.append(tf.reduce_max(strength, axis=-1) if images.ndim == 4 else strength)
    return _shares(np.concatenate(maps))


def grad_cam(model, images, labels=None, layer=None) -> np.ndarray:
    """Return which regions of each image speak for a class (Grad-CAM).

    The layer's feature maps A_k are added with the weights alpha_k, the mean over the map of the
    gradient of the class's score before the softmax. What speaks against the class, negative sums,
    is cut off: ReLU(sum_k alpha_k A_k). The result is resized to the image, bilinearly, and
    given as a share of the image's largest value.

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

    References
    ----------
    R. R. Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep networks via
    gradient-based localization", ICCV, equations 1 and 2.
    """
    images, labels = _checked(model, images, labels)
    layer = find_convolutions(model)[-1] if layer is None else find_layer(model, layer)
    cams = []
    for maps, gradient in _score_gradients(model, images, labels, layer):
        weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
        cam = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1, keepdims=True))
        cams.append(tf.image.resize(cam, images.shape[1:3])[..., 0])
    return _shares(np.concatenate(cams))


def _checked(model, images, labels):
    check_model(model)
    images = as_images_for(model, images)
    return images, as_labels_for(model, labels, "labels", len(images))


def _score_gradients(model, images, labels, layer=None) -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
    """Yield, batch by batch, a layer's output (or the images) and the score's gradient there."""
    watched = () if layer is None else (layer,)
    for start in range(0, len(images), BATCH_SIZE):
        batch = tf.convert_to_tensor(images[start : start + BATCH_SIZE])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(batch)
            scores, heard = class_scores(model, batch, *watched)
            if labels is None:
                chosen = tf.argmax(scores, axis=1)
            else:
                chosen = labels[start : start + BATCH_SIZE]
            # When predicting, images don't influence each other: one gradient serves them all.
            score = tf.gather(scores, chosen, batch_dims=1)
        target = batch if layer is None else maps_of(layer, heard)
        gradient = tape.gradient(score, target, unconnected_gradients="zero")
        yield tf.cast(target, tf.float32), tf.cast(gradient, tf.float32)


def _shares(maps: np.ndarray) -> np.ndarray:
    """Divide each map by its largest value; maps of zeros stay."""
    largest = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
