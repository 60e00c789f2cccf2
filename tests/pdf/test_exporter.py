import os
import sys

import nbformat
import nbformat.v4 as v4
import pypdf
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import get_exporter

from cnn_utils.__main__ import main
from cnn_utils.errors import KitError
from cnn_utils.pdf.exporter import AssignmentPDF, export_pdf_or_page, write_page


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "lab 1.ipynb"
    cells = [nbformat.v4.new_markdown_cell("# Lab")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_nbconvert_and_jupyterlab_know_it_by_name():
    assert get_exporter("Assignment_PDF") is AssignmentPDF


def test_nbconvert_writes_a_pdf(notebook):
    pdf, resources = AssignmentPDF().from_filename(str(notebook))
    assert pdf.startswith(b"%PDF")
    assert resources["output_extension"] == ".pdf"


def test_a_file_is_written_beside_the_notebook(notebook, tmp_path):
    assert export_pdf_or_page(notebook) == (tmp_path / "lab 1.pdf", "")
    assert (tmp_path / "lab 1.pdf").read_bytes().startswith(b"%PDF")


def test_the_command_says_what_it_wrote(notebook, tmp_path, capsys):
    assert main(["pdf", str(notebook)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'lab 1.pdf'} written\n"


def test_what_is_no_notebook_is_said_and_the_next_is_done(notebook, tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text("{")
    assert main(["pdf", str(tmp_path / "a.ipynb"), str(notebook)]) == 2
    assert "JSON is damaged in line 1" in capsys.readouterr().err
    assert (tmp_path / "lab 1.pdf").exists()


def test_a_pdf_that_cannot_be_written_is_named(notebook, tmp_path):
    (tmp_path / "lab 1.pdf").mkdir()
    with pytest.raises(KitError, match=r"lab 1\.pdf' must be a file to write to; received Is a"):
        export_pdf_or_page(notebook)


def test_without_typst_there_is_a_page_and_a_sentence(notebook, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    assert main(["pdf", str(notebook)]) == 1
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'lab 1.html'} written\nThe PDF needs the package 'typst'")
    assert "Open lab 1.html in a browser and print it to lab 1.pdf" in said
    assert "<h1" in (tmp_path / "lab 1.html").read_text()


def test_a_pdf_printed_by_hand_is_taken(notebook, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    printed = tmp_path / "lab 1.pdf"
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(printed)
    assert export_pdf_or_page(notebook) == (printed, "")
    os.utime(printed, (0, 0))
    assert export_pdf_or_page(notebook)[0] == tmp_path / "lab 1.html"


FIGURE = v4.new_output(
    "display_data",
    data={"image/png": "AAAA"},
    metadata={"image/png": {"alt": 'a "curve" <b>'}},
)


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
