"""The small assignment as a folder, and read."""

import pytest

from cnn_utils.grading.spec import read_masters
from tests.grading.small_lab import LAB


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Return the folder of a small master: f1 (10), ten-digits (20), a text (5)."""
    folder = tmp_path_factory.mktemp("masters")
    (folder / "lab.py").write_text(LAB)
    return folder


@pytest.fixture(scope="session")
def master(lab):
    return read_masters(lab)["lab.ipynb"]
