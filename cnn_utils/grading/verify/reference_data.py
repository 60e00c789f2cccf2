"""Read the instructor's test images and labels, and rate LeNet on them.

Labels never enter the sandbox.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from threadpoolctl import threadpool_limits

from cnn_utils.checks.lenet_by_hand import logits
from cnn_utils.data import sample
from cnn_utils.data.formats import CIFAR10_FILE, MNIST_FILE, read_cifar10, read_mnist
from cnn_utils.data.loaders import CIFAR10_CLASSES
from cnn_utils.data.sample.digits import shuffled_labels
from cnn_utils.errors import KitError
from cnn_utils.grading.release.student_file import LABELS_FILE
from cnn_utils.grading.results.spreadsheets import read_table
from cnn_utils.metrics import f1_score
from cnn_utils.submission import N_ROWS, plain

LABEL_FILES = (MNIST_FILE, CIFAR10_FILE, LABELS_FILE)
SAMPLE = Path("sample")
TRY_SAMPLE = "To try it with networks that were trained on the drawn sample: --labels sample."
BATCH_SIZE, N_OTHERS = 100, 200


@dataclass(frozen=True)
class ReferenceData:
    """Test data of both parts; None where a file is missing.

    Attributes
    ----------
    digits : tuple of ndarray, optional
        MNIST's test images (n, 28, 28) and labels (n,).
    photos : ndarray of shape (10000, 32, 32, 3), optional
        CIFAR-10's test images.
    photo_labels : ndarray of shape (10000,), optional
    other_photos : tuple of ndarray, optional
        Some training images, mirrored, (n, 32, 32, 3), and their labels (n,): whoever knows the
        test images by heart knows none of these.
    """

    digits: tuple[np.ndarray, np.ndarray] | None = None
    photos: np.ndarray | None = None
    photo_labels: np.ndarray | None = None
    other_photos: tuple[np.ndarray, np.ndarray] | None = None

    def order(self) -> np.ndarray | None:
        """Return the numbers of all photographs in the order in which networks classify them.

        It is the same in each run, so that a hand-in always gets the same points, and nobody
        knows it without the labels.
        """
        if self.photos is None:
            return None
        secret = self.photos if self.photo_labels is None else self.photo_labels
        seed = hashlib.sha256(np.ascontiguousarray(secret).tobytes()).digest()
        return np.random.default_rng([*seed]).permutation(len(self.photos))


def read_reference_data(folder: Path | None, networks: Collection[str] = ()) -> ReferenceData:
    """Read the instructor's test data.

    Parameters
    ----------
    folder : Path or None
        Holds ``mnist.npz``, ``student_dataset_CIFAR10.h5`` and the labels, see
        `read_photo_labels`; or `SAMPLE` for the drawn sample.
    networks : collection of str
        The networks to rate: "lenet" needs the first file, "cnn" the second. Without the third,
        "cnn" is only compared with its submission.

    Raises
    ------
    KitError
        If a required file is missing, or a file is damaged.
    """
    if folder == SAMPLE:
        return _sample()
    if folder is not None and not folder.is_dir():
        raise KitError.about("--labels", "name an existing folder", f"'{folder}'")
    for network, name in (("lenet", MNIST_FILE), ("cnn", CIFAR10_FILE)):
        if network in networks and not (folder and (folder / name).is_file()):
            received = "nothing" if folder is None else f"'{folder}', which does not hold it"
            wanted = f"name your folder of {', '.join(LABEL_FILES)}: {name} is needed"
            raise KitError.about("--labels", wanted, received, TRY_SAMPLE)
    if folder is None:
        return ReferenceData()
    digits = photos = labels = others = None
    if (folder / MNIST_FILE).is_file():
        arrays = read_mnist(folder / MNIST_FILE)
        digits = (arrays["X_test"], arrays["y_test"])
    if (folder / CIFAR10_FILE).is_file():
        arrays = read_cifar10(folder / CIFAR10_FILE)[0]
        photos, others = arrays["X_test"], _others(arrays)
    labels = read_photo_labels(folder)
    if labels is None and "cnn" in networks:
        print(f"NOTE: without {LABELS_FILE}, the accuracy of Part 2's networks is not rated.")
    return ReferenceData(digits, photos, labels, others)


def read_photo_labels(path: Path) -> np.ndarray | None:
    """Read the labels of CIFAR-10's test images, in the order of the student file.

    Parameters
    ----------
    path : Path
        ``labels_CIFAR10.csv`` (``ID,Prediction``, the labels as 0-9 or as names) or an .h5 file
        with ``y_test``, by any name; or a folder with the former or with a labelled
        ``student_dataset_CIFAR10.h5``; or `SAMPLE`.

    Returns
    -------
    labels : ndarray of shape (10000,) or None
        None if a folder holds no labels.

    Raises
    ------
    KitError
        If the file is missing, damaged or of another kind.
    """
    if path == SAMPLE:
        return _sample_labels()
    if path.is_dir():
        found = [path / name for name in (LABELS_FILE, CIFAR10_FILE) if (path / name).is_file()]
        labels = (read_photo_labels(file) for file in found)
        return next((array for array in labels if array is not None), None)
    if path.suffix.lower() in (".h5", ".hdf5"):
        return _stored_labels(path)
    numbers = {name: str(number) for number, name in enumerate(CIFAR10_CLASSES)}
    columns, rows = read_table(path)
    cells = [[plain(cell) for cell in row.values()] for row in rows]
    labels = {row[0]: numbers.get(row[1].lower(), row[1]) for row in cells if len(row) == 2}
    if labels.keys() != set(map(str, range(N_ROWS))) or not set(labels.values()) <= {*"0123456789"}:
        expected = f"hold ID,Prediction and the labels of images 0 to {N_ROWS - 1:,}, 0-9 or names"
        received = f"{len(labels):,} different IDs below '{','.join(columns)[:60]}'"
        raise KitError.about(f"'{path}'", expected, received)
    return np.array([int(labels[str(number)]) for number in range(N_ROWS)])


def _stored_labels(file: Path) -> np.ndarray | None:
    try:
        with h5py.File(file, "r", locking=False) as f:
            labels = f["y_test"][()] if "y_test" in f else None
    except OSError as error:
        raise KitError.about(f"'{file}'", "be a readable HDF5 file", str(error)[:200]) from None
    if labels is not None and (labels.size != N_ROWS or not set(labels.flat) <= set(range(10))):
        expected = f"hold {N_ROWS:,} labels 0-9"
        raise KitError.about(f"y_test in '{file}'", expected, labels)
    return labels if labels is None else labels.reshape(-1).astype(np.int64)


def _sample_labels() -> np.ndarray:
    return shuffled_labels(60_000)[50_000:]  # the sample's file does not hold them


def _sample() -> ReferenceData:
    print("NOTE: rated on the drawn sample; use it for a trial, not for a course.")
    digits = read_mnist(sample.mnist_file())
    arrays = read_cifar10(sample.cifar10_file())[0]
    labels = _sample_labels()
    tested = digits["X_test"], digits["y_test"]
    return ReferenceData(tested, arrays["X_test"], labels, _others(arrays))


def _others(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    places = np.random.default_rng(458).permutation(len(arrays["X_train"]))[:N_OTHERS]
    return arrays["X_train"][places][:, :, ::-1], arrays["y_train"][places]


def rate_lenet(weights: list[np.ndarray], reference: ReferenceData) -> tuple[float, float] | None:
    """Return accuracy and macro F1 of handed-in weights, computed in NumPy.

    Parameters
    ----------
    weights : list of ndarray
        With `LENET_SHAPES` in any order; from `read_weights`.
    reference : ReferenceData
    """
    if reference.digits is None:
        return None
    # For good: there is a hand-in on each core, and their threads would wait for each other.
    threadpool_limits(1)
    images, labels = reference.digits
    by_shape = {array.shape: array for array in weights}
    y_pred = _predictions(images, by_shape)
    if np.mean(y_pred == labels) < 0.5:  # the maps may be flattened channel by channel
        other = _predictions(images, by_shape, channels_first=True)
        y_pred = max(y_pred, other, key=lambda labels_pred: np.mean(labels_pred == labels))
    return float(np.mean(y_pred == labels)), f1_score(labels, y_pred, n_classes=10)


def _predictions(images, by_shape: dict, channels_first: bool = False) -> np.ndarray:
    predictions = []
    for start in range(0, len(images), BATCH_SIZE):
        part = images[start : start + BATCH_SIZE, ..., None] / np.float32(255)
        predictions.append(logits(part, by_shape, channels_first=channels_first).argmax(axis=1))
    return np.concatenate(predictions)
