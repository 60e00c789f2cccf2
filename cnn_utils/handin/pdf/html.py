"""HTML, from Markdown cells and from outputs such as tables, as Typst markup."""

from __future__ import annotations

import re
from collections.abc import Callable

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString

from cnn_utils.handin.pdf.code import highlighted, monospaced
from cnn_utils.handin.pdf.tables import table
from cnn_utils.handin.pdf.typst_source import call, string, words

INLINE = {
    "b": "strong",
    "strong": "strong",
    "em": "emph",
    "i": "emph",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "del": "strike",
    "sub": "sub",
    "sup": "super",
    "mark": "highlight",
    "small": "text.with(size: 0.9em)",
}
SILENT = {"style", "script", "head", "template", "noscript", "title", "input", "button", "select"}
# Beside these, white space means nothing.
ENDS_LINE = ["p", "div", "table", "ul", "ol", "li", "pre", "blockquote", "h1", "h2", "h3", "h4"]
BLOCKS = {"p", "div", "section", "article", "center", "figure", "figcaption", "details", "summary"}


class HtmlWriter:
    """Turns HTML into markup.

    Parameters
    ----------
    picture : callable
        Takes an ``img`` or ``svg`` tag and returns its markup.
    formula : callable
        Takes TeX and whether it stands alone, and returns its markup.
    heading_level : callable
        Takes a heading's level and returns the one it gets in this document.
    """

    def __init__(self, picture: Callable, formula: Callable, heading_level: Callable):
        self.picture, self.formula, self.heading_level = picture, formula, heading_level

    def write(self, html: str) -> str:
        """Return the markup of a piece of HTML."""
        soup = BeautifulSoup(html, "html.parser")
        self.styles = cell_styles(soup)
        return self.children(soup)

    def children(self, tag) -> str:
        """Return the markup of all that a tag holds."""
        return "".join(map(self.node, tag.children))

    def node(self, node) -> str:
        """Return the markup of one node."""
        if isinstance(node, PreformattedString):  # comments, declarations
            return ""
        if isinstance(node, NavigableString):
            between_blocks = not node.strip() and node.parent.find(ENDS_LINE, recursive=False)
            return "" if between_blocks else words(re.sub(r"[ \t\r\n]+", " ", str(node)))
        if node.name in SILENT:
            return self._checkbox(node)
        if node.name in INLINE:
            return call(INLINE[node.name], self.children(node))
        if re.fullmatch(r"h[1-6]", node.name):
            return self._heading(node)
        method = getattr(self, f"_{node.name.replace('-', '_')}", None)
        if method is not None:
            return method(node)
        if node.name in BLOCKS:
            return call("block", self.children(node)) if _says_something(node) else ""
        return self.children(node)

    def _heading(self, node) -> str:
        if not _says_something(node):
            return ""
        level = self.heading_level(int(node.name[1]))
        return call("heading", self.children(node), level=str(level))

    def _p(self, node) -> str:
        return "\n\n" + self.children(node) + "\n\n"

    def _div(self, node) -> str:
        if not _says_something(node):
            return ""
        boxed = "alert" in (node.get("class") or [])
        return call("aside" if boxed else "block", self.children(node))

    def _br(self, node) -> str:
        return "#linebreak();"

    def _hr(self, node) -> str:
        return "#line(length: 100%, stroke: 0.5pt + quiet);"

    def _blockquote(self, node) -> str:
        return call("aside", self.children(node))

    def _a(self, node) -> str:
        address = str(node.get("href") or "")
        content = self.children(node)
        if not re.match(r"(https?://|mailto:)\S+$", address) or not content:
            return content
        return f"#link({string(address)})[{content}];"

    def _code(self, node) -> str:
        return f"#raw({string(node.get_text())});"

    _kbd = _samp = _tt = _code

    def _pre(self, node) -> str:
        language = node.get("data-language")  # only of Markdown cells; else it is an output
        text = node.get_text().strip("\n")
        lines = monospaced(highlighted(text, str(language or "text")))
        return call("code" if language else "output", lines) if text.strip() else ""

    def _ul(self, node) -> str:
        return self._items(node, "list")

    def _ol(self, node) -> str:
        start = str(node.get("start") or "1")
        return self._items(node, "enum", start=start if start.isdecimal() else "1")

    def _dl(self, node) -> str:
        return self._items(node, "list", names=("dt", "dd"))

    def _items(self, node, function, names=("li",), **arguments) -> str:
        items = [self.children(item) for item in node.find_all(names, recursive=False)]
        return call(function, *items, **arguments) if items else self.children(node)

    def _table(self, node) -> str:
        return table(node, self)

    def _img(self, node) -> str:
        return self.picture(node)

    _svg = _img

    def _kit_formula(self, node) -> str:
        return self.formula(node.get_text(), node.get("data-display") == "1")

    def _checkbox(self, node) -> str:
        if node.name == "input" and node.get("type") == "checkbox":
            return words("☑ " if node.has_attr("checked") else "☐ ")
        return ""


def cell_styles(soup: Tag) -> dict[str, dict[str, str]]:
    """Return what ``style`` tags say of single cells, as pandas' Styler writes them."""
    found: dict[str, dict[str, str]] = {}
    for style in soup.find_all("style"):
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style.get_text()):
            rules = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+?)\s*(?:;|$)", body))
            for selector in re.findall(r"#([\w-]+)\s*(?=,|$)", selectors.strip()):
                found.setdefault(selector, {}).update(rules)
    return found


def _says_something(node) -> bool:
    return bool(node.get_text(strip=True) or node.find(["img", "svg", "kit-formula", "table"]))
