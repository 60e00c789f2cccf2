import pytest
from bs4 import BeautifulSoup

from cnn_utils.pdf.html import HtmlWriter
from cnn_utils.pdf.tables import cell_styles


@pytest.fixture
def write():
    return HtmlWriter(picture=str, formula=str, heading_level=int).write


def test_cells_stand_where_they_belong(write):
    markup = write("<table><tr><td rowspan=2>A</td><td>B</td></tr><tr><td>C</td></tr></table>")
    assert 'x: 0, y: 0, rowspan: 2, colspan: 1)[#"A";]' in markup
    assert 'x: 1, y: 0, rowspan: 1, colspan: 1)[#"B";]' in markup
    assert 'x: 1, y: 1, rowspan: 1, colspan: 1)[#"C";]' in markup
    assert "columns: 2" in markup


def test_the_head_is_a_header(write):
    markup = write("<table><tr><th>h</th></tr><tr><td>1</td></tr></table>")
    assert "table.header(table.cell(x: 0, y: 0" in markup


def test_a_table_of_nothing_but_heads_has_no_header(write):
    assert "table.header" not in write("<table><tr><th>h</th></tr></table>")


def test_columns_of_numbers_stand_to_the_right(write):
    row = "<tr><td>{}</td><td>{}</td></tr>"
    rows = [("-1.5", "cat"), ("", "7"), ("2e-3", "dog")]
    markup = write(f"<table>{''.join(row.format(*cells) for cells in rows)}</table>")
    assert 'align: right)[#"-1.5";]' in markup
    assert 'align: right)[#"2e-3";]' in markup
    assert 'colspan: 1)[#"7";]' in markup


def test_an_empty_head_is_left_out(write):
    markup = write("<table><tr><th></th></tr><tr><td>a</td></tr></table>")
    assert markup.count("table.cell") == 1
    assert 'y: 0, rowspan: 1, colspan: 1)[#"a";]' in markup


def test_colours_are_checked_before_they_are_used(write):
    styled = "<td style='background-color: #ff0000; color: red); #x('>a</td>"
    markup = write(f"<table><tr>{styled}</tr></table>")
    assert "fill: rgb(255, 0, 0)" in markup
    assert "#x" not in markup


def test_long_tables_are_cut_with_a_note(write):
    markup = write("<table>" + "<tr><td>a</td></tr>" * 400 + "</table>")
    assert "100 of 400 rows are left out here." in markup


def test_wide_tables_are_cut_with_a_note(write):
    markup = write("<table><tr>" + "<td>a</td>" * 70 + "</tr></table>")
    assert "10 of 70 columns are left out here." in markup
    assert markup.count("table.cell") == 60


@pytest.mark.parametrize("span", ["0", "-1", "x", "99999999"])
def test_odd_spans_do_no_harm(write, span):
    assert "table" in write(f"<table><tr><td rowspan={span} colspan={span}>a</td></tr></table>")


def test_sentences_are_wrapped_numbers_are_made_smaller(write):
    assert "#sheet" in write("<table><tr><td>1</td></tr></table>")
    assert "#sheet" not in write(f"<table><tr><td>{'word ' * 10}</td></tr></table>")


def test_tables_within_tables_end_somewhere(write):
    html = "<table><tr><td>a</td><td>" * 30 + "DEEP" + "</td></tr></table>" * 30
    markup = write(html)
    assert "DEEP" in markup
    assert markup.count("#table(") == 3
    assert markup.count("#sheet") <= 1


def test_white_letters_need_their_background(write):
    cell = "<td style='color: white; background-color: {}'>a</td>"
    known, unknown = (cell.format(colour) for colour in ("#000000", "linear-gradient(red, blue)"))
    assert "#text(fill: rgb(255, 255, 255)" in write(f"<table><tr>{known}</tr></table>")
    assert "#text" not in write(f"<table><tr>{unknown}</tr></table>")


def test_very_wide_tables_are_split_and_name_their_rows_again(write):
    head = "<tr><th></th>" + "".join(f"<th>feature_number_{i}</th>" for i in range(40)) + "</tr>"
    body = "<tr><th>row</th>" + "<td>1.25</td>" * 40 + "</tr>"
    markup = write(f"<table>{head}{body}</table>")
    # 40 columns of about 18 letters, 130 letters a table.
    assert markup.count("#table(") == markup.count('"row"') == 7
    assert all(f'"feature_number_{i}"' in markup for i in range(40))


def test_a_head_over_several_columns_keeps_them_together(write):
    head = "<tr><th></th><th colspan=40>all</th></tr>"
    body = "<tr><th>row</th>" + "<td>1.25</td>" * 40 + "</tr>"
    assert write(f"<table>{head}{body}</table>").count("#table(") == 1


def test_an_empty_table_is_nothing(write):
    assert write("<table></table>") == ""


def test_stylers_say_how_single_cells_look():
    soup = BeautifulSoup(
        "<style>#T_a, #T_b {background-color: #ff0000; color: white} .c {x: y}</style>",
        "html.parser",
    )
    red = {"background-color": "#ff0000", "color": "white"}
    assert cell_styles(soup) == {"T_a": red, "T_b": red}
