"""Import Keras faster; Python runs this by itself where it lies as ``sitecustomize.py``.

Keras imports scikit-learn, SciPy, pandas and Matplotlib if they are installed, for wrappers that no
hand-in needs: a third of its time. As long as Keras is being imported, they are not found; whoever
wants them afterwards gets them.
"""

from __future__ import annotations

import sys

OPTIONAL = ("sklearn", "scipy", "pandas", "matplotlib")


class WithoutOptional:
    """Finder of modules that hides some of them from Keras."""

    def find_spec(self, name: str, path=None, target=None) -> None:
        """Raise the error of a missing package, or leave the search to others."""
        keras = sys.modules.get("keras")
        # The version is the last thing that Keras defines.
        if name in OPTIONAL and keras is not None and not hasattr(keras, "__version__"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


sys.meta_path.insert(0, WithoutOptional())
