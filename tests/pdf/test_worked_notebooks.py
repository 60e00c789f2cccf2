"""Both worked notebooks as PDF: nothing that a student wrote is missing."""

import re
import shutil
import unicodedata
from pathlib import Path

import nbformat
import pypdf
import pytest
from bs4 import BeautifulSoup

from cnn_utils.notebook.names import calls_only
from cnn_utils.pdf.exporter import export_pdf_or_page
from cnn_utils.pdf.html import markdown_to_html

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def bare(text):
    """Leave nothing but letters and digits: line ends and ligatures are the layout's."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKD", text))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def worked(request, tmp_path_factory):
    copy = shutil.copy(request.param, tmp_path_factory.mktemp("pdf"))
    path, _ = export_pdf_or_page(Path(copy))
    reader = pypdf.PdfReader(path)
    text = " ".join(page.extract_text() for page in reader.pages)
    # Page numbers and the running title stand between any two pages.
    title = reader.metadata.title
    text = re.sub(rf"\d+ / {len(reader.pages)}|{re.escape(title)}", "", text)
    return nbformat.read(request.param, as_version=4), reader, bare(text)


def test_every_cell_is_there(worked):
    notebook, _, text = worked
    for cell in notebook.cells:
        if calls_only(cell.source, "hand_in"):
            assert bare(cell.source) not in text
        elif cell.cell_type == "code":
            # The mark of a wrapped line is no letter.
            assert bare(cell.source) in text
        else:
            source = cell.source
            if cell.metadata.get("kind") == "header":
                source, hint = source.split("\n\n")
                assert bare(hint) not in text
            soup = BeautifulSoup(markdown_to_html(source), "html.parser")
            for formula in soup.find_all("kit-formula"):
                formula.decompose()
            for block in soup.find_all(["p", "li", "td", "h2", "h3"]):
                pieces = block.find_all(string=True)
                if block.name == "td":  # may go over to the next page, below the head once more
                    pieces = " ".join(pieces).split()
                assert all(bare(piece) in text for piece in pieces)


def test_every_heading_is_a_bookmark(worked):
    notebook, reader, _ = worked

    def titles(items):
        for item in items:
            if isinstance(item, list):
                yield from titles(item)
            else:
                yield item["/Title"]

    found = list(titles(reader.outline))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^#{2,3} (.+)$", cell.source, flags=re.M):
                assert heading in found


def test_no_cell_fell_back_to_plain_text(worked):
    assert "shownasplaintext" not in worked[2]
