import base64
import io
import json
import re
import sys
import unicodedata
from datetime import date

import nbformat.v4 as v4
import numpy as np
import pypdf
import pypdfium2
import pytest
import typst
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.text import Text
from PIL import Image

import cnn_utils
from cnn_utils.errors import KitError
from cnn_utils.notebook.assignment import hash_of
from cnn_utils.pdf import cells as cells_module
from cnn_utils.pdf.document import build
from cnn_utils.plots.figure import PIXEL_RATIO

TODAY = date(2026, 11, 22)
IMAGE, PATH = pypdfium2.raw.FPDF_PAGEOBJ_IMAGE, pypdfium2.raw.FPDF_PAGEOBJ_PATH
PLAIN = "shown as plain text"
HEADER = "| | |\n|---|---|\n| **Group number** | Gruppe 7 |\n| **Members** | Åse |\n| | Ζωή |"


def pdf_of(*cells, folder, name="notebook"):
    data = build(v4.new_notebook(cells=list(cells)), folder, name, TODAY)
    return pypdf.PdfReader(io.BytesIO(data))


def text_of(reader):
    text = " ".join(page.extract_text() for page in reader.pages)
    return " ".join(text.replace("\u200b", "").split())


def structure(reader):
    """Yield every element of the document's structure tree."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, pypdf.generic.ArrayObject):
            waiting.extend(node)
        elif isinstance(node, pypdf.generic.DictionaryObject):
            if "/S" in node:
                yield node
            if "/K" in node:
                waiting.append(node["/K"])


def test_the_first_page_names_title_group_members_and_date(tmp_path):
    header = v4.new_markdown_cell(HEADER, metadata={"kind": "header"})
    reader = pdf_of(v4.new_markdown_cell("# My *title*\n\nIntro"), header, folder=tmp_path)
    assert reader.metadata.title == "My title"
    text = text_of(reader)
    assert "Group 7 · Åse, Ζωή · 2026-11-22" in text
    assert "Intro" in text


CODE = v4.new_code_cell("# task: net\nx = 1", metadata={"task": "net", "points": 10})
TEXT = v4.new_markdown_cell("### Why?\nBecause.", metadata={"task": "why", "kind": "answer"})


def test_answers_are_set_off_and_named(tmp_path):
    check = v4.new_code_cell("check_net(x)", metadata={"check": "net"})
    reader = pdf_of(v4.new_markdown_cell("# T\nGiven"), CODE, check, TEXT, folder=tmp_path)
    text = text_of(reader)
    assert re.findall(r"Answer to task \w+(?:, \d+ points)?", text) == [
        "Answer to task net, 10 points",
        "Answer to task why",
    ]
    assert "Answer to task net, 10 points # task: net x = 1 check_net(x)" in text
    assert "Answer to task why Why? Because." in text
    assert "Own cell" not in text


def test_a_rule_stands_beside_answers_only(tmp_path):
    for cells, n in (([v4.new_code_cell("x = 1")], 0), ([CODE], 1), ([CODE, TEXT], 2)):
        pdf = pypdfium2.PdfDocument(build(v4.new_notebook(cells=cells), tmp_path, "x", TODAY))
        boxes = [x.get_bounds() for x in pdf[0].get_objects(filter=[PATH], max_depth=9)]
        margin = 2 / 2.54 * 72
        assert sum(right < margin - 5 for _, _, right, _ in boxes) == n


def test_own_cells_are_known_by_the_assignment(tmp_path):
    given = v4.new_markdown_cell("Given")
    outline = f"{hash_of('Given', 'markdown')} code:net answer:why"
    part = {"tasks": [["net", "code"], ["why", "answer"]], "networks": [], "outline": outline}
    (tmp_path / "assignment.json").write_text(json.dumps({"part1.ipynb": part}))
    lost = v4.new_code_cell(CODE.source)
    added = v4.new_markdown_cell("What I found")
    text = text_of(pdf_of(given, lost, added, TEXT, folder=tmp_path, name="part1"))
    answers = "Answer to task net # task: net x = 1 Own cell, added or changed What I found"
    assert f"Given {answers} Answer to task why Why? Because." in text
    (tmp_path / "assignment.json").write_text("damaged")
    text = text_of(pdf_of(given, added, TEXT, folder=tmp_path, name="part1"))
    assert "Answer to task why" in text
    assert "Own cell" not in text


def test_how_to_fill_in_the_header_is_not_printed(tmp_path):
    source = f"{HEADER}\n\n*To fill in the table: Double-click it, then write.*"
    header = v4.new_markdown_cell(source, metadata={"kind": "header", "task": "group"})
    text = text_of(
        pdf_of(header, v4.new_markdown_cell("A double-click elsewhere"), folder=tmp_path)
    )
    assert "To fill in" not in text
    assert "Answer" not in text
    assert "Gruppe 7" in text
    assert "A double-click elsewhere" in text


def widgets():
    """Yield widgets whose pictures are full of numbers, by name."""
    rng = np.random.default_rng(0)
    labels, names = rng.integers(0, 10, 3000), cnn_utils.CIFAR10_CLASSES
    images = rng.integers(0, 255, (3000, 8, 8, 3), dtype=np.uint8)
    models = {name: rng.dirichlet(np.ones(10), 3000) for name in ("LeNet", "dense")}
    arguments = labels, models["LeNet"], images, names
    yield "one model", cnn_utils.ConfusionMatrixExplorer(*arguments)
    yield "two models", cnn_utils.ConfusionMatrixExplorer(labels, models, images, names)
    digits = [str(i) for i in range(10)]
    yield "digits", cnn_utils.ConfusionMatrixExplorer(labels, models, images, digits)
    yield "browser", cnn_utils.ImageBrowser(images, *arguments[:2], class_names=names)


WIDGETS = dict(widgets())


@pytest.mark.parametrize("name", WIDGETS)
def test_the_letters_in_widgets_pictures_have_7_points_on_paper(name, tmp_path):
    data, metadata = WIDGETS[name]._repr_mimebundle_()
    output = v4.new_output("display_data", data=data, metadata=metadata)
    notebook = v4.new_notebook(cells=[v4.new_code_cell("", outputs=[output])])
    pdf = pypdfium2.PdfDocument(build(notebook, tmp_path, "x", TODAY))
    (drawn,) = [x for page in pdf for x in page.get_objects(filter=[IMAGE], max_depth=9)]
    left, _, right, _ = drawn.get_bounds()
    inches = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width / 100 / PIXEL_RATIO
    scale = (right - left) / 72 / inches
    figure = WIDGETS[name].figure()
    figure.draw_without_rendering()
    texts = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert len(texts) > 20
    assert min(text.get_fontsize() for text in texts) * scale >= 7


def test_headings_become_bookmarks(tmp_path):
    reader = pdf_of(v4.new_markdown_cell("# T\n## One\n### Two"), folder=tmp_path)
    titles = [item["/Title"] for item in reader.outline if isinstance(item, dict)]
    assert "One" in titles


def test_it_is_tagged_and_claims_pdf_ua(tmp_path):
    reader = pdf_of(v4.new_markdown_cell("$x^2$ and **bold**"), folder=tmp_path)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid" in reader.trailer["/Root"]["/Metadata"].get_data()
    figures = [node for node in structure(reader) if node["/S"] == "/Figure"]
    assert [node["/Alt"] for node in figures] == ["x^2"]


def test_nothing_in_a_notebook_is_run(tmp_path):
    (tmp_path / "secret.txt").write_text("SECRET")
    text = '#read("secret.txt") #eval("1+1") @ref <label> $ \\ = a\n\n`#panic()`'
    reader = pdf_of(v4.new_markdown_cell(text), v4.new_raw_cell(text), folder=tmp_path)
    assert "SECRET" not in text_of(reader)
    assert '#read("secret.txt")' in text_of(reader)
    assert PLAIN not in text_of(reader)


@pytest.fixture
def only_own_fonts(monkeypatch):
    """Hide the fonts of the system that runs the tests."""
    compiled = typst.compile

    def without(*arguments, **options):
        return compiled(*arguments, **{**options, "ignore_system_fonts": True})

    monkeypatch.setattr(typst, "compile", without)


def test_the_system_s_fonts_are_asked_only_if_a_letter_is_missing(tmp_path, monkeypatch):
    asked, compiled = [], typst.compile

    def asking(*arguments, **options):
        asked.append(not options["ignore_system_fonts"])
        return compiled(*arguments, **options)

    monkeypatch.setattr(typst, "compile", asking)
    pdf_of(v4.new_markdown_cell("αβ"), folder=tmp_path)
    assert not any(asked)
    pdf_of(v4.new_markdown_cell("漢"), folder=tmp_path)
    assert asked[:3] == [False, False, True]


def test_letters_without_a_font_are_named(tmp_path, only_own_fonts):
    reader = pdf_of(v4.new_markdown_cell("Čáhci Кот αβ 🎉 漢"), folder=tmp_path)
    text = text_of(reader)
    assert "Čáhci Кот αβ" in text
    assert "[cjk unified ideograph-6f22]" in text


def test_only_the_letters_without_a_font_are_named(tmp_path):
    reader = pdf_of(v4.new_markdown_cell("→ ≤ ∑ 1\ufe0f\u20e3"), folder=tmp_path)
    assert "→ ≤ ∑ 1" in text_of(reader)


def test_a_page_of_chinese_takes_seconds_and_one_note(tmp_path, only_own_fonts):
    letters = "".join(chr(0x4E00 + i) for i in range(400)) + "ひらがな"
    text = text_of(pdf_of(v4.new_markdown_cell(letters), folder=tmp_path))
    assert text.count("□") == 405
    assert text.count("has no font for some letters") == 1


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("# my_model_v2", "my_model_v2"),
        ("# Lab [a](b) &amp; *c*\n\ntext", "Lab a & c"),
        ("#\n\ntext", "notebook"),
        ("## Second level", "notebook"),
        ("# a" + " " * 3000 + "b", "a b"),
        ("# ![logo](a.png)\n\ntext", "notebook"),
        ("# <!-- title -->\n\ntext", "notebook"),
        ('# <a name="top"></a>\n\ntext', "notebook"),
    ],
)
def test_the_title_is_the_first_heading(tmp_path, source, title):
    reader = pdf_of(v4.new_markdown_cell(source), folder=tmp_path)
    assert " ".join(reader.metadata.title.split()) == title
    assert PLAIN not in text_of(reader)


def test_a_picture_taller_than_a_page_is_made_smaller(tmp_path):
    Image.new("RGB", (100, 2000), "red").save(tmp_path / "tall.png")
    reader = pdf_of(v4.new_markdown_cell("![tall](tall.png)\n\nbelow"), folder=tmp_path)
    last = len(reader.pages) - 1
    page = pypdfium2.PdfDocument(reader.stream)[last].render(scale=0.2).to_pil().convert("RGB")
    red = [
        y
        for y in range(page.height)
        if any(page.getpixel((x, y)) == (255, 0, 0) for x in range(page.width))
    ]
    assert 0.07 * page.height < red[0] < red[-1] < 0.93 * page.height


def test_headings_of_outputs_are_not_the_document_s(tmp_path):
    html = v4.new_output("display_data", data={"text/html": "<h1>Trial</h1><h2 hidden>no</h2>"})
    cells = [v4.new_markdown_cell("# T"), v4.new_code_cell("x", outputs=[html])]
    reader = pdf_of(*cells, v4.new_markdown_cell("## Next"), folder=tmp_path)
    assert [item["/Title"] for item in reader.outline] == ["Next"]
    assert "Trial" in text_of(reader)
    assert "no" not in text_of(reader).split()


def test_many_progress_bars_leave_one_note(tmp_path):
    data = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "a"},
        "text/plain": "0%| | 0/391",
    }
    outputs = [v4.new_output("display_data", data=data) for _ in range(9)]
    text = text_of(pdf_of(v4.new_code_cell("x", outputs=outputs), folder=tmp_path))
    assert text.count("A widget without a picture") == 1
    assert "0%" not in text


def test_a_picture_that_is_refused_costs_no_more_than_itself(tmp_path):
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>\u6f22</text></svg>'
    outputs = [
        v4.new_output("display_data", data={"image/svg+xml": svg}),
        v4.new_output("display_data", data={"text/html": "<b>still here</b>"}),
    ]
    reader = pdf_of(v4.new_code_cell("x", outputs=outputs), folder=tmp_path)
    text = text_of(reader)
    assert "still here" in text
    assert "This picture could not be read" in text
    assert PLAIN not in text


def test_nothing_leaves_the_page(tmp_path):
    code = "x = '" + "0123456789" * 300 + "'"
    cells = [
        v4.new_markdown_cell("x " + "abcdefghij" * 20 + " `" + "abcdefghij" * 20 + "`"),
        v4.new_markdown_cell("```python\n" + "line\n" * 120 + "```"),
        v4.new_code_cell(code),
    ]
    reader = pdf_of(*cells, folder=tmp_path)
    places = []
    for page in reader.pages:
        page.extract_text(
            visitor_text=lambda text, cm, tm, *_: places.append((tm[4], tm[5])) if text else None
        )
    width, height = (float(x) for x in reader.pages[0].mediabox[2:])
    assert all(0 <= abs(x) <= width and 0 <= abs(y) <= height for x, y in places)
    assert text_of(reader).count("line") == 120


def test_one_bad_cell_is_plain_and_the_others_are_not(tmp_path, monkeypatch):
    write = cells_module.CellWriter.write

    def broken(self, cell):
        if cell.source == "bad":
            return "#this-function-does-not-exist()"
        if cell.source == "worse":
            raise RuntimeError
        return write(self, cell)

    monkeypatch.setattr(cells_module.CellWriter, "write", broken)
    sources = ["good **one**", "bad", "worse", "good **two**"]
    text = text_of(pdf_of(*map(v4.new_markdown_cell, sources), folder=tmp_path))
    assert text.count(PLAIN) == 2
    assert all(word in text for word in ("good one", "bad", "worse", "good two"))


def test_what_handing_in_said_stays_out(tmp_path):
    said = v4.new_output("stream", text="Not yet: save the notebook")
    pdf = pdf_of(v4.new_code_cell("cnn_utils.hand_in()", outputs=[said]), folder=tmp_path)
    assert "hand_in" not in text_of(pdf)
    assert "Not yet" not in text_of(pdf)


def test_without_typst_there_is_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(KitError, match=r"needs the package 'typst'.*print.*HTML"):
        build(v4.new_notebook(), tmp_path)


def test_an_empty_notebook_is_a_title(tmp_path):
    assert pdf_of(folder=tmp_path, name="part 1").metadata.title == "part 1"


ODD = r"""
$x$|$$\frac|# h|###### h|<table><tr>|<img src='x'>|![a](b)|```|#let x|<!--|<svg>|[a](http://x y)
\begin{align}|<b><i>|&amp;&#0;|\|"|]|);|漢🏴|> > >|<details>|<ol start=9><li>|<pre>|:🏻|a̱
"""
TEXTS = (
    st.text(max_size=60)
    | st.sampled_from(re.split(r"[|\n]", ODD.strip()))
    | st.sampled_from(["|a|b|\n|-|-|\n|1|", "- a\n  - b", "\x1b[31m", "\r\b\x1b["])
)
MIMES = st.sampled_from(
    "text/plain text/html text/markdown text/latex image/png image/svg+xml image/jpeg "
    "application/vnd.jupyter.widget-view+json application/x".split()
)
OUTPUTS = st.one_of(
    st.builds(lambda text: v4.new_output("stream", text=text), TEXTS),
    st.builds(
        lambda data: v4.new_output("display_data", data=data),
        st.dictionaries(MIMES, TEXTS | st.lists(TEXTS, max_size=2), max_size=3),
    ),
    st.builds(lambda lines: v4.new_output("error", traceback=lines), st.lists(TEXTS, max_size=3)),
)
CELLS = st.one_of(
    st.builds(lambda parts: v4.new_markdown_cell("\n".join(parts)), st.lists(TEXTS, max_size=4)),
    st.builds(
        lambda source, outputs: v4.new_code_cell(source, outputs=outputs),
        TEXTS,
        st.lists(OUTPUTS, max_size=3),
    ),
    st.builds(v4.new_raw_cell, TEXTS),
)


def check(cells, folder):
    marks = [f"mark{i}end" for i in range(len(cells))]
    marked = []
    for cell, mark in zip(cells, marks, strict=True):
        marked += [cell, v4.new_markdown_cell(mark)]
    # Combining marks are left out: the PDF repeats them wherever their letter stands.
    text = unicodedata.normalize("NFD", text_of(pdf_of(*marked, folder=folder)))
    text = "".join(x for x in text if unicodedata.category(x) != "Mn").replace(" ", "")
    assert all(mark in text for mark in marks)


FUZZ = {"suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


@settings(max_examples=60, **FUZZ)
@given(cells=st.lists(CELLS, max_size=5))
def test_no_notebook_is_too_odd(cells, tmp_path):
    check(cells, tmp_path)


@pytest.mark.slow
@settings(max_examples=1000, **FUZZ)
@given(cells=st.lists(CELLS, min_size=1, max_size=6))
def test_a_thousand_odd_notebooks(cells, tmp_path):
    check(cells, tmp_path)
