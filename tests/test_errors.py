import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from cnn_utils.errors import (
    DataError,
    KitError,
    SubmissionError,
    check_choice,
    check_count,
    closest,
    describe,
)


def test_about_puts_the_four_parts_into_sentences():
    error = KitError.about("`y_pred`", "hold 5 labels", np.zeros((5, 10)), "Use argmax.")
    assert str(error) == (
        "`y_pred` must hold 5 labels; received an array of shape (5, 10), float64. Use argmax."
    )


def test_about_takes_a_text_as_it_is_and_needs_no_next_step():
    assert (
        str(KitError.about("ID", "be unique", "7 twice")) == "ID must be unique; received 7 twice."
    )


@pytest.mark.parametrize("kind", [DataError, SubmissionError])
def test_every_kit_error_is_a_value_error_of_its_kind(kind):
    assert isinstance(kind.about("a", "b", "c"), kind)
    assert issubclass(kind, KitError)
    assert issubclass(KitError, ValueError)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (np.zeros((2, 3), np.uint8), "an array of shape (2, 3), uint8"),
        (np.float32(0.5), "0.5 (float)"),
        ([1, 2], "a list of 2"),
        ((), "a tuple of 0"),
        ("cat", "'cat' (str)"),
        (3, "3 (int)"),
        ("x" * 100, "'" + "x" * 56 + "... (str)"),
        ({}, "a dict"),
        (OSError(), "an OSError"),
        (..., "`...`: write your answer in its place"),
        (np.nditer(1), "a nditer"),
    ],
)
def test_describe_is_short(value, text):
    assert describe(value) == text


def test_a_notebook_shows_the_message_alone_unless_asked(capsys, monkeypatch):
    shell = InteractiveShell()
    code = "from cnn_utils.errors import KitError\ndef f():\n    raise KitError('mend it')\nf()"
    shell.run_cell(code)
    quiet = capsys.readouterr().out
    assert quiet.strip() == "KitError: mend it"
    monkeypatch.setenv("CNN_UTILS_TRACEBACK", "1")
    shell.run_cell(code)
    assert "in f" in capsys.readouterr().out


@pytest.mark.parametrize("value", [1, 7, np.int64(3)])
def test_whole_numbers_count(value):
    check_count("n", value)


@pytest.mark.parametrize("value", [0, -5, 2.0, "10", None, True])
def test_other_things_do_not_count(value):
    with pytest.raises(KitError, match="`n` must be a whole number of at least 1; received"):
        check_count("n", value)


def test_a_choice_is_one_of_those_offered():
    check_choice("x", None, choices=("a", None))
    with pytest.raises(KitError, match=r"`x` must be one of \('a', None\); received a list of 1"):
        check_choice("x", ["a"], choices=("a", None))


def test_the_closest_name_is_found_if_it_is_alike_enough():
    assert closest("acuracy", ["loss", "accuracy"]) == "accuracy"
    assert closest("momentum", ["ema_momentum"]) == "ema_momentum"
    assert (
        closest("momentum", ["ema_momentum"], min_likeness=0.82) is None
    )  # 2 * 8 of 20 letters: 0.8
    assert closest("x", []) is None
