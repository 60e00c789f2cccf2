"""Load MNIST and CIFAR-10 as uint8 arrays, from the real files or from the drawn sample."""

import os
from pathlib import Path

from cnn_utils.data import data_source, formats, locations, originals, sample
from cnn_utils.data.formats import CIFAR10_FILE, MNIST_FILE

DIGIT_NAMES = tuple("0123456789")
CIFAR10_CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


class Dataset(dict):
    """Arrays by name, such as ``data["X_train"]``.

    Attributes
    ----------
    name : str
        "MNIST" or "CIFAR-10".
    source : {"official", "sample", "other"}
        The real data, the drawn sample, or a ``mnist.npz`` with other images or labels.
    class_names : tuple of str
        ``class_names[label]`` names a label.
    path : Path or None
        The file the arrays were read from.
    """

    def __init__(self, name, source, arrays, class_names, path: Path | None = None):
        super().__init__(arrays)
        self.name, self.source, self.class_names, self.path = name, source, class_names, path

    def __repr__(self) -> str:
        origin = {"sample": "drawn sample", "other": f"{self.path}, not the original"}
        lines = [f"{self.name} ({origin.get(self.source, self.path)})"]
        for key, array in self.items():
            values = f"{array.min()} to {array.max()}"
            lines.append(f"  {key:8} {array.shape!s:20} {array.dtype!s:6} {values}")
        return "\n".join(lines)


def load_mnist(path=None, *, source: str = "auto", verbose: int = 1) -> Dataset:
    """Load the handwritten digits, split as in the assignment.

    Parameters
    ----------
    path : str or Path, optional
        A ``mnist.npz`` in Keras' layout. By default it is looked for in the folder that
        ``CNN_UTILS_DATA`` names, the current folder, the kit's ``data`` and ``notebooks``
        folders, the cache and Keras' own download folder; then it is downloaded (11 MB).
    source : {"auto", "official", "sample"}, default="auto"
        "official": the real file or an error; "sample": the drawn sample; "auto": what
        ``CNN_UTILS_SOURCE`` names, by default the real file, or the sample if that can't be had.
    verbose : int, default=1
        0 prints nothing, except a note if the data is not the original MNIST.

    Returns
    -------
    data : Dataset
        A dict of ``X_train`` (50000, 28, 28), ``X_val`` (10000, 28, 28) and ``X_test``
        (10000, 28, 28), uint8, 0 (paper) to 255 (ink), with their labels ``y_train``, ``y_val``
        and ``y_test`` (n,), int64, 0-9. It also has ``data.class_names`` and ``data.source``.

    Raises
    ------
    DataError
        If the file is damaged or of another kind, or the real file can't be had.

    Notes
    -----
    MNIST was made by Y. LeCun, C. Cortes and C. J. C. Burges from NIST's Special Databases 1
    and 3 and is available under the Creative Commons Attribution-Share Alike 3.0 licence.
    ``X_train`` and ``X_val`` are the first 50,000 and last 10,000 of its 60,000 training images.
    """
    file = locations.locate(path, MNIST_FILE, source)
    if file is None:
        arrays = formats.read_mnist(sample.mnist_file())
        return _announced(Dataset("MNIST", "sample", arrays, DIGIT_NAMES), verbose)
    arrays = formats.read_mnist(file)
    origin = "official" if originals.is_original_mnist(arrays) else "other"
    return _announced(Dataset("MNIST", origin, arrays, DIGIT_NAMES, file), verbose)


def load_cifar10(path=None, *, source: str = "auto", verbose: int = 1) -> Dataset:
    """Load the small colour photographs; the test images come without labels.

    Parameters
    ----------
    path : str or Path, optional
        A ``student_dataset_CIFAR10.h5``; by default the file that `cifar10_path` returns.
    source, verbose
        As in `load_mnist`.

    Returns
    -------
    data : Dataset
        A dict of ``X_train`` (50000, 32, 32, 3), uint8, 0-255, red-green-blue; ``y_train``
        (50000,), int64, 0-9, in the order of ``data.class_names``; and ``X_test``
        (10000, 32, 32, 3), uint8.

    Raises
    ------
    DataError
        As in `load_mnist`.

    Notes
    -----
    CIFAR-10 was collected by A. Krizhevsky, V. Nair and G. Hinton; see A. Krizhevsky (2009),
    "Learning multiple layers of features from tiny images". No licence is stated; it is
    distributed for research and teaching.
    """
    file = cifar10_path(path, source=source)
    arrays, is_sample = formats.read_cifar10(file)
    origin = "sample" if is_sample else "official"
    return _announced(Dataset("CIFAR-10", origin, arrays, CIFAR10_CLASSES, file), verbose)


def cifar10_path(path=None, *, source: str = "auto") -> Path:
    """Return the HDF5 file that `load_cifar10` reads; make it if it is missing.

    A missing file is downloaded from the course, or made of the original archive,
    ``cifar-10-python.tar.gz`` (170 MB), which is downloaded if it is missing too.

    Parameters
    ----------
    path, source
        As in `load_cifar10`.

    Returns
    -------
    file : Path
        ``student_dataset_CIFAR10.h5``, or the sample's ``sample_cifar10_*.h5``.

    Raises
    ------
    DataError
        As in `load_mnist`.
    """
    file = locations.locate(path, CIFAR10_FILE, source)
    if file is None:
        return sample.cifar10_file()
    formats.read_cifar10(file)  # a damaged file is named here, not where the notebook opens it
    return file


def _announced(data: Dataset, verbose: int) -> Dataset:
    data_source.record(data.name, data.source)
    # For grading: few images are enough to see whether a notebook runs.
    if limit := int(os.environ.get("CNN_UTILS_LIMIT") or 0):
        for name, array in data.items():
            data[name] = array[: limit if name.endswith("train") else limit // 5]
    file_name = {"MNIST": MNIST_FILE, "CIFAR-10": CIFAR10_FILE}[data.name]
    if data.source == "sample":
        print(
            f"NOTE: This is a drawn sample, not {data.name}: it shows how the notebook works, but\n"
            f"results on it are not {data.name} results.\n"
            f"For the real data put {file_name} into the notebook's folder."
        )
    elif data.source == "other":
        print(f"NOTE: {data.path} holds other images or labels than the original {data.name}.")
    elif verbose:
        print(f"{data.name} from {data.path}")
    if data.path == locations.downloads_folder() / CIFAR10_FILE:
        print(
            "NOTE: This file was made from the original CIFAR-10, its test images in an order of\n"
            f"its own. For the leaderboard take {file_name} from your course."
        )
    return data
