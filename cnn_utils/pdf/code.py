"""Source code, highlighted, in lines that fit the page."""

from itertools import groupby
from operator import itemgetter

from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token
from pygments.util import ClassNotFound

from cnn_utils.pdf.terminal_text import Run, split_lines
from cnn_utils.pdf.typst_source import call, string, words

# On light grey, all have a contrast of at least 4.5.
STYLES = {
    Comment: 'fill: rgb("#5A5A5A"), style: "italic"',
    Keyword: 'fill: rgb("#7B1FA2"), weight: "bold"',
    Operator.Word: 'fill: rgb("#7B1FA2"), weight: "bold"',
    Name.Decorator: 'fill: rgb("#7B1FA2")',
    Name.Builtin: 'fill: rgb("#00626E")',
    Name.Function: 'fill: rgb("#0B4F9E")',
    Name.Class: 'fill: rgb("#0B4F9E"), weight: "bold"',
    String: 'fill: rgb("#A3240F")',
    Number: 'fill: rgb("#1B6E20")',
    Token: "",
}
COLUMNS = 92
CONTINUED: Run = ("↪ ", 'fill: rgb("#5F5F5F")')
# Longer code may go over to the next page.
MAX_ROWS_TOGETHER = 30
# Rows of one output; beyond, its middle is left out.
MAX_ROWS, HEAD, TAIL = 220, 180, 40


def highlighted(source: str, language: str = "python") -> list[list[Run]]:
    """Split code into lines of styled runs; unknown languages stay plain."""
    try:
        lexer = get_lexer_by_name(language, ensurenl=False, stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text", ensurenl=False, stripnl=False)
    return split_lines((text, _style(token)) for token, text in lex(source, lexer))


def listing(function: str, lines: list[list[Run]], cut: bool = True, **arguments: str) -> str:
    """Return a call of `function` with lines of styled runs, wrapped, one below the other.

    Of very many rows the middle is left out, with a note, if `cut`.
    """
    rows = [row for line in lines for row in wrapped(line)]
    if function == "code" and len(rows) > MAX_ROWS_TOGETHER:
        arguments["whole"] = "false"
    if not cut or len(rows) <= MAX_ROWS:
        return call(function, _joined(rows), **arguments)
    left_out = f"{len(rows) - HEAD - TAIL} lines are left out here; they are in the notebook."
    markup = _joined(rows[:HEAD]) + call("note", words(left_out)) + _joined(rows[-TAIL:])
    return call(function, markup, **arguments)


def wrapped(line: list[Run], columns: int = COLUMNS) -> list[list[Run]]:
    """Break a line into rows of at most `columns` characters; further ones begin with a mark."""
    letters = [(letter, style) for text, style in line for letter in text]
    rows, start = [], 0
    while start < len(letters) or not rows:
        room = columns - (len(CONTINUED[0]) if start else 0)
        end = min(start + room, len(letters))
        if end < len(letters):
            # At a space, unless that would leave half of the row empty.
            spaces = [i for i in range(start + room // 2, end) if letters[i][0] == " "]
            end = spaces[-1] + 1 if spaces else end
        runs = groupby(letters[start:end], key=itemgetter(1))
        row = [("".join(letter for letter, _ in run), style) for style, run in runs]
        rows.append([CONTINUED, *row] if start else row)
        start = end
    return rows


def _joined(rows: list[list[Run]]) -> str:
    return "#linebreak();".join("".join(_run(*run) for run in row) for row in rows)


def _style(token) -> str:
    return next(STYLES[kind] for kind in reversed(token.split()) if kind in STYLES)


def _run(text: str, style: str) -> str:
    raw = f"#raw({string(text)});"
    return f"#text({style}, [{raw}]);" if style else raw
