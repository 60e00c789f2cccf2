import pytest

from cnn_utils.pdf.typst_source import breakable, call, string, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", '"plain"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", r'"back\\slash"'),
        ("two\nlines", r'"two\nlines"'),
        ("a\tb", '"a    b"'),
        ("bell\x07 null\x00 bom\ufeff half\ud83d", '"bell null bom half"'),
        ("A\u030a", '"Å"'),
        ('#read("/etc/passwd") $x$ @ref', r'"#read(\"/etc/passwd\") $x$ @ref"'),
    ],
)
def test_text_becomes_a_string_that_runs_nothing(text, expected):
    assert string(text) == expected


def test_very_long_words_may_be_broken():
    assert breakable("x" * 59) == "x" * 59
    assert breakable("a " + "x" * 70) == "a " + "x" * 30 + "\u200b" + "x" * 30 + "\u200b" + "x" * 10


def test_no_words_no_markup():
    assert words("") == ""
    assert words("a") == '#"a";'


def test_a_call_has_named_arguments_first():
    assert call("text", words("a"), fill="red") == '#text(fill: red, [#"a";]);'
