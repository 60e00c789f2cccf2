"""Markdown as Jupyter reads it, turned into HTML in which formulas are marked."""

from __future__ import annotations

import re
from html import escape

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, with formulas and code in tags of their own."""

    def inline_math(self, body):
        return _formula(body, display=False)

    def block_math(self, body):
        return _formula(body, display=True)

    def latex_environment(self, name, body):
        return _formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    def block_code(self, code, info=None):
        language = escape((info or "text").split()[0] if info and info.strip() else "text")
        return f'<pre data-language="{language}">{escape(code)}</pre>\n'

    def image(self, text, url, title=None):
        alt = re.sub(r"<[^>]*>", "", text)  # escaped already
        return f'<img src="{escape(url)}" alt="{alt}">'


def to_html(markdown: str) -> str:
    """Return HTML; formulas are ``<kit-formula data-display="...">TeX</kit-formula>``."""
    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(markdown)


def _formula(tex: str, display: bool) -> str:
    return f'<kit-formula data-display="{int(display)}">{escape(tex)}</kit-formula>'
