"""Remember which data sets in use are the drawn sample, so that figures and files can say so.

The loaders call `record`; a figure gets only arrays, from which it can't tell.
"""

_sources: dict[str, str] = {}


def record(dataset: str, source: str) -> None:
    """Record whether `dataset` ("MNIST", "CIFAR-10") is "official", "sample" or "other" data."""
    _sources[dataset] = source


def sources() -> dict[str, str]:
    """Return the source of each data set that was loaded."""
    return dict(_sources)


def sample_note() -> str:
    """Return the note for results from the sample, such as "drawn sample, not MNIST", or ""."""
    names = sorted(name for name, source in _sources.items() if source == "sample")
    return f"drawn sample, not {' or '.join(names)}" if names else ""
