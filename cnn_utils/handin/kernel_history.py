"""What the running notebook has executed so far, as its kernel remembers it."""

from __future__ import annotations

import hashlib
import sys


def inputs_run() -> dict[int, str]:
    """Return the sources of the cells run in this kernel, by execution count.

    Empty outside a notebook, as in a terminal. The running cell is among them.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel"):
        return {}
    sources = shell.history_manager.input_hist_raw
    return {count: source for count, source in enumerate(sources) if count > 0}


def digest(source: str) -> str:
    """Return 16 hexadecimal digits that tell one cell's source from another's."""
    # IPython keeps sources without their last line ends.
    text = source.rstrip("\n").encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]
