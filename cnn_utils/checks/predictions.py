"""Are these the network's answers for X_test, in its order? Compared with them anew."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cnn_utils.checks.outcome import Mistake, checking
from cnn_utils.errors import KitError
from cnn_utils.submission import validate_submission

N_COMPARED = 400
# Batches of another size round differently, so that a few images may change sides.
AGREE = 0.98


def check_submission(path, model, X_test, preprocess, hint: int = 1) -> None:
    """Check the file of task 2.4 against the network that should have made it.

    Parameters
    ----------
    path : str or Path
        ``submission.csv``.
    model : keras.Model
        The trained network.
    X_test : ndarray of shape (10000, 32, 32, 3), uint8
    preprocess : callable
        The student's function of task 2.1.
    hint : {1, 2, 3}
        How much to give away.

    Raises
    ------
    CheckFailed
        If the file is not valid, or holds other answers than the network's.
    """
    with checking("submit", hint) as well:
        if not Path(path).exists():
            raise NotImplementedError
        try:
            predictions = validate_submission(path)["Prediction"].to_numpy()
        except KitError as error:
            hint_text = "`cnn_utils.export_submission(...)` writes the file as it should be."
            raise Mistake("invalid", str(error), hint_text) from None
        _compare(predictions, model, np.asarray(X_test), preprocess)
        well(f"{len(predictions):,} predictions, and they are your network's.")


def _compare(predictions, model, images, preprocess) -> None:
    # From both ends: what was cut off or repeated shows there.
    chosen = np.r_[0 : N_COMPARED // 2, len(images) - N_COMPARED // 2 : len(images)]
    scores = _scores(model, preprocess(images[chosen]))
    answers, given = scores.argmax(axis=1), predictions[chosen]
    if np.mean(answers == given) >= AGREE:
        return
    told = f"Of {N_COMPARED} images compared, {np.mean(answers == given):.0%} have the answer "
    told += "that your network gives."
    raw = _scores(model, images[chosen].astype(np.float32)).argmax(axis=1)
    twice = _scores(model, preprocess(images[chosen]) / 255).argmax(axis=1)
    suspects = {
        "not-preprocessed": (
            raw,
            "Your network was trained on pixels from 0 to 1: what does it get here?",
            "The test images have to go through `preprocess` as well.",
        ),
        "scaled-twice": (
            twice,
            "Were the test images divided by 255 once more?",
            "`ImageBatches` with `preprocess` takes the images as they were loaded.",
        ),
        "least-probable": (
            scores.argmin(axis=1),
            "These are the classes with the smallest probability.",
        ),
    }
    for name, (suspected, *hints) in suspects.items():
        if np.mean(suspected == given) >= AGREE:
            raise Mistake(name, told, *hints)
    half = N_COMPARED // 2
    for shift in (1, -1):
        moved = np.roll(answers[:half], shift)[1:-1]
        if np.mean(moved == given[:half][1:-1]) >= AGREE:
            raise Mistake(
                "shifted",
                f"{told} They agree if all rows are moved by one.",
                "Does the first row belong to the first image? IDs begin at 0.",
            )
    everywhere = _scores(model, preprocess(images)).argmax(axis=1)
    if np.array_equal(
        np.bincount(everywhere, minlength=10), np.bincount(predictions, minlength=10)
    ):
        raise Mistake(
            "shuffled",
            f"{told} All in all each class is as frequent as it should be, so the order is wrong.",
            "Were the test images shuffled? Row 17 has to be the answer for image 17.",
            "`ImageBatches` shuffles only if it is told to; for predictions it may not.",
        )
    raise Mistake(
        "other-network",
        told,
        "Was the network trained further after you wrote the file? Write it again.",
        "Are these the answers for `X_test`, or for other images?",
    )


def _scores(model, images) -> np.ndarray:
    return np.asarray(model.predict(images, batch_size=256, verbose=0), dtype=np.float64)
