"""Folders of a course with the small assignment, where there is a sandbox to grade it in."""

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.sandbox.sandbox import choose
from tests.hostile.cases import LAB


@pytest.fixture(scope="session")
def new_course(tmp_path_factory):
    """Return a function that makes a folder with ``notebooks/lab.py``."""
    try:
        choose("bwrap")
    except KitError as error:
        pytest.skip(str(error))

    def make():
        folder = tmp_path_factory.mktemp("course")
        (folder / "notebooks").mkdir()
        (folder / "notebooks" / "lab.py").write_text(LAB)
        return folder

    return make
