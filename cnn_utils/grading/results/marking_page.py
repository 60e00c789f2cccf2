"""Write ``marking.html``: mark the texts in a browser, and download the sheet."""

import base64
import hashlib
import json
import re
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString
from markupsafe import Markup, escape

from cnn_utils.files import write_whole
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.release.regions import BEGIN, END
from cnn_utils.grading.results.manual_grading import COLUMNS, anonymous_id, as_sheet
from cnn_utils.grading.results.pages import TEMPLATES, printable_lines, render
from cnn_utils.notebook.assignment import headings_in

FILE = "marking.html"
# What a student's text may become, without attributes: no link, no style, no id of the page's own.
SAFE = {"p", "br", "hr", "pre", "code", "blockquote", "ul", "ol", "li", "em", "strong", "del"}
SAFE |= {"table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6"}
# Rendering takes a time that grows with the square of some hostile texts.
MAX_RENDERED = 20_000  # letters
# "2: names the gap between the curves" is worth two points.
CRITERION = re.compile(r"(?P<points>\d+(?:\.\d+)?)\s*:\s*(?P<text>.+)", re.DOTALL)


def write_marking_page(
    rows: list[dict], source_notebooks: dict[str, SourceNotebook], sheet: Path, title: str
) -> None:
    """Write the page beside the sheet; it needs no other file and no network.

    Parameters
    ----------
    rows : list of dict
        From `merge_marks`.
    source_notebooks : dict of str to SourceNotebook
    sheet : Path
        The CSV file that the page writes anew as a download.
    title : str
    """
    found = {row["task"] for row in rows if "text" in row}
    tasks = [
        _task(source_notebook, task)
        for source_notebook in source_notebooks.values()
        for task in source_notebook.tasks
        if task.kind == "answer" and task.name in found
    ]
    shown = []
    for row, cells in zip(rows, as_sheet(rows), strict=True):
        shown.append({name: cells[name] for name in COLUMNS})
        if "text" in row:  # of a hand-in here
            shown[-1] |= {"html": _safe_html(row["text"]), "figures": row["figures"]}
    data = {
        "sheet": sheet.name,
        "columns": COLUMNS,
        "batch": anonymous_id("the page", sheet),
        "tasks": tasks,
        "rows": shown,
    }
    script = (TEMPLATES / "marking.js").read_text(encoding="utf-8")
    values = {
        "title": title or "Texts to mark",
        "sheet": sheet.name,
        # A browser ends a script at "</script>" and at "<!--", whatever stands around them.
        "data": Markup(json.dumps(data).replace("<", "\\u003c")),
        "script": Markup(script),
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
    write_whole(sheet.with_name(FILE), render("marking", values))


def _task(source_notebook: SourceNotebook, task) -> dict:
    """Return what the page shows of a task: question, model answer and rubric."""
    cells = source_notebook.cells
    place = next(
        i
        for i, cell in enumerate(cells)
        if cell.metadata.get("task") == task.name and cell.cell_type == "markdown"
    )
    question = []
    for cell in reversed(cells[:place]):  # up to the heading above it
        if cell.cell_type == "markdown" and "task" not in cell.metadata:
            question.insert(0, cell.source)
            if headings_in(cell.source):
                break
    found = [CRITERION.fullmatch(line) for line in task.rubric]
    return {
        "name": task.name,
        "heading": task.heading or task.name,
        "most": task.points,
        "question": _as_html("\n\n".join(question)),
        "answer": _as_html(_solution(cells[place].source)),
        "rubric": [
            {"text": line, "points": float(criterion["points"]) if criterion else 0}
            for line, criterion in zip(task.rubric, found, strict=True)
        ],
    }


def _solution(source: str) -> str:
    return source.partition(BEGIN)[2].partition("\n")[2].partition(END)[0].rpartition("\n")[0]


def _as_html(markdown: str) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(markdown)


def _safe_html(text: str) -> str:
    """Render a student's Markdown: tags of `SAFE` without attributes, all else as text."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    text = printable_lines(text)
    plain = f"<pre>{escape(text)}</pre>"
    if len(text) > MAX_RENDERED:
        return plain
    renderer = IPythonRenderer(escape=True, exclude_anchor_links=True)
    # The class's own one runs Pygments, and lets "mermaid" pass as it is.
    renderer.block_code = lambda code, info=None: f"<pre>{escape(code)}</pre>"
    renderer.image = lambda *_, **__: "[a picture]"
    try:
        found = BeautifulSoup(MarkdownWithMath(renderer=renderer).render(text), "html.parser")
        for tag in found.find_all(True):
            tag.attrs = {}
            if tag.name not in SAFE:
                tag.unwrap()
        for string in found.find_all(string=True):  # a comment, too, becomes a text
            string.replace_with(NavigableString(string))
        return found.decode()
    except Exception:  # whatever a hostile text makes of the renderer, the page is written
        return plain
