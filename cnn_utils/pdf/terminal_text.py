"""Text as a terminal shows it: bars in their last state, epochs in one line, ANSI colours."""

import re
from collections.abc import Iterable

# A run of characters in one style: Typst arguments such as `weight: "bold"`, or "".
Run = tuple[str, str]

ESCAPE = re.compile(r"(\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b.)")
# One setting of a "select graphic rendition" escape; colours may take several numbers.
SETTING = re.compile(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+")
COLOUR = re.compile(r"[39]([0-7])|38;5;(\d|1[0-5])")
# What Keras prints of one of several epochs: a title, and a bar (without a terminal, many).
STYLE = r"(?:\x1b\[[\d;]*m)*"
BAR = rf"{STYLE} *\d+/(?:\d+|Unknown){STYLE} .*\d[mun]?s/(?:step|epoch)\b.*(?:\n|\Z)"
EPOCH = re.compile(rf"^Epoch (\d+)/(\d+)\n((?:{BAR})+)", re.MULTILINE)
# Dark enough to be read on white: a contrast of at least 4.5.
COLOURS = ("#222222", "#B3261E", "#1B6E20", "#7A5900", "#0B57A4", "#8E2A8B", "#00696F", "#5F5F5F")


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


def fold_epochs(text: str) -> str:
    """Replace what Keras prints of consecutive epochs by one line; other lines stay."""
    runs, expected = [], None
    for epoch in EPOCH.finditer(text):
        if (epoch.start(), int(epoch[1]), epoch[2]) != expected:
            runs.append([])
        runs[-1].append(epoch)
        expected = epoch.end(), int(epoch[1]) + 1, epoch[2]
    for first, *_, last in reversed([run for run in runs if len(run) > 1]):
        bar = re.sub("━+ ", "", ESCAPE.sub("", last[3]).rstrip("\n").split("\n")[-1]).strip()
        line = f"Epochs {first[1]} to {last[1]} of {last[2]}, the last: {bar}\n"
        text = text[: first.start()] + line + text[last.end() :]
    return text


def coloured_lines(text: str) -> list[list[Run]]:
    """Split text at its line ends, and each line into runs of one style (ANSI escapes)."""
    runs, fill, weight = [], "", ""
    for piece in ESCAPE.split(text):
        if not piece.startswith("\x1b"):
            runs.append((piece, ", ".join(filter(None, (fill, weight)))))
        elif piece.startswith("\x1b[") and piece.endswith("m"):
            fill, weight = _after(piece[2:-1], fill, weight)
    return split_lines(runs)


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


def _after(codes: str, fill: str, weight: str) -> tuple[str, str]:
    """Return colour and weight after an escape; backgrounds and other settings are ignored."""
    for setting in SETTING.findall(codes.replace(":", ";") or "0"):
        if setting == "0":
            fill = weight = ""
        elif setting in ("1", "22"):
            weight = 'weight: "bold"' if setting == "1" else ""
        elif setting == "39":
            fill = ""
        elif match := COLOUR.fullmatch(setting):
            fill = f'fill: rgb("{COLOURS[int(match[1] or match[2]) % 8]}")'
    return fill, weight
