"""A notebook as a PDF document: laid out by Typst, tagged for screen readers (PDF/UA-1)."""

import re
import tempfile
import unicodedata
from collections.abc import Iterator
from datetime import date
from importlib import resources
from pathlib import Path

from bs4 import BeautifulSoup

from cnn_utils.errors import KitError
from cnn_utils.notebook.answers import Layout
from cnn_utils.notebook.assignment import Part, read_assignment
from cnn_utils.notebook.names import calls_only
from cnn_utils.notebook.reader import from_content
from cnn_utils.pdf.cells import CellWriter
from cnn_utils.pdf.html import markdown_to_html
from cnn_utils.pdf.typst_source import call, string, words

FONTS = resources.files("cnn_utils.pdf") / "fonts"
LOOK = (resources.files("cnn_utils.pdf") / "page.typ").read_text(encoding="utf-8")
# On its own, a cell's heading of level 3 would follow none of level 2.
ALL_LEVELS = "".join(f"#heading(level: {level})[x]\n" for level in range(1, 7))
NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="30"><text x="4" y="20" '
    b'font-family="Libertinus Serif">[This picture could not be read.]</text></svg>'
)
BOX, MAX_NAMED, END_OF_HEAD = "□", 20, "\n\n"
NO_FONT = call(
    "note", words("This computer has no font for some letters; they are shown as □. Install one.")
)
NO_TYPST = (
    "The PDF needs the package 'typst', which is not installed here: `pip install typst` "
    "(there is none for Windows on ARM). A browser can print the notebook's HTML to a PDF."
)


class NoLayout(KitError):
    """There can be no PDF here; the notebook itself is well."""


def build(notebook, folder: Path, name: str = "notebook", today: date | None = None) -> bytes:
    """Return a notebook as PDF; `folder` is the only one that pictures are read from.

    A cell that Typst refuses is shown as plain text, with a note; the others are not affected.
    Letters that no font has are replaced by their Unicode names, or by boxes if they are many.
    """
    try:
        import typst
    except ImportError:
        raise NoLayout(NO_TYPST) from None
    read = from_content(notebook, name)
    notebook, group = read.node(), read.group
    for cell, label in zip(notebook.cells, _labels(read, folder, name), strict=True):
        cell.metadata["label"] = label
        if cell.metadata.get("kind") == "header":  # without how to fill it in
            cell.source = re.sub(r"(?im)^.*double-click.*$", "", cell.source)
    writer = CellWriter(folder)
    title, cells = _title_and_cells(notebook, name)
    parts = [_written(writer, cell) for cell in cells]
    head = _head(group, title, today or date.today())
    with tempfile.TemporaryDirectory() as work:
        compiler = _Compiler(typst, Path(work), writer)
        try:
            return compiler.pdf(head + "\n\n".join(parts))
        except typst.TypstError:
            pass
        compiler.replace_unreadable_pictures()
        for i, cell in enumerate(cells):
            try:
                compiler.pdf(head + ALL_LEVELS + parts[i])
            except typst.TypstError:
                parts[i] = _written(writer, cell, plain=True)
        try:
            return compiler.pdf(head + "\n\n".join(parts))
        except typst.TypstError as error:
            raise NoLayout(f"The notebook could not be laid out as PDF: {error}") from None


class _Compiler:
    """Run Typst in a folder that holds the pictures, and replace letters that no font has.

    The system's fonts are asked only if the kit's lack a letter.
    """

    def __init__(self, typst, work: Path, writer: CellWriter):
        self.typst, self.work, self.writer = typst, work, writer
        self.missing: set[str] = set()
        self.only_own_fonts = True  # the same document on every machine
        (work / "page.typ").write_text(LOOK, encoding="utf-8")

    def pdf(self, source: str) -> bytes:
        for file, data in self.writer.files.items():
            if not (self.work / file).exists():
                (self.work / file).write_bytes(data)
        while True:
            try:
                return self._compile(self._without_missing(source))
            except self.typst.TypstError as error:
                missing = self._missing(error, source)
                if not missing:
                    raise
                if self.only_own_fonts:
                    self.only_own_fonts = False
                    continue
                self.missing |= missing

    def _without_missing(self, source: str) -> str:
        """Replace the letters that no font has by their names, or by boxes and one note."""
        if len(self.missing) > MAX_NAMED:
            source = source.translate(str.maketrans(dict.fromkeys(self.missing, BOX)))
            return source.replace(END_OF_HEAD, END_OF_HEAD + NO_FONT, 1)
        names = {x: f"[{unicodedata.name(x, hex(ord(x))).lower()}]" for x in self.missing}
        return source.translate(str.maketrans(names))

    def replace_unreadable_pictures(self) -> None:
        """Replace each SVG that Typst refuses by a note, so that its cell can stay."""
        for file in self.writer.files:
            source = f'#set document(title: "x")\n#image({string(file)}, alt: "x")'
            try:
                self._compile(source)
            except self.typst.TypstError:
                (self.work / file).write_bytes(NO_PICTURE)

    def _missing(self, error, source: str) -> set[str]:
        """Return the letters to replace: those that Typst names, else all that may be meant."""
        if "could not be displayed" not in str(error):
            return set()
        # Where marks and modifiers combine with a letter, Typst names the letter.
        named = re.findall(r'the text `"(.*?)"` could not be displayed', str(error), re.DOTALL)
        named = re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), "".join(named))
        named = {letter for letter in named if ord(letter) > 127}
        scripts = {_script(letter) for letter in named} - {""}
        named |= {letter for letter in set(source) if _script(letter) in scripts}
        marks = {x for x in source if unicodedata.category(x) in ("Mn", "Me", "Mc", "Cf", "Sk")}
        marks = {x for x in marks if ord(x) > 127}
        for candidates in (named, marks, {x for x in source if ord(x) > 127}):
            if candidates - self.missing:
                return candidates - self.missing
        return set()

    def _compile(self, source: str) -> bytes:
        (self.work / "main.typ").write_text(source, encoding="utf-8")
        return self.typst.compile(
            self.work / "main.typ",
            root=self.work,
            font_paths=[str(FONTS)],
            ignore_system_fonts=self.only_own_fonts,
            format="pdf",
            pdf_standards=["ua-1"],
        )


def _script(letter: str) -> str:
    """Return the script of a letter without capitals; a font that lacks one of it lacks them all.

    One compilation for each of a page's Chinese letters would take minutes.
    """
    is_letter = unicodedata.category(letter) == "Lo"
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0] if is_letter else ""


def _written(writer: CellWriter, cell, plain: bool = False) -> str:
    """Return a cell's markup, with a rule and a label if it is the group's own."""
    try:
        markup = writer.plain(cell) if plain else writer.write(cell)
    except Exception:  # of any kind: one odd cell must not cost the others
        markup = writer.plain(cell)
    label = cell.metadata["label"]
    return call("own", words(label), markup) if label else markup


def _labels(notebook, folder: Path, name: str) -> Iterator[str]:
    """Yield what each cell answers; "" for given cells, known by the assignment's file if any."""
    try:
        part = read_assignment(folder)[f"{name}.ipynb"]
    except (KitError, KeyError):
        part = Part(())
    for spot in Layout(notebook, part.tasks, part.outline).spots:
        metadata = spot.cell.metadata
        task = metadata.get("task") or "".join(spot.tasks[:1]).partition(":")[2]
        points = f", {metadata['points']} points" if metadata.get("points") else ""
        own = "Own cell, added or changed" if part.outline and spot.is_own else ""
        label = f"Answer to task {task}{points}" if task else own
        yield "" if metadata.get("kind") == "header" else label


def _title_and_cells(notebook, name: str):
    """Take the title from the first heading, if the notebook begins with one."""
    cells = [cell for cell in notebook.cells if cell.source.strip() or cell.get("outputs")]
    # The output of `hand_in` is for the student, and older than this document.
    cells = [c for c in cells if c.cell_type != "code" or not calls_only(c.source, "hand_in")]
    first = cells[0] if cells and cells[0].cell_type == "markdown" else None
    line, _, rest_of_it = first.source.strip().partition("\n") if first else ("", "", "")
    is_heading = line.startswith("# ")
    title = BeautifulSoup(markdown_to_html(line), "html.parser").get_text() if is_heading else ""
    if not title.strip():
        return name, cells
    rest = {**first, "source": rest_of_it}
    kept = [type(first)(rest)] if rest["source"].strip() else []
    return title.strip(), [*kept, *cells[1:]]


def _head(group: dict[str, str], title: str, today: date) -> str:
    """Return the document's head: title, group, members and date."""
    number = group.get("group number")
    parts = [f"Group {number}" if number else "", group.get("group name"), group.get("members")]
    subtitle = " · ".join([*filter(None, parts), today.isoformat()])
    arguments = f"title: {string(title)}, subtitle: {string(subtitle)}"
    return f'#import "page.typ": *\n#show: look.with({arguments}){END_OF_HEAD}'
