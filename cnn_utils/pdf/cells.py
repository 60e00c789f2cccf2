"""Notebook cells as Typst markup: code, outputs, Markdown."""

import re
from functools import partial
from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup

from cnn_utils.notebook.reader import FIGURE_TYPES
from cnn_utils.pdf import pictures
from cnn_utils.pdf.code import highlighted, listing
from cnn_utils.pdf.html import HtmlWriter, markdown_to_html
from cnn_utils.pdf.terminal_text import coloured_lines, fold_epochs, last_state
from cnn_utils.pdf.typst_source import breakable, call, string, words

# Pixels on a screen and points on paper.
POINTS_PER_PIXEL, FONT_SIZE = 0.6, 11
# An A4 page without its margins, in points.
LINE_WIDTH = 480
WIDGET = "application/vnd.jupyter.widget-view+json"


class CellWriter:
    """Turn cells of a `Notebook.node` into markup, and keep the pictures it names in `files`.

    Relative paths of pictures begin in `folder`.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.files: dict[str, bytes] = {}
        self._attachments, self._levels, self._is_output = {}, [], False
        self._html = HtmlWriter(self._tag_picture, self._formula, self._heading_level)

    def write(self, cell) -> str:
        """Return a cell's markup."""
        self._attachments, self._is_output = cell.get("attachments") or {}, False
        if cell.cell_type == "markdown":
            return self._html.write(markdown_to_html(cell.source))
        if cell.cell_type == "raw":
            return self._code(cell.source, "text") if cell.source.strip() else ""
        source = cell.source.rstrip()
        number = cell.get("execution_count")
        code = self._code(source, "python", number) if source else ""
        self._is_output = True
        for markup, same in groupby(map(self._output, _joined(cell.get("outputs", [])))):
            code += markup if markup.startswith("#note(") else "".join(same)  # one for many bars
        return code

    def plain(self, cell) -> str:
        """Return a cell as plain text, for when Typst refuses its markup."""
        note = "This cell could not be laid out; it is shown as plain text, without its pictures."
        parts = [call("note", words(note)), self._code(cell.source, "text")]
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            html = BeautifulSoup(data.get("text/html", ""), "html.parser").get_text(" ")
            trace = "\n".join(output.get("traceback", []))
            text = output.get("text") or trace or data.get("text/plain") or html
            parts.append(self._text(text, "output"))
        return "".join(parts)

    def _code(self, source, language, number=None) -> str:
        arguments = {"number": f"[{words(str(number))}]"} if number else {}
        return listing("code", highlighted(source, language), cut=False, **arguments)

    def _output(self, output) -> str:
        if output.output_type == "stream":
            return self._text(output.text, "output")
        if output.output_type == "error":
            trace = "\n".join(output.traceback)
            return self._text(trace or f"{output.ename}: {output.evalue}", "problem")
        return self._bundle(output.data, output.metadata)

    def _bundle(self, data, metadata) -> str:
        # The picture before the table before the text: of a widget, paper shows its picture.
        text = data.get("text/plain", "")
        for mime in FIGURE_TYPES:
            if mime in data:
                options = metadata.get(mime) or {}
                is_description = not re.match(r"<Figure|<IPython|<PIL", text)
                alt = str(options.get("alt") or "") or (text if is_description else "")
                read = partial(pictures.from_bundle, {mime: data[mime]})
                return self._picture(read, alt, options, text)
        if "text/html" in data and (shown := self._html.write(data["text/html"])):
            return call("block", shown)
        for mime in ("text/markdown", "text/latex"):
            if mime in data:
                return self._html.write(markdown_to_html(data[mime]))
        if WIDGET in data:
            note = "A widget without a picture; run the notebook to see it."
            return call("note", words(note))  # its text is of when it was made, such as "0 %"
        if not text and data:
            note = f"An output of kind {', '.join(data)} is not shown on paper."
            return call("note", words(note))
        return self._text(text, "output")

    def _tag_picture(self, tag) -> str:
        alt, source = str(tag.get("alt") or tag.get("aria-label") or ""), str(tag.get("src") or "")
        style = re.search(r"(?<![\w-])width\s*:\s*([\d.]+(?:px|%))", str(tag.get("style") or ""))
        options = {"width": style[1] if style else tag.get("width")}
        if tag.name == "svg":
            return self._picture(lambda: (str(tag).encode("utf-8"), "svg"), alt, options)
        read = partial(pictures.from_source, source, self.folder, self._attachments)
        return self._picture(read, alt, options, source[:80])

    def _picture(self, read, alt: str, options, name: str = "") -> str:
        """Return the markup of the picture that `read` returns, or a note in its place."""
        try:
            path = self._keep(*read())
        except pictures.NoPicture as reason:
            return call("note", words(f"[Picture: {alt or name}] It is not shown: {reason}."))
        width = _width(str(options.get("width") or ""))
        return (
            f"#picture({string(path)}, {string(alt or 'A picture without a description.')}{width});"
        )

    def _formula(self, tex, display) -> str:
        drawn = pictures.draw_formula(tex, display)
        if drawn is None:
            return call("text", f"#raw({string(breakable(tex))});", fill='rgb("#B3261E")')
        path = self._keep(drawn.svg, "svg")
        size = f"{drawn.height * FONT_SIZE:.2f}pt, {drawn.baseline * FONT_SIZE:.2f}pt"
        # A formula wider than a line gets a line of its own, as wide as the page.
        is_wide = drawn.width * FONT_SIZE > LINE_WIDTH
        function = "formula-block" if display or is_wide else "formula"
        return f"#{function}({string(path)}, {string(tex.strip() or 'formula')}, {size});"

    def _heading_level(self, level: int) -> int:
        # PDF/UA forbids missing levels: a heading's level is the number of headings above it in
        # the outline, and itself. Those of outputs do not count.
        if self._is_output:
            return 0
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)
        return len(self._levels)

    def _text(self, text, function) -> str:
        lines = coloured_lines(fold_epochs(last_state(text)).rstrip("\n"))
        return listing(function, lines) if text.strip() else ""

    def _keep(self, data: bytes, extension: str) -> str:
        for name, kept in self.files.items():
            if kept == data:
                return name
        name = f"picture{len(self.files)}.{extension}"
        self.files[name] = data
        return name


def _joined(outputs) -> list:
    """Join adjacent pieces of one stream: a bar may be written in hundreds of them."""
    runs = [list(run) for _, run in groupby(outputs, key=lambda x: x.get("name") or id(x))]
    texts = ["".join(output.get("text", "") for output in run) for run in runs]
    return [type(run[0])(run[0], text=text) for run, text in zip(runs, texts, strict=True)]


def _width(text: str) -> str:
    """Return the width that HTML gives, in pixels or percent of the line, as an argument."""
    match = re.fullmatch(r"(\d{1,4}(?:\.\d{1,9})?)(px|%)?", text.strip())
    if match is None or float(match[1]) == 0:
        return ""
    if match[2] == "%":
        return f", width: {min(float(match[1]), 100):.1f}%"
    return f", width: {float(match[1]) * POINTS_PER_PIXEL:.1f}pt"
