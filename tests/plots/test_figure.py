"""cnn_utils.plots.figure: the figure's own description, and the ax= protocol all displays share."""

import base64
import io
import struct

import IPython.display
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from cnn_utils import plots
from cnn_utils.data import data_source
from cnn_utils.plots.figure import DescribedFigure, Display, draw_no_second_picture, titled

IMAGES = np.linspace(0, 1, 4 * 3 * 3).reshape(4, 3, 3)
HISTORY = {"loss": [0.9, 0.5], "val_loss": [0.8, 0.9]}
TRIALS = pd.DataFrame({"shift": [0, 2], "score": [0.7, 0.8], "seconds": [60.0, 61.0]})
RESULTS = {"dense": {"accuracy": 0.97}, "LeNet": {"accuracy": 0.99}}

# One call of every plotting function, and how many panels it draws.
CALLS = {
    "plot_training_history": (1, lambda **ax: plots.plot_training_history(HISTORY, **ax)),
    "plot_images": (1, lambda **ax: plots.plot_images(IMAGES, **ax)),
    "plot_class_examples": (
        1,
        lambda: plots.plot_class_examples(IMAGES, [0, 1, 0, 1], ["a", "b"], n_per_class=2),
    ),
    "plot_class_means": (1, lambda: plots.plot_class_means(IMAGES, [0, 1, 0, 1], ["a", "b"])),
    "plot_class_distribution": (
        1,
        lambda **ax: plots.plot_class_distribution([0, 1, 1], ["a", "b"], **ax),
    ),
    "plot_confusion_matrix": (
        1,
        lambda **ax: plots.plot_confusion_matrix([0, 1], [0, 0], ["a", "b"], **ax),
    ),
    "plot_model_comparison": (1, lambda **ax: plots.plot_model_comparison(RESULTS, **ax)),
    "plot_filters": (1, lambda **ax: plots.plot_filters(IMAGES[..., None], **ax)),
    "plot_feature_maps": (1, lambda **ax: plots.plot_feature_maps(IMAGES[0], IMAGES[:3], **ax)),
    "plot_evidence": (
        1,
        lambda **ax: plots.plot_evidence(IMAGES, IMAGES, IMAGES, IMAGES[:, 0], **ax),
    ),
    "plot_augmentation": (1, lambda **ax: plots.plot_augmentation(IMAGES, IMAGES[:, None], **ax)),
    "plot_embedding": (
        1,
        lambda **ax: plots.plot_embedding(IMAGES[:, 0, :2], [0, 1, 0, 1], ["a", "b"], **ax),
    ),
    "plot_search": (2, lambda **ax: plots.plot_search(TRIALS, **ax)),
}
WITH_AX = [name for name in CALLS if name not in ("plot_class_examples", "plot_class_means")]


def all_text(figure):
    return "\n".join(text.get_text() for text in figure.findobj(plt.Text))


def test_every_plotting_function_is_tried_here():
    assert set(CALLS) == {name for name in plots.__all__ if name.startswith("plot_")}


@pytest.mark.parametrize("name", CALLS)
def test_plotting_returns_a_display_with_a_described_figure_and_shows_nothing(name, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *args, **kwargs: pytest.fail("plt.show was called"))
    display = CALLS[name][1]()
    assert isinstance(display, Display)
    assert isinstance(display.figure_, DescribedFigure)
    assert display.alt_text_ == display.figure_.alt_text
    assert display.alt_text_.endswith(".")


@pytest.mark.parametrize("name", WITH_AX)
def test_given_axes_are_drawn_on_and_no_other_figure_is_opened(name):
    n_panels, call = CALLS[name]
    figure, ax = plt.subplots(1, n_panels)
    display = call(ax=ax)
    assert plt.get_fignums() == [figure.number]
    assert display.figure_ is figure
    assert display.ax_ is ax or display.ax_ == [ax]
    assert display.alt_text_
    assert all(panel.has_data() for panel in np.ravel(ax))


@pytest.mark.parametrize("name", ["plot_training_history", "plot_model_comparison"])
def test_axes_may_come_as_a_grid(name):
    figure, grid = plt.subplots(2, 2, squeeze=False)
    assert CALLS[name][1](ax=grid).figure_ is figure


@pytest.mark.parametrize("name", CALLS)
def test_stand_in_data_is_named_in_the_picture_and_in_its_description(name):
    data_source.record("MNIST", "sample")
    display = CALLS[name][1]()
    assert "[drawn sample, not MNIST]" in all_text(display.figure_)
    assert display.alt_text_.endswith("(drawn sample, not MNIST)")
    assert display.figure_.alt_text == display.alt_text_


@pytest.mark.parametrize("name", CALLS)
def test_official_data_needs_no_note(name):
    data_source.record("MNIST", "official")
    display = CALLS[name][1]()
    assert "drawn sample" not in all_text(display.figure_) + display.alt_text_


def test_a_title_names_every_stand_in():
    assert titled("Digits") == "Digits"
    data_source.record("MNIST", "sample")
    data_source.record("CIFAR-10", "sample")
    assert titled("Digits") == "Digits\n[drawn sample, not CIFAR-10 or MNIST]"


def test_the_mime_bundle_holds_a_png_with_its_alternative_text():
    figure, _ = plt.subplots(FigureClass=DescribedFigure, figsize=(4, 2), dpi=100)
    figure.alt_text = "An empty frame."
    data, metadata = figure._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (600, 300)  # 1.5 pixels for each one on the page
    assert metadata == {"image/png": {"alt": "An empty frame.", "width": 400, "height": 200}}
    assert data["text/plain"] == "An empty frame."


def test_a_figure_is_drawn_once_for_its_picture_and_keeps_its_own_looks(monkeypatch):
    figure, _ = plt.subplots(FigureClass=DescribedFigure, layout="constrained", facecolor="none")
    canvas, dpi, drawn = figure.canvas, figure.dpi, []
    draw = DescribedFigure.draw
    monkeypatch.setattr(DescribedFigure, "draw", lambda *args: drawn.append(draw(*args)))
    corner = plt.imread(io.BytesIO(figure.png()))[0, 0]
    assert len(drawn) == 1
    np.testing.assert_array_equal(corner, 1)  # white, as the page
    assert figure.canvas is canvas
    assert figure.dpi == dpi
    assert figure.get_facecolor() == to_rgba("none")


def test_a_dark_figure_stays_dark():
    figure = DescribedFigure(facecolor="black")
    np.testing.assert_array_equal(plt.imread(io.BytesIO(figure.png()))[0, 0, :3], 0)


def test_a_title_wider_than_its_figure_is_not_cut():
    figure = DescribedFigure(figsize=(1, 1), dpi=100)
    figure.suptitle("A title that is much wider than one inch")
    _, metadata = figure._repr_mimebundle_()
    picture = plt.imread(io.BytesIO(figure.png()))[..., :3]
    assert picture.shape[1] > 2 * 150
    assert metadata["image/png"]["width"] == round(picture.shape[1] / 1.5)
    assert (picture[:, 0] == 1).all()  # white at both sides
    assert (picture[:, -1] == 1).all()


def test_nothing_is_drawn_for_a_screen_that_is_not_there(monkeypatch):
    figure, _ = plt.subplots(FigureClass=DescribedFigure)
    monkeypatch.setattr(DescribedFigure, "draw", lambda *args: pytest.fail("it was drawn"))
    plt.draw_all(force=True)  # as at the end of each cell
    figure.canvas.draw_idle()


def test_a_notebook_draws_no_picture_of_its_own():
    shell = InteractiveShell()
    png = shell.display_formatter.formatters["image/png"]
    png.for_type(Figure, lambda figure: b"the inline backend's")
    figure, _ = plt.subplots(FigureClass=DescribedFigure, figsize=(1, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(IPython, "get_ipython", lambda: shell)
        draw_no_second_picture()
    data, _ = shell.display_formatter.format(figure)
    assert base64.b64decode(data["image/png"]) == figure.png()


def test_a_figure_without_description_falls_back_to_its_repr():
    figure = DescribedFigure()
    data, metadata = figure._repr_mimebundle_()
    assert data["text/plain"] == repr(figure)
    assert metadata["image/png"]["alt"] == ""


@pytest.fixture
def shown(monkeypatch):
    """Collect what is handed to IPython's display."""
    objects = []
    monkeypatch.setattr(IPython.display, "display", objects.append)
    return objects


def test_at_the_end_of_a_cell_the_figure_is_shown(shown):
    display = plots.plot_training_history(HISTORY)
    display._ipython_display_()
    assert shown == [display.figure_]


def test_the_inline_backend_is_not_asked_twice(shown, monkeypatch):
    monkeypatch.setattr(plt, "get_backend", lambda: "module://matplotlib_inline.backend_inline")
    display = plots.plot_training_history(HISTORY)
    display._ipython_display_()
    assert shown == []  # the backend shows what pyplot still manages at the end of the cell
    plt.close(display.figure_)  # as the backend does; a later cell must show it itself
    display._ipython_display_()
    assert shown == [display.figure_]


def test_a_display_that_was_not_drawn_is_named(shown, capsys):
    plots.ClassDistributionDisplay([1], ["a"])._ipython_display_()
    assert shown == []
    assert "ClassDistributionDisplay" in capsys.readouterr().out


def test_outside_a_notebook_the_text_says_what_is_drawn():
    display = plots.plot_class_distribution([0, 1], ["cat", "dog"], title="Pets")
    assert repr(display) == "<ClassDistributionDisplay: Pets: cat 1, dog 1.>"
    assert repr(plots.ClassDistributionDisplay([1], ["cat"])) == (
        "<ClassDistributionDisplay: not drawn yet>"
    )


@pytest.mark.parametrize("title", ["$\\foo$", "5 $", "$x^2$"])
def test_a_dollar_sign_need_not_begin_a_formula(title):
    figure = DescribedFigure()
    figure.suptitle(title)
    assert figure.png().startswith(b"\x89PNG")
    assert figure.get_suptitle() == title
