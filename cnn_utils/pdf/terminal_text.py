"""Text as a terminal shows it: bars in their last state, ANSI colours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from nbconvert.filters import ansi2html

# A run of characters in one style: Typst arguments such as `weight: "bold"`, or "".
Run = tuple[str, str]

# Links, character sets, single letters and colours without a number: nbconvert knows only others.
OTHER_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b[^\[]|\x1b\[(?:[\d;]*;)?[34]8m|\x1b$"
)
# Dark enough to be read on white: a contrast of at least 4.5.
COLOURS = {
    "black": "#222222",
    "red": "#B3261E",
    "green": "#1B6E20",
    "yellow": "#7A5900",
    "blue": "#0B57A4",
    "magenta": "#8E2A8B",
    "cyan": "#00696F",
    "white": "#5F5F5F",
}


def last_state(text: str) -> str:
    """Return what a terminal shows in the end: carriage returns and backspaces overwrite."""
    lines = []
    for line in text.replace("\r\n", "\n").split("\n"):
        shown: list[str] = []
        place = 0
        for piece in re.findall(r"\x1b\[[0-9;:?]*[A-Za-z]|.", line, flags=re.DOTALL):
            if piece == "\r":
                place = 0
            elif piece == "\b":
                place = max(place - 1, 0)
            elif piece.startswith("\x1b") and piece.endswith("K"):
                del shown[place:]
            else:
                shown[place : place + 1] = [piece]
                place += 1
        lines.append("".join(shown).rstrip())
    return "\n".join(lines)


def coloured_lines(text: str) -> list[list[Run]]:
    """Split text at its line ends, and each line into runs of one style (ANSI escapes)."""
    html = ansi2html(OTHER_ESCAPES.sub("", text))
    runs = re.findall(r"(<span[^>]*>)?([^<]+)(?:</span>)?", html)
    return split_lines((unescape(content), _style(tag)) for tag, content in runs)


def split_lines(runs: Iterable[Run]) -> list[list[Run]]:
    """Split runs at the line ends in them."""
    lines: list[list[Run]] = [[]]
    for text, style in runs:
        for i, piece in enumerate(text.split("\n")):
            if i > 0:
                lines.append([])
            if piece:
                lines[-1].append((piece, style))
    return lines


def _style(tag: str) -> str:
    colour = re.search(r"ansi-(\w+)(-intense)?-fg", tag)
    arguments = [f'fill: rgb("{COLOURS[colour[1]]}")'] if colour and colour[1] in COLOURS else []
    return ", ".join(arguments + ['weight: "bold"'] * ("ansi-bold" in tag))
