"""Read a notebook from any bytes that a person may hand in; no other module parses notebooks."""

import json
import re
import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import nbformat

from cnn_utils.errors import KitError
from cnn_utils.notebook.names import calls_only

MAX_BYTES, MAX_CELLS, MAX_HEADER = 100_000_000, 10_000, 5_000
# What counts as a figure in an output, the best form first.
FIGURE_TYPES = [f"image/{kind}" for kind in ("png", "jpeg", "svg+xml", "gif", "webp")]
FIGURE_TYPES += ["application/pdf"]
CONFLICT = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)
# The rows of the header's table, in their order, and the words in their labels.
ROWS = {
    "group number": r"gr[ou]+p(?!.*(nam|member))\w*(\W*n(umber|o|r)\b)?",
    "members": r"members?\b(\W*\d+\b)?",
    "group name": r"group.*name",
}
GROUP_WORDS = re.compile(r"^\W*((gr[ou]+p\w*|team|number|nummer|n[or])\b\W*)+|^0+(?=\d)", re.I)
# A table that names the group, or has an empty head, begins with a number and has a second row.
HEADER = re.compile(
    r"\|\W{0,9}group\W{0,9}number"
    r"|\|[ |]{1,40}\n\|[ :|-]{1,40}\|\n\|[^|\n]{1,99}\|[^|\d\n]{0,20}\d{1,4}[ *]{0,9}\|\n\|",
    re.IGNORECASE,
)
OTHER_FILES = {
    b"PK": "a zip, or a document of an office program",
    b"Rar!": "a RAR archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
}


class Unreadable(KitError):
    """Bytes that are no readable notebook; the message says what they are."""


@dataclass
class Cell:
    """A cell whose parts have the types that the notebook format demands, whatever was read.

    Outputs are as in the format's version 4, with texts as single strings; the number is the
    cell's place in the notebook, from 1.
    """

    kind: str  # "code", "markdown" or "raw"
    source: str
    metadata: dict = field(default_factory=dict)
    outputs: list[dict] = field(default_factory=list)
    execution_count: int | None = None
    attachments: dict = field(default_factory=dict)
    id: str = ""
    number: int = 0

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Return type and data of each output that is a figure."""
        bundles = [output.get("data", {}) for output in self.outputs]
        best = [next((m for m in FIGURE_TYPES if m in bundle), None) for bundle in bundles]
        return [(mime, bundle[mime]) for mime, bundle in zip(best, bundles, strict=True) if mime]

    @property
    def output_text(self) -> str:
        """Return the text of all outputs."""
        texts = []
        for output in self.outputs:
            data = output.get("data", {})
            texts += [output.get("text"), data.get("text/plain"), data.get("text/html")]
        return "\n".join(text for text in texts if text)

    @property
    def error(self) -> str:
        """Return name and message of the error in which the cell ended, or ""."""
        ended = [x for x in self.outputs if x["output_type"] == "error"]
        return f"{ended[0]['ename']}: {ended[0]['evalue']}" if ended else ""

    @property
    def is_hand_in(self) -> bool:
        """Return whether the cell only hands in; it runs after the others."""
        return self.kind == "code" and calls_only(self.source, "hand_in")


@dataclass
class Notebook:
    """The name of a notebook's file, its cells and metadata."""

    name: str
    cells: list[Cell]
    metadata: dict = field(default_factory=dict)

    def __post_init__(self):
        for number, cell in enumerate(self.cells, start=1):
            cell.number = number

    @property
    def output_text(self) -> str:
        """Return the text of all outputs, except those of an earlier `hand_in`."""
        return "\n".join(c.output_text for c in self.cells if c.outputs and not c.is_hand_in)

    @property
    def group(self) -> dict[str, str]:
        """Return what was filled into the header's table: group number, members, group name."""
        texts = [cell for cell in self.cells if cell.kind == "markdown"]
        headers = [_group(c.source) for c in texts if c.metadata.get("kind") == "header"]
        tables = [_group(c.source) for c in texts[:10] if HEADER.search(c.source)]
        return next(iter([*headers, *tables]), {})

    def node(self) -> nbformat.NotebookNode:
        """Return a valid notebook of format 4.5, for nbconvert, nbclient and nbval."""
        ids = [cell.id for cell in self.cells if re.fullmatch(r"[\w-]{1,64}", cell.id, re.ASCII)]
        has_ids, cells = len(set(ids)) == len(self.cells), []
        for cell in self.cells:
            made = {"cell_type": cell.kind, "source": cell.source, "metadata": cell.metadata}
            made["id"] = cell.id if has_ids else f"cell-{cell.number}"
            if cell.kind == "code":
                made |= {"outputs": cell.outputs, "execution_count": cell.execution_count}
            elif cell.attachments:
                made["attachments"] = cell.attachments
            cells.append(made)
        content = {"nbformat": 4, "nbformat_minor": 5, "metadata": self.metadata, "cells": cells}
        try:
            nbformat.validate(nbformat.from_dict(content))
        except nbformat.ValidationError:  # in the metadata, which were not normalised
            content["metadata"] = {"language_info": {"name": "python"}}
            for made, cell in zip(cells, self.cells, strict=True):
                known = {key: cell.metadata.get(key) for key in ("task", "kind", "check")}
                made["metadata"] = {key: value for key, value in known.items() if value}
        return nbformat.from_dict(content)


def read(data: bytes, name: str = "notebook.ipynb") -> Notebook:
    """Read a notebook of any version of the format, or a script that was made of one.

    Parameters
    ----------
    data : bytes
        In UTF-8, UTF-16 or Latin-1. Surplus parts are ignored, missing ones are filled in.
        Scripts: the percent format, nbconvert's and Colab's.
    name : str
        Its file name; ".py" is read as a script.

    Raises
    ------
    Unreadable
        If the bytes hold no cells.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"The file has {len(data) / 1e6:.0f} MB; at most 100 are read.")
    for beginning, what in OTHER_FILES.items():
        if data.startswith(beginning):
            raise Unreadable(f"The file is not a notebook: it is {what}.")
    text = decoded(data).replace("\r\n", "\n").strip("\0\ufeff")
    if not text.strip():
        raise Unreadable("The file is empty.")
    is_script = re.search(r"\.py\b", name) or re.search(r"^# (%%|In ?\[|task:)", text, re.M)
    if is_script and text.lstrip()[0] not in "{<":
        with suppress(ImportError):  # which students do not have: they hand in notebooks
            from cnn_utils.notebook.scripts import read_script

            return read_script(text, name)
    notebook = from_content(_parsed(text), name)
    if not notebook.cells:
        raise Unreadable("The file is not a notebook: it holds no cells.")
    return notebook


def read_file(path: Path) -> Notebook:
    """Read a notebook's file; KitError, which names the file, if that is impossible."""
    try:
        with open(path, "rb") as file:
            return read(file.read(MAX_BYTES + 1), path.name)
    except OSError as error:
        reason, next_step = f"{error.strerror or error}", "Check its name and folder."
        raise KitError.about(f"'{path}'", "be a readable file", reason, next_step) from None
    except Unreadable as error:
        raise Unreadable(f"'{path}' can't be read. {error}") from None


def from_content(content, name: str = "notebook.ipynb") -> Notebook:
    """Make a notebook from the content of an .ipynb: values of a wrong type count as absent."""
    content = _as(dict, content)
    if content.get("nbformat") == 3 or "worksheets" in content:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                content = nbformat.convert(nbformat.from_dict(content), 4)
        except Exception:  # of any kind: the format is obsolete
            raise Unreadable("The notebook's old format could not be converted.") from None
    found = _as(list, content.get("cells"))
    if len(found) > MAX_CELLS:
        raise Unreadable(f"The notebook has {len(found)} cells; at most {MAX_CELLS:,} are read.")
    cells = [_cell(cell) for cell in found if isinstance(cell, dict)]
    cells = [cell for cell in cells if cell.kind in ("code", "markdown", "raw")]
    return Notebook(name, cells, _as(dict, content.get("metadata")))


def decoded(data: bytes) -> str:
    """Return the text of UTF-8, UTF-16 or, for want of better, Windows' Latin letters."""
    encoding = json.detect_encoding(data)  # by a mark, or by zeros where it was lost
    if encoding.startswith("utf-16"):
        return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _parsed(text: str):
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        line = getattr(error, "lineno", 1)
    if conflict := CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        what = f"it has git's conflict markers in line {line}. Choose one version of these lines"
        raise Unreadable(f"The file is not a notebook: {what}, without the markers.") from None
    if (first := text.lstrip()[0]) not in "{[":
        what = "it is a web page" if first == "<" else "it holds other text, or no text"
        raise Unreadable(f"The file is not a notebook: {what}.")
    what = f"Its JSON is damaged in line {line}"
    raise Unreadable(f"{what}. Open it in JupyterLab and save it again, or take an earlier copy.")


def _cell(cell: dict) -> Cell:
    return Cell(
        kind=_text(cell.get("cell_type")),
        source=_text(cell.get("source")).replace("\r\n", "\n").replace("\r", "\n"),
        metadata=_as(dict, cell.get("metadata")),
        outputs=[made for output in _as(list, cell.get("outputs")) if (made := _output(output))],
        execution_count=_count(cell),
        attachments={k: _bundle(v) for k, v in _as(dict, cell.get("attachments")).items()},
        id=_text(cell.get("id")),
    )


def _output(output) -> dict | None:
    output = _as(dict, output)
    kind, text = output.get("output_type"), _text(output.get("text"))
    if kind == "error":
        names = {key: _text(output.get(key)) for key in ("ename", "evalue")}
        trace = [_text(line) for line in _as(list, output.get("traceback"))]
        return {"output_type": kind, **names, "traceback": trace}
    if isinstance(output.get("data"), dict):
        made = {"data": _bundle(output["data"]), "metadata": _as(dict, output.get("metadata"))}
        if kind == "execute_result":
            return {"output_type": kind, **made, "execution_count": _count(output)}
        return {"output_type": "display_data", **made}
    name = _text(output.get("name")) or "stdout"
    return {"output_type": "stream", "name": name, "text": text} if text else None


def _bundle(data) -> dict:
    """Return a mimebundle with single strings; only JSON may be of another type."""
    joined = {k: v if "json" in k else _text(v) for k, v in _as(dict, data).items()}
    return {mime: value for mime, value in joined.items() if value}


def _as(kind: type, value):
    return value if isinstance(value, kind) else kind()


def _count(holder: dict) -> int | None:
    count = holder.get("execution_count")
    return count if type(count) is int and count >= 0 else None


def _text(value) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    # Half of a pair of surrogates can't be written to any file.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _group(text: str) -> dict[str, str]:
    """Read the header's table, or what is written in its place, such as "Group 7: Ada, Grace".

    Rows with labels of another language are known by their order.
    """
    is_table = "|" in text
    lines = re.sub(r"<br\s*/?>", ", ", text[:MAX_HEADER]).split("\n")
    rows = [row for line in lines if any(row := _fields(line[:500], is_table))]
    if rows and len({_key(label) for label in rows[0][:2]} - {""}) == 2:  # the labels are a row
        rows = [list(column) for column in zip_longest(*rows, fillvalue="")]
    keys = [_key(row[0]) for row in rows]
    if is_table and keys.count("group number") > 1:  # of a language whose words look alike
        keys = [""] * len(rows)
    missing = [key for key in ROWS if key not in keys]
    by_order = missing[:1] not in ([], ["group name"])
    found, key = {}, ""
    for (label, *values), known in zip(rows, keys, strict=True):
        value = ", ".join(filter(None, values))
        if known:
            key, rest = known, re.sub(rf"{ROWS[known]}|\(.*?\)", "", label, flags=re.I).strip(" :*")
            if value and not is_table and re.search(r"\d", rest):  # "Group 7: Ada"
                rest, value = "", f"{rest}, {value}"
            value = value or rest
        elif label and (value or (by_order and values and not label[0].isdigit())):
            key = missing.pop(0) if by_order and missing else ""
        elif label:  # a line of its own; without a label, a row continues the one above
            is_number = label[0].isdigit() and "group number" not in found
            key, value = "group number" if is_number else "members", label
        if key:
            found[key] = ", ".join(filter(None, (found.get(key), value)))
    number = GROUP_WORDS.sub("", GROUP_WORDS.sub("", found.get("group number", "")))
    if not is_table and (both := re.fullmatch(r"([\w-]+)\W+(.+)", number)):
        number, members = both.groups()
        found["members"] = ", ".join(filter(None, (members, found.get("members"))))
    return {**found, "group number": number} if found else {}


def _fields(line: str, is_table: bool) -> list[str]:
    """Return the cells of a table's row, or the label and value of a line of text."""
    line = line.strip()
    if not is_table:
        fields = [x.strip(" *>#\t-") for x in line.split(":", 1)]
        is_given = "double-click" in line.lower() or (line.startswith("#") and not _key(fields[0]))
        return [] if is_given else fields
    if "|" not in line or set(line) <= set("| :-"):
        return []
    return [x.strip(" *\t") for x in line.removeprefix("|").removesuffix("|").split("|")]


def _key(label: str) -> str:
    return next((k for k, words in ROWS.items() if re.match(words, label[:80], re.I)), "")
