"""Fill the templates of the web pages."""

from importlib import resources

import jinja2

TEMPLATES = resources.files("cnn_utils.grading.results")


def render(template: str, values: dict) -> str:
    """Fill a template; values are escaped.

    Parameters
    ----------
    template : str
        Such as "report" for ``report.html.j2``.
    values : dict
    """
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    source = (TEMPLATES / f"{template}.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(values)
