"""Fetch the data sets, make the student file, say what is at hand and whether it is whole."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.data import fetch, formats, locate, mirrors, student_file
from cnn_utils.errors import KitError


def fetch_both(folder: Path) -> int:
    """Get both data sets as the notebooks read them."""
    file = fetch.fetch_mnist(folder)
    student = folder / student_file.STUDENT_FILE
    if not student.exists():
        archive = fetch.fetch_cifar10(folder)
        student_file.make_student_file(archive, folder, student_file.COMMON_SEED)
        archive.unlink()
    print(f"MNIST     {file}\nCIFAR-10  {student}")
    if folder != locate.fetched_folder():
        print(f"To use them: CNN_UTILS_DATA={folder.resolve()}")
    return 0


def make(archive: Path | None, folder: Path, seed: int | None) -> int:
    """Write the student file and the labels."""
    archive = archive or fetch.fetch_cifar10(locate.fetched_folder())
    student, labels = student_file.make_student_file(archive, folder, seed)
    print(f"{student} written: hand it out.\n{labels} written: keep it to yourself, for grading.")
    return 0


def check() -> int:
    """Say for both files where they are and whether their content is what it should be."""
    status = 0
    for name, verify in ((locate.MNIST_FILE, _mnist), (locate.CIFAR10_FILE, _cifar10)):
        file = locate.find_file(name)
        try:
            told = "not at hand: --fetch gets it" if file is None else f"{file}: {verify(file)}"
            status |= file is None
        except KitError as error:
            told, status = str(error), 1
        print(f"{name}\n  {told}")
    return int(status)


def _mnist(file: Path) -> str:
    arrays = formats.read_mnist(file)
    parts = {
        f"{letter}_{split}": [arrays[f"{prefix}_{split}"], *more]
        for prefix, letter in (("X", "x"), ("y", "y"))
        for split, more in (("train", [arrays[f"{prefix}_val"]]), ("test", []))
    }
    found = {
        name: fetch.content_sha256(np.concatenate(part).astype(np.uint8))
        for name, part in parts.items()
    }
    if found != mirrors.MNIST_CONTENT:
        raise KitError.about(f"'{file}'", "hold MNIST's images and labels", "other ones")
    return "the original images and labels"


def _cifar10(file: Path) -> str:
    arrays, is_sample = formats.read_cifar10(file)
    if is_sample:
        return "the synthetic sample, not CIFAR-10"
    with h5py.File(file) as opened:
        hashes = {name: formats.attribute(opened[name], "sha256") for name in arrays}
    if "" in hashes.values():
        return "readable; made by another program, so that its content can't be verified"
    if any(fetch.content_sha256(arrays[name].astype(np.uint8)) != hashes[name] for name in arrays):
        raise KitError.about(f"'{file}'", "be as it was made", "other images or labels")
    size = os.path.getsize(file) / 1e6
    return f"as it was made, {size:.0f} MB"
