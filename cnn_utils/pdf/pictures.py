"""Pictures for the document: the notebook's, files in its folder, and formulas drawn as SVG."""

import base64
import io
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from PIL import Image

from cnn_utils.notebook.reader import FIGURE_TYPES

# Typst reads these as they are; other raster formats become PNG.
AS_IS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
# Pixels per point of a figure that is a PDF.
PDF_SCALE = 3
# Formulas are drawn at this size and scaled: SVG pixels per em.
EM = 24
# What the library draws wrong: lines of arrays, and letters that its font lacks.
NOT_DRAWN = re.compile(
    r"\\hline|\\begin\{array\}\{[^}]*\||\\not(?![a-z])|[\u0590-\u1fff\u2e80-\ufdff\uff00-\uffef]"
)


class NoPicture(Exception):
    """A picture can't be shown; the text says why, for the reader."""


def from_source(source: str, folder: Path, attachments: dict) -> tuple[bytes, str]:
    """Return a picture's bytes and extension from an ``img`` tag's source.

    `source` is a data URI, ``attachment:name`` (a key of `attachments`), or a path relative to
    `folder`, the notebook's; files outside it are not read. Raise NoPicture with the reason.
    """
    if source.startswith("attachment:"):
        return from_bundle(attachments.get(unquote(source.removeprefix("attachment:")), {}))
    if match := re.match(r"data:([\w/+.-]*)[^,]*?(;base64)?,", source):
        data = source[match.end() :]
        return checked(_decoded(data) if match[2] else unquote(data).encode(), match[1])
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", source):
        raise NoPicture("pictures on the network are not loaded")
    try:
        path = (folder / unquote(source.split("?")[0])).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise NoPicture("it lies outside the notebook's folder")
        if path.is_file():
            return checked(path.read_bytes(), "svg" if path.suffix.lower() == ".svg" else "")
    except (OSError, ValueError):
        pass
    raise NoPicture("there is no such file beside the notebook")


def from_bundle(bundle: dict) -> tuple[bytes, str]:
    """Return the best picture of an output's or attachment's mimebundle."""
    for mime in FIGURE_TYPES:
        if mime in bundle:
            text = bundle[mime]
            is_text = mime == "image/svg+xml" and text.lstrip().startswith("<")
            return checked(text.encode("utf-8") if is_text else _decoded(text), mime)
    raise NoPicture("the notebook does not hold it")


def checked(data: bytes, mime: str) -> tuple[bytes, str]:
    """Return bytes that Typst can show, and their extension."""
    if "svg" in mime or data.lstrip()[:5] in (b"<svg ", b"<?xml"):
        return data, "svg"
    try:
        if data.startswith(b"%PDF"):
            import pypdfium2

            buffer = io.BytesIO()
            with pypdfium2.PdfDocument(data) as document:
                document[0].render(scale=PDF_SCALE).to_pil().save(buffer, "png")
            data = buffer.getvalue()
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            if image.format in AS_IS and image.mode != "CMYK":
                return data, AS_IS[image.format]
            buffer = io.BytesIO()
            image.convert("RGBA" if "A" in image.mode else "RGB").save(buffer, "png")
            return buffer.getvalue(), "png"
    except (Image.DecompressionBombError, OSError, RuntimeError, SyntaxError, ValueError):
        raise NoPicture("it is damaged or of an unknown kind") from None


class Formula(NamedTuple):
    """A drawn formula; sizes in em, `baseline` is how far it reaches below the line's."""

    svg: bytes
    width: float
    height: float
    baseline: float


@lru_cache(maxsize=1024)
def draw_formula(tex: str, display: bool) -> Formula | None:
    r"""Draw a formula; None if the library does not know its TeX, or draws it wrong.

    `tex` has no dollar signs and may be an environment such as ``\begin{align} ... \end{align}``;
    with `display` it gets a line of its own and large operators.
    """
    import ziamath

    # One numbered line of many would be the only thing in the document that has a number.
    tex = re.sub(r"\\begin\{(alignat\*?)\}\s*\{\d+\}", r"\\begin{\1}", tex)
    tex = re.sub(
        r"\\(begin|end)\{(alignat|align|equation|gather|eqnarray)\*?\}", r"\\\1{aligned}", tex
    )
    tex = re.sub(r"\\\\\[[^\]]*\]", r"\\\\", tex)  # extra space between lines
    tex = re.sub(r"\\(operatorname|hspace)\*", r"\\\1", tex)
    tex = re.sub(r"\\[bB]igg?[lrm]?\s*(?=\\[^a-zA-Z])", "", tex)  # \big\{
    tex = re.sub(
        r"\\not\s*(=|\\in(?![a-z]))", lambda m: r"\neq " if m[1] == "=" else r"\notin", tex
    )
    tex = re.sub(
        r"\\math(?:rel|bin|op|ord|open|close|punct|inner)(\{(?:[^{}]|\{[^{}]*\})*\})", r"\1", tex
    )
    tex = re.sub(r"\\(label|tag)\*?\{[^}]*\}|\\(notag|nonumber)\b", "", tex)
    if NOT_DRAWN.search(tex):
        return None
    try:
        formula = ziamath.Math.fromlatex(tex.strip(), size=EM, inline=not display)
        svg, (width, height), offset = formula.svg(), formula.getsize(), formula.getyofst()
    except Exception:  # of many kinds: the library parses whatever people type
        return None
    # An unknown command comes out as its own name.
    if height <= 0 or "\\" in "".join(formula.mathml.itertext()):
        return None
    return Formula(svg.encode("utf-8"), width / EM, height / EM, max(-offset, 0) / EM)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except ValueError:
        raise NoPicture("it is damaged") from None
