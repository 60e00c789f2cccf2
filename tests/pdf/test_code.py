import re

from cnn_utils.pdf.code import CONTINUED, STYLES, highlighted, listing, wrapped
from tests.widgets.contrast import contrast


def colour(style):
    return re.search("#[0-9A-F]{6}", style)[0]


def test_keywords_strings_and_comments_look_different():
    (line,) = highlighted('def f(): return "a"  # why')
    styles = {text: style for text, style in line}
    assert 'weight: "bold"' in styles["def"]
    assert 'style: "italic"' in styles["# why"]
    assert len({colour(styles[text]) for text in ("def", '"', "# why")}) == 3


def test_text_is_complete_and_in_order():
    source = "for i in range(3):\n\n    print(i)  # ø\n"
    lines = highlighted(source)
    assert "\n".join("".join(text for text, _ in line) for line in lines) == source


def test_unknown_languages_stay_plain():
    assert highlighted("if b\n", "no-such-language") == [[("if b", "")], []]


def test_every_colour_can_be_read_on_light_grey():
    styles = filter(None, STYLES.values())
    assert all(contrast(colour(style), "#F5F5F5") >= 4.5 for style in styles)


def test_lines_are_joined_by_breaks():
    markup = listing("output", highlighted("a\nb", "text"))
    assert markup == '#output([#raw("a");#linebreak();#raw("b");]);'


def test_code_longer_than_a_page_may_be_broken():
    assert "whole" not in listing("code", highlighted("x = 1\n" * 20))
    assert "whole: false" in listing("code", highlighted("x = 1\n" * 40))
    assert "whole: false" in listing("code", highlighted("x" * 5000))


def test_outputs_are_cut_code_is_not():
    lines = highlighted("a\n" * 1000, "text")
    assert "lines are left out here" in listing("output", lines)
    assert listing("code", lines, cut=False).count('"a"') == 1000


def test_of_many_rows_the_middle_is_left_out():
    lines = [[(f"<{i}>", "")] for i in range(1000)]
    shown = [int(i) for i in re.findall(r"<(\d+)>", listing("output", lines))]
    assert shown == [*range(180), *range(960, 1000)]
    assert "780 lines are left out here" in listing("output", lines)
    assert "left out" not in listing("output", lines[:220])


def test_long_lines_are_continued_with_a_mark():
    rows = wrapped([("x" * 25, "")], columns=10)
    assert ["".join(text for text, _ in row) for row in rows] == [
        "x" * 10,
        CONTINUED[0] + "x" * 8,
        CONTINUED[0] + "x" * 7,
    ]


def test_lines_break_at_a_space_if_there_is_one_near_the_end():
    rows = wrapped([("aaaa bbbb ", ""), ("cccc", "bold")], columns=12)
    assert ["".join(text for text, _ in row) for row in rows] == [
        "aaaa bbbb ",
        CONTINUED[0] + "cccc",
    ]
    assert rows[1][1] == ("cccc", "bold")


def test_an_empty_line_is_one_empty_row():
    assert wrapped([]) == [[]]
