import pytest

from cnn_utils.errors import KitError
from cnn_utils.notebook.assignment import (
    FILE,
    Part,
    Task,
    hash_of,
    headings_in,
    read_assignment,
    without_comments,
)


@pytest.mark.parametrize("text", [None, "{", "[1]", '{"lab.ipynb": {"tasks": 1}}'])
def test_a_folder_without_a_readable_assignment_is_said(tmp_path, text):
    if text is not None:
        (tmp_path / FILE).write_text(text)
    with pytest.raises(KitError, match=r"must hold a readable assignment\.json"):
        read_assignment(tmp_path)


def test_the_file_of_earlier_releases_is_read(tmp_path):
    old = '{"lab.ipynb": {"tasks": [["lenet", "code"], ["why", "answer"]], "networks": ["lenet"]}}'
    (tmp_path / FILE).write_text(old)
    part = Part((Task("lenet"), Task("why", "answer")), ("lenet",))
    assert read_assignment(tmp_path) == {"lab.ipynb": part}


@pytest.mark.parametrize(
    "same", ["x = 1\n\ny = 2  ", "# a note\nx = 1\ny = 2\n", "%load_ext cnn_utils\nx = 1\ny = 2"]
)
def test_a_given_cell_is_known_whatever_stands_between_its_lines(same):
    assert hash_of(same) == hash_of("x = 1\ny = 2")


@pytest.mark.parametrize(
    "other", ["x = 1", "x = 1\ny = 3", "x = 1\n  y = 2", "x = 1\ny = 2\n%cd /"]
)
def test_a_changed_cell_is_another(other):
    assert hash_of(other) != hash_of("x = 1\ny = 2")


def test_in_texts_headings_count_and_nothing_has_no_hash():
    assert hash_of("# A", "markdown") != hash_of("# B", "markdown")
    assert hash_of("# only a comment") == hash_of(" \n") == ""


def test_comments_are_cut_out_however_many():
    assert without_comments("a<!-- b -->c<!-- d --> e <!-- f") == "ac e "
    assert without_comments("<!--" * 100_000) == ""


def test_a_line_with_a_number_sign_is_no_heading():
    assert headings_in("## Why? \n#1 because\n<!-- # no -->\n# And") == ["Why?", "And"]
