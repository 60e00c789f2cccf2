"""cnn_utils.fast.recipe: each ingredient, on images that colour alone tells apart."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.fast.optimizer import ConvMuon, OneCycle
from cnn_utils.fast.recipe import (
    THOROUGH_RECIPE,
    Recipe,
    accuracy_of,
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
    rate = model.optimizer._learning_rate
    return float(rate(step) if isinstance(rate, OneCycle) else rate)


def test_the_whole_recipe(prepared):
    """48 images in batches of 8, for 2 epochs, are 12 steps: half the peak after 6."""
    whole = prepared(SMALL)
    model, augment = whole.model, whole.train.augment
    assert type(model.optimizer) is ConvMuon
    assert [rate_at(model, step) for step in (0, 6)] == pytest.approx([0.24, 0.12])
    assert model.optimizer.adam_lr_ratio == 1 / 80
    assert model.loss.label_smoothing == 0.2
    assert model.get_layer("patches").trainable is False
    assert (augment.flip, augment.shift, augment.cutout, augment.seed) == (True, 2, 0, 458)
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
    assert prepared(replace(SMALL, adam_share=share)).model.optimizer.adam_lr_ratio == share


@pytest.mark.parametrize(("muon", "expected"), [(True, 0.12), (False, 0.0015)])
def test_without_the_fall_half_the_peak_stays(prepared, muon, expected):
    model = prepared(replace(SMALL, muon=muon, one_cycle=False)).model
    assert [rate_at(model, step) for step in (0, 11)] == pytest.approx([expected, expected])


def test_the_variants_of_images_are_those_asked_for(prepared):
    chosen = replace(SMALL, flip=False, shift=1, cutout=3, seed=5)
    augment = prepared(chosen).train.augment
    assert (augment.flip, augment.shift, augment.cutout, augment.seed) == (False, 1, 3, 5)


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
    ("images", "labels", "chosen", "message"),
    [
        (IMAGES, LABELS[:9], SMALL, r"`images` and `labels` must be uint8 images .* and 9 labels"),
        (
            IMAGES / 255,
            LABELS,
            SMALL,
            r"received float64 .* Leave them as they were loaded: the tr",
        ),
        (
            IMAGES[0],
            LABELS[:32],
            SMALL,
            r"\(32, 32, 3\) and 32 .* a channel: images\[\.\.\., None\]",
        ),
        (IMAGES, np.eye(10)[LABELS], SMALL, r"and 480 labels\. From one-hot rows, `rows\.argmax"),
        (IMAGES[:0], LABELS[:0], SMALL, r"`labels` must be whole numbers from 0 on; received"),
        (IMAGES, LABELS - 1, SMALL, r"`labels` must be whole numbers from 0 on; received"),
        (IMAGES, LABELS / 2, SMALL, r"`labels` must be .*; received an array .* float64"),
        (IMAGES, LABELS, {"epochs": 3}, r"`recipe` must be a cnn_utils\.Recipe; received a dict"),
        (IMAGES[:, :4, :4], LABELS, SMALL, r"`images` must be at least 5 pixels each way, to be h"),
        (IMAGES, LABELS, replace(SMALL, widths=()), r"`widths` must hold a number of filters"),
        (
            IMAGES,
            LABELS,
            replace(SMALL, activation="x"),
            r"`activation` must be one of .'relu', 'silu'",
        ),
    ],
)
def test_data_that_does_not_fit_is_refused(images, labels, chosen, message):
    with pytest.raises(KitError, match=message):
        train_fast_cnn(images, labels, chosen)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, r"`epochs` must be a whole number of at least 1; received 0"),
        ({"batch_size": 0}, r"`batch_size` must be a whole number of at least 1"),
        ({"shift": -1}, r"`shift` must be a whole number of at least 0"),
        ({"cutout": 0.5}, r"`cutout` must be a whole number of at least 0"),
        ({"shift_at_test": -3}, r"`shift_at_test` must be a whole number of at least 0"),
        ({"flip": "x"}, r"`flip` must be True or False; received 'x' .str."),
        ({"fast": 1}, r"`fast` must be True or False"),
        ({"learning_rate": 0}, r"`learning_rate` must be a number above 0"),
        ({"learning_rate": float("nan"), "one_cycle": False}, "received nan"),
        ({"learning_rate": "fast"}, r"above 0; received 'fast' .str."),
        ({"adam_share": 0}, r"`adam_share` must be a number above 0"),
        ({"label_smoothing": 1}, r"`label_smoothing` must be 0 to below 1"),
        ({"label_smoothing": -1}, r"below 1; received -1"),
        ({"seed": -1}, r"`seed` must be a whole number from 0"),
    ],
)
def test_a_recipe_that_can_t_be_followed_is_refused(setting, message):
    with pytest.raises(KitError, match=message):
        Recipe(**setting)


@pytest.mark.parametrize(
    ("validation", "message"),
    [
        (
            (IMAGES, LABELS[:3]),
            r"`validation` must be uint8 images .* and as many labels; .* 3 lab",
        ),
        (
            (IMAGES[:, :16], LABELS),
            r"`validation` must have images like .*, \(32, 32, 3\); received",
        ),
        ((IMAGES,), r"`validation` must be a pair of images and labels; received a tuple of 1"),
        (IMAGES, r"`validation` must be a pair of images and labels; received an array"),
    ],
)
def test_images_to_validate_with_are_checked_too(validation, message):
    with pytest.raises(KitError, match=message):
        train_fast_cnn(IMAGES, LABELS, SMALL, validation)


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
