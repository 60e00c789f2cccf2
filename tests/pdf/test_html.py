import pytest
from bs4 import BeautifulSoup

from cnn_utils.pdf.html import HtmlWriter, markdown_to_html


@pytest.fixture
def writer():
    return HtmlWriter(
        picture=lambda tag: f"<{tag.name}>",
        formula=lambda tex, display: f"<{tex} {display}>",
        heading_level=lambda level: level,
    )


@pytest.mark.parametrize(
    ("html", "markup"),
    [
        ("<b>a</b> <i>b</i>", '#strong([#"a";]);#" ";#emph([#"b";]);'),
        ("a\n   b", '#"a b";'),
        ("a<br>b", '#"a";#linebreak();#"b";'),
        ("<h2>T</h2>", '#heading(level: 2, [#"T";]);'),
        ("<h2></h2>", ""),
        ("<h2><img src=a></h2>", "#block([#strong([<img>]);]);"),
        ("<p hidden>a</p><b style='display: none'>b</b>", ""),
        ("<code>x = 1</code>", '#raw("x = 1");'),
        ("<ul><li>a</li>\n<li>b</li></ul>", '#list([#"a";], [#"b";]);'),
        ('<ol start="3"><li>a</li></ol>', '#enum(start: 3, [#"a";]);'),
        ('<ol start="1); #x("><li>a</li></ol>', '#enum(start: 1, [#"a";]);'),
        ('<a href="https://a.org">x</a>', '#link("https://a.org")[#"x";];'),
        ('<a href="javascript:alert(1)">x</a>', '#"x";'),
        ('<a href="#part">x</a>', '#"x";'),
        ("<script>alert(1)</script><style>a{}</style><!-- no -->", ""),
        ('<input type="checkbox" checked disabled> done', '#"☑ ";#" done";'),
        ("<div></div>", ""),
        ("<img src=a>", "<img>"),
        ("<kit-formula data-display='1'>x &lt; y</kit-formula>", "<x < y True>"),
        ("<unknown>a</unknown>", '#"a";'),
        ("<items>a</items>", '#"a";'),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", '#list([#"a";#list([#"b";]);]);'),
        ("<ul>loose<li>a</li></ul>", '#list([#"loose";], [#"a";]);'),
        (
            '<iframe src="https://a.org"></iframe>',
            '#note([#"[iframe https://a.org] It is not shown on paper.";]);',
        ),
        ("<ol start='٣'><li>a</li></ol>", '#enum(start: 1, [#"a";]);'),
    ],
)
def test_tags_become_calls(writer, html, markup):
    assert writer.write(html).strip() == markup


@pytest.mark.parametrize(
    ("text", "is_rtl"), [("עברית (CNN) 98%.", True), ("CNN: עברית", False), ("98 %", False)]
)
def test_a_paragraph_that_begins_in_hebrew_runs_from_the_right(writer, text, is_rtl):
    assert ("#from-right(" in writer.write(f"<p>{text}</p>")) == is_rtl


def test_white_space_between_blocks_means_nothing(writer):
    assert '" "' not in writer.write("<p>a</p>\n<p>b</p>\n")
    assert '" "' not in writer.write("<div>\n<table><tr><td>a</td></tr></table>\n</div>")


def test_blanks_between_words_stay_beside_a_block():
    writer = HtmlWriter(picture=str, formula=str, heading_level=int)
    assert '#strong([#"a";]);#" ";#emph([#"b";]);' in writer.write(
        "<ul><li><b>a</b> <i>b</i><ul><li>c</li></ul></li></ul>"
    )


@pytest.mark.parametrize(
    ("source", "tex", "display"),
    [
        ("a $x^2$ b", "x^2", 0),
        (r"a \\(x^2\\) b", "x^2", 0),
        ("$$\nx^2\n$$", "\nx^2\n", 1),
        (r"\begin{align}x\end{align}", r"\begin{align}x\end{align}", 1),
        ("$a < b$", "a &lt; b", 0),
    ],
)
def test_formulas_are_marked(source, tex, display):
    assert f'<kit-formula data-display="{display}">{tex}</kit-formula>' in markdown_to_html(source)


def test_prices_are_not_formulas():
    assert "kit-formula" not in markdown_to_html(r"\$5, not \$10")


def test_code_keeps_its_language_and_its_letters():
    assert (
        markdown_to_html("```python\na < b\n```")
        == '<pre data-language="python">a &lt; b\n</pre>\n'
    )
    assert 'data-language="text"' in markdown_to_html("    indented")


def test_pictures_keep_their_addresses():
    assert '<img src="attachment:a.png" alt="A &quot;b&quot;">' in markdown_to_html(
        '![A "b"](attachment:a.png)'
    )


TABLES = {
    "as it should be": ("|a|b|\n|-|-|\n|1|2|", [["a", "b"], ["1", "2"]]),
    "too few and too many": (
        "| a | b |\n|---|:-:|\n| 1 |\n| 2 | 3 | 4 |",
        [["a", "b"], ["1", ""], ["2", "3"]],
    ),
    "no bar at the end": ("|a|b|\n|-|-|\n|1|2\n|3|4|", [["a", "b"], ["1", "2"], ["3", "4"]]),
    "no bars outside": ("a|b\n-|-\n1|2|3", [["a", "b"], ["1", "2"]]),
    "in code": ("|a|b|\n|-|-|\n|`x|<y`|2|", [["a", "b"], ["x|<y", "2"]]),
    "in a formula": ("|a|b|\n|-|-|\n|$P(A|B)$|2|", [["a", "b"], [r"P(A\vert B)", "2"]]),
    "escaped": ("|a|b|\n|-|-|\n|$\\|x\\|$|\\||", [["a", "b"], [r"\|x\|", "|"]]),
    "prices": ("|a|b|\n|-|-|\n|$5|$6|", [["a", "b"], ["$5", "$6"]]),
    "a text behind it": ("|a|b|\n|-|-|\n|1|2|\n\nx | y", [["a", "b"], ["1", "2"]]),
    "in code's fence": ("```\n|a|b|\n|-|-|\n|1|\n```", []),
    "no table": ("a | b\n-|-|-\n", []),
}


@pytest.mark.parametrize(("markdown", "cells"), TABLES.values(), ids=TABLES)
def test_a_table_has_as_many_cells_in_each_row_as_its_head(markdown, cells):
    rows = BeautifulSoup(markdown_to_html(markdown), "html.parser").find_all("tr")
    assert [[cell.get_text() for cell in row.find_all(["td", "th"])] for row in rows] == cells
