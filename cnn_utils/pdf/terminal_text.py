"""Text as a terminal would show it: bars in their last state, colours, lines that fit the page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

# Lines of one output; beyond, its middle is left out.
MOST_LINES, HEAD, TAIL = 220, 180, 40
COLUMNS = 92
CONTINUED = "↪ "
ESCAPE = re.compile(
    r"\x1b\[([0-9;:?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b."
)
# Dark enough to be read on white: a contrast of at least 4.5.
COLOURS = ("#222222", "#B3261E", "#1B6E20", "#7A5900", "#0B57A4", "#8E2A8B", "#00696F", "#5F5F5F")


@dataclass(frozen=True)
class Style:
    """How a run of characters looks."""

    colour: str | None = None
    bold: bool = False
    italic: bool = False


Run = tuple[str, Style]


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


def shortened(lines: list) -> tuple[list, int, list]:
    """Return the first lines, the number of those left out, and the last lines."""
    if len(lines) <= MOST_LINES:
        return lines, 0, []
    return lines[:HEAD], len(lines) - HEAD - TAIL, lines[-TAIL:]


def coloured_lines(text: str) -> list[list[Run]]:
    """Split text at its line ends, and each line into runs of one style (ANSI escapes)."""
    lines, style, start = [[]], Style(), 0
    for match in [*ESCAPE.finditer(text), None]:
        end = len(text) if match is None else match.start()
        for i, piece in enumerate(text[start:end].split("\n")):
            if i > 0:
                lines.append([])
            if piece:
                lines[-1].append((piece, style))
        if match is not None:
            start = match.end()
            if match[2] == "m":
                style = _after(style, match[1])
    return lines


def wrapped(line: list[Run], columns: int = COLUMNS) -> list[list[Run]]:
    """Break a line into rows of at most `columns` characters; further ones begin with a mark."""
    text = "".join(piece for piece, _ in line)
    styles = [style for piece, style in line for _ in piece]
    rows, start = [], 0
    while True:
        room = columns - (len(CONTINUED) if start else 0)
        end = min(start + room, len(text))
        if end < len(text):
            # At a space, unless that would leave half of the row empty.
            space = text.rfind(" ", start + room // 2, end)
            end = space + 1 if space > 0 else end
        row = [(CONTINUED, Style(colour=COLOURS[7]))] if start else []
        for i in range(start, end):
            if row and i > start and styles[i] == styles[i - 1]:
                row[-1] = (row[-1][0] + text[i], styles[i])
            else:
                row.append((text[i], styles[i]))
        rows.append(row)
        start = end
        if start >= len(text):
            return rows


def _after(style: Style, codes: str) -> Style:
    """Return the style after a "select graphic rendition" escape."""
    numbers = [int(code) if code.isdigit() else 0 for code in codes.replace(":", ";").split(";")]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            style = Style()
        elif code in (1, 22):
            style = replace(style, bold=code == 1)
        elif code in (3, 23):
            style = replace(style, italic=code == 3)
        elif code in (38, 48):
            # 5;n or 2;r;g;b: skipped for the background, approximated for the text.
            mode = numbers.pop(0) if numbers else 0
            values, numbers = (
                (numbers[:1], numbers[1:]) if mode == 5 else (numbers[:3], numbers[3:])
            )
            if code == 38 and mode == 5 and values and values[0] < 16:
                style = replace(style, colour=COLOURS[values[0] % 8])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = replace(style, colour=COLOURS[code % 10])
        elif code == 39:
            style = replace(style, colour=None)
    return style
