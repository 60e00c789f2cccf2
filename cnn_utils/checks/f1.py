"""Is F1 counted over the whole epoch? A wrong metric is recognised by the number it gives."""

import numpy as np

from cnn_utils.checks.lenet_by_hand import softmax
from cnn_utils.checks.outcome import Mistake, call, checking, recognise, result_of
from cnn_utils.errors import describe
from cnn_utils.metrics import confusion_matrix, f1_score, precision_recall_f1

BATCH_SIZES = (8, 61, 131)
TOLERANCE = 1e-4
SEED = 15  # with these numbers, the mistakes below give clearly different values


def check_f1(F1Score, hint: int = 1) -> None:
    """Check the metric of task 1.1.1; `CheckFailed` says what a wrong value seems to be.

    Parameters
    ----------
    F1Score : type
        The student's `keras.metrics.Metric`, for one-hot labels and probabilities of ten classes.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("f1", hint) as passed:
        metric = _make(F1Score)
        _check_second_epoch(metric, check_value(metric))
        absent, one_hot = _make(F1Score), np.eye(10, dtype=np.float32)
        # Classes 0 and 1 only: the others are neither true nor predicted.
        call("F1Score.update_state", absent.update_state, one_hot[[0, 1]], one_hot[[0, 0]])
        _finite(_result(absent))
        _check_in_keras(_make(F1Score))
        passed("macro F1 of the whole epoch, for any batches, and a fresh start for the next.")


def check_value(metric) -> float:
    """Raise a `Mistake` unless a new metric gives the macro F1 of an epoch; return that."""
    y_true, y_prob = make_epoch(SEED)
    expected, values = f1_score(y_true, y_prob), _fed(metric, y_true, y_prob)
    if values.size > 1:
        found = f"`result` gives {values.size} numbers; expected one, the mean over the classes."
        raise Mistake("vector", found, "What is missing after F1 of each class is known?")
    value = _finite(values)
    if abs(value - expected) < TOLERANCE:
        return value
    if value == 0:
        found = "Your F1 is 0, although many of the predictions are right."
        raise Mistake("zero", found, "Does `update_state` keep its counts? What does it change?")
    found = f"In batches of {', '.join(map(str, BATCH_SIZES))} your F1 is {value:.4f}; expected "
    found += f"{expected:.4f}."
    recognise(suspects(y_true, y_prob), lambda x: np.isclose(x, value, 0, TOLERANCE).any(), found)
    hint = "Compute F1 of a tiny example on paper, and compare the counts with your metric's."
    raise Mistake("other-value", found, hint, "Per class: hits, images, predictions.")


def make_epoch(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return one-hot labels, unequally frequent, and probabilities that often are wrong."""
    rng = np.random.default_rng(seed)
    n = sum(BATCH_SIZES)
    labels = rng.choice(10, n, p=np.arange(1, 11) / 55)
    labels[:10] = np.arange(10)
    # Some classes are predicted too often, so that precision and recall differ.
    scores = rng.normal(size=(n, 10)) + 1.3 * np.eye(10)[labels] + rng.normal(size=10)
    return np.eye(10, dtype=np.float32)[labels], softmax(scores).astype(np.float32)


def batches(y_true, y_prob) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split an epoch into batches of `BATCH_SIZES`."""
    ends = np.cumsum(BATCH_SIZES)[:-1]
    return list(zip(np.split(y_true, ends), np.split(y_prob, ends), strict=True))


def suspects(y_true, y_prob) -> dict[str, tuple]:
    """Return the values that the usual mistakes lead to, each with its hints."""
    precision, recall, f1 = precision_recall_f1(confusion_matrix(y_true, y_prob))
    p, r, sure = precision.mean(), recall.mean(), y_prob.max(axis=1) > 0.5
    return {
        "batch-averaged": (
            means_of_batches(y_true, y_prob),
            "That is the mean of the batches' F1 scores, as in the example above the task.",
            "`update_state` may only count; `result` computes F1 from all the counts.",
        ),
        "last-batch": (
            f1_score(*batches(y_true, y_prob)[-1], n_classes=10),
            "That is F1 of the last batch alone: what became of the earlier ones?",
            "`assign` replaces the earlier counts; the new ones have to be added to them.",
        ),
        "micro": (
            f1_score(y_true, y_prob, "micro"),
            "That is the accuracy, and micro F1: the classes' counts were added up first.",
            "Macro means: F1 of each class, then their mean, so that rare classes count as much.",
        ),
        "weighted": (
            f1_score(y_true, y_prob, "weighted"),
            "That is the mean weighted by how frequent the classes are.",
            "Macro F1 gives each class the same weight.",
        ),
        "rounded": (
            (*_f1_of(y_true, np.round(y_prob)), f1_score(y_true[sure], y_prob[sure], n_classes=10)),
            "You seem to round probabilities: an image with none above 0.5 then has no class.",
            "The prediction is the class with the largest probability, however small it is.",
        ),
        "argmax-missing": (
            _f1_of(y_true, y_prob),
            "You add up probabilities; F1 counts whole images.",
            "Turn each row of `y_pred` into one decision before counting.",
        ),
        "precision": (p, "That is the mean precision.", "Recall is missing."),
        "recall": (r, "That is the mean recall.", "Precision is missing."),
        "mean-of-both": (
            2 * p * r / (p + r),
            "That is F1 of the mean precision and the mean recall.",
            "The order matters: F1 of each class first, then the mean.",
        ),
        "arithmetic-mean": (
            (p + r) / 2,
            "That is the plain mean of precision and recall.",
            "F1 is their harmonic mean: look at the formula above.",
        ),
        "sum": (f1.sum(), "That is the sum over the classes.", "Macro F1 is their mean."),
        "one-class": (f1, "That is F1 of a single class.", "Macro F1 is the mean over all ten."),
        "percent": (100 * f1.mean(), "That is in percent.", "F1 lies between 0 and 1."),
    }


def means_of_batches(y_true, y_prob) -> np.ndarray:
    """Return means over batches: plain or by size, over all ten classes or those present."""
    values = []
    for true, prob in batches(y_true, y_prob):
        counts = confusion_matrix(true, prob, 10)
        f1 = precision_recall_f1(counts)[2]
        is_present = counts.sum(axis=0) + counts.sum(axis=1) > 0
        values.append((f1.mean(), f1[is_present].mean()))
    return np.ravel([np.average(values, axis=0, weights=w) for w in (None, BATCH_SIZES)])


def _f1_of(y_true, y_pred) -> tuple[float, float]:
    """Return macro and micro F1 if predictions are added up as they are."""
    hits, total = (y_pred * y_true).sum(axis=0), (y_pred + y_true).sum(axis=0)
    return (2 * hits / total).mean(), 2 * hits.sum() / total.sum()


def _make(F1Score):
    if getattr(getattr(F1Score, "__code__", None), "co_argcount", 0) > 1:
        found = "`F1Score` is a function: Keras would average its values over the batches."
        raise Mistake("not-a-metric", found, "`class F1Score(keras.metrics.Metric):` keeps counts.")
    import keras

    metric = call("F1Score", F1Score)
    if not isinstance(metric, keras.metrics.Metric):
        found = f"`F1Score()` gives {describe(metric)}, which Keras can't use as a metric."
        raise Mistake("not-a-metric", found, "Write `class F1Score(keras.metrics.Metric):`.")
    for name in ("update_state", "result"):
        if getattr(type(metric), name) is getattr(keras.metrics.Metric, name):
            raise Mistake("no-method", f"`F1Score` has no method `{name}`.", "Keras calls it so.")
    return metric


def _fed(metric, y_true, y_prob) -> np.ndarray:
    """Return a metric's result after some batches."""
    for batch in batches(y_true, y_prob):
        call("F1Score.update_state", metric.update_state, *batch)
    return _result(metric)


def _result(metric) -> np.ndarray:
    import keras

    result = result_of("F1Score.result", metric.result)
    try:
        return np.asarray(keras.ops.convert_to_numpy(result), dtype=np.float64)
    except (TypeError, ValueError):
        found = f"`F1Score.result` gives {describe(result)}; expected a single number."
        raise Mistake("not-a-number", found, "`return` macro F1 alone.") from None


def _finite(values: np.ndarray) -> float:
    if not np.isfinite(values).all():
        found = "When a class is never predicted, or never right, your F1 is not a number."
        hint = "What is 0 / 0? It comes up in precision, in recall, or in F1 itself."
        raise Mistake("nan", found, hint, "`ops.divide_no_nan(a, b)` gives 0 for a division by 0.")
    return values.item()


def _check_second_epoch(metric, first: float) -> None:
    if abs(_result(metric).item() - first) > TOLERANCE:
        found = "Called twice, `result` gives two different numbers."
        raise Mistake("result-changes", found, "`result` may not change the counts.")
    y_true, y_prob = make_epoch(SEED + 1)
    call("F1Score.reset_state", metric.reset_state)
    value, expected = _fed(metric, y_true, y_prob).item(), f1_score(y_true, y_prob)
    if abs(value - expected) > TOLERANCE:
        found = f"In a second epoch your F1 is {value:.4f}; expected {expected:.4f}."
        raise Mistake("no-reset", found, "Keras resets what `add_weight` and `assign_add` made.")


def _check_in_keras(metric) -> None:
    """Let Keras itself use the metric, in compiled code."""
    import keras

    y_true, y_prob = make_epoch(SEED)
    model = keras.Sequential([keras.Input((10,)), keras.layers.Activation("linear")])
    model.compile(loss="mse", metrics=[metric])
    try:
        value = model.evaluate(y_prob, y_true, batch_size=50, verbose=0)[-1]
        if abs(value - f1_score(y_true, y_prob)) < TOLERANCE:
            return
        result = f"gives {value:.4f}"
    except Exception as error:  # a student's code may raise anything
        if isinstance(error, TypeError) and "sample_weight" in str(error):
            found = "Keras calls `update_state` with a third argument, which yours does not take."
            hint = "Look at the arguments of `update_state` in Keras' own metrics."
            raise Mistake("no-sample-weight", found, hint, "`sample_weight=None`.") from None
        result = f"stops: {type(error).__name__}"
    found = f"Called by hand it gives the right number; inside Keras it {result}."
    hint = "Keras compiles both methods: no NumPy or `float()`; Python variables change only once."
    raise Mistake("not-in-graph", found, hint, "`keras.ops`, `add_weight`, `assign_add` do.")
