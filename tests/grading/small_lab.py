"""A small assignment with the shapes of the real one, and hand-ins made from it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.sandbox.sandbox import choose

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
LAB = """\
# %% [markdown]
# # Lab

# %%
# %load_ext cnn_utils
import keras
import numpy as np
from keras import ops

# %%
greeting = "hello"
print(greeting)

# %% [markdown]
# ## F1

# %% task="f1" points=10 defines=["F1Score"]
# task: f1
### BEGIN SOLUTION
class F1Score(keras.metrics.F1Score):
    def __init__(self):
        super().__init__(average="macro", name="f1")
### END SOLUTION

# %% check="f1"
metric = F1Score()
metric.update_state(np.eye(10, dtype="float32"), np.eye(10, dtype="float32"))
assert abs(float(metric.result()) - 1) < 1e-6

# %% [markdown]
# ## Ten digits

# %% task="ten-digits" points=20 defines=["ten_digit_error_rate"]
# task: ten-digits
def ten_digit_error_rate(accuracy):
    ### BEGIN SOLUTION
    return 1 - accuracy**10
    ### END SOLUTION

# %% check="ten-digits"
assert abs(ten_digit_error_rate(0.5) - 0.9990234375) < 1e-9

# %% [markdown]
# ### Why?

# %% [markdown] task="why" kind="answer" points=5
# <!-- ### BEGIN SOLUTION -->
# Because.
# <!-- ### END SOLUTION -->
"""
F1 = """\
# task: f1
class F1Score(keras.metrics.F1Score):
    def __init__(self):
        super().__init__(average="macro", name="f1")"""
TEN = "# task: ten-digits\ndef ten_digit_error_rate(accuracy):\n    return 1 - accuracy**10"


def notebook(*cells) -> bytes:
    """Return an .ipynb of code cells (texts), or of whatever else is given."""
    made = [v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps(v4.new_notebook(cells=made)).encode()


def answer(text: str, **metadata):
    return v4.new_markdown_cell(text, metadata={"task": "why", "kind": "answer", **metadata})


def _why_no_sandbox() -> str:
    try:
        choose("bwrap")
    except KitError as error:
        return str(error)
    return ""


WHY = _why_no_sandbox()
needs_sandbox = pytest.mark.skipif(bool(WHY), reason=WHY or "there is one")
