import nbformat.v4 as v4
import pytest
from bs4 import BeautifulSoup

from cnn_utils.errors import KitError
from cnn_utils.notebook.file import read_notebook, write_page

FIGURE = v4.new_output(
    "display_data",
    data={"image/png": "AAAA"},
    metadata={"image/png": {"alt": 'a "curve" <b>'}},
)


@pytest.mark.parametrize("content", ["{}", "[]", '{"cells": 3, "nbformat": 4}', "\xff"])
def test_a_file_that_is_no_notebook(tmp_path, content):
    (tmp_path / "bad.ipynb").write_text(content)
    with pytest.raises(KitError, match=r"be a notebook; received .* Open it in JupyterLab"):
        read_notebook(tmp_path / "bad.ipynb")


def test_figures_keep_their_alternative_text(tmp_path):
    write_page(
        v4.new_notebook(cells=[v4.new_code_cell("plot()", outputs=[FIGURE])]), tmp_path / "a_b.html"
    )
    page = BeautifulSoup((tmp_path / "a_b.html").read_text(), "html.parser")
    assert page.find("img")["alt"] == 'a "curve" <b>'
    assert page.find("title").text == "a b"


def test_a_page_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(KitError, match="must be a file to write to; received No such file"):
        write_page(v4.new_notebook(), tmp_path / "none" / "a.html")
