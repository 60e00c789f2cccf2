"""Images as points in a plane: t-SNE of the last hidden layer's output, by class."""

import numpy as np
import seaborn as sns
from keras import layers
from matplotlib.patheffects import withStroke

from cnn_utils.errors import KitError
from cnn_utils.metrics import as_labels_of_images, as_names, check_named
from cnn_utils.plots.figure import INK, Display
from cnn_utils.plots.layer_io import all_layers, as_model_images, capture_outputs

# As van der Maaten and Hinton (2008) do: quicker, and with less noise.
TSNE_INPUTS = 30
PERPLEXITY = 30
BATCH_SIZE = 256


def show_embedding(model, images, labels, class_names, *, y_pred=None, n=500, seed=458) -> Display:
    """Draw images as points by class: t-SNE of the last hidden layer's output.

    Close points stay close (perplexity 30, less for fewer than 91 images; on 30 principal
    components). Distances between far clusters, and the clusters' sizes, mean little.

    Parameters
    ----------
    model : keras.Model
        With a Dense layer.
    images : array of shape (n_images, height, width, channels), float
        As the network gets them, preprocessed.
    labels : array-like
        True classes.
    class_names : sequence of str
    y_pred : array-like, optional
        Predicted classes; mistakes are crossed out.
    n : int, default=500
        Maximum number of images, drawn at random. t-SNE takes about a second for 500.
    seed : int, default=458
        Seed of the draw and of t-SNE.

    Returns
    -------
    display : Display
        As `plot_embedding` describes it.
    """
    images = as_model_images(model, images)
    labels = as_labels_of_images(labels, "labels", len(images))
    y_pred = labels if y_pred is None else as_labels_of_images(y_pred, "y_pred", len(images))
    if len(images) > n:
        drawn = np.sort(np.random.default_rng(seed).choice(len(images), n, replace=False))
        images, labels, y_pred = images[drawn], labels[drawn], y_pred[drawn]
    features = hidden_features(model, images)
    if features.shape[1] < 2 or (features == features[0]).all():
        expected = "distinguish the images, by at least 2 numbers each"
        next_step = "A network whose hidden units are all 0 has not learned."
        raise KitError.about("the last hidden layer", expected, features, next_step)
    title = f"Last hidden layer of {model.name}, {len(images)} images"
    return plot_embedding(_tsne(features, seed), labels, class_names, y_pred, title=title)


def plot_embedding(
    points, labels, class_names, y_pred=None, *, title="Embedding", ax=None
) -> Display:
    """Draw points (n, 2) by class: colour, marker, and the class's name at its median point.

    The display holds all points in `points_`, the names in `names_`, and the crosses over mistakes
    in `crosses_` (None without a mistake).
    """
    n, class_names = len(points), as_names(class_names)
    labels = as_labels_of_images(labels, "labels", n)
    check_named(labels, "labels", class_names)
    wrong = as_labels_of_images(labels if y_pred is None else y_pred, "y_pred", n) != labels
    display = Display(ax, figsize=(8.2, 6))
    (ax,) = display.panels
    names, present = np.array(class_names)[labels], np.unique(labels)
    order = [class_names[label] for label in present]
    groups = {"hue": names, "style": names, "hue_order": order, "style_order": order}
    palette = sns.color_palette("colorblind", len(order))
    look = {"palette": palette, "s": 24, "edgecolor": INK, "linewidth": 0.3}
    sns.scatterplot(x=points[:, 0], y=points[:, 1], **groups, **look, ax=ax)
    display.points_, display.crosses_ = ax.collections[-1], None
    if wrong.any():
        style = {"s": 22, "color": "black", "marker": "x", "linewidths": 0.9, "zorder": 3}
        display.crosses_ = ax.scatter(*points[wrong].T, label="mistake", **style)
    # Dark letters on dark points could not be read without an outline.
    outline = [withStroke(linewidth=3, foreground="white")]
    letters = {"weight": "bold", "color": INK, "ha": "center", "va": "center", "zorder": 4}
    display.names_ = [
        ax.text(*np.median(points[labels == label], axis=0), name, path_effects=outline, **letters)
        for label, name in zip(present, order, strict=True)
    ]
    ax.set(xlabel="t-SNE 1 (no unit; distances between far clusters mean little)")
    ax.set(ylabel="t-SNE 2 (no unit)", xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="datalim")
    ax.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    mistakes = f", {wrong.sum()} of them mistakes" if wrong.any() else ""
    counted = f"{n} points of {len(present)} classes{mistakes}"
    return display.finish(title, f"{title}: {counted}. Close points are similar images.")


def hidden_features(model, images) -> np.ndarray:
    """Return the output of the last hidden layer: the input of the last Dense layer.

    Parameters
    ----------
    model : keras.Model
        With a Dense layer.
    images : array of shape (n, height, width, channels), float
        As the network gets them, preprocessed.

    Returns
    -------
    features : ndarray of shape (n, d), float32
    """
    images = as_model_images(model, images)
    dense = [layer for layer in all_layers(model) if isinstance(layer, layers.Dense)]
    if not dense:
        raise KitError.about("`model`", "hold a Dense layer", f"'{model.name}' without one")
    parts = []
    for start in range(0, len(images), BATCH_SIZE):
        _, captured = capture_outputs(model, images[start : start + BATCH_SIZE], dense[-1])
        parts.append(np.asarray(captured[dense[-1]].input, dtype=np.float32))
    return np.concatenate(parts)


def _tsne(features, seed) -> np.ndarray:
    """Return points (n, 2)."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    n, d = features.shape
    reduced = PCA(min(TSNE_INPUTS, n, d), svd_solver="full").fit_transform(features)
    # Half of scikit-learn's steps, and coarser: half the time, a divergence within 1 %.
    steps = {"max_iter": 500, "angle": 0.8, "init": "pca", "random_state": seed}
    tsne = TSNE(perplexity=min(PERPLEXITY, (n - 1) / 3), **steps)
    # On a busy machine several threads wait for each other: 30 seconds instead of 1.
    with threadpool_limits(1, user_api="openmp"):
        return tsne.fit_transform(reduced)
