"""cnn_utils.plots.figure: a described picture shown exactly once, and the protocol of `ax`."""

import base64
import io
import struct

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from cnn_utils.data import data_source
from cnn_utils.plots.attributions import plot_attributions
from cnn_utils.plots.augmentation import plot_augmentation
from cnn_utils.plots.class_distribution import plot_class_distribution
from cnn_utils.plots.comparison import plot_model_comparison
from cnn_utils.plots.confusion_matrix import plot_confusion_matrix
from cnn_utils.plots.embedding import plot_embedding
from cnn_utils.plots.feature_maps import plot_feature_maps
from cnn_utils.plots.figure import Display, figure_png, picture_bundle, with_note
from cnn_utils.plots.filters import plot_filters
from cnn_utils.plots.history import plot_training_history
from cnn_utils.plots.images import plot_class_examples, plot_class_means, plot_images
from cnn_utils.plots.search import plot_search

IMAGES = np.linspace(0, 1, 4 * 3 * 3).reshape(4, 3, 3)
HISTORY = {"loss": [0.9, 0.5], "val_loss": [0.8, 0.9]}
TRIALS = pd.DataFrame({"shift": [0, 2], "score": [0.7, 0.8], "seconds": [60.0, 61.0]})
RESULTS = {"dense": {"accuracy": 0.97}, "LeNet": {"accuracy": 0.99}}
NAMES = ["a", "b"]

# One call of every plotting function, and how many panels it draws.
CALLS = {
    "training history": (1, lambda **ax: plot_training_history(HISTORY, **ax)),
    "images": (1, lambda **ax: plot_images(IMAGES, **ax)),
    "class examples": (
        1,
        lambda: plot_class_examples(IMAGES, [0, 1, 0, 1], NAMES, n_per_class=2),
    ),
    "class means": (1, lambda: plot_class_means(IMAGES, [0, 1, 0, 1], NAMES)),
    "class distribution": (1, lambda **ax: plot_class_distribution([0, 1, 1], NAMES, **ax)),
    "confusion matrix": (1, lambda **ax: plot_confusion_matrix([0, 1], [0, 0], NAMES, **ax)),
    "model comparison": (1, lambda **ax: plot_model_comparison(RESULTS, **ax)),
    "filters": (1, lambda **ax: plot_filters(IMAGES[..., None], **ax)),
    "feature maps": (1, lambda **ax: plot_feature_maps(IMAGES[0], IMAGES[:3], **ax)),
    "attributions": (
        1,
        lambda **ax: plot_attributions(IMAGES, IMAGES, IMAGES, IMAGES[:, 0], **ax),
    ),
    "augmentation": (1, lambda **ax: plot_augmentation(IMAGES, IMAGES[:, None], **ax)),
    "embedding": (1, lambda **ax: plot_embedding(IMAGES[:, 0, :2], [0, 1, 0, 1], NAMES, **ax)),
    "search": (1, lambda **ax: plot_search(TRIALS, **ax)),
}
WITH_AX = [name for name in CALLS if name not in ("class examples", "class means")]


def all_text(figure):
    return "\n".join(text.get_text() for text in figure.findobj(plt.Text))


@pytest.mark.parametrize("name", CALLS)
def test_plotting_returns_a_described_display_and_leaves_pyplot_alone(name):
    display = CALLS[name][1]()
    assert isinstance(display, Display)
    assert type(display.figure_) is Figure
    assert plt.get_fignums() == []
    assert display.alt_text_.endswith(".")


@pytest.mark.parametrize("name", CALLS)
def test_a_notebook_gets_the_picture_with_its_alternative_text(name):
    display = CALLS[name][1]()
    data, metadata = display._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == display.alt_text_


@pytest.mark.parametrize("name", WITH_AX)
def test_given_axes_are_drawn_on_and_shown_by_whoever_made_them(name):
    n_panels, call = CALLS[name]
    figure, ax = plt.subplots(1, n_panels)
    display = call(ax=ax)
    assert plt.get_fignums() == [figure.number]
    assert display.figure_ is figure
    assert display.ax_ is ax
    assert all(panel.has_data() for panel in np.ravel(ax))
    assert display._repr_mimebundle_() == {"text/plain": repr(display)}


@pytest.mark.parametrize("name", ["training history", "model comparison"])
def test_axes_may_come_as_a_grid(name):
    figure, grid = plt.subplots(2, 2, squeeze=False)
    assert CALLS[name][1](ax=grid).figure_ is figure


@pytest.mark.parametrize("name", CALLS)
def test_sample_data_is_named_in_the_picture_and_in_its_description(name):
    data_source.record("MNIST", "sample")
    display = CALLS[name][1]()
    assert "[drawn sample, not MNIST]" in all_text(display.figure_)
    assert display.alt_text_.endswith("[drawn sample, not MNIST]")


@pytest.mark.parametrize("name", CALLS)
def test_official_data_needs_no_note(name):
    data_source.record("MNIST", "official")
    display = CALLS[name][1]()
    assert "sample" not in all_text(display.figure_) + display.alt_text_


def test_a_title_names_sample_data():
    assert with_note("Digits") == "Digits"
    data_source.record("MNIST", "sample")
    data_source.record("CIFAR-10", "sample")
    assert with_note("Digits", "\n") == "Digits\n[drawn sample, not CIFAR-10 or MNIST]"


def test_the_bundle_holds_the_size_on_the_page_and_more_pixels():
    figure = Figure(figsize=(4, 2), dpi=100)
    figure.subplots()
    data, metadata = picture_bundle(figure, "An empty frame.")
    pixels = struct.unpack(">II", base64.b64decode(data["image/png"])[16:24])
    size = metadata["image/png"]["width"], metadata["image/png"]["height"]
    assert size == tuple(round(n / 1.5) for n in pixels)
    assert 300 < size[0] < 420  # 4 inches; the margins are trimmed


def test_a_title_wider_than_its_figure_is_not_cut():
    figure = Figure(figsize=(1, 1), dpi=100)
    figure.suptitle("A title that is much wider than one inch")
    picture = plt.imread(io.BytesIO(figure_png(figure)))[..., :3]
    assert picture.shape[1] > 2 * 150
    assert (picture[:, 0] == 1).all()  # white at both sides
    assert (picture[:, -1] == 1).all()


def test_outside_a_notebook_the_text_says_what_is_drawn():
    display = plot_class_distribution([0, 1], ["cat", "dog"], title="Pets")
    assert repr(display) == "<Display: Pets: cat 1, dog 1.>"


@pytest.mark.parametrize("magic", ["", "%matplotlib inline\nimport matplotlib.pyplot as plt\n"])
def test_a_kernel_shows_each_picture_once(magic):
    """Last expressions, `display` and `plt.show` after a plot; axes of pyplot's own figures."""
    draw = "plot_class_distribution([0, 1], ['cat', 'dog'])"
    cells = [
        f"{magic}from cnn_utils.plots.class_distribution import plot_class_distribution\n{draw}",
        f"figure = {draw}",
        "figure",
        "display(figure)",
        f"import matplotlib.pyplot as plt\n{draw}\nplt.show()",
        f"_, ax = plt.subplots()\n{draw[:-1]}, ax=ax)",
        "import cnn_utils\nhistory = {'loss': [0.9, 0.5]}",
        "cnn_utils.plot_training_history(history)",
        "fig = cnn_utils.plot_training_history(history)\nfig",
        "cnn_utils.plot_training_history(history)\ndisplay(fig)\n1 + 1",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3").execute()
    shown = [
        [output for output in cell.outputs if "image/png" in output.get("data", {})]
        for cell in notebook.cells
    ]
    assert [len(pictures) for pictures in shown] == [1, 0, 1, 1, 0, 1, 0, 1, 1, 1]
    alt = "Images per class: cat 1, dog 1."
    assert all(shown[i][0].metadata["image/png"]["alt"] == alt for i in (0, 2, 3))
    alt = "Training history over 2 epochs. Training loss goes from 0.9 to 0.5."
    assert all(pictures[0].metadata["image/png"]["alt"] == alt for pictures in shown[7:])
