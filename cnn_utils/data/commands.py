"""The command `data`: download both data sets, or verify them."""

from __future__ import annotations

from pathlib import Path

from cnn_utils.data import formats, locations, originals
from cnn_utils.data.download import download
from cnn_utils.data.formats import CIFAR10_FILE, MNIST_FILE
from cnn_utils.errors import KitError


def fetch(folder: Path | None = None) -> int:
    """Download both data sets into a folder, by default the cache, as the loaders read them."""
    folder = folder or locations.downloads_folder()
    mnist, cifar10 = originals.make_mnist(folder), folder / CIFAR10_FILE
    if not cifar10.exists():
        archive = download(originals.CIFAR10, folder)
        originals.make_cifar10(archive, folder)
        archive.unlink()
    print(f"MNIST     {mnist}\nCIFAR-10  {cifar10}")
    if folder != locations.downloads_folder():
        print(f"To use them: CNN_UTILS_DATA={folder.resolve()}")
    return 0


def check() -> int:
    """List the data files and verify their checksums; return 1 if one is missing or wrong."""
    status = 0
    for name, verify in ((MNIST_FILE, _verify_mnist), (CIFAR10_FILE, _verify_cifar10)):
        file = locations.find_file(name)
        try:
            result = "missing: --fetch downloads it" if file is None else f"{file}: {verify(file)}"
            status |= file is None
        except KitError as error:
            result, status = str(error), 1
        print(f"{name}\n  {result}")
    return int(status)


def _verify_mnist(file: Path) -> str:
    if not originals.is_original_mnist(formats.read_mnist(file)):
        raise KitError.about(f"'{file}'", "hold the original MNIST", "other images or labels")
    return "the original images and labels"


def _verify_cifar10(file: Path) -> str:
    _, is_sample = formats.read_cifar10(file)
    return "the drawn sample, not CIFAR-10" if is_sample else "readable and complete"
