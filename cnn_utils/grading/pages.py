"""Web pages that need nothing else, from the templates beside this file."""

from __future__ import annotations

from importlib import resources

import jinja2

TEMPLATES = resources.files("cnn_utils.grading")


def render(template: str, values: dict) -> str:
    """Return a page; whatever a value holds is shown as text.

    Parameters
    ----------
    template : str
        Such as "report": of ``report.html.j2``.
    values : dict
    """
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    source = (TEMPLATES / f"{template}.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(values)
