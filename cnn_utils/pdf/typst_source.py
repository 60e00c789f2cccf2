"""Write Typst: every text goes in as a quoted string, so that nothing in a notebook is run."""

import re
import unicodedata

# Typst refuses a document with these; a form feed or bell in an output means nothing on paper.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")


def string(text: str) -> str:
    """Return `text` as a Typst string literal."""
    # Letters and their marks are composed (NFC): a reader of the PDF finds separate marks anywhere.
    text = unicodedata.normalize("NFC", CONTROL.sub("", text))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "    ") + '"'


def breakable(text: str) -> str:
    """Return text in which very long words may be broken, after every 30 letters."""
    return re.sub(r"\S{60,}", lambda word: re.sub(r"(\S{30})(?=\S)", "\\1\u200b", word[0]), text)


def words(text: str) -> str:
    """Return running text as markup."""
    return f"#{string(breakable(text))};" if text else ""


def call(function: str, *content: str, **arguments: str) -> str:
    """Return markup that calls a function of Typst or of page.typ.

    Each piece of content (markup) becomes a content argument; named arguments are Typst
    expressions.
    """
    named = [f"{name}: {value}" for name, value in arguments.items()]
    return f"#{function}({', '.join([*named, *(f'[{markup}]' for markup in content)])});"
