"""Pictures for the document: read from the notebook and its folder, never from the network."""

from __future__ import annotations

import base64
import binascii
import io
import re
from pathlib import Path
from urllib.parse import unquote

from PIL import Image, UnidentifiedImageError

# What Typst reads as it is; other raster formats become PNG.
AS_IS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}
# An A4 page at 300 dots per inch has 2,500 x 3,500 pixels.
MOST_PIXELS, MOST_BYTES, MOST_EMBEDDED = 4000 * 4000, 20_000_000, 100_000


class NoPicture(Exception):
    """A picture can't be shown; the text says why, for the reader."""


def from_source(source: str, folder: Path, attachments: dict) -> tuple[bytes, str]:
    """Return a picture's bytes and extension from an ``img`` tag's source.

    Parameters
    ----------
    source : str
        A data URI, ``attachment:name``, or a path relative to `folder`.
    folder : Path
        The notebook's folder; files outside it are not read.
    attachments : dict
        The cell's attachments.

    Raises
    ------
    NoPicture
        If there is none.
    """
    if source.startswith("attachment:"):
        bundle = attachments.get(unquote(source.removeprefix("attachment:")), {})
        return from_bundle(bundle)
    if match := re.match(r"data:([\w/+.-]*)[^,]*?(;base64)?,", source):
        data = source[match.end() :]
        return checked(_decoded(data) if match[2] else unquote(data).encode(), match[1])
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", source):
        raise NoPicture("a picture on the network is not fetched")
    try:
        path = (folder / unquote(source.split("?")[0])).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise NoPicture("it lies outside the notebook's folder")
        if not path.is_file():
            raise NoPicture("there is no such file beside the notebook")
        if path.stat().st_size > MOST_BYTES:
            raise NoPicture("the file is too large")
        return checked(path.read_bytes(), "svg" if path.suffix.lower() == ".svg" else "")
    except (OSError, ValueError):
        raise NoPicture("there is no such file beside the notebook") from None


def from_bundle(bundle: dict) -> tuple[bytes, str]:
    """Return the best picture of an output's or attachment's mimebundle."""
    for mime in ("image/png", "image/jpeg", "image/svg+xml", "image/gif", "image/webp"):
        if mime in bundle:
            data = bundle[mime]
            text = "".join(data) if isinstance(data, list) else str(data)
            is_text = mime == "image/svg+xml" and text.lstrip().startswith("<")
            return checked(text.encode("utf-8") if is_text else _decoded(text), mime)
    raise NoPicture("the notebook does not hold it")


def checked(data: bytes, mime: str) -> tuple[bytes, str]:
    """Return bytes that Typst can show, and their extension."""
    if len(data) > MOST_BYTES:
        raise NoPicture("it is too large")
    if "svg" in mime or data.lstrip()[:5] in (b"<svg ", b"<?xml"):
        # References to other files or addresses are not followed; an entity could grow without end.
        if b"<!ENTITY" in data or data[:2] == b"\x1f\x8b":
            raise NoPicture("its SVG is compressed or defines entities")
        if len(re.findall(rb"<image\b", data)) and len(data) > MOST_EMBEDDED:
            raise NoPicture("its SVG embeds large pictures")
        return data, "svg"
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NoPicture("it has too many pixels")
            image.load()
            if image.format in AS_IS and image.mode != "CMYK":
                return data, AS_IS[image.format]
            buffer = io.BytesIO()
            image.convert("RGBA" if "A" in image.mode else "RGB").save(buffer, "png")
            return buffer.getvalue(), "png"
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise NoPicture("it is damaged or of an unknown kind") from None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise NoPicture("it is damaged") from None
