from cnn_utils.pdf.code import STYLES, highlighted, listing
from cnn_utils.pdf.terminal_text import Style
from tests.widgets.contrast import contrast


def test_keywords_strings_and_comments_look_different():
    (line,) = highlighted('def f(): return "a"  # why')
    styles = {text: style for text, style in line}
    assert styles["def"].bold
    assert styles["# why"].italic
    assert len({styles["def"].colour, styles['"'].colour, styles["# why"].colour}) == 3


def test_text_is_complete_and_in_order():
    source = "for i in range(3):\n\n    print(i)  # ø\n"
    lines = highlighted(source)
    assert "\n".join("".join(text for text, _ in line) for line in lines) == source


def test_unknown_languages_stay_plain():
    assert highlighted("if b\n", "no-such-language") == [[("if b", Style())], []]


def test_every_colour_can_be_read_on_light_grey():
    assert all(contrast(style.colour, "#F5F5F5") >= 4.5 for style in STYLES.values())


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
