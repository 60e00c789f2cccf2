"""The nbconvert exporter: the same PDF from the command line, JupyterLab's menu and the kit."""

from pathlib import Path

from nbconvert import HTMLExporter
from nbconvert.exporters import Exporter

from cnn_utils.files import write_whole
from cnn_utils.notebook.reader import read_file
from cnn_utils.pdf.document import NoLayout, build

# nbconvert's own page, with the alternative text that it leaves out.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block data_png scoped -%}
{% set alt = output | get_metadata('alt', 'image/png') -%}
{{ super() | replace('<img ', '<img alt="' ~ alt | escape_html ~ '" ') if alt else super() }}
{%- endblock %}"""


class AssignmentPDF(Exporter):
    """Export a notebook as PDF without TeX, pandoc or a browser.

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
        return pdf, resources


def export_pdf_or_page(path: Path) -> tuple[Path, str]:
    """Write a notebook's PDF beside it; where that is impossible, its HTML page.

    A PDF that was printed by hand after the notebook was saved is kept. The note says what to do
    about a missing PDF; "" if it exists.
    """
    notebook = read_file(path).node()
    pdf, page = path.with_suffix(".pdf"), path.with_suffix(".html")
    try:
        write_whole(pdf, build(notebook, path.parent, path.stem))
        return pdf, ""
    except NoLayout as error:
        if pdf.is_file() and pdf.stat().st_mtime >= path.stat().st_mtime:
            return pdf, ""
        write_page(notebook, page)
        cure = f"Open {page.name} in a browser and print it to {pdf.name}, in the same folder."
        return page, f"{error} {cure}"


def write_page(notebook, path: Path) -> None:
    """Write a notebook as an HTML page, titled by the name of its file."""
    title = {"metadata": {"name": path.stem.replace("_", " ")}}
    html, _ = HTMLExporter(raw_template=PAGE).from_notebook_node(notebook, title)
    write_whole(path, html)
