"""Check what the widgets are given: one sentence for every way it can be wrong."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array, as_labels_of_images, as_names


def check_labels(labels, name: str, n: int) -> np.ndarray | None:
    """Return `n` integer labels (None for None)."""
    return None if labels is None else as_labels_of_images(labels, name, n)


def check_probabilities(probabilities, n: int) -> np.ndarray | None:
    """Return `n` rows of probabilities (None for None)."""
    if probabilities is None:
        return None
    array = as_array(probabilities, "probabilities")
    shaped = array.ndim == 2 and len(array) == n and array.dtype.kind == "f"
    # Written so that NaN is refused, too.
    if not shaped or not (array.min() >= 0 and np.abs(array.sum(axis=1) - 1).max() < 1e-3):
        raise KitError.about(
            "`probabilities`",
            f"be {n} rows of class probabilities that sum to one",
            array,
            "Give what model.predict returns after a softmax, not logits or labels.",
        )
    return array


def check_names(class_names, labels, predictions, n_scores: int) -> list[str]:
    """Return a name for every label and score; by default the labels themselves."""
    seen = labels if predictions is None else np.concatenate([labels, predictions])
    low, high = int(seen.min()), int(seen.max())
    names = as_names(range(max(high + 1, n_scores)) if class_names is None else class_names)
    if low < 0 or high >= len(names) or n_scores > len(names):
        raise KitError.about(
            "`class_names`",
            "name every label and every column of `probabilities`",
            f"{len(names)} names for labels from {low} to {high} and {n_scores} probabilities",
        )
    return names
