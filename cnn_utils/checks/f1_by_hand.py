"""F1 worked out by hand, and the numbers that the usual mistakes give instead."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnn_utils.metrics import confusion_matrix, f1_score, precision_recall_f1

BATCHES = (8, 61, 131)


def make_epoch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one-hot labels, unequally frequent, and probabilities that often are wrong."""
    rng = np.random.default_rng(seed)
    n = sum(BATCHES)
    labels = rng.choice(10, n, p=np.arange(1, 11) / 55)
    labels[:10] = np.arange(10)
    # Some classes are answered too often, so that precision and recall differ.
    scores = rng.normal(size=(n, 10)) + 1.3 * np.eye(10)[labels] + rng.normal(size=10)
    powers = np.exp(scores)
    y_prob = powers / powers.sum(axis=1, keepdims=True)
    return np.eye(10, dtype=np.float32)[labels], y_prob.astype(np.float32)


def batches() -> list[slice]:
    """Return where each batch of the epoch begins and ends."""
    ends = np.cumsum((0, *BATCHES))
    return [slice(start, end) for start, end in pairwise(ends)]


def suspects(y_true, y_prob) -> dict[str, tuple]:
    """Return the numbers that the usual mistakes give, and the hints for each."""
    counts = confusion_matrix(y_true, y_prob)
    precision, recall, f1 = precision_recall_f1(counts)
    n_images = counts.sum(axis=1)
    return {
        "batch-averaged": (
            _means_of_batches(y_true, y_prob),
            "That is the mean of the batches' F1 scores, as in the example above the task.",
            "`update_state` may only count; F1 is worked out in `result`, from all the counts.",
        ),
        "last-batch": (
            f1_score(y_true[batches()[-1]], y_prob[batches()[-1]], n_classes=10),
            "That is F1 of the last batch alone: what became of the earlier ones?",
            "`assign` puts the new counts in place of the old ones; they have to be added.",
        ),
        "micro": (
            np.trace(counts) / counts.sum(),
            "That is the accuracy, and micro F1: the classes' counts were added up first.",
            "Macro means: F1 of each class, then their mean, so that rare classes count as much.",
        ),
        "weighted": (
            np.average(f1, weights=n_images),
            "That is the mean weighted by how frequent the classes are.",
            "Macro F1 gives each class the same weight.",
        ),
        "rounded": (
            _f1_of_rounded(y_true, y_prob),
            "Your predictions look like rounded probabilities: an image whose largest "
            "probability is below 0.5 then belongs to no class.",
            "The prediction is the class with the largest probability, however small it is.",
        ),
        "argmax-missing": (
            _f1_of_soft_counts(y_true, y_prob),
            "You add up probabilities; F1 counts whole images.",
            "Turn each row of `y_pred` into one decision before counting.",
        ),
        "precision": (precision.mean(), "That is the mean precision.", "Recall is missing."),
        "recall": (recall.mean(), "That is the mean recall.", "Precision is missing."),
        "mean-of-both": (
            _harmonic(precision.mean(), recall.mean()),
            "That is F1 of the mean precision and the mean recall.",
            "The order matters: F1 of each class first, then the mean.",
        ),
        "arithmetic-mean": (
            (precision.mean() + recall.mean()) / 2,
            "That is the plain mean of precision and recall.",
            "F1 is their harmonic mean: look at the formula above.",
        ),
        "sum": (f1.sum(), "That is the sum over the classes.", "Macro F1 is their mean."),
        "one-class": (f1, "That is F1 of a single class.", "Macro F1 is the mean over all ten."),
        "percent": (100 * f1.mean(), "That is in percent.", "F1 lies between 0 and 1."),
    }


def _means_of_batches(y_true, y_prob) -> list[float]:
    """Return means over batches: plain or by size, over all ten classes or those present."""
    found = []
    for present_only in (False, True):
        values = []
        for batch in batches():
            counts = confusion_matrix(y_true[batch], y_prob[batch], 10)
            seen = counts.sum(axis=0) + counts.sum(axis=1) > 0
            f1 = precision_recall_f1(counts)[2]
            values.append(f1[seen].mean() if present_only else f1.mean())
        found += [float(np.mean(values)), float(np.average(values, weights=BATCHES))]
    return found


def _f1_of_rounded(y_true, y_prob) -> list[float]:
    rounded = np.round(y_prob)
    hits = (rounded * y_true).sum(axis=0)
    both = rounded.sum(axis=0) + y_true.sum(axis=0)
    return [float((2 * hits / both).mean()), float(2 * hits.sum() / both.sum())]


def _f1_of_soft_counts(y_true, y_prob) -> list[float]:
    hits = (y_prob * y_true).sum(axis=0)
    both = y_prob.sum(axis=0) + y_true.sum(axis=0)
    return [float((2 * hits / both).mean()), float(2 * hits.sum() / both.sum())]


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b)
