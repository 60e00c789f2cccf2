"""cnn_utils.history: one table, whatever form the history arrives in."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cnn_utils.errors import KitError
from cnn_utils.history import best_epoch, history_table

LOGS = {"loss": [0.9, 0.5, 0.3], "accuracy": [0.6, 0.8, 0.9], "val_loss": [0.8, 0.6, 0.7]}


def as_csv(folder):
    path = folder / "log.csv"
    rows = pd.DataFrame({"epoch": [0, 1, 2], **LOGS})  # what keras.callbacks.CSVLogger writes
    rows.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "form",
    [
        lambda folder: LOGS,
        lambda folder: SimpleNamespace(history=LOGS),
        lambda folder: pd.DataFrame(LOGS, index=[10, 20, 30]),
        lambda folder: as_csv(folder),
        lambda folder: str(as_csv(folder)),
    ],
    ids=["dict", "History", "DataFrame", "Path", "str"],
)
def test_every_form_gives_the_same_table(form, tmp_path):
    table = history_table(form(tmp_path))
    assert table.to_dict("list") == LOGS
    assert table.index.tolist() == [1, 2, 3]
    assert table.index.name == "epoch"


def test_whole_numbers_become_floats_and_the_argument_is_left_alone():
    given = pd.DataFrame({"loss": [1, 2]}, index=[5, 6])
    assert history_table(given)["loss"].dtype == np.float64
    assert given.index.tolist() == [5, 6]
    assert given["loss"].dtype == np.int64


def test_a_history_of_one_epoch_is_a_history():
    assert history_table({"loss": [0.5]}).shape == (1, 1)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({"accuracy": [0.9]}, r"`history` must .* \"loss\"; received columns \['accuracy'\]"),
        (SimpleNamespace(history={}), r"columns \[\]\. Keep it with `history = model\.fit"),
        (3, r"`history` must be what model\.fit returned .* received 3 \(int\)"),
        ({"loss": []}, r"`history` must hold at least one finished epoch; received none"),
        (
            {"loss": ["low"]},
            r"`history` must hold one number per epoch and quantity; received several in loss",
        ),
        (
            {"loss": [1.0], "f1": [np.zeros(3)]},
            r"one number per epoch and.*several in f1\. .*average='macro'",
        ),
    ],
)
def test_what_is_no_history_is_described(history, message):
    with pytest.raises(KitError, match=message):
        history_table(history)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"`history` must be a readable CSV log; received .*log\.csv \(FileNotFoundError\)"),
        (b"", r"`history` must be a readable CSV log; received .*log\.csv \(EmptyDataError\)"),
        (b"\xff\xfe\xff", r"`history` must be a readable CSV log; received .*\(UnicodeDecodeError"),
        (b"a,b\n1,2\n", r"`history` must .* received columns \['a', 'b'\]"),
    ],
)
def test_unreadable_logs_are_named(tmp_path, content, message):
    path = tmp_path / "log.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KitError, match=message):
        history_table(path)


def test_validation_every_other_epoch_is_explained():
    message = r"received 4 of loss, 2 of val_loss\. .* leave out `validation_freq`"
    with pytest.raises(KitError, match=message):
        history_table({"loss": [4.0, 3.0, 2.0, 1.0], "val_loss": [3.0, 2.0]})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.8, 0.6, 0.7], 2),
        ([np.nan, 0.6, 0.7], 2),
        ([0.7, 0.6, 0.6], 2),  # the first of equals
    ],
)
def test_the_best_epoch_has_the_lowest_validation_loss(values, expected):
    assert best_epoch({"loss": [3.0, 2.0, 1.0], "val_loss": values}) == expected


@pytest.mark.parametrize("history", [{"loss": [0.5]}, {"loss": [0.5], "val_loss": [np.nan]}])
def test_best_epoch_without_validation_says_how_to_get_one(history):
    message = r"must hold a validation loss; received numbers in loss\. .*validation_split"
    with pytest.raises(KitError, match=message):
        best_epoch(history)
