"""Remember which data set in use is a stand-in, so that every figure and file can say so.

The loaders call `record`; plots and submissions ask `sample_note`. Kept in one place because a
figure sees only arrays: it could not know by itself that its digits were drawn by a program.
"""

from __future__ import annotations

_sources: dict[str, str] = {}


def record(dataset: str, source: str) -> None:
    """Note that `dataset` ("MNIST", "CIFAR-10") was last loaded from "official" or "sample"."""
    _sources[dataset] = source


def source_of(dataset: str) -> str | None:
    """Return where `dataset` was last loaded from, or None if it was not loaded."""
    return _sources.get(dataset)


def sources() -> dict[str, str]:
    """Return where each data set was last loaded from."""
    return dict(_sources)


def sample_note() -> str:
    """Return the sentence to print on results made from a stand-in, "" when all data is real."""
    names = sorted(name for name, source in _sources.items() if source == "sample")
    return f"synthetic sample, not {' or '.join(names)}" if names else ""


def forget() -> None:
    """Forget every recorded data set."""
    _sources.clear()
