"""Pictures for the document: read from the notebook and its folder, never from the network."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from urllib.parse import unquote

from PIL import Image, UnidentifiedImageError

from cnn_utils.notebook.assignment import FIGURE_TYPES

# Typst reads these as they are; other raster formats become PNG.
AS_IS = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}


class NoPicture(Exception):
    """A picture can't be shown; the text says why, for the reader."""


def from_source(source: str, folder: Path, attachments: dict) -> tuple[bytes, str]:
    """Return a picture's bytes and extension from an ``img`` tag's source.

    `source` is a data URI, ``attachment:name`` (a key of `attachments`), or a path relative to
    `folder`, the notebook's; files outside it are not read. NoPicture says why there is none.
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
            data = bundle[mime]
            text = "".join(data) if isinstance(data, list) else str(data)
            is_text = mime == "image/svg+xml" and text.lstrip().startswith("<")
            return checked(text.encode("utf-8") if is_text else _decoded(text), mime)
    raise NoPicture("the notebook does not hold it")


def checked(data: bytes, mime: str) -> tuple[bytes, str]:
    """Return bytes that Typst can show, and their extension."""
    if "svg" in mime or data.lstrip()[:5] in (b"<svg ", b"<?xml"):
        return data, "svg"
    try:
        with Image.open(io.BytesIO(data)) as image:
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
    except ValueError:
        raise NoPicture("it is damaged") from None
