"""Classify images with a network that is rebuilt from its saved architecture; return the labels.

It runs in the sandbox, in a process of its own, before any code of the student's.
"""

import json
import time
from pathlib import Path

import keras
import numpy as np

BATCH_SIZE = 50
MAX_SECONDS = 60


def classify(folder: Path) -> dict[str, list[int]]:
    """Return the labels by the names of the scalings, until the submission agrees with one.

    Of the images, the first ones have no place in the submission. A slow network classifies fewer.

    Parameters
    ----------
    folder : Path
        Holds ``architecture.json``, ``weights.npz``, ``images.npy`` and ``request.json``.
    """
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    model = keras.models.model_from_json((folder / "architecture.json").read_text("utf-8"))
    model.set_weights(list(np.load(folder / "weights.npz", allow_pickle=False).values()))
    images = np.load(folder / "images.npy", allow_pickle=False)
    model(np.zeros((1, *images.shape[1:]), "float32"))
    images = images[: int(max(request["max_work"] / work_of(model), request["min_images"]))]
    found, end = {}, time.monotonic() + MAX_SECONDS
    for name, (scale, shift) in request["scalings"].items():
        labels = found[name] = []
        for start in range(0, len(images), BATCH_SIZE):
            batch = images[start : start + BATCH_SIZE]
            outputs = model(batch * np.float32(scale) + np.float32(shift), training=False)
            labels += np.asarray(outputs).argmax(axis=1).tolist()
            if time.monotonic() > end:
                return found
        tested = labels[request["n_others"] :]
        submitted = request["submission"][: len(tested)]
        if submitted and np.mean(np.equal(tested, submitted)) >= request["min_agreement"]:
            break
    return found


def work_of(model: keras.Model) -> int:
    """Return about how many multiplications an image takes."""
    layers, work = [model], 1
    for layer in layers:
        layers += getattr(layer, "layers", [])
        try:
            places = int(np.prod(layer.output.shape[1:-1]))
        except (AttributeError, TypeError, ValueError):  # of a layer without one known output
            places = 1024
        if not hasattr(layer, "layers"):
            work += places * sum(int(np.prod(weight.shape)) for weight in layer.weights)
    return work
