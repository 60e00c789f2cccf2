"""What Keras trains in the comparison: plain, and with the kit.

Each function prepares one contender and returns a function that runs one repeat of it and
returns its figures. Each runs in its own process, see `contender.py`.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
BATCH, STEPS = 128, 10
N_TRAIN = 40_000


class Clock(keras.callbacks.Callback):
    """Time from the first batch's start to the last one's end, and of each epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        """Start."""
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Take the time; after the last batch `fit` no longer trains."""
        self.seconds = time.perf_counter() - self.start


def cifar10(folder: Path, n: int | None = None):
    """Return the first n images of the course's file and their labels."""
    with h5py.File(folder / "student_dataset_CIFAR10.h5", locking=False) as file:
        return file["X_train"][:n], np.ravel(file["y_train"][:n]).astype(int)


def step(folder: Path, fuse=False, bfloat16=None, at_once=1):
    """Train steps of the assignment's CIFAR-10 network, in images per second."""
    from cnn_utils.models import build_cifar_cnn

    keras.utils.set_random_seed(458)
    images, labels = cifar10(folder, BATCH * STEPS)
    x, y = images.astype("float32") / 255, keras.utils.to_categorical(labels, 10)
    model = build_cifar_cnn()
    if fuse:
        from cnn_utils.training.acceleration import fast_training

        fast_training(model, bfloat16)
    options = {"metrics": ["accuracy"], "steps_per_execution": at_once}
    model.compile("adam", "categorical_crossentropy", **options)

    def fit():
        clock, start = Clock(), time.perf_counter()
        model.fit(x, y, batch_size=BATCH, verbose=0, callbacks=[clock])
        whole = time.perf_counter() - start
        return {"images/s": len(x) / clock.seconds, "images/s with fit's end": len(x) / whole}

    fit()
    return fit


def lenet(folder: Path, at_once: int = 1, validation_batch: int = BATCH):
    """One epoch of LeNet as specified, with its validation, in epochs per second."""
    from cnn_utils.models import build_lenet

    keras.utils.set_random_seed(458)
    with np.load(folder / "mnist.npz") as file:
        x = file["x_train"][..., None].astype("float32") / 255
        y = keras.utils.to_categorical(file["y_train"], 10)
    model = build_lenet()
    model.compile("adam", "mse", metrics=["accuracy"], steps_per_execution=at_once)
    options = {"batch_size": BATCH, "validation_batch_size": validation_batch}

    def epochs(n=1):
        start = time.perf_counter()
        history = model.fit(x, y, epochs=n, validation_split=1 / 6, verbose=0, **options)
        seconds = time.perf_counter() - start
        return {"epochs/s": n / seconds, "val_accuracy": history.history["val_accuracy"][-1]}

    epochs()
    # Two at a time, to include the pause that `fit` makes between epochs.
    return lambda: epochs(2)


def assignment(folder: Path):
    """One epoch of the assignment's recipe: batch 32, a fifth held out for validation."""
    from cnn_utils.models import build_cifar_cnn

    keras.utils.set_random_seed(458)
    images, labels = cifar10(folder)
    x, y = images.astype("float32") / 255, keras.utils.to_categorical(labels, 10)
    model = build_cifar_cnn()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])

    def epoch():
        start = time.perf_counter()
        history = model.fit(x, y, batch_size=32, validation_split=1 / 5, verbose=0).history
        return _training(10 * (time.perf_counter() - start), history["val_accuracy"][-1])

    return epoch


def recipe(folder: Path, thorough: bool = False):
    """The kit's recipe, from building the network to its predictions for the held-out images.

    `Recipe()` shall reach the assignment's accuracy; that needs no averaged predictions.
    """
    from cnn_utils.fast.recipe import THOROUGH_RECIPE, Recipe, accuracy_of, train_fast_cnn

    images, labels = cifar10(folder)
    seeds = iter(range(458, 10_000))

    def run():
        settings = THOROUGH_RECIPE if thorough else Recipe(flip_at_test=False)
        settings = replace(settings, seed=next(seeds))
        start = time.perf_counter()
        model, _ = train_fast_cnn(images[:N_TRAIN], labels[:N_TRAIN], settings)
        accuracy = accuracy_of(model, images[N_TRAIN:], labels[N_TRAIN:], settings)
        return _training(time.perf_counter() - start, accuracy)

    return run


def _training(seconds: float, accuracy: float) -> dict:
    return {"trainings/h": 3600 / seconds, "seconds": seconds, "accuracy": accuracy}


def part2(folder: Path):
    """Part 2 from its first cell to its last, in this process, to count its memory."""
    import jupytext
    from IPython.core.interactiveshell import InteractiveShell

    os.environ.update(CNN_UTILS_PROFILE="full", CNN_UTILS_DATA=str(folder.resolve()))
    os.environ["MPLBACKEND"] = "agg"
    notebook = jupytext.read(NOTEBOOKS / "part2_cnn_cifar10.py")
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    cells = [re.sub(r"^EPOCHS = .*", "EPOCHS = 1", cell, flags=re.MULTILINE) for cell in cells]

    def run():
        shell, start = InteractiveShell.instance(), time.perf_counter()
        with tempfile.TemporaryDirectory() as place:
            os.chdir(place)
            for cell in cells:
                shell.run_cell(cell).raise_error()
            os.chdir(NOTEBOOKS)
        return {"seconds": time.perf_counter() - start}

    return run


def equality(folder: Path, fast: bool = False):
    """Train the CIFAR-10 network from one more seed each time, plain or fast."""
    from cnn_utils.models import build_cifar_cnn

    images, labels = cifar10(folder, 12_500)
    x, y = images.astype("float32") / 255, keras.utils.to_categorical(labels, 10)
    seeds = iter(range(458, 10_000))

    def run():
        keras.utils.set_random_seed(next(seeds))
        model = build_cifar_cnn()
        if fast:
            from cnn_utils.training.acceleration import fast_training

            fast_training(model)
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            x, y, epochs=3, batch_size=BATCH, validation_split=1 / 5, verbose=0
        ).history
        return {"accuracy": history["val_accuracy"][-1], "loss": history["loss"][-1]}

    return run
