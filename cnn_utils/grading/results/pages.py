"""Fill the templates of the web pages."""

import base64
import binascii
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from cnn_utils.grading.results.spreadsheets import printable

# What browsers draw without running it, as the <img> of a page.
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"}
MAX_PICTURES, MAX_PICTURE = 6, 3_000_000  # of a task; in letters
TEMPLATES = resources.files("cnn_utils.grading.results")


def render(template: str, values: dict) -> str:
    """Fill a template; values are escaped, and control nothing. Its "style" is ``page.css``.

    Parameters
    ----------
    template : str
        Such as "report" for ``report.html.j2``.
    values : dict
    """
    style = Markup((TEMPLATES / "page.css").read_text(encoding="utf-8"))
    return _template(template).render({**values, "style": style})


@cache  # compiling takes longer than filling in
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )
    return environment.from_string((TEMPLATES / f"{name}.html.j2").read_text(encoding="utf-8"))


def _shown(value):
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return printable_lines(value) if is_text else value


def picture_sources(figures: list[list[str]]) -> list[str]:
    """Return the addresses of figures that browsers draw, which hold the pictures themselves.

    Parameters
    ----------
    figures : list of (str, str)
        Types and base64, untrusted.
    """
    pictures = [pair for pair in figures if _is_picture(*pair)][:MAX_PICTURES]
    return [f"data:{mime};base64,{''.join(text.split())}" for mime, text in pictures]


def _is_picture(mime: str, text: str) -> bool:
    try:
        return (
            mime in PICTURES
            and len(text) <= MAX_PICTURE
            and bool(base64.b64decode("".join(text.split()), validate=True))
        )
    except (binascii.Error, ValueError):
        return False


def printable_lines(text: str) -> str:
    """Return a text whose lines are printable; see `printable`."""
    return "\n".join(printable(line) for line in text.expandtabs(4).split("\n"))
