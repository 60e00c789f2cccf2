"""cnn_utils.fast.recipe: each ingredient, on images that colour alone tells apart."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import psutil
import pytest

from cnn_utils.errors import KitError
from cnn_utils.fast.optimizer import ConvMuon
from cnn_utils.fast.recipe import (
    THOROUGH_RECIPE,
    Recipe,
    accuracy_of,
    predict_averaged,
    scale,
    train_fast_cnn,
)
from cnn_utils.training import acceleration

RNG = np.random.default_rng(0)
LABELS = np.arange(48) % 2
IMAGES = RNG.integers(0, 60, (48, 32, 32, 3), dtype=np.uint8)
IMAGES[LABELS == 0, :, :, 0] += 120  # reddish
IMAGES[LABELS == 1, :, :, 2] += 120  # bluish
SMALL = Recipe(epochs=2, widths=(4, 8), batch_size=8)


@pytest.fixture(autouse=True)
def no_bfloat16(monkeypatch):
    """Keep the whole process in float32, whatever the processor has."""
    monkeypatch.setattr(acceleration, "multiplies_bfloat16", lambda: False)


@pytest.fixture
def prepared(monkeypatch):
    """Return a function that prepares a training, without `fit`, and tells what it prepared."""

    def prepare(chosen, labels=LABELS):
        told = {}

        def fit(model, train, **options):
            told.update(train=train, **options)

        with monkeypatch.context() as patch:
            patch.setattr(keras.Model, "fit", fit)
            model, _ = train_fast_cnn(IMAGES, labels, chosen)
        return SimpleNamespace(model=model, **told)

    return prepare


def rate_at(model, step):
    model.optimizer.iterations.assign(step)
    return float(model.optimizer.learning_rate)


def test_the_whole_recipe(prepared):
    """48 images in batches of 8, for 2 epochs, are 12 steps: half the peak after 6."""
    whole = prepared(SMALL)
    model, augment = whole.model, whole.train.augment
    assert type(model.optimizer) is ConvMuon
    assert [rate_at(model, step) for step in (0, 6)] == pytest.approx([0.24, 0.12])
    assert model.optimizer.adam_share == 1 / 80
    assert model.loss.label_smoothing == 0.2
    assert model.get_layer("patches").trainable is False
    assert (augment.flip, augment.shift, augment.seed) == (True, 2, 458)
    assert (whole.train.batch_size, whole.train.shuffle, len(whole.train)) == (8, True, 6)
    assert (whole.epochs, whole.validation_data, whole.callbacks) == (2, None, [])
    assert any("call" in vars(layer) for layer in model.layers)  # fused


def test_images_reach_the_network_in_0_to_1_and_labels_as_rows(prepared):
    images, labels = prepared(replace(SMALL, flip=False, shift=0)).train[0]
    assert images.dtype == np.float32
    bluish = images[..., 2].mean(axis=(1, 2)) > images[..., 0].mean(axis=(1, 2))
    np.testing.assert_array_equal(labels, np.eye(2)[bluish.astype(int)])
    assert set(np.unique(np.round(images * 255, 3) % 1)) == {0}
    assert 0.5 < images.max() <= 179 / 255


def test_without_whitening_the_first_layer_learns(prepared):
    first = prepared(replace(SMALL, whiten=False)).model.get_layer("patches")
    assert first.trainable is True
    assert (first.get_weights()[1] == 0).all()


@pytest.mark.parametrize(("share", "rates"), [(1 / 80, [0.003, 0.0015]), (0.5, [0.12, 0.06])])
def test_without_muon_adam_gets_its_share(prepared, share, rates):
    model = prepared(replace(SMALL, muon=False, adam_share=share)).model
    assert type(model.optimizer) is keras.optimizers.Adam
    assert [rate_at(model, step) for step in (0, 6)] == pytest.approx(rates)
    assert prepared(replace(SMALL, adam_share=share)).model.optimizer.adam_share == share


@pytest.mark.parametrize(("muon", "expected"), [(True, 0.12), (False, 0.0015)])
def test_without_the_fall_half_the_peak_stays(prepared, muon, expected):
    model = prepared(replace(SMALL, muon=muon, linear_decay=False)).model
    assert [rate_at(model, step) for step in (0, 11)] == pytest.approx([expected, expected])


def test_the_variants_of_images_are_those_asked_for(prepared):
    chosen = replace(SMALL, flip=False, shift=1, seed=5)
    augment = prepared(chosen).train.augment
    assert (augment.flip, augment.shift, augment.seed) == (False, 1, 5)


def test_smoothing_and_acceleration_can_be_switched_off(prepared):
    model = prepared(replace(SMALL, label_smoothing=0.0, fast=False)).model
    assert model.loss.label_smoothing == 0
    assert not any("call" in vars(layer) for layer in model.layers)


def test_the_thorough_recipe_has_third_convolutions_and_silu(prepared):
    """Nine convolutions and the computed one; a block's sum needs equal shapes, so 3 sums."""
    model = prepared(THOROUGH_RECIPE).model
    kinds = [type(layer).__name__ for layer in model.layers]
    assert (kinds.count("Conv2D"), kinds.count("Add")) == (10, 3)
    silus = [layer for layer in model.layers if "silu" in str(layer.get_config())]
    assert len(silus) == 9
    assert rate_at(model, 0) == pytest.approx(0.15)


def test_classes_are_counted_from_the_labels(prepared):
    assert prepared(SMALL, LABELS[:, None] * 4).model.output_shape == (None, 5)


@pytest.fixture(scope="module")
def trained():
    """Train once, for real, with the rest of the images held out."""
    ended = []
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ended.append(epoch))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(acceleration, "multiplies_bfloat16", lambda: False)
        model, history = train_fast_cnn(
            IMAGES[:40], LABELS[:40], SMALL, (IMAGES[40:], LABELS[40:]), [watch]
        )
    return SimpleNamespace(model=model, history=history.history, ended=ended)


def test_it_learns_what_colour_tells(trained):
    assert set(trained.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert trained.ended == [0, 1]
    assert trained.history["loss"][1] < trained.history["loss"][0]
    assert accuracy_of(trained.model, IMAGES[40:], LABELS[40:], SMALL) == 1


def test_the_seed_repeats_a_training(trained):
    _, again = train_fast_cnn(IMAGES[:40], LABELS[:40], SMALL)
    assert again.history["loss"] == pytest.approx(trained.history["loss"], rel=1e-4)
    _, other = train_fast_cnn(IMAGES[:40], LABELS[:40], replace(SMALL, seed=1))
    assert other.history["loss"] != pytest.approx(trained.history["loss"], rel=1e-4)


def left_or_right():
    """Return a model for 1x2 images: class 0 as far as the left pixel is white, class 1 the right.

    A white pixel counts 1, so that the answers for (1, 0) are softmax(1, 0) = (0.731, 0.269).
    """
    model = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(2, activation="softmax", use_bias=False))
    model.set_weights([np.eye(2)])
    return model


def test_accuracy_is_measured_as_the_recipe_says():
    """Mirrored, left and right become one, and the first class of equals is told."""
    images = np.array([[255, 0], [0, 255], [0, 255], [0, 255]], dtype=np.uint8).reshape(4, 1, 2, 1)
    labels = [[0], [1], [1], [0]]
    model = left_or_right()
    assert accuracy_of(model, images, labels, Recipe(flip_at_test=False)) == 0.75
    assert accuracy_of(model, images, labels, Recipe()) == 0.5


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES, LABELS[:9], r"`images` and `labels` must be uint8 images .* and 9 labels\."),
        (IMAGES / 255, LABELS, r"received float64 .* Pass the images as loaded: the training"),
        (IMAGES[..., 0], LABELS, r"\(48, 32, 32\) and 48 .* Add a channel axis: images\[\.\.\., N"),
        (IMAGES, np.eye(10)[LABELS], r"480 labels\. Turn one-hot rows into labels with `rows\.arg"),
        (IMAGES[:, :4, :4], LABELS, r"`images` must be at least 5 pixels each way, to be halved 2"),
    ],
)
def test_images_and_labels_that_cannot_be_trained_with_are_refused(images, labels, message):
    with pytest.raises(KitError, match=message):
        train_fast_cnn(images, labels, SMALL)


def test_validation_data_are_checked_too():
    message = r"`validation` must be uint8 images .* and n labels; received .* and 3 labels"
    with pytest.raises(KitError, match=message):
        train_fast_cnn(IMAGES, LABELS, SMALL, (IMAGES, LABELS[:3]))


def test_a_class_may_be_missing_among_the_images_to_train_with(prepared):
    chosen = LABELS == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", lambda *arguments, **options: None)
        model, _ = train_fast_cnn(IMAGES[chosen], LABELS[chosen], SMALL, (IMAGES, LABELS))
    assert model.output_shape == (None, 2)


def test_a_trained_model_is_read_without_the_kit(trained, tmp_path):
    trained.model.save(tmp_path / "model.keras")
    program = "import keras; keras.saving.load_model('model.keras', compile=False)"
    command = [sys.executable, "-W", "error", "-c", program]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def test_mirrored_answers_are_the_mean_of_both_views():
    images = np.array([[255, 0], [0, 0], [0, 255]], dtype=np.uint8).reshape(3, 1, 2, 1)
    model = left_or_right()
    plain = model.predict(images / 255, verbose=0)
    assert plain[0] == pytest.approx([0.7311, 0.2689], abs=1e-4)
    mean = (plain + model.predict(images[:, :, ::-1] / 255, verbose=0)) / 2
    for batch_size in (2, 500):
        found = predict_averaged(model, images, batch_size=batch_size)
        np.testing.assert_allclose(found, mean, atol=1e-6)
    np.testing.assert_allclose(found, np.full((3, 2), 0.5), atol=1e-6)


def test_shifted_answers_count_half():
    """A 2x2 image shifted by one: the border reflected, both shifts give its point mirror image."""
    images = np.array([[[[255], [0]], [[0], [0]]]], dtype=np.uint8)
    model = keras.Sequential([keras.Input((2, 2, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(4, activation="softmax", use_bias=False))
    model.set_weights([np.eye(4)])
    white, other = np.exp(1) / (np.exp(1) + 3), 1 / (np.exp(1) + 3)
    found = predict_averaged(model, images, flip=False, shift=1)
    # Weights 1, 1/2, 1/2: half of the answers see the white pixel at (0, 0), half at (1, 1).
    half = (white + other) / 2
    assert found[0] == pytest.approx([half, other, other, half])
    both = predict_averaged(model, images, shift=1)  # and mirrored: at each place once
    assert both[0] == pytest.approx([0.25] * 4)


def test_mirrored_answers_use_the_preprocessing_given():
    images = np.array([[1, 3]], dtype=np.uint8).reshape(1, 1, 2, 1)
    brightest_first = predict_averaged(left_or_right(), images, lambda x: np.sort(x, axis=2) * 1.0)
    assert brightest_first[0] == pytest.approx([0.1192, 0.8808], abs=1e-4)  # softmax(1, 3)


def test_whole_numbers_are_scaled_and_floats_taken_as_they_are():
    assert scale(np.array([0, 51, 255], dtype=np.uint8)).tolist() == pytest.approx([0, 0.2, 1])
    floats = np.array([0.0, 0.2, 1.0])
    assert scale(floats).dtype == np.float32
    assert scale(floats).tolist() == pytest.approx([0, 0.2, 1])


@pytest.mark.parametrize("floats", [[0.0, 255.0], [-0.1, 0.5], [0.5, float("nan")]])
def test_floats_of_another_range_are_refused(floats):
    with pytest.raises(KitError, match=r"`images` must be uint8, or floats in \[0, 1\]; received"):
        scale(np.array(floats))


def test_answers_are_the_same_for_both_forms_of_an_image():
    images = np.array([[255, 51]], dtype=np.uint8).reshape(1, 1, 2, 1)
    model = left_or_right()
    expected = predict_averaged(model, images, flip=False)
    found = predict_averaged(model, images / 255, flip=False)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.slow
def test_training_again_and_again_does_not_keep_the_images():
    """As float32 they take 246 MB; TensorFlow itself keeps about 15 MB of graphs per training."""
    images = np.zeros((20_000, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(20_000) % 2
    used = []
    for _ in range(4):
        train_fast_cnn(images, labels, Recipe(widths=(2,), batch_size=2000))
        used.append(psutil.Process().memory_info().rss / 1e6)
    assert used[-1] - used[1] < 123
