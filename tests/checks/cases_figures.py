"""Tasks `plot-history` and `look`: figures, wrong and right."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from cnn_utils import plot_class_examples, plot_training_history

HISTORY = {
    "loss": [0.05, 0.03, 0.02],
    "accuracy": [0.7, 0.8, 0.9],
    "f1": [0.69, 0.79, 0.89],
    "val_loss": [0.04, 0.03, 0.03],
    "val_accuracy": [0.75, 0.82, 0.85],
    "val_f1": [0.74, 0.81, 0.84],
}
PHOTOS = np.zeros((20, 32, 32, 3), np.uint8)


def panels(columns=HISTORY, xlabel="epoch", legend=True, start=1):
    figure, axes = plt.subplots(1, 3)
    for ax, name in zip(axes, ("loss", "accuracy", "f1"), strict=True):
        for column, label in ((name, "training"), (f"val_{name}", "validation")):
            if column in columns:
                epochs = range(start, start + len(HISTORY[column]))
                ax.plot(epochs, HISTORY[column], label=label)
        ax.set(xlabel=xlabel, title=name)
        if legend:
            ax.legend()
    return figure


def without(*names):
    return lambda: (panels([name for name in HISTORY if name not in names]), HISTORY)


def one_axes():
    ax = pd.DataFrame(HISTORY).plot()
    ax.set_xlabel("Epoch")
    return ax, HISTORY


def stacked():
    figure, axes = plt.subplots(3, 1, sharex=True)
    for ax, name in zip(axes, ("loss", "accuracy", "f1"), strict=True):
        ax.plot(HISTORY[name], label="train")
        ax.plot(HISTORY[f"val_{name}"], label="val")
        ax.set_ylabel(name)
    axes[0].legend()
    axes[-1].set_xlabel("epochs")
    return figure, HISTORY


def with_words_instead_of_a_legend():
    figure = panels(legend=False)
    for ax in figure.axes:
        ax.text(1, 0.5, "training")
        ax.text(2, 0.5, "validation")
    return figure, HISTORY


def with_seaborn():
    ax = sns.lineplot(pd.DataFrame(HISTORY), dashes=False)
    ax.set_xlabel("epoch")
    return plt.gcf(), HISTORY


def in_percent():
    figure = panels(["loss", "val_loss"])
    for ax, name in zip(figure.axes[1:], ("accuracy", "f1"), strict=True):
        for column in (name, f"val_{name}"):
            ax.plot(range(1, 4), 100 * np.array(HISTORY[column]), label=column)
    return figure, HISTORY


def axes_array():
    figure = panels(start=0)
    return np.array(figure.axes), HISTORY


def supxlabel():
    figure = panels(xlabel="")
    figure.supxlabel("epoch")
    return figure, HISTORY


def swapped():
    figure = panels(legend=False)
    for ax in figure.axes:
        first, second = ax.get_lines()
        first.set_label("validation")
        second.set_label("training")
        ax.legend()
    return figure, HISTORY


def twin():
    figure, ax = plt.subplots()
    other = ax.twinx()
    for name, value in HISTORY.items():
        (ax if "loss" in name else other).plot(value, label=name)
    ax.set_xlabel("epoch")
    ax.legend()
    other.legend()
    return figure, HISTORY


def figure_and_axes():
    figure = panels()
    return (figure, figure.axes), HISTORY


def grid():
    table = pd.DataFrame(HISTORY).reset_index(names="epoch").melt("epoch")
    chart = sns.relplot(table, x="epoch", y="value", hue="variable", kind="line", legend=False)
    ax = chart.axes[0, 0]
    for name, value in HISTORY.items():
        ax.plot(value, label=name)
    ax.legend()
    return chart, HISTORY


WRONG = {
    "labels swapped": (swapped, "labels-swapped"),
    "an empty list": (lambda: ([], HISTORY), "not-a-figure"),
    "no F1": (without("f1", "val_f1"), "no-f1"),
    "training only": (without("val_loss", "val_accuracy", "val_f1"), "no-validation-loss"),
    "no accuracy": (without("accuracy"), "no-accuracy"),
    "no validation F1": (without("val_f1"), "no-validation-f1"),
    "another training": (
        lambda: (panels(), {**HISTORY, "loss": [0.9, 0.8, 0.7]}),
        "no-loss",
    ),
    "no name at the axis": (lambda: (panels(xlabel=""), HISTORY), "unnamed-axes"),
    "steps": (lambda: (panels(xlabel="step"), HISTORY), "unnamed-axes"),
    "no legend": (lambda: (panels(legend=False), HISTORY), "no-legend"),
    "empty": (lambda: (plt.subplots()[0], HISTORY), "empty"),
    "a number": (lambda: (3, HISTORY), "not-a-figure"),
    "the history": (lambda: (HISTORY, HISTORY), "not-a-figure"),
    "nothing": (lambda: (..., HISTORY), "not-attempted"),
}

RIGHT = {
    "the kit's own": lambda: (plot_training_history(HISTORY), HISTORY),
    "three panels": lambda: (panels(), HISTORY),
    "all in one": one_axes,
    "below each other": stacked,
    "words instead of a legend": with_words_instead_of_a_legend,
    "seaborn": with_seaborn,
    "percent": in_percent,
    "two scales": twin,
    "figure and axes": figure_and_axes,
    "seaborn's grid": grid,
    "an array of axes": axes_array,
    "one name for all axes": supxlabel,
}


def photographs():
    figure, axes = plt.subplots(2, 2)
    for ax, photo in zip(axes.flat, PHOTOS, strict=False):
        ax.imshow(photo)
    return (figure,)


def bars():
    return (plt.bar([1, 2], [3, 4])[0].figure,)


LOOK_WRONG = {
    "bars": (bars, "no-images"),
    "empty": (lambda: (plt.figure(),), "empty"),
    "the images themselves": (lambda: (PHOTOS,), "not-a-figure"),
    "nothing": (lambda: (...,), "not-attempted"),
}
LOOK_RIGHT = {
    "the kit's own": lambda: (
        plot_class_examples(PHOTOS, np.arange(20) % 10, [f"class {i}" for i in range(10)]),
    ),
    "imshow": photographs,
    "one image": lambda: (plt.imshow(PHOTOS[0]).axes,),
}
