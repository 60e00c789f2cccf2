"""Images with the maps of what speaks for their predicted classes."""

from __future__ import annotations

import numpy as np

from cnn_utils.plots import EvidenceDisplay, plot_evidence
from cnn_utils.plots.gradients import BATCH_SIZE, grad_cam, saliency
from cnn_utils.plots.layer_io import CONVOLUTIONS, all_layers, listen
from cnn_utils.plots.model_inputs import as_images_for, as_labels_for, check_model, for_display


def show_evidence(
    model, images, y_true=None, class_names=None, *, layer=None, columns=8
) -> EvidenceDisplay:
    """Draw images with the saliency and Grad-CAM of their predicted classes, mistakes set off.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, from images to class scores. Without a convolution there is no
        Grad-CAM, and only the saliency is drawn.
    images : array of shape (n, height, width, channels), float
        As the network gets them, preprocessed. Drawn as they are if they lie in 0-1, else
        stretched from the smallest to the largest value.
    y_true : array-like, optional
        True classes.
    class_names : sequence of str, optional
        By default the labels themselves.
    layer : str, int or layer, optional
        For Grad-CAM; by default the last convolution.
    columns : int, default=8
        Images side by side.

    Returns
    -------
    display : EvidenceDisplay

    Raises
    ------
    KitError
        If model, images, labels and names don't fit each other.
    """
    check_model(model)
    images = as_images_for(model, images)
    y_true = as_labels_for(model, y_true, "y_true", len(images))
    probabilities = _probabilities(model, images)
    predicted = probabilities.argmax(axis=1)
    has_maps = layer is not None or any(isinstance(x, CONVOLUTIONS) for x in all_layers(model))
    cams = grad_cam(model, images, predicted, layer) if has_maps else None
    maps = saliency(model, images, predicted)
    (shown,) = for_display(images)
    return plot_evidence(shown, maps, cams, probabilities, y_true, class_names, columns=columns)


def _probabilities(model, images) -> np.ndarray:
    """Return probabilities (n, n_classes); outputs beyond 0-1 are taken for logits."""
    starts = range(0, len(images), BATCH_SIZE)
    batches = (images[start : start + BATCH_SIZE] for start in starts)
    output = np.concatenate([np.asarray(listen(model, batch)[0]) for batch in batches])
    output = output.astype(np.float64)
    if output.min() >= 0 and output.max() <= 1:
        return output
    powers = np.exp(output - output.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
