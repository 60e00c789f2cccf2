"""cnn_utils.training.state: what comes back goes on as if nothing had been."""

import random

import keras
import numpy as np

from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.state import put_draws, put_weights, take_state


def test_a_model_and_its_batches_come_back():
    def made():
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, seed=1)])
        model.add(keras.layers.Dense(1))
        model.compile("adam", "mse")
        x = np.arange(16, dtype="float32").reshape(8, 2)
        return model, ImageBatches(x, x[:, :1], batch_size=2, shuffle=True)

    model, batches = made()
    history = model.fit(batches, epochs=2, verbose=0)
    kept = take_state(model, [batches, None], [{"loss": 0.5}], history.params)
    random.seed(99)
    put_draws(kept, [batches])  # Keras draws from it, too
    model.fit(batches, epochs=1, verbose=0)
    again, others = made()
    put_weights(kept, again)
    put_draws(kept, [others, None])
    again.fit(others, epochs=1, verbose=0)
    for a, b in zip(model.variables, again.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    assert kept.epochs == 1
