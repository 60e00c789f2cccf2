"""Is a submission the network's? Its predictions are compared with new ones, in their order."""

import os
from pathlib import Path

import numpy as np

from cnn_utils.checks.network import predict
from cnn_utils.checks.outcome import Mistake, checking, recognise, result_of
from cnn_utils.errors import KitError, describe
from cnn_utils.submission import validate_submission

FILE = "submission.csv"
# Blocks of neighbouring rows, all over the file, show moved, missing and repeated rows.
N_BLOCKS, BLOCK = 10, 40
# Averaging over mirrored images, for instance, changes some of the predictions.
MIN_AGREEMENT = 0.88


def check_submission(path, model, X_test, preprocess, hint: int = 1) -> None:
    """Check task 2.4; raise `CheckFailed` unless a valid file holds the network's predictions.

    Parameters
    ----------
    path : str or Path
        ``submission.csv``.
    model : keras.Model
        The trained network.
    X_test : ndarray of shape (10000, 32, 32, 3), uint8
    preprocess : callable
        The student's function of task 2.1.
    hint : {1, 2, 3}, how much to give away
    """
    with checking("submit", hint) as passed:
        predictions = _predictions(path)
        _compare(predictions, model, np.asarray(X_test), preprocess)
        passed(f"{len(predictions):,} predictions, and they are your network's.")


def _predictions(path) -> np.ndarray:
    if not isinstance(path, (str, os.PathLike)):
        found = f"The file's name is {describe(path)}."
        raise Mistake("no-path", found, f"`to_csv` does not return it. Store '{FILE}'.")
    if not Path(path).exists():
        raise Mistake("no-file", f"There is no file '{path}'.", "`export_submission` writes it.")
    if Path(path).name != FILE:
        found = f"The file is called '{Path(path).name}'; expected '{FILE}'."
        raise Mistake("file-name", found, "`hand_in` and the leaderboard look for that name.")
    try:
        return validate_submission(path)["Prediction"].to_numpy()
    except KitError as error:
        raise Mistake("invalid", str(error), "`export_submission(...)` writes it right.") from None


def _compare(predictions, model, images, preprocess) -> None:
    starts = np.linspace(0, len(images) - BLOCK, N_BLOCKS).astype(int)
    chosen = starts[:, None] + np.arange(BLOCK)
    some, given = images[chosen.ravel()], predictions[chosen]
    scaled = result_of("preprocess", preprocess, some)
    scores = predict(model, scaled)
    labels = scores.argmax(axis=1).reshape(chosen.shape)
    blocks = (labels == given).mean(axis=1)
    if blocks.mean() >= MIN_AGREEMENT and blocks.min() >= MIN_AGREEMENT / 2:
        return
    found = f"For {blocks.mean():.0%} of {chosen.size} images compared, the file holds your "
    found += "network's prediction."
    suspects = {
        "not-preprocessed": (
            predict(model, some.astype(np.float32)).argmax(axis=1),
            "Your network was trained on pixels from 0 to 1: what does it get here?",
            "The test images have to go through `preprocess` as well.",
        ),
        "scaled-twice": (
            predict(model, np.asarray(scaled) / 255).argmax(axis=1),
            "Were the test images divided by 255 once more?",
            "`ImageBatches` with `preprocess` takes the images as they were loaded.",
        ),
        "least-probable": (scores.argmin(axis=1), "These classes have the smallest probability."),
    }
    recognise(suspects, lambda x: np.mean(x == given.ravel()) >= MIN_AGREEMENT, found)
    for shift in (1, -1):
        moved = np.roll(labels, shift, axis=1) == given
        if moved[:, 1:-1].mean() >= MIN_AGREEMENT:
            found = f"{found} All of them fit if the rows are moved by one."
            raise Mistake("shifted", found, "IDs begin at 0, with the first image.")
    everywhere = predict(model, preprocess(images)).argmax(axis=1)
    if np.array_equal(np.sort(everywhere), np.sort(predictions)):
        found = f"{found} Each class is as frequent as it should be, so the order is wrong."
        hint = "Were the test images shuffled? Row 17 must hold the prediction for image 17."
        raise Mistake("shuffled", found, hint, "Leave out the `shuffle` of `ImageBatches`.")
    hint = "Was the network trained further after you wrote the file? Write it again."
    raise Mistake("other-network", found, hint, "Did you predict `images_test`, or other images?")
