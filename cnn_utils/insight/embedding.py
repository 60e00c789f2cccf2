"""Images as points in a plane: what the last hidden layer makes of them, in two dimensions."""

from __future__ import annotations


import numpy as np
from keras import layers

from cnn_utils.errors import KitError, check_choice, check_count, check_seed
from cnn_utils.metrics import as_labels_of_images, as_names
from cnn_utils.plots import EmbeddingDisplay, plot_embedding
from cnn_utils.plots.layer_io import all_layers, listen
from cnn_utils.plots.model_inputs import as_images_for, check_model

METHODS = ("tsne", "pca")
# As van der Maaten and Hinton do: quicker, and with less noise.
TSNE_INPUTS = 30
PERPLEXITY = 30


def hidden_features(model, images, batch_size: int = 256) -> np.ndarray:
    """Return what the last hidden layer makes of the images: the input of the last Dense layer.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, with a Dense layer.
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
    check_count("batch_size", batch_size)
    images = as_images_for(model, images)
    dense = [layer for layer in all_layers(model) if isinstance(layer, layers.Dense)]
    if not dense:
        raise KitError.about("`model`", "hold a Dense layer", f"'{model.name}' without one")
    parts = []
    for start in range(0, len(images), batch_size):
        _, heard = listen(model, images[start : start + batch_size], dense[-1])
        parts.append(np.asarray(heard[dense[-1]].received, dtype=np.float32))
    return np.concatenate(parts)


def show_embedding(
    model, images, labels, class_names, method="tsne", *, y_pred=None, n=1000, seed=458
) -> EmbeddingDisplay:
    """Draw images as points by class: the last hidden layer's output in two dimensions.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, with a Dense layer.
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
    n : int, default=1000
        At most so many images, drawn at random; t-SNE takes some seconds for 1000.
    seed : int, default=458
        Seed of the draw and of t-SNE.

    Returns
    -------
    display : EmbeddingDisplay

    Raises
    ------
    KitError
        If model, images, labels and names don't fit each other, or `method` is unknown.

    References
    ----------
    L. van der Maaten, G. Hinton (2008), "Visualizing data using t-SNE", Journal of Machine
    Learning Research 9, 2579-2605.
    """
    check_choice("method", method, METHODS)
    check_count("n", n, least=3)
    check_seed(seed)
    check_model(model)
    images, class_names = as_images_for(model, images), as_names(class_names)
    labels = as_labels_of_images(labels, "labels", len(images))
    y_pred = None if y_pred is None else as_labels_of_images(y_pred, "y_pred", len(images))
    if len(images) < 3:
        raise KitError.about("`images`", "hold at least 3 images", f"{len(images)}")
    if len(images) > n:
        drawn = np.sort(np.random.default_rng(seed).choice(len(images), n, replace=False))
        images, labels = images[drawn], labels[drawn]
        y_pred = None if y_pred is None else y_pred[drawn]
    features = hidden_features(model, images)
    if features.ndim != 2 or features.shape[1] < 2 or (features == features[0]).all():
        raise KitError.about(
            "the last hidden layer",
            "tell the images apart, by at least 2 numbers each",
            features,
            "A network whose hidden units are all 0 has not learned.",
        )
    points, axis_labels = _pca(features) if method == "pca" else _tsne(features, seed)
    title = f"Last hidden layer of {model.name}, {len(images)} images"
    return plot_embedding(points, labels, class_names, y_pred, axis_labels=axis_labels, title=title)


def _pca(features):
    """Return points (n, 2) and what the axes are."""
    from sklearn.decomposition import PCA

    pca = PCA(2, svd_solver="full")
    points = pca.fit_transform(features)
    shares = pca.explained_variance_ratio_
    which = ("first", "second")
    return points, [
        f"{name} principal component ({share:.0%} of the variance)"
        for name, share in zip(which, shares, strict=True)
    ]


def _tsne(features, seed):
    """Return points (n, 2) and what the axes are."""
    n, d = features.shape
    settings = {"perplexity": min(PERPLEXITY, (n - 1) / 3), "init": "pca", "random_state": seed}

    def compute():
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE

        reduced = PCA(min(TSNE_INPUTS, n, d), svd_solver="full").fit_transform(features)
        return TSNE(**settings).fit_transform(reduced)

    return compute(), (
        "t-SNE 1 (no unit; distances between far clusters mean little)",
        "t-SNE 2 (no unit)",
    )
