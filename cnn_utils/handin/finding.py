"""What is said about a notebook before it is handed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import shorten

from cnn_utils.notebook.tasks import is_hand_in

WIDTH = 40


@dataclass(frozen=True)
class Finding:
    """Something that should be mended before handing in.

    Attributes
    ----------
    cell : int or None
        Number of the cell, from 1 over all cells; None for the whole.
    text : str
        What is wrong, and what to do.
    begins : str
        The cell's first words, by which one recognises it.
    """

    cell: int | None
    text: str
    begins: str = ""

    def __str__(self) -> str:
        if self.cell is None:
            return self.text
        return f"cell {self.cell}{f' ({self.begins})' if self.begins else ''}: {self.text}"


def with_first_words(finding: Finding, notebook) -> Finding:
    """Return a finding that also says how its cell begins."""
    if finding.cell is None:
        return finding
    lines = notebook.cells[finding.cell - 1].source.strip().splitlines()
    shown = next((line.strip() for line in lines if not line.startswith("<!--")), "")
    return replace(finding, begins=shorten(shown, WIDTH, placeholder=" …"))


def output_texts(notebook) -> Iterator[str]:
    """Yield what the outputs say in words; what an earlier look at them said is not one."""
    for cell in notebook.cells:
        for output in [] if is_hand_in(cell) else cell.get("outputs", []):
            data = output.get("data", {})
            for text in (output.get("text"), data.get("text/plain"), data.get("text/html")):
                yield "".join(text) if isinstance(text, list) else str(text or "")
