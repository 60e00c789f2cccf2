"""Import Keras faster; Python runs this file at its start under the name ``sitecustomize.py``.

Keras imports scikit-learn, SciPy, pandas and Matplotlib if they are installed, for wrappers that no
hand-in needs; this takes a third of its import time. They are hidden while Keras is being imported,
and can be imported before and afterwards.
"""

import sys

OPTIONAL = ("sklearn", "scipy", "pandas", "matplotlib")


class WithoutOptional:
    """A module finder that hides optional packages from Keras."""

    def find_spec(self, name: str, path=None, target=None) -> None:
        """Raise ModuleNotFoundError for a hidden package; otherwise let other finders search."""
        keras = sys.modules.get("keras")
        # Keras defines its version last.
        if name in OPTIONAL and keras is not None and not hasattr(keras, "__version__"):
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)


sys.meta_path.insert(0, WithoutOptional())
