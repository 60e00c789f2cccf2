from functools import partial
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from cnn_utils.errors import (
    DataError,
    KitError,
    SubmissionError,
    check_choice,
    check_count,
    check_flag,
    check_image_shape,
    check_path,
    check_seed,
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


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "a"])
def test_seeds_are_whole_numbers_that_every_generator_takes(seed):
    with pytest.raises(KitError, match=r"`seed` must be a whole number from 0 to 2\*\*32 - 1"):
        check_seed(seed)


def test_flags_choices_paths_and_shapes_are_what_they_should_be():
    for check, good, bad, message in (
        (partial(check_flag, "x"), np.bool_(True), 1, r"`x` must be True or False; received 1"),
        (
            partial(check_choice, "x", choices=("a", None)),
            None,
            ["a"],
            r"one of \('a', None\); rec",
        ),
        (partial(check_path, "x"), Path("a"), 5, r"`x` must be a text or a Path; received 5"),
        (check_image_shape, [8, 8, 1], (8, 8), r"be height, width and channels.*received \(8, 8\)"),
        (partial(check_image_shape, least=9), (9, 9, 1), (8, 9, 1), r"at least 9 pixels each way"),
    ):
        check(good)
        with pytest.raises(KitError, match=message):
            check(bad)


def test_the_closest_name_is_found_if_it_is_alike_enough():
    assert closest("acuracy", ["loss", "accuracy"]) == "accuracy"
    assert closest("momentum", ["ema_momentum"]) == "ema_momentum"
    assert (
        closest("momentum", ["ema_momentum"], min_likeness=0.82) is None
    )  # 2 * 8 of 20 letters: 0.8
    assert closest("x", []) is None
