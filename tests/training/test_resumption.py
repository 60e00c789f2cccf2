"""cnn_utils.training.resumption: what was restored trains on as if it had not been interrupted."""

import random

import keras
import numpy as np

from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.resumption import put_draws, put_weights, take_state


def made():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, seed=1)])
    model.add(keras.layers.Dense(1))
    model.compile("adam", "mse")
    x = np.arange(16, dtype="float32").reshape(8, 2)
    return model, ImageBatches(x, x[:, :1], batch_size=2, shuffle=True)


def test_a_restored_model_and_its_batches_train_on_in_the_same_way():
    model, batches = made()
    model.fit(batches, epochs=2, verbose=0)
    state = take_state(model, [], [batches, None])
    random.seed(99)
    put_draws(state, [], [batches, None])  # Keras draws from Python's generator, too
    model.fit(batches, epochs=1, verbose=0)
    again, others = made()
    put_weights(state, again)
    put_draws(state, [], [others, None])
    again.fit(others, epochs=1, verbose=0)
    for a, b in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_settings_of_a_callback_are_not_part_of_the_state():
    """`EarlyStopping` turns the sign of `min_delta` in place; restored, it would turn it twice."""
    model, batches = made()
    stop = keras.callbacks.EarlyStopping("loss", min_delta=0.25, patience=5)
    model.fit(batches, epochs=1, verbose=0, callbacks=[stop])
    assert stop.min_delta == -0.25
    (learned,) = take_state(model, [stop], [batches])["callbacks"]
    assert "min_delta" not in learned
    assert learned["wait"] == 0
    assert learned["best"] > 0
