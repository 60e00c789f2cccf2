"""The nbconvert exporter: the same PDF from the command line, JupyterLab's menu and the kit."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from nbconvert.exporters import Exporter

from cnn_utils.files import write_whole
from cnn_utils.notebook.run import read_notebook
from cnn_utils.notebook.web_page import write_page
from cnn_utils.pdf.document import NoLayout, build


class AssignmentPDF(Exporter):
    """Exports a notebook as PDF without TeX, pandoc or a browser.

    ``jupyter nbconvert --to Assignment_PDF notebook.ipynb``
    """

    export_from_notebook = "Assignment PDF"
    output_mimetype = "application/pdf"

    def _file_extension_default(self):
        return ".pdf"

    def from_notebook_node(self, nb, resources=None, **kwargs):
        """Return the PDF's bytes and the resources."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        metadata = resources.get("metadata", {})
        pdf = build(nb, Path(metadata.get("path") or "."), metadata.get("name") or "notebook")
        resources["output_extension"] = ".pdf"
        return pdf, resources


def export_pdf(notebook: Path, out: Path | None = None) -> Path:
    """Write a notebook's PDF beside it, or to `out`.

    Parameters
    ----------
    notebook : Path
        An executed .ipynb.
    out : Path, optional

    Returns
    -------
    pdf : Path

    Raises
    ------
    KitError
        If the file is not a notebook, `out` can't be written, or ``typst`` is missing.
    """
    out = notebook.with_suffix(".pdf") if out is None else out
    pdf = build(read_notebook(notebook), notebook.parent, notebook.stem)
    write_whole(out, pdf)
    return out


def export_pdf_or_page(notebook: Path) -> tuple[Path, str]:
    """Write a notebook's PDF beside it; where that can't be done, its HTML, and say so.

    A PDF that was printed by hand after the notebook was saved is taken as it is.

    Returns
    -------
    path : Path
        The PDF, or the HTML.
    note : str
        What is to be done about a missing PDF; "" if it is there.
    """
    try:
        return export_pdf(notebook), ""
    except NoLayout as error:
        pdf, page = notebook.with_suffix(".pdf"), notebook.with_suffix(".html")
        if pdf.is_file() and pdf.stat().st_mtime >= notebook.stat().st_mtime and _is_pdf(pdf):
            return pdf, ""
        write_page(read_notebook(notebook), page)
        told = f"Open {page.name} in a browser and print it to {pdf.name}, in the same folder."
        return page, f"{error} {told}"


def _is_pdf(path: Path) -> bool:
    try:
        with pypdfium2.PdfDocument(path) as pages:
            return len(pages) > 0
    except pypdfium2.PdfiumError:  # somebody else's file
        return False
