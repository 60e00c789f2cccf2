"""What only the instructor has: test images with their labels. None of it enters the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_utils.checks.lenet_by_hand import logits
from cnn_utils.data.loaders import CIFAR10_FILE, MNIST_FILE
from cnn_utils.data.reading import read_cifar10, read_mnist
from cnn_utils.errors import KitError
from cnn_utils.metrics import f1_score
from cnn_utils.submission import validate_submission

LABELS_FILE = "labels_CIFAR10.csv"
LABEL_FILES = (MNIST_FILE, CIFAR10_FILE, LABELS_FILE)
N_SHOWN, CHUNK = 2_000, 250


@dataclass(frozen=True)
class Truth:
    """Test sets of both parts; None where a file is missing.

    Attributes
    ----------
    digits : tuple of ndarray, optional
        MNIST's test images (n, 28, 28) and labels (n,).
    photos : ndarray of shape (10000, 32, 32, 3), optional
        CIFAR-10's test images.
    photo_labels : ndarray of shape (10000,), optional
    """

    digits: tuple[np.ndarray, np.ndarray] | None = None
    photos: np.ndarray | None = None
    photo_labels: np.ndarray | None = None

    def shown(self, rng: np.random.Generator) -> np.ndarray | None:
        """Return which photographs the networks are shown, in a new order for each run."""
        if self.photos is None:
            return None
        return rng.permutation(len(self.photos))[:N_SHOWN]


def read_truth(folder: Path | None) -> Truth:
    """Read the instructor's files.

    Parameters
    ----------
    folder : Path or None
        May hold ``mnist.npz``, ``student_dataset_CIFAR10.h5`` and ``labels_CIFAR10.csv``
        (``ID,Prediction``, as in a submission).

    Raises
    ------
    KitError
        If the folder does not exist, or holds none of them, or a file is damaged.
    """
    if folder is None:
        return Truth()
    files = {name: folder / name for name in LABEL_FILES}
    there = {name: path for name, path in files.items() if path.is_file()}
    if not there:
        wanted = f"hold {', '.join(files)}, or some of them"
        raise KitError.about(f"--labels '{folder}'", wanted, "none of them")
    digits = photos = labels = None
    if MNIST_FILE in there:
        arrays = read_mnist(there[MNIST_FILE])
        digits = (arrays["X_test"], arrays["y_test"])
    if CIFAR10_FILE in there:
        photos = read_cifar10(there[CIFAR10_FILE])[0]["X_test"]
    if LABELS_FILE in there:
        labels = validate_submission(there[LABELS_FILE])["Prediction"].to_numpy()
    return Truth(digits, photos, labels)


def rate_lenet(weights: list[np.ndarray], truth: Truth) -> tuple[float, float] | None:
    """Return accuracy and macro F1 of handed-in weights, worked out in NumPy.

    Parameters
    ----------
    weights : list of ndarray
        Of `LENET_SHAPES`; read by `cnn_utils.grading.arrays.read_arrays`.
    truth : Truth
    """
    if truth.digits is None:
        return None
    images, labels = truth.digits
    by_shape = {array.shape: array for array in weights}
    answers = [
        logits(images[start : start + CHUNK, ..., None] / np.float32(255), by_shape).argmax(axis=1)
        for start in range(0, len(images), CHUNK)
    ]
    y_pred = np.concatenate(answers)
    return float(np.mean(y_pred == labels)), f1_score(labels, y_pred, n_classes=10)
