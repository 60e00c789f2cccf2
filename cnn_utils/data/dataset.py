"""What the loaders return: a dict of arrays that knows its name, its classes and its source."""

from __future__ import annotations

from pathlib import Path

DIGIT_NAMES = tuple("0123456789")
CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)


class Dataset(dict):
    """Arrays by name (``data["X_train"]``), with a word on where they are from.

    Attributes
    ----------
    name : str
        "MNIST" or "CIFAR-10".
    source : {"official", "sample"}
        "sample" for the synthetic stand-in.
    class_names : tuple of str
        ``class_names[label]`` names a label.
    path : Path or None
        The file the arrays were read from.
    """

    def __init__(self, name, source, arrays, class_names, path: Path | None = None):
        super().__init__(arrays)
        self.name, self.source, self.class_names, self.path = name, source, class_names, path

    def __repr__(self) -> str:
        origin = "synthetic sample, a stand-in" if self.source == "sample" else f"{self.path}"
        lines = [f"{self.name} ({origin})"]
        for key, array in self.items():
            lines.append(f"  {key:8} {array.shape!s:20} {array.dtype!s:6} {_range(array)}")
        return "\n".join(lines)


def _range(array) -> str:
    return f"{array.min()} to {array.max()}"
