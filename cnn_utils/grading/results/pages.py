"""Fill the templates of the web pages."""

from importlib import resources

import jinja2

from cnn_utils.grading.results.spreadsheets import printable

TEMPLATES = resources.files("cnn_utils.grading.results")


def render(template: str, values: dict) -> str:
    """Fill a template; values are escaped, and control nothing.

    Parameters
    ----------
    template : str
        Such as "report" for ``report.html.j2``.
    values : dict
    """
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    source = (TEMPLATES / f"{template}.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(values)


def _shown(value):
    return printable_lines(value) if isinstance(value, str) else value


def printable_lines(text: str) -> str:
    """Return a text whose lines are printable; see `printable`."""
    return "\n".join(printable(line) for line in text.expandtabs(4).split("\n"))
