"""cnn_utils.training.resumption: a restored training goes on as if it had not been interrupted."""

import random

import keras
import numpy as np

from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.resumption import Recorder


def made():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dropout(0.5, seed=1)])
    model.add(keras.layers.Dense(1))
    model.compile("adam", "mse")
    x = np.arange(16, dtype="float32").reshape(8, 2)
    return model, ImageBatches(x, x[:, :1], batch_size=2, shuffle=True)


def seen(batches):
    return [batches[i][0].tolist() for i in range(len(batches))]


def recorded(model, batches, epochs, begin=None, callbacks=(), **arguments):
    """Train, and return the states that were stored."""
    states = []

    def store(state):
        states.append({**state, "logs": list(state["logs"])})

    recorder = Recorder(store, {}, begin, list(callbacks), [], [batches, None])
    recorder.train(model, batches, None, {"epochs": epochs, "verbose": 0, **arguments})
    return states


def test_each_epoch_and_the_end_are_stored():
    states = recorded(*made(), epochs=3)
    assert [len(state["logs"]) for state in states] == [1, 2, 3, 3]
    assert [state["finished"] for state in states] == [False, False, False, True]
    assert [state["first_epoch"] for state in states] == [0, 0, 0, 0]
    assert states[-1]["params"] == {"verbose": 0, "epochs": 3, "steps": 4}
    seconds = [state["seconds"] for state in states]
    assert seconds == sorted(seconds)


def test_from_any_epoch_it_ends_with_the_same_weights():
    states = recorded(*made(), epochs=3)
    for begin in states[:3]:
        random.seed(99)  # Keras draws from it, too
        model, batches = made()
        begin = {**begin, "logs": list(begin["logs"])}
        (*_, end) = recorded(model, batches, epochs=3, begin=begin)
        assert end["logs"] == states[-1]["logs"]
        for a, b in zip(end["weights"], states[-1]["weights"], strict=True):
            np.testing.assert_array_equal(a, b)


def test_without_training_it_restores_the_optimizer_and_the_batches_as_well():
    model, batches = made()
    *_, end = recorded(model, batches, epochs=2)
    model, others = made()
    Recorder(None, {}, end, [], [], [others, None]).restore(model)
    assert seen(others) == seen(batches)
    others.on_epoch_end()
    batches.on_epoch_end()
    assert seen(others) == seen(batches)
    assert int(model.optimizer.iterations) == 8
    variables = [*model.variables, *model.optimizer.variables]
    for variable, value in zip(variables, end["weights"], strict=True):
        np.testing.assert_array_equal(variable, value)


def test_the_settings_of_a_callback_are_not_stored():
    """`EarlyStopping` turns the sign of `min_delta` in place; restored, it would turn it twice."""
    stop = keras.callbacks.EarlyStopping("loss", min_delta=0.25, patience=5)
    state, *_ = recorded(*made(), epochs=1, callbacks=[stop])
    assert stop.min_delta == -0.25
    (learned,) = state["callbacks"]
    assert "min_delta" not in learned
    assert learned["wait"] == 0
    assert learned["best"] > 0


def test_that_it_can_not_be_stored_is_reported_once(capsys):
    model, batches = made()
    full = OSError(28, "No space left on device")
    recorder = Recorder(lambda state: full, {}, None, [], [], [batches, None])
    recorder.train(model, batches, None, {"epochs": 2, "verbose": 0})
    said = "The training can't be stored (No space left on device); it continues.\n"
    assert capsys.readouterr().out == said
