"""Read Python scripts that were made of notebooks, and write them; not in the student release."""

import re

import nbformat

from cnn_utils.notebook.assignment import MARKER
from cnn_utils.notebook.names import calls_only, parsed
from cnn_utils.notebook.reader import MAX_CELLS, Cell, Notebook, Unreadable, from_content

IN = re.compile(r"^# In ?\[[ \d]*\]:[ \t]*$", re.MULTILINE)


def read_script(text: str, name: str = "notebook.py") -> Notebook:
    """Read a Python script as a notebook: the percent format, nbconvert's or Colab's."""
    if re.search(r"^# ?%%", text, re.MULTILINE):
        import jupytext  # slow to import, and rarely needed

        try:
            return from_content(jupytext.reads(text, fmt="py:percent"), name)
        except nbformat.ValidationError as error:
            where = ".".join(map(str, error.original.absolute_path))
            raise Unreadable(f"A cell is invalid: {where}: {error.message}.") from None
    split = _split_at_prompts if IN.search(text) else _split_at_docstrings
    cells = [Cell(kind, source) for kind, source in split(text) if source]
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"The script has {len(cells)} cells; at most {MAX_CELLS:,} are read.")
    return Notebook(name, cells)


def as_ipynb(notebook) -> str:
    """Return the text of an .ipynb."""
    return nbformat.writes(notebook) + "\n"


def with_text(markdown: str) -> str:
    """Return the text of an .ipynb with one Markdown cell."""
    cell = nbformat.v4.new_markdown_cell(markdown, id="text")
    return as_ipynb(nbformat.v4.new_notebook(cells=[cell]))


def as_script(notebook) -> str:
    """Return a notebook in percent format; of its own metadata, only the kernel."""
    import jupytext

    header = {"jupytext": {"notebook_metadata_filter": "kernelspec,-jupytext"}}
    notebook = nbformat.from_dict({**notebook, "metadata": {**notebook.metadata, **header}})
    return jupytext.writes(notebook, fmt="py:percent")


def as_in_script(notebook: Notebook) -> Notebook:
    """Return what a script would hold of a notebook: no outputs, and no traces of JupyterLab."""
    made = nbformat.v4.new_notebook()
    for cell in notebook.cells:
        parts = {"cell_type": cell.kind, "source": cell.source, "metadata": cell.metadata}
        parts |= {"outputs": []} if cell.kind == "code" else {}
        made.cells.append(nbformat.from_dict(parts))
    return read_script(as_script(made), notebook.name)


def _split_at_prompts(text: str):
    """Split nbconvert's script: code follows `# In[1]:`; Markdown is comments before it."""
    for number, part in enumerate(IN.split(text)):
        paragraphs = re.split(r"\n[ \t]*\n", part.strip("\n"))
        n_code = len(paragraphs) if number else 0
        while n_code > 1 and _is_comment(paragraphs[n_code - 1]):
            n_code -= 1
        yield "code", "\n\n".join(paragraphs[:n_code]).strip("\n")
        for text in paragraphs[n_code:]:
            if _is_comment(text):
                yield "markdown", re.sub(r"^# ?", "", text, flags=re.MULTILINE).strip("\n")
            else:
                yield "code", text.strip("\n")


def _is_comment(paragraph: str) -> bool:
    lines = paragraph.strip("\n").split("\n")
    return all(line.startswith("#") for line in lines) and not MARKER.search(paragraph)


def _split_at_docstrings(text: str):
    """Split Colab's script: Markdown is docstrings; between code cells are only blank lines."""
    # Colab turns magics into comments below a line that explains it.
    text = re.sub(r"^# Commented out IPython magic.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^# ([%!]\w)", r"\1", text, flags=re.MULTILINE)
    kind, lines = "code", []
    for line in [*text.split("\n"), '"""']:
        begins = kind == "code" and line.startswith('"""')
        if begins or (kind == "code" and MARKER.match(line)):
            yield from (("code", part) for part in _paragraphs("\n".join(lines).strip("\n")))
            kind, lines = ("markdown", []) if begins else ("code", [])
            line = line[3:] if begins else line
        if kind == "markdown" and line.rstrip().endswith('"""'):
            yield "markdown", "\n".join([*lines, line.rstrip()[:-3]]).strip("\n")
            kind, lines = "code", []
        else:
            lines.append(line)


def _paragraphs(code: str):
    """Split code at blank lines between statements; a task's code only before and after checks."""
    tree, lines, start = parsed(code), code.split("\n"), 0
    is_task, was_check = MARKER.match(code), False
    for node in tree.body if tree else []:
        line = min([node, *getattr(node, "decorator_list", [])], key=lambda n: n.lineno).lineno - 1
        while line > 0 and lines[line - 1].startswith("#"):
            line -= 1
        is_check = calls_only("\n".join(lines[node.lineno - 1 : node.end_lineno]), "check_")
        if line > start and not lines[line - 1].strip() and (not is_task or is_check or was_check):
            yield "\n".join(lines[start:line]).strip("\n")
            start, is_task = line, is_task and not was_check
        was_check = is_check
    yield "\n".join(lines[start:]).strip("\n")
