"""Read a notebook's file, and write it as a web page."""

import warnings
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter

from cnn_utils.errors import KitError
from cnn_utils.files import write_whole

# nbconvert's own page, with the alternative text that it leaves out.
PAGE = """{% extends 'lab/index.html.j2' %}
{% block data_png scoped -%}
{% set alt = output | get_metadata('alt', 'image/png') -%}
{{ super() | replace('<img ', '<img alt="' ~ alt | escape_html ~ '" ') if alt else super() }}
{%- endblock %}"""


def read_notebook(source: Path):
    """Return the notebook in a file; KitError if the file is not a notebook."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that older front ends don't give
            notebook = nbformat.read(source, as_version=4)
            nbformat.validate(notebook)
    except OSError as error:
        next_step = "Check its name and folder."
        raise KitError.about(
            f"'{source}'", "be a readable file", f"{error.strerror or error}", next_step
        ) from None
    except Exception as error:  # of many kinds: any file may be called .ipynb
        raise KitError.about(
            f"'{source}'",
            "be a notebook",
            type(error).__name__,
            "Open it in JupyterLab to see whether it is damaged.",
        ) from None
    return notebook


def write_page(notebook, path: Path) -> None:
    """Write a notebook as an HTML page, titled by the name of its file."""
    title = {"metadata": {"name": path.stem.replace("_", " ")}}
    html, _ = HTMLExporter(raw_template=PAGE).from_notebook_node(notebook, title)
    write_whole(path, html)
