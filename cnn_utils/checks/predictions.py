"""Are these the network's answers for X_test, in its order? Compared with them anew."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from cnn_utils.checks.outcome import Mistake, call, checking
from cnn_utils.errors import KitError, describe
from cnn_utils.submission import validate_submission

# Blocks of neighbouring rows, all over the file: what was moved, cut off or repeated shows there.
N_BLOCKS, BLOCK = 10, 40
# Averaging over mirrored images, for instance, changes some of the answers.
AGREE = 0.88


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
        if not isinstance(path, (str, os.PathLike)):
            raise Mistake(
                "no-path",
                f"The file's name is {describe(path)}.",
                "`export_submission` gives it back; pandas' `to_csv` does not: write it yourself.",
            )
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
    starts = np.linspace(0, len(images) - BLOCK, N_BLOCKS).astype(int)
    chosen = (starts[:, None] + np.arange(BLOCK)).ravel()
    scaled = call("preprocess", preprocess, images[chosen])
    scores = _scores(model, scaled)
    answers, given = scores.argmax(axis=1), predictions[chosen]
    blocks = (answers == given).reshape(N_BLOCKS, BLOCK).mean(axis=1)
    if blocks.mean() >= AGREE and blocks.min() >= AGREE / 2:
        return
    told = f"Of {len(chosen)} images compared, {blocks.mean():.0%} have the answer that your "
    told += "network gives."
    raw = _scores(model, images[chosen].astype(np.float32)).argmax(axis=1)
    twice = _scores(model, np.asarray(scaled) / 255).argmax(axis=1)
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
    for shift in (1, -1):
        moved = np.roll(answers.reshape(N_BLOCKS, BLOCK), shift, axis=1)[:, 1:-1]
        if np.mean(moved == given.reshape(N_BLOCKS, BLOCK)[:, 1:-1]) >= AGREE:
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
