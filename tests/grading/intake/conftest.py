"""An assignment of two notebooks, read."""

import pytest

from cnn_utils.grading.intake.assignment import read_source_notebooks
from tests.grading.intake.small_submissions import SOURCES


@pytest.fixture(scope="session")
def parts(tmp_path_factory):
    """Return two small worked notebooks, by their names."""
    folder = tmp_path_factory.mktemp("worked")
    for name, source in SOURCES.items():
        (folder / name).write_text(source)
    return read_source_notebooks(folder)
