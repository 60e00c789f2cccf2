import base64
import io
import re

import nbformat.v4 as v4
import pytest
from PIL import Image

from cnn_utils.pdf.cells import CellWriter

BUFFER = io.BytesIO()
Image.new("RGB", (4, 3)).save(BUFFER, "png")
PNG = base64.b64encode(BUFFER.getvalue()).decode()
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def writer(tmp_path):
    return CellWriter(tmp_path)


def shown(writer, metadata=None, **data):
    bundle = {name.replace("__", "/"): value for name, value in data.items()}
    output = v4.new_output("display_data", data=bundle, metadata=metadata or {})
    return writer.write(v4.new_code_cell("", outputs=[output]))


def test_code_has_its_number_and_its_output(writer):
    output = v4.new_output("stream", text="10%\r100%\n")
    markup = writer.write(v4.new_code_cell("x = 1", execution_count=7, outputs=[output]))
    assert 'number: [#"7";]' in markup
    assert "100%" in markup
    assert '"10%"' not in markup


def test_pieces_of_one_stream_are_one_text(writer):
    pieces = [v4.new_output("stream", text=text) for text in ("Epoch 1/2\n1/4", "\r4/4 1ms/step")]
    other = v4.new_output("stream", name="stderr", text="warned")
    cell = v4.new_code_cell("", outputs=[*pieces, other, v4.new_output("stream", text="done")])
    markup = writer.write(cell)
    assert markup.count("#output(") == 3
    assert '"4/4 1ms/step"' in markup
    assert "1/4" not in markup
    assert len(cell.outputs) == 4


def test_a_figure_has_its_alternative_text_and_its_width(writer):
    metadata = {"image/png": {"alt": "Loss falls", "width": 100}}
    markup = shown(writer, metadata, image__png=PNG, text__plain="<Figure>")
    assert markup == '#picture("picture0.png", "Loss falls", width: 60.0pt);'
    assert writer.files["picture0.png"] == BUFFER.getvalue()


@pytest.mark.parametrize(
    ("given", "width"),
    [
        ('width="100"', ", width: 60.0pt"),
        ("width=100px", ", width: 60.0pt"),
        ('width="50%"', ", width: 50.0%"),
        ('style="max-width: 9px; width: 250%"', ", width: 100.0%"),
        ('width="0"', ""),
        ('width="10em"', ""),
        ('width="99999999"', ""),
    ],
)
def test_a_picture_in_text_is_as_wide_as_html_says(writer, given, width):
    html = f"<img src='data:image/png;base64,{PNG}' alt='dot' {given}>"
    markup = writer.write(v4.new_markdown_cell(html))
    assert markup.strip() == f'#picture("picture0.png", "dot"{width});'


def test_without_alternative_text_the_plain_text_serves(writer):
    assert '"a cat"' in shown(writer, image__png=PNG, text__plain="a cat")
    assert "without a description" in shown(writer, image__png=PNG, text__plain="<Figure size 1>")


def test_the_same_picture_is_kept_once(writer):
    shown(writer, image__png=PNG)
    shown(writer, image__png=PNG)
    assert list(writer.files) == ["picture0.png"]


def test_a_widget_shows_its_picture_or_says_that_there_is_none(writer):
    assert "#picture" in shown(writer, image__png=PNG, **{WIDGET.replace("/", "__"): {}})
    markup = shown(writer, text__plain="HBox()", **{WIDGET.replace("/", "__"): {}})
    assert "A widget without a picture" in markup
    assert "HBox()" not in markup  # tqdm's says "0%" after a whole training


def test_a_damaged_picture_leaves_a_note(writer):
    assert "It is not shown: it is damaged" in shown(writer, image__png="AAAA")


@pytest.mark.parametrize(
    ("mime", "value", "expected"),
    [
        ("text/html", "<b>bold</b>", "#strong"),
        ("text/markdown", "**bold**", "#strong"),
        ("text/latex", r"$\alpha$", "#formula("),
        ("text/plain", "plain", '#raw("plain")'),
    ],
)
def test_outputs_of_each_kind(writer, mime, value, expected):
    assert expected in shown(writer, **{mime.replace("/", "__"): value})


def test_html_without_content_gives_way_to_text(writer):
    markup = shown(writer, text__html="<script>x</script>", text__plain="words")
    assert "words" in markup


def test_an_error_is_set_off(writer):
    output = v4.new_output("error", ename="E", evalue="v", traceback=["\x1b[31mE\x1b[0m: v"])
    assert writer.write(v4.new_code_cell("1/0", outputs=[output])).count("#problem") == 1


def test_an_unknown_formula_stays_as_it_was_typed(writer):
    assert r"\\softmax" in writer.write(v4.new_markdown_cell(r"$\softmax(z)$"))


@pytest.mark.parametrize(
    ("source", "levels"),
    [
        ("## a\n### b\n## c\n### d\n## e", [1, 2, 1, 2, 1]),
        ("### a\n###### b\n## c", [1, 2, 1]),
        ("# a\n### b\n### c\n# d", [1, 2, 2, 1]),
    ],
)
def test_headings_nest_as_they_were_meant_and_skip_no_level(writer, source, levels):
    markup = writer.write(v4.new_markdown_cell(source.replace("\n", "\n\n")))
    assert [int(level) for level in re.findall(r"level: (\d)", markup)] == levels


def test_long_outputs_say_what_is_left_out(writer):
    output = v4.new_output("stream", text="\n".join(f"line {i}" for i in range(1000)))
    markup = writer.write(v4.new_code_cell("", outputs=[output]))
    assert "780 lines are left out here; they are in the notebook." in markup
    assert '"line 999"' in markup


def test_plain_text_keeps_source_and_every_output(writer):
    outputs = [
        v4.new_output("stream", text="printed"),
        v4.new_output("error", traceback=["failed"]),
        v4.new_output("display_data", data={"text/html": "<b>told</b>"}),
    ]
    markup = writer.plain(v4.new_code_cell("source", outputs=outputs))
    words = ("source", "printed", "failed", "told", "shown as plain text")
    assert all(word in markup for word in words)


def test_a_wide_formula_stands_alone(writer):
    tex = " + ".join(f"x_{{{i}}}" for i in range(60))
    assert "#formula-block" in writer.write(v4.new_markdown_cell(f"so ${tex}$ is"))


@pytest.mark.parametrize("mime", ["application/json", "application/x+json"])
def test_outputs_that_paper_does_not_know_leave_a_note(writer, mime):
    assert mime in shown(writer, **{mime.replace("/", "__"): {}})


def test_html_that_shows_nothing_gives_way_to_its_text(writer):
    html = '<div><div id="plot"></div><script>draw()</script></div>'
    assert "Figure(3)" in shown(writer, text__html=html, text__plain="Figure(3)")


def test_latex_with_words_keeps_them(writer):
    markup = shown(writer, text__latex="The value $a_1$ holds")
    assert '#"The value ";' in markup
    assert "#formula(" in markup
