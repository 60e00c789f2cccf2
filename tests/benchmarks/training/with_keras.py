"""What Keras trains in the comparison, plainly and as the kit does it.

Each function prepares one contender and returns a function that runs one repeat of it and
returns its figures. It is called in a process of its own, see `contender.py`.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import replace
from functools import partial
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
        """Note the time; what `fit` does after the last batch is not training."""
        self.seconds = time.perf_counter() - self.start


def cifar10(folder: Path, n: int | None = None):
    """Return the first n images of the course's file and their labels."""
    with h5py.File(folder / "student_dataset_CIFAR10.h5", locking=False) as file:
        return file["X_train"][:n], np.ravel(file["y_train"][:n]).astype(int)


def step(folder: Path, fuse=False, bfloat16=None, at_once=1, in_memory=False):
    """Train steps of the assignment's CIFAR-10 network, in images per second."""
    from cnn_utils.models import build_cifar_cnn

    keras.utils.set_random_seed(458)
    images, labels = cifar10(folder, BATCH * STEPS)
    x, y = images.astype("float32") / 255, keras.utils.to_categorical(labels, 10)
    model = build_cifar_cnn()
    if fuse:
        from cnn_utils.training.acceleration import fast_training

        fast_training(model, bfloat16)
    # Told now, so that no repeat has to trace the steps anew.
    options = {"metrics": ["accuracy"], "steps_per_execution": at_once}
    model.compile("adam", "categorical_crossentropy", **options)

    def fit():
        clock, start = Clock(), time.perf_counter()
        options = {"batch_size": BATCH, "verbose": 0, "callbacks": [clock]}
        if in_memory:
            from cnn_utils.training.in_memory import fit_in_memory

            fit_in_memory(model, x, y, steps_at_once=at_once, **options)
        else:
            model.fit(x, y, **options)
        whole = time.perf_counter() - start
        return {"images/s": len(x) / clock.seconds, "images/s with fit's end": len(x) / whole}

    fit()
    return fit


def lenet(folder: Path, kit: bool = False):
    """One epoch of LeNet as specified, with its validation, in epochs per second."""
    from cnn_utils.models import build_lenet

    keras.utils.set_random_seed(458)
    with np.load(folder / "mnist.npz") as file:
        x = file["x_train"][..., None].astype("float32") / 255
        y = keras.utils.to_categorical(file["y_train"], 10)
    model, at_once = build_lenet(), 1
    if kit:
        from cnn_utils.training.in_memory import STEPS_AT_ONCE, fit_in_memory

        at_once = STEPS_AT_ONCE
    model.compile("adam", "mse", metrics=["accuracy"], steps_per_execution=at_once)
    fit = partial(fit_in_memory, model) if kit else model.fit

    def epochs(n=1):
        start = time.perf_counter()
        options = {"batch_size": BATCH, "validation_split": 1 / 6, "verbose": 0}
        history = fit(x, y, epochs=n, **options)
        seconds = time.perf_counter() - start
        return {"epochs/s": n / seconds, "val_accuracy": history.history["val_accuracy"][-1]}

    epochs()
    # Two at a time: a waiting `fit` waits between epochs, too.
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
    """The kit's recipe from the network's building to its answers on the held-out images.

    `Recipe()` is to reach the assignment's accuracy, for which no answers need be averaged.
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
    """Part 2 from its first cell to its last, in this process, so that its memory is counted."""
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
    """Train the CIFAR-10 network from one more seed each time, plainly or fast."""
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
