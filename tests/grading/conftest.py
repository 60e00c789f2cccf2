"""The small assignment as a folder, and read."""

import pytest

from cnn_utils.grading.intake.assignment import read_source_notebooks
from tests.grading.small_lab import LAB


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Return the folder of a small source_notebook: f1 (10), ten-digits (20), a text (5)."""
    folder = tmp_path_factory.mktemp("source_notebooks")
    (folder / "lab.py").write_text(LAB)
    return folder


@pytest.fixture(scope="session")
def source_notebook(lab):
    return read_source_notebooks(lab)["lab.ipynb"]
