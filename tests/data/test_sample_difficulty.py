"""The sample is neither trivial nor hopeless: measured with the kit's own networks."""

import keras
import numpy as np
import pytest

from cnn_utils import (
    ImageBatches,
    best_epoch,
    build_cifar_cnn,
    build_lenet,
    history_table,
    set_seed,
)
from cnn_utils.data.loaders import load_cifar10, load_mnist

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def digits():
    data = load_mnist(source="sample")

    def part(name, n):
        images = data[f"X_{name}"][:n, ..., np.newaxis] / np.float32(255)
        return images, keras.utils.to_categorical(data[f"y_{name}"][:n], 10)

    return part


def train_lenet(digits, n, epochs):
    set_seed(458)
    model = build_lenet()
    model.compile("adam", "mse", metrics=["accuracy"])
    return model, model.fit(
        *digits("train", n),
        batch_size=128,
        epochs=epochs,
        validation_data=digits("val", 2000),
        verbose=0,
    )


def test_lenet_reads_most_digits_after_the_quick_profile(digits):
    model, _ = train_lenet(digits, 50_000, epochs=2)
    assert 0.90 < model.evaluate(*digits("test", 10_000), verbose=0)[1] < 0.99


def test_lenet_overfits_when_trained_long_on_few(digits):
    _, history = train_lenet(digits, 5_000, epochs=40)
    table, best = history_table(history), best_epoch(history)
    assert best < 35
    assert table["val_loss"].iloc[-1] > 1.1 * table["val_loss"].min()
    assert table["accuracy"].iloc[-1] - table["val_accuracy"].iloc[-1] > 0.02


def test_the_cnn_names_most_scenes_after_the_quick_profile():
    set_seed(458)
    data = load_cifar10(source="sample")
    labels = keras.utils.to_categorical(data["y_train"], 10)

    def scale(images):
        return images / np.float32(255)

    model = build_cifar_cnn()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    batches = ImageBatches(data["X_train"][:5000], labels[:5000], scale, shuffle=True)
    model.fit(batches, epochs=3, verbose=0)
    held_out = ImageBatches(data["X_train"][-2000:], labels[-2000:], scale)
    assert 0.60 < model.evaluate(held_out, verbose=0)[1] < 0.90
