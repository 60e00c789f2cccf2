"""The cells that the running kernel has executed."""

from __future__ import annotations

import hashlib
import sys


def executed_cells() -> dict[int, str]:
    """Return the sources of the cells run in this kernel, by execution count.

    The running cell is among them. Outside a notebook, as in a terminal, there are none.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel"):
        return {}
    # The raw history holds magics as they were typed, like the notebook's file.
    sources = shell.history_manager.input_hist_raw
    return {count: source for count, source in enumerate(sources) if count > 0}


def source_hash(source: str) -> str:
    """Return 16 hexadecimal digits that identify a cell's source."""
    # IPython keeps sources without their last line ends.
    text = source.rstrip("\n").encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]
