"""Markdown and HTML, from cells and from outputs such as tables, as Typst markup."""

import re
import unicodedata
from collections.abc import Callable
from html import escape

from bs4 import BeautifulSoup, NavigableString, Tag
from bs4.element import PreformattedString
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from cnn_utils.pdf.code import highlighted, listing
from cnn_utils.pdf.tables import cell_styles, table
from cnn_utils.pdf.typst_source import breakable, call, string, words

CALLS = {
    "blockquote": "aside",
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
HIDDEN = {"style", "script", "head", "template", "noscript", "title", "input", "button", "select"}
NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
# Beside these, white space means nothing.
ENDS_LINE = {"p", "div", "table", "ul", "ol", "dl", "li", "pre", "blockquote", "details", "hr"}
ENDS_LINE |= {"dt", "dd", "summary", "h1", "h2", "h3", "h4", "h5", "h6"}
BLOCK_PARENTS = {"[document]", "div", "ul", "ol", "dl", "blockquote", "details", "section"}
METHODS = set("p div a code kbd samp tt pre ul ol".split())
FIXED = {"br": "#linebreak();", "hr": "#line(length: 100%, stroke: 0.5pt + quiet);"}
NOT_ON_PAPER = ("iframe", "video", "audio", "object", "embed", "canvas")
BLOCKS = set("section article center figure figcaption details summary dl dt dd".split())
# The line below a table's head, and what may hold a "|" that ends no cell: code and formulas.
RULER = re.compile(r" {0,3}\|?(?: *:?-+:? *\|)+(?: *:?-+:? *)?")
CODE = re.compile(r"(?<![`\\])`([^`\n]+)`(?!`)")
FORMULA = re.compile(r"(?<!\\)\$(?![\s$])[^$\n]*(?<![\s\\])\$(?!\d)")
BAR = re.compile(r"(?<!\\)\|")


def markdown_to_html(markdown: str) -> str:
    """Return HTML; formulas are ``<kit-formula data-display="...">TeX</kit-formula>``."""
    renderer = _Renderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(_with_even_rows(markdown))


def _with_even_rows(markdown: str) -> str:
    """Give each row of a table as many cells as its head; otherwise it would be no table."""
    lines, n_cells, is_code = [], 0, False
    for line in markdown.split("\n"):
        is_code ^= line.lstrip().startswith(("```", "~~~"))
        if RULER.fullmatch(line.rstrip()) and lines and "|" in lines[-1] and not is_code:
            n_cells = len(_cells(line)) if len(_cells(line)) == len(_cells(lines[-1])) else 0
            lines += [_row(lines.pop(), n_cells)]
        elif "|" not in line:
            n_cells = 0
        lines.append(_row(line, n_cells))
    return "\n".join(lines)


def _row(line: str, n_cells: int) -> str:
    cells = [*_cells(line), *[""] * n_cells][:n_cells]
    return f"| {' | '.join(cells)} |" if n_cells else line


def _cells(line: str) -> list[str]:
    """Return the cells of a table's row."""
    line = CODE.sub(lambda m: f"<code>{escape(m[1]).replace('|', '&#124;')}</code>", line.strip())
    line = FORMULA.sub(lambda m: BAR.sub(r"\\vert ", m[0]), line)
    line = line.removeprefix("|")
    return [cell.strip() for cell in BAR.split(line[:-1] if line.endswith("|") else line)]


class _Renderer(IPythonRenderer):
    """Mark formulas and code in the HTML that nbconvert makes of Markdown."""

    def inline_math(self, body):
        return _formula(body, display=False)

    def block_math(self, body):
        return _formula(body, display=True)

    def latex_environment(self, name, body):
        return _formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", display=True)

    def block_code(self, code, info=None):
        language = escape((info or "").strip().split(" ")[0] or "text")
        return f'<pre data-language="{language}">{escape(code)}</pre>\n'

    def image(self, text, url, title=None):
        alt = re.sub(r"<[^>]*>", "", text)  # escaped already
        return f'<img src="{escape(url)}" alt="{alt}">'


def _formula(tex: str, display: bool) -> str:
    return f'<kit-formula data-display="{int(display)}">{escape(tex)}</kit-formula>'


class HtmlWriter:
    """Turn HTML into markup.

    `picture(tag)` and `formula(tex, display)` return markup; `heading_level(level)` returns a
    heading's level in this document.
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
            return "" if _between_blocks(node) else words(re.sub(r"[ \t\r\n]+", " ", str(node)))
        if node.name == "input" and node.get("type") == "checkbox":
            return words("☑ " if node.has_attr("checked") else "☐ ")
        is_hidden = node.has_attr("hidden") or NOT_SHOWN.search(str(node.get("style") or ""))
        if node.name in HIDDEN or is_hidden:
            return ""
        if node.name in CALLS:
            return call(CALLS[node.name], self.children(node))
        if re.fullmatch(r"h[1-6]", node.name):
            return self._heading(node)
        if node.name in METHODS:
            return getattr(self, f"_{node.name}")(node)
        if node.name in FIXED:
            return FIXED[node.name]
        if node.name == "table":
            return table(node, self)
        if node.name in ("img", "svg"):
            return self.picture(node)
        if node.name == "kit-formula":
            return self.formula(node.get_text(), node.get("data-display") == "1")
        if node.name in NOT_ON_PAPER:
            note = f"[{node.name} {str(node.get('src') or '')[:80]}] It is not shown on paper."
            return call("note", words(note))
        if node.name in BLOCKS:
            return call("block", self.children(node)) if _has_content(node) else ""
        return self.children(node)

    def _heading(self, node) -> str:
        if not _has_content(node):
            return ""
        # What has no text, or stands in an output, is no heading of the document.
        is_text = node.get_text(strip=True)
        level = self.heading_level(int(node.name[1])) if is_text else 0
        if not level:
            return call("block", call("strong", self.children(node)))
        return call("heading", self.children(node), level=str(level))

    def _p(self, node) -> str:
        kinds = map(unicodedata.bidirectional, node.get_text())
        is_rtl = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"
        children = self.children(node)
        return "\n\n" + (call("from-right", children) if is_rtl else children) + "\n\n"

    def _div(self, node) -> str:
        if not _has_content(node):
            return ""
        boxed = "alert" in (node.get("class") or [])
        return call("aside" if boxed else "block", self.children(node))

    def _a(self, node) -> str:
        address = str(node.get("href") or "")
        content = self.children(node)
        if not re.match(r"(https?://|mailto:)\S+$", address) or not content:
            return content
        return f"#link({string(address)})[{content}];"

    def _code(self, node) -> str:
        return f"#raw({string(breakable(node.get_text()))});"

    _kbd = _samp = _tt = _code

    def _pre(self, node) -> str:
        language = node.get("data-language")  # only of Markdown cells; else it is an output
        text = node.get_text().strip("\n")
        lines = highlighted(text, str(language or "text"))
        function = "code" if language else "output"
        return listing(function, lines, cut=not language) if text.strip() else ""

    def _ul(self, node) -> str:
        return self._items(node, "list")

    def _ol(self, node) -> str:
        start = str(node.get("start") or "1")
        is_number = start.isascii() and start.isdecimal() and len(start) < 7
        return self._items(node, "enum", start=start if is_number else "1")

    def _items(self, node, function, **arguments) -> str:
        items: list[str] = []
        for child in node.children:
            if isinstance(child, Tag) and child.name == "li":
                items.append(self.children(child))
            elif markup := self.node(child):
                # Content between the items, such as a list within a list, joins the last item.
                items[-1:] = [(items[-1] if items else "") + markup]
        return call(function, *items, **arguments) if items else ""


def _between_blocks(text: NavigableString) -> bool:
    """Return whether this is only the white space beside a block."""
    sides = (text.previous_sibling, text.next_sibling)
    at_block = any(getattr(side, "name", None) in ENDS_LINE for side in sides)
    return not text.strip() and (at_block or (None in sides and text.parent.name in BLOCK_PARENTS))


def _has_content(node) -> bool:
    return bool(node.get_text(strip=True) or node.find(["img", "svg", "kit-formula", "table"]))
