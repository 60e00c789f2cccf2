"""A notebook as a web page, readable without a kernel."""

from __future__ import annotations

from pathlib import Path

from nbconvert import HTMLExporter

from cnn_utils.files import write_whole

# nbconvert's own page, with the alternative text that it leaves out.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block data_png scoped -%}
{% set alt = output | get_metadata('alt', 'image/png') -%}
{{ super() | replace('<img ', '<img alt="' ~ alt | escape_html ~ '" ') if alt else super() }}
{%- endblock %}"""


def write_page(notebook, path: Path) -> None:
    """Write a notebook as HTML, whole or not at all.

    Parameters
    ----------
    notebook : NotebookNode
    path : Path
        Of the page; its name becomes the title.

    Raises
    ------
    KitError
        If the file can't be written.
    """
    title = {"metadata": {"name": path.stem.replace("_", " ")}}
    html, _ = HTMLExporter(raw_template=PAGE).from_notebook_node(notebook, title)
    write_whole(path, html)
