"""Images as points in a plane: the last hidden layer's output in two dimensions, by class."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from keras import layers
from matplotlib.patheffects import withStroke

from cnn_utils.errors import KitError, check_choice
from cnn_utils.metrics import as_labels_of_images, as_names, check_named
from cnn_utils.plots.figure import INK, Display, titled
from cnn_utils.plots.layer_io import all_layers, capture_outputs
from cnn_utils.plots.model_inputs import as_model_images, check_model

# Ten colours and nine markers have no common divisor: many classes get different pairs.
MARKERS, N_COLOURS = "osD^vP<>p", 10
METHODS = ("tsne", "pca")
# As van der Maaten and Hinton (2008) do: quicker, and with less noise.
TSNE_INPUTS = 30
PERPLEXITY = 30


class EmbeddingDisplay(Display):
    """Points (n, 2) by class: colour, marker, and the class's name at its median point.

    `points_` holds the points of each class by its name; `names_` the names, moved apart where they
    would overlap; `crosses_` the crosses over mistakes (None without a mistake).
    """

    def __init__(self, points, labels, class_names, y_pred=None):
        self.points, self.class_names = np.asarray(points), as_names(class_names)
        n = len(self.points)
        self.labels = as_labels_of_images(labels, "labels", n)
        check_named(self.labels, "labels", self.class_names)
        y_pred = self.labels if y_pred is None else as_labels_of_images(y_pred, "y_pred", n)
        self.wrong = y_pred != self.labels

    def plot(self, *, axis_labels=("", ""), title="Embedding", ax=None):
        """Draw the points and return the display; `axis_labels` are those for x and y."""
        (ax,) = self._panels(ax, figsize=(8.2, 6))
        palette = sns.color_palette("colorblind", N_COLOURS)
        present = np.unique(self.labels)
        self.points_, self.names_ = {}, []
        for label in present:
            name, own = self.class_names[label], self.points[self.labels == label]
            self.points_[name] = ax.scatter(
                *own.T,
                s=22,
                color=palette[label % N_COLOURS],
                marker=MARKERS[label % len(MARKERS)],
                edgecolors=INK,
                linewidths=0.3,
                label=name,
            )
            self.names_.append(_draw_name(ax, name, np.median(own, axis=0)))
        self.crosses_ = None
        n_wrong = int(self.wrong.sum())
        if n_wrong:
            style = {"s": 22, "color": "black", "marker": "x", "linewidths": 0.9, "zorder": 3}
            self.crosses_ = ax.scatter(*self.points[self.wrong].T, label="mistake", **style)
        ax.set(xlabel=axis_labels[0], ylabel=axis_labels[1], xticks=[], yticks=[])
        ax.set_aspect("equal", adjustable="datalim")
        beside = {"loc": "center left", "bbox_to_anchor": (1, 0.5), "frameon": False}
        ax.legend(fontsize="small", **beside)
        ax.set_title(titled(title))
        _move_apart(self.names_)
        counted = f"{len(self.points)} points of {len(present)} classes"
        mistakes = f", {n_wrong} of them mistakes" if n_wrong else ""
        axes = f" Across: {axis_labels[0]}; up: {axis_labels[1]}." if any(axis_labels) else ""
        self._describe(f"{title}: {counted}{mistakes}.{axes}")
        return self


def show_embedding(
    model, images, labels, class_names, method="tsne", *, y_pred=None, n=500, seed=458
) -> EmbeddingDisplay:
    """Draw images as points by class: the last hidden layer's output in two dimensions.

    Parameters
    ----------
    model : keras.Model
        With a Dense layer.
    images : array of shape (n_images, height, width, channels), float
        As the network gets them, preprocessed.
    labels : array-like
        True classes.
    class_names : sequence of str
    method : {"tsne", "pca"}, default="tsne"
        "pca": the two directions of largest variance, a linear picture whose distances count.
        "tsne": close points stay close (perplexity 30, less for fewer than 91 images; on 30
        principal components); axes have no unit, and distances between far clusters, and the
        clusters' sizes, mean little.
    y_pred : array-like, optional
        Predicted classes; mistakes are crossed out.
    n : int, default=500
        Maximum number of images, drawn at random. t-SNE takes about 2 seconds for 500.
    seed : int, default=458
        Seed of the draw and of t-SNE.

    Returns
    -------
    display : EmbeddingDisplay

    Raises
    ------
    KitError
        If model, images, labels and names don't fit each other, or `method` is unknown.
    """
    check_choice("method", method, METHODS)
    images = as_model_images(model, images)
    labels = as_labels_of_images(labels, "labels", len(images))
    y_pred = labels if y_pred is None else as_labels_of_images(y_pred, "y_pred", len(images))
    if len(images) > n:
        drawn = np.sort(np.random.default_rng(seed).choice(len(images), n, replace=False))
        images, labels, y_pred = images[drawn], labels[drawn], y_pred[drawn]
    features = hidden_features(model, images)
    if features.shape[1] < 2 or (features == features[0]).all():
        raise KitError.about(
            "the last hidden layer",
            "distinguish the images, by at least 2 numbers each",
            features,
            "A network whose hidden units are all 0 has not learned.",
        )
    points, axis_labels = _pca(features) if method == "pca" else _tsne(features, seed)
    title = f"Last hidden layer of {model.name}, {len(images)} images"
    return plot_embedding(points, labels, class_names, y_pred, axis_labels=axis_labels, title=title)


def plot_embedding(points, labels, class_names, y_pred=None, **options) -> EmbeddingDisplay:
    """Draw points (n, 2) by class; see `EmbeddingDisplay` and its `plot`."""
    return EmbeddingDisplay(points, labels, class_names, y_pred).plot(**options)


def hidden_features(model, images, batch_size: int = 256) -> np.ndarray:
    """Return the output of the last hidden layer: the input of the last Dense layer.

    Parameters
    ----------
    model : keras.Model
        With a Dense layer.
    images : array of shape (n, height, width, channels), float
        As the network gets them, preprocessed.
    batch_size : int, default=256
        Images at a time.

    Returns
    -------
    features : ndarray of shape (n, d), float32

    Raises
    ------
    KitError
        If the images don't fit the model, or it has no Dense layer.
    """
    check_model(model)
    images = as_model_images(model, images)
    dense = [layer for layer in all_layers(model) if isinstance(layer, layers.Dense)]
    if not dense:
        raise KitError.about("`model`", "hold a Dense layer", f"'{model.name}' without one")
    parts = []
    for start in range(0, len(images), batch_size):
        _, captured = capture_outputs(model, images[start : start + batch_size], dense[-1])
        parts.append(np.asarray(captured[dense[-1]].input, dtype=np.float32))
    return np.concatenate(parts)


def _pca(features) -> tuple[np.ndarray, tuple[str, str]]:
    """Return points (n, 2) and the labels of the axes."""
    from sklearn.decomposition import PCA

    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(features)
    first, second = (f"({share:.0%} of the variance)" for share in pca.explained_variance_ratio_)
    return points, (f"first principal component {first}", f"second principal component {second}")


def _tsne(features, seed) -> tuple[np.ndarray, tuple[str, str]]:
    """Return points (n, 2) and the labels of the axes."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    n, d = features.shape
    reduced = PCA(min(TSNE_INPUTS, n, d), svd_solver="full").fit_transform(features)
    tsne = TSNE(perplexity=min(PERPLEXITY, (n - 1) / 3), init="pca", random_state=seed)
    # On a busy machine several threads wait for each other: 30 seconds instead of 1.
    with threadpool_limits(1, user_api="openmp"):
        points = tsne.fit_transform(reduced)
    return points, (
        "t-SNE 1 (no unit; distances between far clusters mean little)",
        "t-SNE 2 (no unit)",
    )


def _draw_name(ax, name, point):
    """Write a name at a point, in dark letters with a white outline."""
    style = {"fontsize": 11, "weight": "bold", "color": INK, "ha": "center", "va": "center"}
    line = {"arrowstyle": "-", "color": INK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}
    text = ax.annotate(name, point, point, arrowprops=line, zorder=4, **style)
    # Dark letters on dark points could not be read without an outline.
    text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return text


def _move_apart(texts) -> None:
    """Move texts down until none covers another, from the highest to the lowest."""
    figure = texts[0].figure
    # Where the letters lie is known only once the figure's layout is.
    figure.draw_without_rendering()
    to_data = texts[0].axes.transData.inverted()
    placed = []
    for text in sorted(texts, key=lambda text: -text.get_window_extent().y0):
        box = start = text.get_window_extent()
        while hit := next((other for other in placed if box.overlaps(other)), None):
            box = box.translated(0, hit.y0 - box.y1 - 1)
        placed.append(box)
        if box is not start:
            x, y = text.axes.transData.transform(text.xy)
            text.set_position(to_data.transform((x, y + box.y0 - start.y0)))
