"""cnn_utils.plots.embedding: the last hidden layer, points by class, names that can be read."""

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.models import build_lenet
from cnn_utils.plots import embedding
from cnn_utils.plots.embedding import (
    hidden_features,
    plot_embedding,
    show_embedding,
)

POINTS = np.array([[0, 0], [1, 0], [2, 6], [8, 8], [9, 8], [10, 8]], dtype=float)
LABELS = [0, 0, 0, 2, 2, 2]
NAMES = ["cat", "dog", "frog"]


def looks(display):
    """Return colour and shape of each point."""
    points = display.points_
    shapes = [path.vertices.tobytes() for path in points.get_paths()]
    return list(zip(map(tuple, points.get_facecolors()), shapes, strict=True))


def test_all_points_are_drawn_and_each_class_has_its_look():
    display = plot_embedding(POINTS, LABELS, NAMES)
    np.testing.assert_array_equal(display.points_.get_offsets(), POINTS)
    cat, frog = set(looks(display)[:3]), set(looks(display)[3:])
    assert len(cat) == len(frog) == 1
    assert cat != frog
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["cat", "frog"]  # no dog among the images


def test_many_classes_differ_in_colour_or_marker():
    points = np.random.default_rng(0).normal(size=(20, 2))
    display = plot_embedding(points, np.arange(20), [f"class {i}" for i in range(20)])
    assert len(set(looks(display))) == 20


def test_each_name_stands_at_the_median_point_of_its_class():
    display = plot_embedding(POINTS, LABELS, NAMES)
    assert [text.get_text() for text in display.names_] == ["cat", "frog"]
    np.testing.assert_allclose([text.get_position() for text in display.names_], [[1, 0], [9, 8]])
    assert all(text.get_path_effects() for text in display.names_)


def test_mistakes_are_crossed_out():
    display = plot_embedding(POINTS, LABELS, NAMES, y_pred=[0, 0, 1, 2, 2, 0])
    np.testing.assert_array_equal(display.crosses_.get_offsets(), POINTS[[2, 5]])
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["cat", "frog", "mistake"]
    assert plot_embedding(POINTS, LABELS, NAMES, y_pred=LABELS).crosses_ is None
    assert plot_embedding(POINTS, LABELS, NAMES).crosses_ is None


def test_distances_are_the_same_across_and_up():
    assert plot_embedding(POINTS, LABELS, NAMES).ax_.get_aspect() == 1


def test_axes_title_and_alt_text_say_what_is_shown():
    display = plot_embedding(POINTS, LABELS, NAMES, [0, 0, 1, 2, 2, 2], title="Pets")
    assert "no unit; distances between far clusters mean little" in display.ax_.get_xlabel()
    assert display.ax_.get_title() == "Pets"
    assert display.alt_text_ == (
        "Pets: 6 points of 2 classes, 1 of them mistakes. Close points are similar images."
    )


def test_given_axes_are_drawn_on():
    _, ax = plt.subplots()
    assert plot_embedding(POINTS, LABELS, NAMES, ax=ax).points_ in ax.collections


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [0, 1]}, "`labels` must hold one label per image, 6; received 2"),
        ({"labels": [3] * 6}, "a name for every label; received labels from 3 to 3 and 3 names"),
        ({"class_names": "cat"}, "`class_names` must be a list of names"),
        ({"y_pred": [0]}, "`y_pred` must hold one label per image, 6; received 1"),
    ],
)
def test_labels_that_do_not_fit_the_points_are_described(change, message):
    arguments = {"points": POINTS, "labels": LABELS, "class_names": NAMES}
    with pytest.raises(KitError, match=message):
        plot_embedding(**{**arguments, **change})


N = 40
PARITY = np.arange(N) % 2
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
    return np.asarray(display.points_.get_offsets())


def show(**options):
    arguments = {"model": network(), "images": IMAGES, "labels": PARITY, "class_names": ["a", "b"]}
    return show_embedding(**{**arguments, **options})


def test_hidden_features_are_the_input_of_the_last_dense_layer(monkeypatch):
    monkeypatch.setattr(embedding, "BATCH_SIZE", 7)
    features = hidden_features(network(weights=[[2, 0, 1], [0, 3, 1]]), IMAGES)
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


def test_tsne_keeps_clusters_together():
    images = IMAGES.copy()
    images[PARITY == 1] += 50
    points = offsets(show(images=images))
    a, b = points[PARITY == 0], points[PARITY == 1]
    within = max(np.ptp(a, axis=0).max(), np.ptp(b, axis=0).max())
    assert np.linalg.norm(np.mean(a, axis=0) - np.mean(b, axis=0)) > within / 2


def test_a_seed_gives_the_same_picture_again():
    first, again = (offsets(show(n=25, seed=3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, offsets(show(n=25, seed=4)))


def test_at_most_n_images_are_drawn_with_their_labels_and_predictions():
    display = show(n=25, y_pred=1 - PARITY)
    assert len(offsets(display)) == 25
    assert "25 images" in display.ax_.get_title()
    assert len(display.crosses_.get_offsets()) == 25
    drawn = np.sort(np.random.default_rng(458).choice(N, 25, replace=False))
    of_first = [look == looks(display)[0] for look in looks(display)]
    np.testing.assert_array_equal(of_first, PARITY[drawn] == PARITY[drawn][0])


@pytest.mark.parametrize("n", [3, 4, 5])
def test_three_images_are_enough(n):
    assert len(offsets(show(n=n))) == n


def test_the_global_state_and_the_model_are_left_alone():
    model = network()
    before, weights = np.random.get_state()[1].copy(), model.get_weights()  # noqa: NPY002
    show(model=model)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"images": (IMAGES * 9).astype(np.uint8)}, "`images` must be floating-point"),
        ({"labels": [0]}, "`labels` must hold one label per image, 40; received 1"),
        ({"y_pred": [0]}, "`y_pred` must hold one label per image, 40; received 1"),
        ({"class_names": ["a"]}, "a name for every label"),
        ({"class_names": None}, "`class_names` must be a list of names"),
        (
            {"model": network(weights=np.zeros((2, 2)))},
            "the last hidden layer must distinguish the images",
        ),
        (
            {"model": network(weights=np.ones((2, 1)))},
            "by at least 2 numbers each.*has not learned",
        ),
    ],
)
def test_what_does_not_fit_is_described(change, message):
    with pytest.raises(KitError, match=message):
        show(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
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
