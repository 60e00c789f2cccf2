import pytest

from cnn_utils.pdf.terminal_text import COLOURS, coloured_lines, last_state
from tests.widgets.contrast import contrast

RED = f'fill: rgb("{COLOURS[1]}")'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10%\r100%\n", "100%\n"),
        ("1/2\b\b\b2/2", "2/2"),
        ("long line\rshort", "shortline"),
        ("long line\r\x1b[Kshort", "short"),
        ("a\r\nb", "a\nb"),
        ("\b\bx", "x"),
        ("ends in spaces   \n", "ends in spaces\n"),
    ],
)
def test_only_the_last_state_of_a_line_is_kept(text, shown):
    assert last_state(text) == shown


def test_escapes_become_styles():
    (line,) = coloured_lines("a\x1b[31mb\x1b[1mc\x1b[0md\x1b[1me")
    bold = 'weight: "bold"'
    assert line == [("a", ""), ("b", RED), ("c", f"{RED}, {bold}"), ("d", ""), ("e", bold)]


@pytest.mark.parametrize(
    "codes", ["91", "38;5;1", "38:5:9", "1;22;31", "4;31", "34;0;31", "48;5;4;31"]
)
def test_other_ways_to_say_red(codes):
    assert coloured_lines(f"\x1b[{codes}mtext") == [[("text", RED)]]


def test_every_colour_can_be_read_on_white():
    assert all(contrast(colour, "#FFFFFF") >= 4.5 for colour in COLOURS)


@pytest.mark.parametrize(
    "codes", ["48;5;7", "48;2;1;2;3", "4", "", "38", "38;5", "38;2;1;2;3", "999"]
)
def test_other_escapes_change_nothing_that_is_seen(codes):
    assert coloured_lines(f"\x1b[{codes}mtext") == [[("text", "")]]


def test_links_and_stray_escapes_are_dropped():
    assert coloured_lines("\x1b]8;;http://x\x07link\x1b]8;;\x07\x1b(B") == [[("link", "")]]


def test_letters_of_markup_stay_as_they_are():
    assert coloured_lines("<b> &amp;\n'<'") == [[("<b> &amp;", "")], [("'<'", "")]]


def test_a_style_goes_on_over_the_line_end():
    first, second = coloured_lines("\x1b[31ma\nb")
    assert first[0][1] == second[0][1] == RED
