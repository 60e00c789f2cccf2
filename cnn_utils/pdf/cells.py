"""Notebook cells as Typst markup: code, outputs, Markdown."""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup

from cnn_utils.pdf import formulas, markdown, pictures
from cnn_utils.pdf.code import highlighted, listing
from cnn_utils.pdf.html import HtmlWriter
from cnn_utils.pdf.terminal_text import coloured_lines, last_state
from cnn_utils.pdf.typst_source import breakable, call, string, words

PICTURE_MIMES = ("image/png", "image/jpeg", "image/svg+xml", "image/gif", "image/webp")
# Pixels on a screen and points on paper.
POINTS_PER_PIXEL, FONT_SIZE = 0.6, 11
# An A4 page without its margins, in points.
LINE_WIDTH = 480
WIDGET = "application/vnd.jupyter.widget-view+json"


class CellWriter:
    """Turns cells into markup, and keeps the pictures that it refers to.

    Parameters
    ----------
    folder : Path
        The notebook's folder: relative pictures are looked for here.

    Attributes
    ----------
    files : dict of str to bytes
        Pictures by the name under which the markup refers to them.
    """

    def __init__(self, folder: Path):
        self.folder, self.files = folder, {}
        self._attachments, self._levels = {}, []
        self._html = HtmlWriter(self._tag_picture, self._formula, self._heading_level)

    def write(self, cell) -> str:
        """Return a cell's markup."""
        self._attachments = cell.get("attachments") or {}
        if cell.cell_type == "markdown":
            return self._html.write(markdown.to_html(cell.source))
        if cell.cell_type == "raw":
            return self._code(cell.source, "text") if cell.source.strip() else ""
        source = cell.source.rstrip()
        number = cell.get("execution_count")
        code = self._code(source, "python", number) if source else ""
        return code + "".join(map(self._output, cell.get("outputs", [])))

    def plain(self, cell) -> str:
        """Return a cell as plain text, for when its markup can't be set."""
        told = "This cell could not be laid out; it is shown as plain text, without its pictures."
        parts = [call("note", words(told)), self._code(str(cell.source), "text")]
        parts += [
            self._text(text, "output") for text in map(_plain_text, cell.get("outputs") or [])
        ]
        return "".join(parts)

    def _code(self, source, language, number=None) -> str:
        arguments = {"number": f"[{words(str(number))}]"} if number else {}
        return listing("code", highlighted(source, language), cut=False, **arguments)

    def _output(self, output) -> str:
        kind = output.get("output_type")
        if kind == "stream":
            return self._text(_joined(output.get("text", "")), "output")
        if kind == "error":
            trace = "\n".join(map(str, output.get("traceback") or []))
            text = trace or f"{output.get('ename')}: {output.get('evalue')}"
            return self._text(text, "problem")
        return self._bundle(output.get("data") or {}, output.get("metadata") or {})

    def _bundle(self, data, metadata) -> str:
        # The picture before the table before the text: a widget's picture is what can be shown.
        text = _joined(data.get("text/plain", ""))
        for mime in PICTURE_MIMES:
            if mime in data:
                return self._picture_output(mime, data, metadata.get(mime) or {}, text)
        if "text/html" in data and (shown := self._html.write(_joined(data["text/html"]))):
            return call("block", shown)
        if "text/markdown" in data:
            return self._html.write(markdown.to_html(_joined(data["text/markdown"])))
        if "text/latex" in data:
            return self._html.write(markdown.to_html(_joined(data["text/latex"])))
        if WIDGET in data:
            told = "A widget without a picture; run the notebook to see it."
            return call("note", words(told)) + self._text(text, "output")
        if not text and data:
            return call(
                "note", words(f"An output of kind {', '.join(data)} is not shown on paper.")
            )
        return self._text(text, "output")

    def _picture_output(self, mime, data, metadata, text) -> str:
        alt = str(metadata.get("alt") or "")
        if not alt and not re.match(r"<Figure|<IPython|<PIL", text):
            alt = text
        options = _width(str(metadata.get("width") or ""))
        try:
            path = self._keep(*pictures.from_bundle({mime: data[mime]}))
        except pictures.NoPicture as reason:
            return self._no_picture(alt or text, reason)
        return _picture(path, alt or "A figure without a description.", **options)

    def _tag_picture(self, tag) -> str:
        alt = str(tag.get("alt") or tag.get("aria-label") or "")
        try:
            if tag.name == "svg":
                path = self._keep(*pictures.checked(str(tag).encode("utf-8"), "svg"))
            else:
                source = str(tag.get("src") or "")
                path = self._keep(*pictures.from_source(source, self.folder, self._attachments))
        except pictures.NoPicture as reason:
            return self._no_picture(alt or str(tag.get("src") or "")[:80], reason)
        style = re.search(r"(?<![\w-])width\s*:\s*([\d.]+(?:px|%))", str(tag.get("style") or ""))
        options = _width(style[1] if style else str(tag.get("width") or ""))
        return _picture(path, alt or "A picture without a description.", **options)

    def _no_picture(self, alt, reason) -> str:
        return call("note", words(f"[Picture: {alt}] It is not shown: {reason}."))

    def _formula(self, tex, display) -> str:
        drawn = formulas.draw(tex, display)
        if drawn is None:
            return call("text", f"#raw({string(breakable(tex))});", fill='rgb("#B3261E")')
        path = self._keep(drawn.svg, "svg")
        size = f"{drawn.height * FONT_SIZE:.2f}pt, {drawn.baseline * FONT_SIZE:.2f}pt"
        # What is wider than a line stands alone, as wide as the page.
        is_wide = drawn.width * FONT_SIZE > LINE_WIDTH
        function = "formula-block" if display or is_wide else "formula"
        return f"#{function}({string(path)}, {string(tex.strip() or 'formula')}, {size});"

    def _heading_level(self, level: int) -> int:
        # A screen reader's user must not fall through a missing level: a heading's own level is
        # the number of headings that it stands under, and itself.
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)
        return len(self._levels)

    def _text(self, text, function) -> str:
        lines = coloured_lines(last_state(text).rstrip("\n"))
        return listing(function, lines) if text.strip() else ""

    def _keep(self, data: bytes, extension: str) -> str:
        name = f"picture{len(self.files)}.{extension}"
        for known, held in self.files.items():
            if held == data:
                return known
        self.files[name] = data
        return name


def _width(text: str) -> dict[str, str]:
    """Return the width that HTML gives, in pixels or percent of the line, as an argument."""
    match = re.fullmatch(r"(\d{1,4}(?:\.\d{1,9})?)(px|%)?", text.strip())
    if match is None or float(match[1]) == 0:
        return {}
    percent = match[2] == "%"
    length = min(float(match[1]), 100) if percent else float(match[1]) * POINTS_PER_PIXEL
    return {"width": f"{length:.1f}{'%' if percent else 'pt'}"}


def _picture(path, alt, **options) -> str:
    named = "".join(f", {name}: {value}" for name, value in options.items())
    return f"#picture({string(path)}, {string(alt)}{named});"


def _joined(text) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


def _plain_text(output) -> str:
    """Return what an output says in words, whatever it is made of."""
    if not isinstance(output, dict):
        return str(output or "")
    if output.get("output_type") == "error":
        return "\n".join(map(str, output.get("traceback") or [output.get("evalue")]))
    data = output.get("data")
    data = data if isinstance(data, dict) else {}
    html = BeautifulSoup(_joined(data.get("text/html", "")), "html.parser").get_text(" ")
    return _joined(output.get("text") or data.get("text/plain") or html)
