"""cnn_utils.plots.comparison: one panel per quantity, one labelled bar per model."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots.comparison import plot_model_comparison

RESULTS = {
    "dense": {"accuracy": 0.974, "parameters": 235_146},
    "LeNet": {"accuracy": 0.98765, "parameters": 61_706},
    "CNN": {"accuracy": 0.99, "parameters": 2_397_226},
}


def widths(panel):
    """Return the lengths of a panel's bars, from the first model to the last."""
    return [bar.get_width() for bar in sorted(panel.patches, key=lambda bar: bar.get_y())]


def labels(panel):
    return sorted(text.get_text() for text in panel.texts)


@pytest.mark.parametrize("form", [dict, lambda results: pd.DataFrame(results).T])
def test_bars_hold_the_numbers(form):
    display = plot_model_comparison(form(RESULTS))
    accuracy, parameters = display.figure_.axes
    assert widths(accuracy) == [0.974, 0.98765, 0.99]
    assert widths(parameters) == [235_146, 61_706, 2_397_226]
    assert accuracy.get_title() == "accuracy"
    assert parameters.get_title() == "parameters"
    assert [text.get_text() for text in accuracy.get_yticklabels()] == ["dense", "LeNet", "CNN"]


def test_bars_are_labelled_with_four_digits_or_thousands():
    accuracy, parameters = plot_model_comparison(RESULTS).figure_.axes
    assert labels(accuracy) == ["0.974", "0.9877", "0.99"]
    assert labels(parameters) == ["2,397,226", "235,146", "61,706"]


def test_bars_are_kept_by_quantity():
    display = plot_model_comparison(RESULTS)
    assert set(display.bars_) == {"accuracy", "parameters"}


def test_kept_bars_are_the_documented_container():
    bars = plot_model_comparison(RESULTS).bars_["accuracy"]
    assert [bar.get_width() for bar in bars] == [0.974, 0.98765, 0.99]


def test_one_model_and_one_quantity_are_enough():
    display = plot_model_comparison({"LeNet": {"accuracy": 0.99}})
    assert widths(display.figure_.axes[0]) == [0.99]
    assert display.ax_.get_title() == "accuracy"


def test_title_and_alt_text_tell_the_table():
    results = {name: RESULTS[name] for name in ("dense", "LeNet")}
    display = plot_model_comparison(results, title="MNIST")
    assert display.figure_.get_suptitle() == "MNIST"
    assert display.alt_text_ == (
        "MNIST. dense: accuracy 0.974, parameters 235,146;"
        " LeNet: accuracy 0.9877, parameters 61,706."
    )


def test_given_axes_get_one_quantity_each():
    _, axes = plt.subplots(1, 2)
    plot_model_comparison(RESULTS, ax=list(axes))
    assert widths(axes[0]) == [0.974, 0.98765, 0.99]
    assert axes[1].get_title() == "parameters"


def test_too_few_axes_are_counted():
    with pytest.raises(KitError, match=r"`ax` must hold 2 axes, one per panel; received 1 axes"):
        plot_model_comparison(RESULTS, ax=plt.subplots()[1])


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"LeNet": 0.98}, r"`results` must be a table of numbers: a dict of quantities for each"),
        ({"a": {"time": "long"}}, r"`results` must be a table of numbers.*received .*'long'"),
    ],
)
def test_what_is_no_table_of_numbers_is_described(results, message):
    with pytest.raises(KitError, match=message):
        plot_model_comparison(results)
