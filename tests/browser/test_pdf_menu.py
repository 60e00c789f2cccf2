"""JupyterLab's menu exports the same PDF as the command line."""

import io

import nbformat
import pypdf
import pytest

pytestmark = pytest.mark.browser


def test_the_menu_exports_a_pdf(open_notebook, lab):
    _, folder = lab
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [nbformat.v4.new_markdown_cell("# From the menu\n\n![dot](dot.svg)")]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "menu.ipynb")
    (folder / "dot.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    )
    page = open_notebook("menu.ipynb")
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_text("Save and Export Notebook As").hover()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Assignment_PDF").click()
    data = download.value.path().read_bytes()
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert reader.metadata.title == "From the menu"
