"""Confusion counts, precision, recall and F1 in plain NumPy."""

import numpy as np

from cnn_utils.errors import KitError, check_choice

# A confusion matrix has a cell for each pair of classes; more classes are a mistake.
MAX_CLASSES = 10_000
AVERAGES = ("macro", "micro", "weighted", None)


def as_array(values, name: str) -> np.ndarray:
    """Return `values` as an array, or raise KitError if its rows have unequal length."""
    try:
        array = np.asarray(values)
    except ValueError:
        expected = "have rows of equal length"
        raise KitError.about(f"`{name}`", expected, "rows of unequal length") from None
    # A network trained in mixed precision returns it; NumPy itself does not know it.
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def as_names(class_names) -> list[str]:
    """Return class names as a list of str, or raise KitError."""
    if isinstance(class_names, (str, set, dict)) or not np.iterable(class_names):
        expected = "be a list of names, in the order of the labels"
        raise KitError.about("`class_names`", expected, class_names)
    names = [str(name) for name in class_names]
    if len(set(names)) < len(names):
        raise KitError.about("`class_names`", "name each class differently", f"{names}")
    return names


def check_named(labels: np.ndarray, name: str, class_names) -> None:
    """Raise KitError unless every label has a name; `name` is the labels' argument."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= len(class_names):
        expected = "fit together, a name for every label"
        received = f"labels from {low} to {high} and {len(class_names)} names"
        next_step = "Labels count from 0."
        raise KitError.about(f"`{name}` and `class_names`", expected, received, next_step)


def as_labels_of_images(values, name: str, n: int) -> np.ndarray:
    """Return `as_labels` of `values`, of which there must be `n`."""
    labels = as_labels(values, name)
    if len(labels) != n:
        raise KitError.about(f"`{name}`", f"hold one label per image, {n}", f"{len(labels)}")
    return labels


def as_labels(values, name: str = "y_pred") -> np.ndarray:
    """Return integer labels (n,) of labels (n,) or (n, 1), one-hot rows, probabilities or logits.

    Raise KitError if the values are neither integer labels nor rows of finite scores.
    """
    array = as_array(values, name)
    expected = "hold integer labels (n,) or one score per class (n, n_classes)"
    if array.ndim == 2 and array.shape[1] > 1:
        if array.dtype.kind not in "fiub":
            raise KitError.about(f"`{name}`", expected, array)
        if not np.isfinite(array).all():
            received = f"{int((~np.isfinite(array)).any(axis=1).sum())} rows with NaN or infinity"
            next_step = "Did the loss become NaN during training? Try a smaller learning rate."
            raise KitError.about(f"`{name}`", "hold finite scores", received, next_step)
        return array.argmax(axis=1)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise KitError.about(f"`{name}`", expected, array)
    is_whole = array.dtype.kind in "iub"
    if array.dtype.kind == "f":  # larger ones are all whole
        is_whole = ((np.abs(array) < 2**53) & (array == np.round(array))).all()
    if not is_whole:
        next_step = "Class names or single scores cannot be counted."
        raise KitError.about(f"`{name}`", expected, array, next_step)
    return array.astype(np.int64)


def as_label_pairs(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    """Return `as_labels` of true and predicted classes, of which there must be equally many."""
    true, pred = as_labels(y_true, "y_true"), as_labels(y_pred, "y_pred")
    if len(true) != len(pred) or len(true) == 0:
        expected = "have the same length, at least 1"
        received = f"{len(true)} and {len(pred)} labels"
        next_step = "Both must come from the same images, in the same order."
        raise KitError.about("`y_true` and `y_pred`", expected, received, next_step)
    return true, pred


def confusion_matrix(y_true, y_pred, n_classes: int | None = None) -> np.ndarray:
    """Count how often class i was predicted as class j.

    Parameters
    ----------
    y_true, y_pred : array-like
        Labels, one-hot rows or class scores; see `as_labels`.
    n_classes : int, optional
        Number of classes; by default the width of class scores, else the largest label plus one.

    Returns
    -------
    counts : ndarray of shape (n_classes, n_classes), int64
        ``counts[i, j]`` images of true class i were predicted as class j.

    Raises
    ------
    KitError
        If the lengths differ, there is nothing to count, a label is outside 0..n_classes-1, or the
        arguments are swapped.
    """
    true, pred = as_label_pairs(y_true, y_pred)
    if _n_scores(y_true) and _n_scores(y_pred) == 0 and not np.isin(y_true, (0, 1)).all():
        received = "probabilities, and labels for `y_pred`"
        next_step = "Swap the two arguments: the true labels come first."
        raise KitError.about("`y_true`", "hold labels or one-hot rows", received, next_step)
    largest = int(max(true.max(), pred.max()))
    if n_classes is None:
        n_classes = max(largest + 1, _n_scores(y_true), _n_scores(y_pred))
    if n_classes > MAX_CLASSES:
        raise KitError.about("the number of classes", f"be at most {MAX_CLASSES}", n_classes)
    smallest = int(min(true.min(), pred.min()))
    if smallest < 0 or largest >= n_classes:
        raise KitError.about(
            "labels", f"lie in 0..{n_classes - 1}", f"labels from {smallest} to {largest}"
        )
    counts = np.bincount(true * n_classes + pred, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


def precision_recall_f1(counts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class; 0 where a ratio is 0/0.

    Parameters
    ----------
    counts : array-like of shape (n_classes, n_classes)
        Rows are true classes, columns predicted ones.

    Returns
    -------
    precision, recall, f1 : ndarrays of shape (n_classes,), float64, 0-1
    """
    counts = np.asarray(counts, dtype=np.float64)
    hits = np.diag(counts)
    predicted, actual = counts.sum(axis=0), counts.sum(axis=1)
    return ratio(hits, predicted), ratio(hits, actual), ratio(2 * hits, predicted + actual)


def f1_score(y_true, y_pred, average: str | None = "macro", n_classes: int | None = None):
    """Compute F1 = 2 precision recall / (precision + recall), from counts over all the images.

    Parameters
    ----------
    y_true, y_pred : array-like
        Labels, one-hot rows or class scores; see `as_labels`.
    average : {"macro", "micro", "weighted", None}, default="macro"
        "macro": mean over classes; "weighted": mean weighted by the number of true images;
        "micro": from the summed counts (equal to accuracy here); None: one value per class.
    n_classes : int, optional
        Number of classes; by default the width of class scores, else the largest label plus one.

    Returns
    -------
    f1 : float, or ndarray of shape (n_classes,) if `average` is None
    """
    check_choice("average", average, AVERAGES)
    counts = confusion_matrix(y_true, y_pred, n_classes)
    f1 = precision_recall_f1(counts)[2]
    if average is None:
        return f1
    if average == "micro":
        return float(np.trace(counts) / counts.sum())
    weights = counts.sum(axis=1) if average == "weighted" else None
    return float(np.average(f1, weights=weights))


def classification_table(y_true, y_pred, class_names):
    """Tabulate precision, recall, F1 and number of images per class, as a DataFrame."""
    import pandas as pd

    class_names = as_names(class_names)
    counts = confusion_matrix(y_true, y_pred, len(class_names))
    precision, recall, f1 = precision_recall_f1(counts)
    columns = {"precision": precision, "recall": recall, "F1": f1, "images": counts.sum(axis=1)}
    return pd.DataFrame(columns, index=pd.Index(class_names, name="class"))


def most_confused(y_true, y_pred, class_names, n: int = 5):
    """List the `n` most frequent mistakes (true, predicted, images) as a DataFrame, in order."""
    import pandas as pd

    class_names = as_names(class_names)
    counts = confusion_matrix(y_true, y_pred, len(class_names))
    mistakes = counts - np.diag(np.diag(counts))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:n]
    rows = [
        {"true": class_names[i], "predicted": class_names[j], "images": int(mistakes[i, j])}
        for i, j in zip(*np.unravel_index(order, mistakes.shape), strict=True)
        if mistakes[i, j] > 0
    ]
    return pd.DataFrame(rows, columns=["true", "predicted", "images"])


def _n_scores(values) -> int:
    """Return the number of scores per image, 0 for labels."""
    shape = np.shape(values)
    return shape[1] if len(shape) == 2 and shape[1] > 1 else 0


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide floats; 0 where the denominator is not positive."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator > 0)
