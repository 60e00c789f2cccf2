"""Check what the widgets are given: one sentence for every way it can be wrong."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array, as_labels_of_images, as_names

MOST_MODELS = 2


def check_predictions(predictions, name: str, probabilities, n: int):
    """Return `n` predicted labels and `n` rows of probabilities, or None for what is missing.

    Without `predictions`, the most probable classes are the predicted ones.
    """
    probabilities = check_probabilities(probabilities, n)
    predictions = probabilities if predictions is None else predictions
    if predictions is not None:
        predictions = as_labels_of_images(predictions, name, n)
    return predictions, probabilities


def check_probabilities(probabilities, n: int) -> np.ndarray | None:
    """Return `n` rows of probabilities (None for None)."""
    if probabilities is None:
        return None
    array = as_array(probabilities, "probabilities")
    shaped = array.ndim == 2 and array.shape[1] > 1 and len(array) == n and array.dtype.kind == "f"
    # Written so that NaN is refused, too. Half precision must not be summed in half precision.
    if not shaped or not (
        array.min() >= 0 and np.abs(array.sum(axis=1, dtype=np.float64) - 1).max() < 2e-3
    ):
        raise KitError.about(
            "`probabilities`",
            f"be {n} rows of at least two class probabilities that sum to one",
            array,
            "Give what model.predict returns after a softmax, not logits or labels.",
        )
    return array


def check_names(class_names, labels, predictions, probabilities) -> list[str]:
    """Return a name for every label and score; by default the labels themselves."""
    n_scores = 0 if probabilities is None else probabilities.shape[1]
    seen = labels if predictions is None else np.concatenate([labels, predictions])
    low, high = int(seen.min()), int(seen.max())
    names = as_names(range(max(high + 1, n_scores)) if class_names is None else class_names)
    if low < 0 or high >= len(names) or n_scores > len(names):
        raise KitError.about(
            "`class_names`",
            "name every label and every column of `probabilities`",
            f"{len(names)} names for labels from {low} to {high} and {n_scores} probabilities",
        )
    if len(set(names)) < len(names):
        raise KitError.about("`class_names`", "name each class differently", f"{names}")
    return names


def by_model(y_pred, probabilities) -> dict[str, tuple]:
    """Return (predictions, probabilities) of each model, by its name."""
    if not isinstance(y_pred, dict):
        y_pred, probabilities = {"model": y_pred}, {"model": probabilities}
    if not 1 <= len(y_pred) <= MOST_MODELS:
        raise KitError.about(
            "`y_pred`", f"hold the predictions of 1 or {MOST_MODELS} models", f"{len(y_pred)}"
        )
    probabilities = dict.fromkeys(y_pred) if probabilities is None else probabilities
    if not isinstance(probabilities, dict) or set(probabilities) != set(y_pred):
        raise KitError.about(
            "`probabilities`",
            f"be a dict with the models of `y_pred`, {list(y_pred)}",
            probabilities,
        )
    found = {}
    for name, answers in y_pred.items():
        answers, given = as_array(answers, "y_pred"), probabilities[name]
        if given is None and answers.ndim == 2 and answers.dtype.kind == "f":
            given = answers if answers.shape[1] > 1 else None
        found[str(name)] = (answers, given)
    return found
