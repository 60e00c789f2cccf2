import contextlib
import io

import keras
import numpy as np
import pytest

from cnn_utils.pdf.terminal_text import COLOURS, coloured_lines, fold_epochs, last_state
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


def printed(verbose, epochs=12, first=0, callbacks=()):
    """Return what `fit` prints, in a notebook's way."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    x, text = np.zeros((40, 1), "float32"), io.StringIO()
    options = {"batch_size": 10, "initial_epoch": first, "callbacks": list(callbacks)}
    with contextlib.redirect_stdout(text):
        model.fit(x, x[:, 0], epochs=epochs, verbose=verbose, validation_data=(x, x), **options)
    return text.getvalue()


@pytest.mark.parametrize("verbose", [1, 2])
@pytest.mark.parametrize("first", [0, 4])
def test_what_keras_prints_of_many_epochs_becomes_a_line(verbose, first, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    text = last_state(f"before\n{printed(verbose, first=first)}after\n")
    assert text.count("Epoch ") == 12 - first
    before, line, after, end = fold_epochs(text).split("\n")
    assert (before, after, end) == ("before", "after", "")
    assert line.startswith(f"Epochs {first + 1} to 12 of 12, the last: 4/4 ")
    assert "val_loss: 0.0000e+00" in line
    assert "━" not in line
    assert "\x1b" not in line


def test_a_training_that_stopped_early_is_told_as_it_was():
    text = "Epoch 1/40\n4/4 - 1s - 2ms/step - loss: 3\nEpoch 2/40\n1/4 - 0s - 2ms/step - loss: 2"
    told = "Epochs 1 to 2 of 40, the last: 1/4 - 0s - 2ms/step - loss: 2\n"
    assert fold_epochs(text) == told


def test_two_trainings_are_two_lines():
    text = printed(2, epochs=3) + printed(2, epochs=2)
    first, second = fold_epochs(text).splitlines()
    assert first.startswith("Epochs 1 to 3 of 3, the last: 4/4 - ")
    assert second.startswith("Epochs 1 to 2 of 2, the last: 4/4 - ")


@pytest.mark.parametrize(
    "text",
    [
        "Epoch 1/2\n4/4 - 1s - 2ms/step - loss: 3\n",
        "Epoch 1/2\nloss 3\nEpoch 2/2\nloss 2\n",
        "Epoch 1/9\n4/4 - 1s - 2ms/step\nEpoch 3/9\n4/4 - 1s - 2ms/step\n",
        "Epoch 1/9\n4/4 - 1s - 2ms/step\nEpoch 2/8\n4/4 - 1s - 2ms/step\n",
        "Epoch 1/9\n4/4 - 1s - 2ms/step\nmine\nEpoch 2/9\n4/4 - 1s - 2ms/step\n",
        "My Epoch 1/2\n4/4 - 1s - 2ms/step\nMy Epoch 2/2\n4/4 - 1s - 2ms/step\n",
        "4/4 - 1s - 2ms/step\n4/4 - 1s - 2ms/step\n",
        "Epoch 1/2\nEpoch 2/2\n",
    ],
)
def test_other_lines_stay_as_they_are(text):
    assert fold_epochs(text) == text


def test_what_callbacks_print_between_epochs_stays():
    lines = "".join(
        f"Epoch {i}/4\n4/4 - 1s - 2ms/step\n" + "Epoch 2: early news\n" * (i == 2)
        for i in range(1, 5)
    )
    assert fold_epochs(lines).splitlines() == [
        "Epochs 1 to 2 of 4, the last: 4/4 - 1s - 2ms/step",
        "Epoch 2: early news",
        "Epochs 3 to 4 of 4, the last: 4/4 - 1s - 2ms/step",
    ]


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
