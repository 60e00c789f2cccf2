"""The data file that students get: make it, and describe it for their kits to download."""

import json
import secrets
from pathlib import Path

from cnn_utils.data import formats, originals
from cnn_utils.data.download import RemoteFile
from cnn_utils.errors import KitError, describe
from cnn_utils.files import sha256, write_whole

LABELS_FILE = "labels_CIFAR10.csv"


def make_student_file(archive: Path, folder: Path, seed: int | None = None) -> tuple[Path, Path]:
    """Write the student file and the labels of its test images.

    Parameters
    ----------
    archive : Path
        The original ``cifar-10-python.tar.gz``.
    folder : Path
        Created if it is missing.
    seed : int, optional
        For shuffling the test images; by default a secret one, so that students can't look up the
        answers by position.

    Returns
    -------
    student_file : Path
        ``student_dataset_CIFAR10.h5``; see `cnn_utils.data.originals.make_cifar10`.
    labels_file : Path
        ``labels_CIFAR10.csv``: ``ID,Prediction``, for grading.

    Raises
    ------
    KitError
        If the archive is not the original one, or the files can't be written.
    """
    seed = secrets.randbits(32) if seed is None else seed
    student_file, labels = originals.make_cifar10(archive, folder, seed)
    labels_file = folder / LABELS_FILE
    rows = "".join(f"{i},{label}\n" for i, label in enumerate(labels))
    write_whole(labels_file, f"ID,Prediction\n{rows}")
    return student_file, labels_file


def describe_file(file: Path, addresses: list[str]) -> RemoteFile:
    """Return what students' kits need to download the course's student file.

    Parameters
    ----------
    file : Path
        The course's ``student_dataset_CIFAR10.h5``.
    addresses : list of str
        Where exactly this file can be downloaded without logging in, the fastest first.

    Raises
    ------
    KitError
        If it is another kind of file, or an address is invalid.
    """
    for address in addresses:
        if not address.startswith(("https://", "http://")) or any(c.isspace() for c in address):
            raise KitError.about("--data-url", "begin with https://", describe(address))
    formats.read_cifar10(file)
    return RemoteFile(formats.CIFAR10_FILE, file.stat().st_size, sha256(file), tuple(addresses))


def write_course_file(remote: RemoteFile, path: Path) -> None:
    """Write what `cnn_utils.data.download.read_remote_files` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"size": remote.size, "sha256": remote.sha256, "addresses": list(remote.mirrors)}
    write_whole(path, json.dumps({remote.name: content}, indent=1) + "\n")
