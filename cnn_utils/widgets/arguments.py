"""Check what the widgets are given: one sentence for every way it can be wrong."""

from __future__ import annotations

import numpy as np

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_array, as_labels_of_images, as_names, check_named

MOST_CLASSES, MOST_MODELS = 1000, 2
# Numbers of 8 bits (bfloat16) know a sum of one to some thousandths.
TOLERANCE = 1e-2


def check_predictions(predictions, name: str, probabilities, n: int):
    """Return `n` predicted labels and `n` rows of probabilities, or None for what is missing.

    Without `predictions`, the most probable classes are the predicted ones. Scores that are
    probabilities serve as such, too.
    """
    from_predictions = probabilities is None and _are_scores(predictions)
    if from_predictions:
        probabilities = predictions
    probabilities = check_probabilities(
        probabilities, name if from_predictions else "probabilities", n
    )
    predictions = probabilities if predictions is None else predictions
    if predictions is not None:
        predictions = as_labels_of_images(predictions, name, n)
    return predictions, probabilities


def check_probabilities(probabilities, name: str, n: int) -> np.ndarray | None:
    """Return `n` rows of probabilities (None for None)."""
    if probabilities is None:
        return None
    array = as_array(probabilities, name)
    shaped = array.ndim == 2 and array.shape[1] > 1 and len(array) == n and array.dtype.kind == "f"
    # Written so that NaN is refused, too. Half precision must not be summed in half precision.
    if not shaped or not (
        array.min() >= 0 and np.abs(array.sum(axis=1, dtype=np.float64) - 1).max() < TOLERANCE
    ):
        raise KitError.about(
            f"`{name}`",
            f"be {n} rows of at least two class probabilities that sum to one",
            array,
            "Give what model.predict returns after a softmax, not logits; or labels as `y_pred`.",
        )
    return array


def check_names(class_names, labels, predictions, probabilities) -> list[str]:
    """Return a name for every label and score; by default the labels themselves."""
    n_scores = 0 if probabilities is None else probabilities.shape[1]
    seen = {"labels": labels}
    if predictions is not None:
        seen["predictions"] = predictions
    highest = max(int(values.max()) for values in seen.values())
    if highest >= MOST_CLASSES:
        raise KitError.about("labels", f"lie in 0..{MOST_CLASSES - 1}", f"labels up to {highest}")
    names = as_names(range(max(highest + 1, n_scores)) if class_names is None else class_names)
    for name, values in seen.items():
        check_named(values, name, names)
    if n_scores and n_scores != len(names):
        raise KitError.about(
            "`probabilities`",
            f"have one column for each of the {len(names)} classes",
            f"{n_scores} columns",
        )
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
    return {str(name): (y_pred[name], probabilities[name]) for name in y_pred}


def _are_scores(predictions) -> bool:
    """Say whether these are scores, and not labels, which may come as one-hot rows."""
    array = None if predictions is None else as_array(predictions, "y_pred")
    return (
        array is not None
        and array.ndim == 2
        and array.shape[1] > 1
        and array.dtype.kind == "f"
        and not np.isin(array, (0, 1)).all()
    )
