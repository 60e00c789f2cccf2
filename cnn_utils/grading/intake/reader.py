"""Read the cells of a handed-in notebook from untrusted bytes.

Runs in a separate process with limits (`sandbox/untrusted.py`): a notebook may be made to be slow.
"""

import json
import re
import warnings
from dataclasses import dataclass

import jupytext
import nbformat

from cnn_utils.errors import KitError

MAX_BYTES = 30_000_000
MAX_CELLS, MAX_LETTERS = 1_000, 2_000_000


class Unreadable(KitError):
    """A file is not a readable notebook; the message gives the reason."""


@dataclass(frozen=True)
class PlainCell:
    """A cell, reduced to what grading needs.

    Attributes
    ----------
    kind : {"code", "markdown", "raw"}
    source : str
    task, role : str
        From its metadata, or "".
    has_figure : bool
        Whether an output holds a picture.
    output_text : str
        Text of its outputs, at most 2,000 characters.
    """

    kind: str
    source: str
    task: str = ""
    role: str = ""
    has_figure: bool = False
    output_text: str = ""


def read_cells(data: bytes, name: str = "notebook.ipynb") -> list[PlainCell]:
    """Return the cells of a notebook.

    Parameters
    ----------
    data : bytes
        An .ipynb of any version of the format, or a .py in percent format.
    name : str
        Its file name; ".py" is read as a percent script.

    Raises
    ------
    Unreadable
        If the bytes hold no cells.
    """
    if not data.strip():
        raise Unreadable("The file is empty.")
    if len(data) > MAX_BYTES:
        raise Unreadable(f"The file has {len(data) / 1e6:.0f} MB; at most 30 are read.")
    text = _decoded(data)
    # A percent script is recognised under any name.
    if name.endswith(".py") or (re.search(r"^# %%", text, re.M) and not text.startswith("{")):
        cells = jupytext.reads(text, fmt="py:percent").cells
    else:
        cells = _cells_of(_parsed(text))
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The notebook has {len(cells)} cells; at most {MAX_CELLS} are read.")
    plain = [cell for cell in map(_plain, cells) if cell is not None]
    if not any(cell.source.strip() for cell in plain):
        raise Unreadable("The notebook holds no text.")
    return plain


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _parsed(text: str):
    try:
        return json.loads(text)
    except RecursionError:
        raise Unreadable("The file is nested too deeply to be a notebook.") from None
    except ValueError:
        start = text.lstrip()[:20].lower()
        what = "a web page" if start.startswith(("<!doctype", "<html")) else "no or damaged JSON"
        raise Unreadable(f"The file is not a notebook: it is {what}.") from None


def _cells_of(content) -> list:
    if not isinstance(content, dict):
        raise Unreadable("The file is not a notebook: it holds no cells.")
    major = content.get("nbformat")
    if major == 3 or "worksheets" in content:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                content = nbformat.convert(nbformat.from_dict(content), 4)
        except Exception:  # of any kind: the format is obsolete
            raise Unreadable("The notebook's old format could not be converted.") from None
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise Unreadable("The file is not a notebook: it holds no cells.")
    return cells


def _plain(cell) -> PlainCell | None:
    """Reduce a cell, or return None for anything else; values of a wrong type are ignored."""
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        return None
    source = _text(cell.get("source"))[:MAX_LETTERS]
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    outputs = cell.get("outputs")
    outputs = [o for o in outputs if isinstance(o, dict)] if isinstance(outputs, list) else []
    bundles = [o.get("data") for o in outputs]
    bundles = [b for b in bundles if isinstance(b, dict)]
    texts = [_text(o.get("text")) for o in outputs] + [_text(b.get("text/plain")) for b in bundles]
    return PlainCell(
        kind,
        source.replace("\r\n", "\n").replace("\r", "\n"),
        task=_word(metadata.get("task")),
        role=_word(metadata.get("kind")),
        has_figure=any("image/png" in b or "image/svg+xml" in b for b in bundles),
        output_text="\n".join(texts)[:2_000],
    )


def _text(value) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _word(value) -> str:
    return value.strip().lower() if isinstance(value, str) and len(value) < 100 else ""
