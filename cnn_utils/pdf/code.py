"""Source code, highlighted, in lines that fit the page."""

from __future__ import annotations

from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token
from pygments.util import ClassNotFound

from cnn_utils.pdf.terminal_text import Run, Style, shortened, wrapped
from cnn_utils.pdf.typst_source import call, string, words

# Longer code may go over to the next page.
MOST_ROWS_TOGETHER = 30
# On light grey, all have a contrast of at least 4.5.
STYLES = {
    Comment: Style(colour="#5A5A5A", italic=True),
    Keyword: Style(colour="#7B1FA2", bold=True),
    Operator.Word: Style(colour="#7B1FA2", bold=True),
    Name.Decorator: Style(colour="#7B1FA2"),
    Name.Builtin: Style(colour="#00626E"),
    Name.Function: Style(colour="#0B4F9E"),
    Name.Class: Style(colour="#0B4F9E", bold=True),
    String: Style(colour="#A3240F"),
    Number: Style(colour="#1B6E20"),
}


def highlighted(source: str, language: str = "python") -> list[list[Run]]:
    """Split code into lines of styled runs; unknown languages stay plain."""
    try:
        lexer = get_lexer_by_name(language, ensurenl=False, stripnl=False)
    except ClassNotFound:
        return [[(line, Style())] if line else [] for line in source.split("\n")]
    lines: list[list[Run]] = [[]]
    for token, text in lex(source, lexer):
        style = _style(token)
        for i, piece in enumerate(text.split("\n")):
            if i > 0:
                lines.append([])
            if piece:
                lines[-1].append((piece, style))
    return lines


def listing(function: str, lines: list[list[Run]], cut: bool = True, **arguments: str) -> str:
    """Return a call of `function` with lines of styled runs, wrapped, one below the other.

    Of very many rows the middle is left out, with a note, if `cut`.
    """
    rows = [row for line in lines for row in wrapped(line)]
    if function == "code" and len(rows) > MOST_ROWS_TOGETHER:
        arguments["whole"] = "false"
    first, n_left_out, last = shortened(rows) if cut else (rows, 0, [])
    markup = _joined(first)
    if n_left_out:
        told = words(f"{n_left_out} lines are left out here; they are in the notebook.")
        markup += call("note", told) + _joined(last)
    return call(function, markup, **arguments)


def _joined(rows: list[list[Run]]) -> str:
    return "#linebreak();".join("".join(map(_run, row)) for row in rows)


def _style(token) -> Style:
    while token is not Token:
        if token in STYLES:
            return STYLES[token]
        token = token.parent
    return Style()


def _run(run: Run) -> str:
    text, style = run
    markup = f"#raw({string(text)});"
    arguments = {}
    if style.colour:
        arguments["fill"] = f'rgb("{style.colour}")'
    if style.bold:
        arguments["weight"] = '"bold"'
    if style.italic:
        arguments["style"] = '"italic"'
    return call("text", markup, **arguments) if arguments else markup
