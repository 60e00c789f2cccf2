"""cnn_utils.plots.history: the curves' data, the best epoch's mark, the shaded epochs after it."""

import itertools
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from cnn_utils.errors import KitError
from cnn_utils.plots.history import plot_training_history

LOGS = {
    "accuracy": [0.5, 0.7, 0.8, 0.9],
    "loss": [0.9, 0.5, 0.3, 0.2],
    "val_accuracy": [0.4, 0.7, 0.6, 0.6],
    "val_loss": [0.8, 0.6, 0.7, 0.75],
}


def titles(display):
    return [ax.get_title() for ax in display.figure_.axes if ax.get_visible()]


def legend(display):
    (box,) = display.figure_.legends
    return [text.get_text() for text in box.get_texts()]


def marks(ax):
    """Return where an axes has vertical lines."""
    return [line.get_xdata()[0] for line in ax.lines if len(set(line.get_xdata())) == 1]


def log_file(folder):
    path = folder / "log.csv"
    pd.DataFrame({"epoch": range(4), **LOGS}).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    "form",
    [
        lambda folder: LOGS,
        lambda folder: SimpleNamespace(history=LOGS),
        lambda folder: pd.DataFrame(LOGS),
        log_file,
        lambda folder: str(log_file(folder)),
    ],
    ids=["dict", "History", "DataFrame", "Path", "str"],
)
def test_every_form_of_history_gives_the_same_curves(form, tmp_path):
    display = plot_training_history(form(tmp_path))
    assert set(display.lines_) == set(LOGS)
    for name, values in LOGS.items():
        np.testing.assert_array_equal(display.lines_[name].get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(display.lines_[name].get_ydata(), values)


def test_one_named_panel_per_quantity_with_the_loss_first():
    display = plot_training_history(LOGS)
    assert titles(display) == ["loss", "accuracy"]
    for ax, name in zip(display.figure_.axes, ["loss", "accuracy"], strict=True):
        assert ax.get_xlabel() == "epoch"
        assert display.lines_[name].axes is display.lines_[f"val_{name}"].axes is ax


def test_the_loss_alone_has_a_logarithmic_scale_and_says_so():
    loss, accuracy = plot_training_history(LOGS).figure_.axes
    assert (loss.get_yscale(), loss.get_ylabel()) == ("log", "logarithmic scale")
    assert (accuracy.get_yscale(), accuracy.get_ylabel()) == ("linear", "")


def test_a_loss_of_0_has_no_logarithm():
    display = plot_training_history({"loss": [0.5, 0.1], "val_loss": [0.5, 0.0]})
    assert display.figure_.axes[0].get_yscale() == "linear"


def test_training_and_validation_differ_in_colour_and_in_line_style():
    lines = plot_training_history(LOGS).lines_
    assert lines["loss"].get_color() != lines["val_loss"].get_color()
    assert lines["loss"].get_linestyle() != lines["val_loss"].get_linestyle()
    assert lines["loss"].get_label() == "training"
    assert lines["val_loss"].get_label() == "validation"


def test_the_lowest_validation_loss_is_marked_and_what_follows_is_shaded():
    display = plot_training_history(LOGS)
    assert display.best_epoch_ == 2
    assert [marks(ax) for ax in display.figure_.axes] == [[2], [2]]
    assert len(display.after_best_) == 2
    for span in display.after_best_:
        low, high = span.get_extents().transformed(span.axes.transData.inverted()).intervalx
        assert (low, high) == pytest.approx((2, 4))
    best = "lowest validation loss (epoch 2)"
    assert legend(display) == ["training", "validation", best, "after the lowest validation loss"]


def test_the_integers_on_the_axis_are_epochs():
    display = plot_training_history(LOGS)
    ticks = display.figure_.axes[0].get_xticks()
    assert all(tick == int(tick) for tick in ticks)


@pytest.mark.parametrize(("n", "ticks"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3])])
def test_from_the_first_epoch_the_axis_names_epochs(n, ticks):
    ax = plot_training_history({"loss": [3.0, 2.0, 1.0][:n]}).ax_
    assert ax.get_xlim() == (0.5, n + 0.5)
    assert [tick for tick in ax.get_xticks() if 0.5 <= tick <= n + 0.5] == ticks


def test_a_loss_that_still_falls_has_nothing_shaded():
    display = plot_training_history({"loss": [3.0, 2.0], "val_loss": [3.0, 2.0]})
    assert display.best_epoch_ == 2
    assert display.after_best_ == []
    assert legend(display)[2:] == ["lowest validation loss (epoch 2)"]


@pytest.mark.parametrize(
    "logs", [{"loss": [3.0, 2.0]}, {"loss": [3.0, 2.0], "val_loss": [np.nan, np.nan]}]
)
def test_without_validation_nothing_is_marked(logs):
    display = plot_training_history(logs)
    assert display.best_epoch_ is None
    assert display.after_best_ == []
    assert marks(display.figure_.axes[0]) == []
    assert "lowest" not in display.alt_text_


def test_one_epoch_is_visible_as_a_dot():
    display = plot_training_history({"loss": [0.5], "val_loss": [0.4]})
    for line in display.lines_.values():
        assert line.get_marker() == "o"
        assert len(line.get_ydata()) == 1
    assert display.best_epoch_ == 1


def test_many_epochs_go_without_dots():
    display = plot_training_history({"loss": np.arange(40.0)})
    assert display.lines_["loss"].get_marker() in ("", "None")


@pytest.mark.parametrize("name", ["learning_rate", "lr"])
def test_the_learning_rate_is_no_curve(name):
    display = plot_training_history({"loss": [0.5, 0.4], name: [0.1, 0.1]})
    assert titles(display) == ["loss"]


def test_underscores_in_names_become_spaces():
    assert titles(plot_training_history({"loss": [1.0], "top_k": [1.0]})) == ["loss", "top k"]


def test_four_quantities_make_two_rows_and_hide_the_empty_panels():
    display = plot_training_history({name: [1.0] for name in ("loss", "a", "b", "c")})
    assert display.ax_.shape == (2, 3)
    assert [ax.get_visible() for ax in display.ax_.flat] == [True] * 4 + [False] * 2


def test_the_title_stands_above_all_panels():
    display = plot_training_history(LOGS, title="LeNet")
    assert display.figure_.get_suptitle() == "LeNet"


def test_alt_text_tells_the_curves_in_words():
    assert plot_training_history(LOGS, title="LeNet").alt_text_ == (
        "LeNet over 4 epochs."
        " Training loss goes from 0.9 to 0.2, validation from 0.8 to 0.75."
        " Training accuracy goes from 0.5 to 0.9, validation from 0.4 to 0.6."
        " The validation loss is lowest at epoch 2."
    )


def test_given_axes_get_one_quantity_each():
    _, axes = plt.subplots(1, 2)
    lines = plot_training_history(LOGS, ax=axes).lines_
    assert lines["val_loss"].axes is axes[0]
    assert lines["accuracy"].axes is axes[1]


def test_too_few_axes_are_counted():
    with pytest.raises(KitError, match=r"`ax` must hold 2 axes, one per panel; received 1 axes"):
        plot_training_history(LOGS, ax=plt.subplots()[1])


def test_a_history_without_loss_is_refused():
    with pytest.raises(KitError, match=r"`history` must .*received columns \['accuracy'\]"):
        plot_training_history({"accuracy": [0.5]})


@pytest.mark.parametrize(
    ("losses", "labels"),
    [
        ([0.08], ["0.02", "0.04", "0.06", "0.08", "0.1"]),
        ([0.08, 0.075], ["0.076", "0.078", "0.08"]),
        ([1.31, 0.32], ["0.4", "0.6", "0.8", "1", "1.2", "1.4"]),
        ([0.08, 0.004], ["0.005", "0.01", "0.02", "0.05"]),
        ([2.3, 0.01], ["0.01", "0.03", "0.1", "0.3", "1", "3"]),
    ],
)
def test_the_logarithmic_axis_has_at_least_three_readable_labels(losses, labels):
    ax = plot_training_history({"loss": losses}).ax_
    ax.figure.draw_without_rendering()
    low, high = ax.get_ylim()
    texts = [t for t in ax.yaxis.get_majorticklabels() if low <= t.get_position()[1] <= high]
    assert [text.get_text() for text in texts] == labels
    assert len(labels) >= 3


@pytest.mark.parametrize("losses", [[1.18, 1.01], [0.02, 0.0012], [0.02, 0.0003], [2.3, 1e-4]])
def test_the_numbers_at_a_loss_alone_do_not_touch(losses):
    display = plot_training_history({"loss": losses})
    display.figure_.draw_without_rendering()
    low, high = display.ax_.get_ylim()
    labels = display.ax_.yaxis.get_majorticklabels()
    boxes = [t.get_window_extent() for t in labels if low <= t.get_position()[1] <= high]
    assert len(boxes) >= 3
    assert all(below.y1 <= above.y0 for below, above in itertools.pairwise(boxes))
