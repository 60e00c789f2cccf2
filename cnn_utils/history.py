"""What `model.fit` recorded, as a table with one row per epoch."""

from pathlib import Path

import numpy as np

from cnn_utils.errors import KitError


def history_table(history):
    """Return a training history as a table.

    Parameters
    ----------
    history : keras.callbacks.History, dict, pandas.DataFrame, or path of a CSV log
        What `model.fit` returns, its ``.history``, or what `keras.callbacks.CSVLogger` wrote.

    Returns
    -------
    table : DataFrame of shape (n_epochs, n_quantities), float64
        Columns such as "loss", "accuracy", "val_loss"; the index "epoch" counts from 1.

    Raises
    ------
    KitError
        If there is no finished epoch, no "loss" column, or a column is not numeric.
    """
    import pandas as pd

    values = getattr(history, "history", history)
    if isinstance(values, (str, Path)):
        try:
            values = pd.read_csv(Path(values))
        except (OSError, ValueError) as error:
            received = f"{values} ({type(error).__name__})"
            raise KitError.about("`history`", "be a readable CSV log", received) from None
    if not isinstance(values, (dict, pd.DataFrame)) or "loss" not in values:
        raise KitError.about(
            "`history`",
            'be what model.fit returned (or its .history, a DataFrame, a CSV log) with a "loss"',
            f"columns {list(values)}" if isinstance(values, (dict, pd.DataFrame)) else values,
            "Keep it with `history = model.fit(...)`.",
        )
    lengths = {name: len(np.atleast_1d(column)) for name, column in values.items()}
    if len(set(lengths.values())) > 1:
        expected = "hold one value per epoch and quantity"
        received = ", ".join(f"{n} of {name}" for name, n in lengths.items())
        next_step = "Validate after every epoch: leave out `validation_freq`."
        raise KitError.about("`history`", expected, received, next_step)
    table = pd.DataFrame({name: list(np.atleast_1d(column)) for name, column in values.items()})
    if table.empty:
        raise KitError.about("`history`", "hold at least one finished epoch", "none")
    table = table.drop(columns="epoch", errors="ignore").reset_index(drop=True)
    table.index = pd.RangeIndex(1, len(table) + 1, name="epoch")
    try:
        return table.astype("float64")
    except (ValueError, TypeError):
        expected = "hold one number per epoch and quantity"
        next_step = "F1 has one number per class until you compile it with average='macro'."
        received = f"several in {', '.join(table.select_dtypes(exclude='number'))}"
        raise KitError.about("`history`", expected, received, next_step) from None


def best_epoch(history) -> int:
    """Return the epoch, counted from 1, at which the validation loss was lowest.

    `history` is what `history_table` takes; KitError if it has no validation loss, or only NaN.
    """
    table = history_table(history)
    if "val_loss" not in table or table["val_loss"].isna().all():
        received = f"numbers in {', '.join(table.dropna(axis='columns', how='all'))}"
        next_step = "Give model.fit a validation_split or validation_data."
        raise KitError.about("`history`", "hold a validation loss", received, next_step)
    return int(table["val_loss"].idxmin())
