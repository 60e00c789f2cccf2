"""Is F1 counted over the epoch? A wrong metric is recognised by the number it gives."""

from __future__ import annotations

import numpy as np

from cnn_utils.checks.f1_by_hand import BATCHES, batches, make_epoch, suspects
from cnn_utils.checks.outcome import Mistake, call, checking
from cnn_utils.metrics import f1_score

TOLERANCE = 1e-4
# With these numbers, all the mistakes below give clearly different values.
SEED = 15


def check_f1(F1Score, hint: int = 1) -> None:
    """Check the metric of task 1.1.1 on batches of different sizes.

    Parameters
    ----------
    F1Score : type
        The student's `keras.metrics.Metric`, for one-hot labels and probabilities of ten classes.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If it is not the epoch's macro F1; the text says what it seems to be instead.
    """
    with checking("f1", hint) as well:
        y_true, y_prob = make_epoch(SEED)
        metric = _new(F1Score)
        value = _fed(metric, y_true, y_prob)
        _compare(value, y_true, y_prob)
        _check_result_keeps_counts(metric, value)
        _check_reset(metric)
        _check_absent_class(F1Score)
        _check_in_keras(F1Score, y_true, y_prob)
        well("macro F1 of the whole epoch, whatever the batches, and a fresh start for the next.")


def _new(F1Score):
    if callable(getattr(F1Score, "update_state", None)) and not isinstance(F1Score, type):
        raise Mistake(
            "not-a-function",
            "That is a metric; the check wants its class, to make some of its own.",
            "Write `F1Score` into the brackets, without brackets of its own.",
        )
    metric = call("F1Score", F1Score)
    if not all(callable(getattr(metric, name, None)) for name in ("update_state", "result")):
        raise Mistake(
            "not-a-metric",
            f"`F1Score()` gives a {type(metric).__name__}, which Keras can't use as a metric.",
            "It has to be a class that is derived from `keras.metrics.Metric`.",
        )
    return metric


def _fed(metric, y_true, y_prob) -> np.ndarray:
    """Return a metric's result after some batches."""
    for batch in batches():
        call("F1Score.update_state", metric.update_state, y_true[batch], y_prob[batch])
    return _result(metric)


def _result(metric) -> np.ndarray:
    result = call("F1Score.result", metric.result)
    if result is None:
        raise Mistake("no-return", "`result` gives back nothing.", "Does it end in `return`?")
    result = result.detach().cpu() if hasattr(result, "detach") else result
    return np.asarray(result, dtype=np.float64)


def _compare(value: np.ndarray, y_true, y_prob) -> None:
    expected = f1_score(y_true, y_prob)
    if value.size == 1 and abs(value.item() - expected) < TOLERANCE:
        return
    if value.size > 1:
        raise Mistake(
            "vector",
            f"`result` gives {value.size} numbers; expected one, the mean over the classes.",
            "Macro F1 is one number: what is missing after F1 of each class is known?",
        )
    if not np.isfinite(value).all():
        _not_a_number()
    if value.item() == 0:
        raise Mistake(
            "zero",
            "Your F1 is 0, although many of the answers are right.",
            "Are the counts kept? Look at what `update_state` changes.",
        )
    told = f"In batches of {', '.join(map(str, BATCHES))} your F1 is {value.item():.4f}"
    told += f"; expected {expected:.4f}."
    for name, (numbers, *hints) in suspects(y_true, y_prob).items():
        if any(abs(value.item() - number) < TOLERANCE for number in np.atleast_1d(numbers)):
            raise Mistake(name, told, *hints)
    raise Mistake(
        "other-value",
        told,
        "Work out F1 of a tiny example on paper, and compare the counts with your metric's.",
        "For each class: true positives, all images of the class, all predictions of it.",
    )


def _check_result_keeps_counts(metric, value: np.ndarray) -> None:
    if abs(_result(metric).item() - value.item()) > TOLERANCE:
        raise Mistake(
            "result-changes",
            "Asked twice, `result` gives two different numbers.",
            "Keras asks for the result after each batch: `result` may not change the counts.",
        )


def _check_reset(metric) -> None:
    y_true, y_prob = make_epoch(SEED + 1)
    call("F1Score.reset_state", metric.reset_state)
    value = _fed(metric, y_true, y_prob)
    expected = f1_score(y_true, y_prob)
    if abs(value.item() - expected) > TOLERANCE:
        raise Mistake(
            "no-reset",
            f"In a second epoch your F1 is {value.item():.4f}; expected {expected:.4f}: counts of "
            "the first are still in it.",
            "Where do you keep the counts? Keras sets to zero what was made with `add_weight`.",
        )


def _check_absent_class(F1Score) -> None:
    metric = _new(F1Score)
    # Classes 0 and 1 only; neither true nor predicted are the others.
    y_true, y_prob = np.eye(10, dtype=np.float32)[[0, 1]], np.eye(10, dtype=np.float32)[[0, 0]]
    call("F1Score.update_state", metric.update_state, y_true, y_prob)
    if not np.isfinite(_result(metric)).all():
        _not_a_number()


def _not_a_number() -> None:
    raise Mistake(
        "nan",
        "When a class is never predicted, or never right, your F1 is not a number.",
        "What is 0 / 0? It comes up in precision, in recall, or in F1 itself.",
        "Look for `divide_no_nan` in `keras.ops`, or add a tiny number to what you divide by.",
    )


def _check_in_keras(F1Score, y_true, y_prob) -> None:
    """Let Keras itself use the metric, in compiled code."""
    import keras

    model = keras.Sequential([keras.Input((10,)), keras.layers.Activation("linear")])
    model.compile(loss="mse", metrics=[_new(F1Score)])

    def evaluate():
        return model.evaluate(y_prob, y_true, batch_size=50, verbose=0)

    try:
        value = evaluate()[-1]
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:160]
        if isinstance(error, TypeError) and "sample_weight" in str(error):
            raise Mistake(
                "no-sample-weight",
                "Keras calls `update_state` with a third argument, which yours does not take.",
                "Look at the arguments of `update_state` in Keras' own metrics.",
                "`sample_weight=None`, behind the other two; you need not use it.",
            ) from None
        raise Mistake(
            "not-in-graph",
            f"It works when called, but not inside Keras ({told}).",
            "In training Keras compiles `update_state`: NumPy and `.numpy()` don't work there.",
            "Use `keras.ops` for all computations, and `assign_add` on what `add_weight` made.",
        ) from None
    if abs(value - f1_score(y_true, y_prob)) > TOLERANCE:
        raise Mistake(
            "not-in-graph",
            f"Called by hand it gives the right number, inside Keras {value:.4f}.",
            "In training Keras compiles `update_state`: plain Python variables change only once.",
            "Keep the counts in what `add_weight` made, and change them with `assign_add`.",
        )
