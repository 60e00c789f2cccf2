import pytest

from cnn_utils.pdf.terminal_text import (
    COLOURS,
    CONTINUED,
    Style,
    coloured_lines,
    last_state,
    shortened,
    wrapped,
)


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
    (line,) = coloured_lines("a\x1b[31mb\x1b[1mc\x1b[0md")
    red = Style(colour=COLOURS[1])
    assert line == [
        ("a", Style()),
        ("b", red),
        ("c", Style(colour=COLOURS[1], bold=True)),
        ("d", Style()),
    ]


@pytest.mark.parametrize(
    "codes", ["48;5;7", "48;2;1;2;3", "4", "", "38", "38;5", "38;2;1;2;3", "999"]
)
def test_other_escapes_change_nothing_that_is_seen(codes):
    assert coloured_lines(f"\x1b[{codes}mtext") == [[("text", Style())]]


def test_links_and_stray_escapes_are_dropped():
    assert coloured_lines("\x1b]8;;http://x\x07link\x1b]8;;\x07\x1b(B") == [[("link", Style())]]


def test_a_style_goes_on_over_the_line_end():
    first, second = coloured_lines("\x1b[32ma\nb")
    assert first[0][1] == second[0][1] == Style(colour=COLOURS[2])


def test_long_lines_are_continued_with_a_mark():
    rows = wrapped([("x" * 25, Style())], columns=10)
    assert ["".join(text for text, _ in row) for row in rows] == [
        "x" * 10,
        CONTINUED + "x" * 8,
        CONTINUED + "x" * 7,
    ]


def test_lines_break_at_a_space_if_there_is_one_near_the_end():
    rows = wrapped([("aaaa bbbb ", Style()), ("cccc", Style(bold=True))], columns=12)
    assert ["".join(text for text, _ in row) for row in rows] == ["aaaa bbbb ", CONTINUED + "cccc"]
    assert rows[1][1] == ("cccc", Style(bold=True))


def test_an_empty_line_is_one_empty_row():
    assert wrapped([]) == [[]]


def test_of_many_lines_the_middle_is_left_out():
    lines = list(range(1000))
    first, n_left_out, last = shortened(lines)
    assert first + list(range(len(first), len(first) + n_left_out)) + last == lines
    assert n_left_out == 780
    assert shortened(lines[:220]) == (lines[:220], 0, [])
