"""cnn_utils.insight.embedding: the last hidden layer, and its points in the plane."""

import keras
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.insight import hidden_features, show_embedding
from cnn_utils.models import build_lenet

N = 40
LABELS = np.arange(N) % 2
# Two numbers per image; the first varies four times as far as the second.
PIXELS = np.random.default_rng(458).random((N, 2), dtype=np.float32) * [4, 1]
IMAGES = PIXELS.reshape(N, 1, 2, 1).astype(np.float32)


def network(units=3, weights=None, activation="softmax"):
    """The hidden layer multiplies the two pixels by `weights`."""
    weights = np.eye(2, units) if weights is None else np.asarray(weights)
    model = keras.Sequential(
        [
            keras.Input((1, 2, 1)),
            layers.Flatten(),
            layers.Dense(weights.shape[1], name="hidden"),
            layers.Dense(2, activation=activation),
        ],
        name="tiny",
    )
    model.get_layer("hidden").set_weights([weights, np.zeros(weights.shape[1])])
    return model


def offsets(display):
    return np.concatenate([points.get_offsets() for points in display.points_.values()])


def show(method, **options):
    arguments = {"model": network(), "images": IMAGES, "labels": LABELS, "class_names": ["a", "b"]}
    return show_embedding(**{**arguments, "method": method, **options})


def test_hidden_features_are_the_input_of_the_last_dense_layer():
    features = hidden_features(network(weights=[[2, 0, 1], [0, 3, 1]]), IMAGES, batch_size=7)
    first, second = PIXELS.T
    expected = np.stack([2 * first, 3 * second, first + second], axis=1)
    np.testing.assert_allclose(features, expected, rtol=1e-5)
    assert features.dtype == np.float32


def test_dropout_is_off_and_separate_softmax_does_not_matter():
    inputs = keras.Input((1, 2, 1))
    hidden = layers.Dropout(0.5)(layers.Flatten()(inputs))
    model = keras.Model(inputs, layers.Softmax()(layers.Dense(2)(hidden)))
    np.testing.assert_allclose(hidden_features(model, IMAGES), PIXELS, rtol=1e-5)


def test_lenet_has_84_hidden_features():
    images = np.zeros((2, 28, 28, 1), dtype=np.float32)
    assert hidden_features(build_lenet(), images).shape == (2, 84)


def test_points_on_a_line_have_one_component():
    display = show("pca", model=network(weights=[[3, 4], [0, 0]]))  # (3, 4) times the first pixel
    points = np.concatenate([offsets(display)])
    np.testing.assert_allclose(points[:, 1], 0, atol=1e-5)
    order = np.argsort(LABELS, kind="stable")
    along = 5 * (PIXELS[order, 0] - PIXELS[:, 0].mean())  # 5 is the length of (3, 4)
    np.testing.assert_allclose(np.abs(points[:, 0]), np.abs(along), rtol=1e-4, atol=1e-5)
    assert display.ax_.get_xlabel() == "first principal component (100% of the variance)"
    assert display.ax_.get_ylabel() == "second principal component (0% of the variance)"


def test_shares_of_variance_are_those_of_the_axes():
    shares = np.linalg.eigvalsh(np.cov(PIXELS.T))[::-1]
    first = f"({shares[0] / shares.sum():.0%} of the variance)"
    assert first in show("pca").ax_.get_xlabel()


def test_tsne_keeps_clusters_together_and_says_what_its_axes_are_not():
    images = IMAGES.copy()
    images[LABELS == 1] += 50
    display = show("tsne", images=images)
    a, b = (display.points_[name].get_offsets() for name in "ab")
    within = max(np.ptp(a, axis=0).max(), np.ptp(b, axis=0).max())
    assert np.linalg.norm(np.mean(a, axis=0) - np.mean(b, axis=0)) > within / 2
    assert "no unit; distances between far clusters mean little" in display.ax_.get_xlabel()


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_a_seed_gives_the_same_picture_again(method):
    first, again = (offsets(show(method, n=25, seed=3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, offsets(show(method, n=25, seed=4)))


def test_at_most_n_images_are_drawn_with_their_labels_and_predictions():
    display = show("pca", n=25, y_pred=1 - LABELS)
    assert len(offsets(display)) == 25
    assert "25 images" in display.ax_.get_title()
    assert display.wrong.all()
    drawn = np.sort(np.random.default_rng(458).choice(N, 25, replace=False))
    np.testing.assert_array_equal(display.labels, LABELS[drawn])


@pytest.mark.parametrize("method", ["tsne", "pca"])
@pytest.mark.parametrize("n", [3, 4, 5])
def test_three_images_are_enough(method, n):
    assert len(offsets(show(method, n=n))) == n


def test_the_global_state_and_the_model_are_left_alone():
    model = network()
    before, weights = np.random.get_state()[1].copy(), model.get_weights()  # noqa: NPY002
    show("tsne", model=model)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "umap"}, r"`method` must be one of \('tsne', 'pca'\); received 'umap'"),
        ({"n": 2}, "`n` must be a whole number of at least 3"),
        ({"seed": 1.5}, "`seed` must be a whole number"),
        ({"model": None}, "`model` must be a Keras model"),
        ({"images": (IMAGES * 9).astype(np.uint8)}, "`images` must be floating-point"),
        ({"images": IMAGES[:2], "labels": [0, 1]}, "`images` must hold at least 3 images; rec.* 2"),
        ({"labels": [0]}, "`labels` must hold one label per image, 40; received 1"),
        ({"y_pred": [0]}, "`y_pred` must hold one label per image, 40; received 1"),
        ({"class_names": ["a"]}, "a name for every label"),
        ({"class_names": None}, "`class_names` must be a list of names"),
        (
            {"model": network(weights=np.zeros((2, 2)))},
            "the last hidden layer must tell the images",
        ),
        (
            {"model": network(weights=np.ones((2, 1)))},
            "by at least 2 numbers each.*has not learned",
        ),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    with pytest.raises(KitError, match=message):
        show(**{"method": "pca", **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be a whole number"),
        ({"images": IMAGES[:0]}, "n > 0"),
        (
            {"model": keras.Sequential([keras.Input((1, 2, 1)), layers.Flatten()], name="flat")},
            "`model` must hold a Dense layer; received 'flat' without one",
        ),
    ],
)
def test_what_has_no_hidden_features_is_described(change, message):
    with pytest.raises(KitError, match=message):
        hidden_features(**{"model": network(), "images": IMAGES, **change})
