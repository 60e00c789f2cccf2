"""What `model.fit` recorded, as a table with one row per epoch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cnn_utils.errors import KitError

if TYPE_CHECKING:
    import pandas as pd

LOW_IS_GOOD = ("loss", "error", "mse", "mae", "crossentropy", "divergence")


def history_table(history) -> pd.DataFrame:
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
        values = _read_log(Path(values))
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


def best_epoch(history, monitor: str = "val_loss") -> int:
    """Return the epoch, counted from 1, at which a loss was lowest or a metric highest.

    Parameters
    ----------
    history : see `history_table`
    monitor : str, default="val_loss"
        A column; those named after a loss or an error are best when low.

    Raises
    ------
    KitError
        If the history has no such column, or it holds only NaN.
    """
    table = history_table(history)
    if monitor not in table or table[monitor].isna().all():
        expected = f"name a column with numbers, one of {list(table.columns)}"
        next_step = "Give model.fit a validation_split or validation_data to get the val_ columns."
        raise KitError.about("`monitor`", expected, monitor, next_step)
    low_is_good = any(word in monitor for word in LOW_IS_GOOD)
    return int(table[monitor].idxmin() if low_is_good else table[monitor].idxmax())


def _read_log(path: Path):
    import pandas as pd

    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        received = f"{path} ({type(error).__name__})"
        raise KitError.about("`history`", "be a readable CSV log", received) from None
