"""cnn_utils.training.caching: loaded if nothing changed, continued if interrupted, else trained."""

import json
import os
import random
import subprocess
import sys
import threading
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from sklearn.decomposition import PCA

import cnn_utils
from cnn_utils.errors import KitError
from cnn_utils.fast.augmentation import Augmentation
from cnn_utils.files import alone
from cnn_utils.training import caching
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.caching import cached, clear_runs, fit_cached
from cnn_utils.training.profile import set_seed
from cnn_utils.training.progress import EpochProgress

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (40, 6, 6, 1), dtype=np.uint8)
Y = np.eye(2, dtype="float32")[np.arange(40) % 2]


class Killed(BaseException):
    """The end of a process, as far as a test can have it."""


class Watcher(EpochProgress):
    """A callback that passes for one of the kit's: only of those it is known that they watch."""

    __module__ = "cnn_utils.training.progress"


class Ends(Watcher):
    """Ends the training in the epoch of that number, or when that epoch is over."""

    __module__ = "cnn_utils.training.progress"

    def __init__(self, epoch, after=False):
        super().__init__()
        self.epoch, self.after = epoch, after

    def on_train_batch_end(self, batch, logs=None):
        """End within the epoch."""
        super().on_train_batch_end(batch, logs)
        if not self.after and self._done_before // self._steps == self.epoch:
            raise Killed

    def on_epoch_begin(self, epoch, logs=None):
        """End between two epochs."""
        if self.after and epoch == self.epoch + 1:
            raise Killed
        super().on_epoch_begin(epoch, logs)


@pytest.fixture
def fits(monkeypatch):
    """Count the calls of `fit`."""
    calls, fit = [], keras.Model.fit

    def counted(self, *arguments, **options):
        calls.append(options)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(keras.Model, "fit", counted)
    return calls


def network():
    body = [layers.Rescaling(1 / 255), layers.Conv2D(2, 3, activation="relu"), layers.Flatten()]
    head = [layers.Dropout(0.5), layers.Dense(2, activation="softmax")]
    return keras.Sequential([keras.Input((6, 6, 1)), *body, *head])


def started(optimizer="adam", **options):
    """Return a network as it is after "Restart and run all"."""
    set_seed(458)
    model = network()
    options = {"loss": "categorical_crossentropy", "metrics": ["accuracy"], **options}
    model.compile(optimizer, **options)
    return model


def batches():
    augment = Augmentation(shift=1, seed=3)
    return ImageBatches(X, Y, batch_size=8, shuffle=True, seed=5, augment=augment)


def train(folder, model=None, x=X, y=Y, **options):
    """Train in a process of its own, as it were; return the model and the history."""
    model = started() if model is None else model
    options = {"epochs": 3, "verbose": 0, "batch_size": 10, **options}
    if isinstance(x, ImageBatches):
        del options["batch_size"]
    return model, fit_cached(model, x, y, name="net", folder=folder, **options)


def assert_same(one, other):
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(one.optimizer.variables, other.optimizer.variables, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_second_time_it_is_loaded(tmp_path, fits, capsys):
    first, history = train(tmp_path, validation_split=0.25)
    assert capsys.readouterr().out == ""
    second, loaded = train(tmp_path, validation_split=0.25)
    assert len(fits) == 1
    seconds = f"{history.seconds:.0f} s"
    said = f"net: loaded from the cache (3 epochs, trained in {seconds}).\n"
    assert capsys.readouterr().out == said
    assert_same(first, second)
    assert type(loaded) is keras.callbacks.History
    assert loaded.history == history.history
    assert loaded.epoch == history.epoch == [0, 1, 2]
    assert loaded.params == history.params
    assert second.history is loaded
    assert second.predict(X, verbose=0).tolist() == first.predict(X, verbose=0).tolist()


@pytest.mark.parametrize("x", [lambda: X, batches])
def test_it_trains_as_fit_does_from_the_seed_that_it_draws(tmp_path, x):
    y = Y if x() is X else None
    random.seed(5)
    seed = random.getrandbits(32)
    model, expected = started(), started()
    keras.utils.set_random_seed(seed)
    history = expected.fit(x(), y, epochs=2, verbose=0, validation_data=(X, Y))
    random.seed(5)
    trained = fit_cached(
        model, x(), y, name="net", folder=tmp_path, epochs=2, verbose=0, validation_data=(X, Y)
    )
    assert_same(model, expected)
    assert trained.history == history.history
    assert trained.epoch == history.epoch


def test_what_follows_draws_the_same_numbers_either_way(tmp_path):
    def after():
        train(tmp_path)
        return random.random(), float(keras.random.uniform(())), float(tf.random.uniform(()))

    assert after() == after()


def test_in_memory_of_older_notebooks_is_ignored_with_a_line(tmp_path, fits, capsys):
    train(tmp_path, in_memory=True)
    assert capsys.readouterr().out.startswith("net: `in_memory` is ignored; compile(..., steps_")
    train(tmp_path)
    assert len(fits) == 1


def test_the_seconds_are_those_of_the_training_not_of_loading_it(tmp_path):
    class Waits(Watcher):
        __module__ = "cnn_utils.training.progress"

        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            time.sleep(0.1)

    with pytest.raises(Killed):
        train(tmp_path, callbacks=[Waits(), Ends(1, after=True)])  # 2 epochs stored
    _, history = train(tmp_path, callbacks=[Waits()])
    assert history.epoch == [0, 1, 2]
    assert 0.3 <= history.seconds < 60
    _, loaded = train(tmp_path)
    assert loaded.seconds == history.seconds
    unknown = keras.callbacks.LambdaCallback()
    assert train(tmp_path, callbacks=[unknown, Waits()])[1].seconds >= 0.3


# The same cell again.


@pytest.mark.parametrize("loaded", [False, True])
def test_a_trained_network_is_not_trained_on(tmp_path, fits, capsys, loaded):
    if loaded:
        train(tmp_path, x=batches(), y=None)
    train_again = batches()
    model, history = train(tmp_path, x=train_again, y=None)
    weights = model.get_weights()
    capsys.readouterr()
    for x in (train_again, batches()):  # the batches of an earlier cell, or those of this one
        model.evaluate(X, Y, verbose=0)
        watch = EpochProgress()
        again = train(tmp_path, model, x, None, callbacks=[watch])[1]
        assert again.history == history.history
        assert again.seconds == history.seconds
        said = f"net: this network is already trained (3 epochs, trained in {again.seconds:.0f} s)."
        out = capsys.readouterr().out
        assert out.startswith(f"{said} Build it again to train from the start.\n")
        assert f"loss {history.history['loss'][-1]:.4f}" in out
    assert len(fits) == 1
    for a, b in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_trained_network_goes_on_if_something_else_changed_and_says_so(tmp_path, fits, capsys):
    model, _ = train(tmp_path)
    capsys.readouterr()
    train(tmp_path, model, epochs=5)
    goes_on = "It goes on from the trained network: build that again to train from the start.\n"
    assert capsys.readouterr().out.endswith(goes_on)
    train(tmp_path, epochs=5)  # built again
    assert "goes on" not in capsys.readouterr().out
    assert len(fits) == 3


def test_a_trained_network_trains_on_under_another_name(tmp_path, fits):
    model = started()
    for name in ("warm-up", "training"):
        fit_cached(model, X, Y, name=name, folder=tmp_path, verbose=0, batch_size=10)
    assert len(fits) == 2
    assert int(model.optimizer.iterations) == 8


def test_a_network_that_trains_a_part_by_itself_trains_each_time(tmp_path, fits):
    class Part(keras.Model):
        def __init__(self):
            super().__init__()
            self.body = layers.Dense(2)
            self.head = layers.Dense(2)

        def call(self, images):
            return self.head(self.body(layers.Flatten()(images)))

        def train_step(self, data):
            with tf.GradientTape() as tape:
                loss = keras.ops.mean((self(data[0]) - data[1]) ** 2)
            variables = self.head.trainable_variables
            gradients = tape.gradient(loss, variables)
            self.optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return {"loss": loss}

    for _ in range(2):
        set_seed(458)
        model = Part()
        model(X[:1] / 255)
        model.compile("adam", "mse")
        train(tmp_path, model, X / 255)
    assert len(fits) == 2


def test_weights_in_bfloat16_come_back(tmp_path, fits):
    def run():
        set_seed(458)
        model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten()])
        model.add(layers.Dense(2, dtype="bfloat16"))
        model.compile("sgd", "mse")
        return train(tmp_path, model, X / np.float32(255))[0]

    first, second = run(), run()
    assert len(fits) == 1
    for a, b in zip(first.variables, second.variables, strict=True):
        assert np.array_equal(keras.ops.cast(a, "float32"), keras.ops.cast(b, "float32"))


def test_one_callback_for_two_trainings(tmp_path, fits):
    for _ in range(2):
        stop = keras.callbacks.EarlyStopping("loss", min_delta=0.01, patience=1)
        for name in ("a", "b"):
            fit_cached(
                started(), X, Y, name=name, folder=tmp_path, epochs=2, verbose=0, callbacks=[stop]
            )
    assert len(fits) == 2


def test_a_trained_network_trains_on_with_other_arguments_or_weights(tmp_path, fits, capsys):
    model, _ = train(tmp_path)
    train(tmp_path, model, epochs=2)
    assert "trains again, because the network or its first weights, " in capsys.readouterr().out
    model.layers[-1].set_weights([0 * weight for weight in model.layers[-1].get_weights()])
    train(tmp_path, model, epochs=2)
    assert len(fits) == 3
    assert int(model.optimizer.iterations) == 12 + 8 + 8


def test_after_loading_batches_and_callbacks_are_as_after_training(tmp_path):
    def used():
        x, stop = batches(), keras.callbacks.EarlyStopping("loss", patience=0, baseline=0.0)
        train(tmp_path, x=x, y=None, callbacks=[stop])
        return [x[0][0].tolist(), x[1][0].tolist(), stop.stopped_epoch, stop.wait]

    assert used() == used()


def test_a_value_that_changed_since_the_last_training_counts(tmp_path):
    """Keras goes on with a program that holds the old value, unless it is made again."""
    weight = [1.0]

    def loss(y_true, y_pred):
        return weight[0] * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)

    def losses(first):
        model = started(loss=loss)
        begin = model.get_weights()
        if first:
            weight[0] = 1.0
            model.fit(X, Y, epochs=1, verbose=0)
            model.set_weights(begin)
        weight[0] = 5.0
        folder = tmp_path / str(first)
        return fit_cached(model, X, Y, name="net", folder=folder, verbose=0).history["loss"][0]

    assert losses(first=True) > losses(first=False) / 2


# What has changed.


def other(array, place):
    array = array.copy()
    array[place] = 1 - array[place]
    return array


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: {"x": other(X, (3, 2, 1, 0))}, "the images"),
        (lambda: {"y": other(Y, (7, 1))}, "the labels"),
        (lambda: {"batch_size": 20}, "the arguments of fit"),
        (lambda: {"epochs": 4}, "the arguments of fit"),
        (lambda: {"model": started("sgd")}, "the arguments of compile"),
        (lambda: {"callbacks": [keras.callbacks.TerminateOnNaN()]}, "the callbacks"),
        (
            lambda: {"x": X[:20], "y": Y[:20], "epochs": 4},
            "the images, the labels, the arguments of fit",
        ),
    ],
)
def test_what_was_changed_is_trained_and_named(tmp_path, fits, capsys, change, said):
    train(tmp_path)
    train(tmp_path, **change())
    assert len(fits) == 2
    assert capsys.readouterr().out == f"net: trains again, because {said} changed.\n"
    train(tmp_path)
    train(tmp_path, **change())
    assert len(fits) == 2  # both are stored


class Weighted(keras.losses.Loss):
    """A loss with a number."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def call(self, y_true, y_pred):
        """Return the weighted squared error."""
        return self.weight * keras.ops.mean((y_true - y_pred) ** 2, axis=-1)


def test_a_number_in_an_object_of_a_loss_class(tmp_path, fits):
    for weight, n_fits in ((1.0, 1), (1.0, 1), (2.0, 2), (1.0, 2)):
        train(tmp_path, started(loss=Weighted(weight)))
        assert len(fits) == n_fits


def test_a_file_that_a_data_set_of_ones_own_reads(tmp_path, fits, capsys):
    class Files(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.load(tmp_path / "x.npy"), Y

    for factor in (1, 2):
        np.save(tmp_path / "x.npy", factor * X)
        train(tmp_path, x=Files(), y=None, batch_size=None)
        said = "net: trains without a cache: `Files` is your own, and may do anything.\n"
        assert capsys.readouterr().out == said
    assert len(fits) == 2


class Slower(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without `get_config`."""

    def __call__(self, step):
        """Return the learning rate of a step."""
        return 0.1 / (1 + keras.ops.cast(step, "float32"))


def test_a_schedule_without_get_config(tmp_path, fits):
    for _ in range(2):
        train(tmp_path, started(keras.optimizers.SGD(Slower())))
    assert len(fits) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            lambda: {"callbacks": [keras.callbacks.LambdaCallback()]},
            "the callback `LambdaCallback` may do anything",
        ),
        (
            lambda: {"x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), "y": None},
            "a `_BatchDataset` can't be compared",
        ),
    ],
)
def test_what_can_not_be_compared_trains_each_time(tmp_path, fits, capsys, options, said):
    for _ in range(2):
        given = options()
        train(tmp_path, **given, **({"batch_size": None} if "x" in given else {}))
    assert len(fits) == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("net: trains without a cache: ") and said in line for line in lines)


# Interrupted trainings.


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path, fits, capsys, epoch, after):
    whole, expected = train(tmp_path / "whole", x=batches(), y=None)
    if (epoch, after) != (2, True):
        with pytest.raises(Killed):
            train(tmp_path / "ended", x=batches(), y=None, callbacks=[Ends(epoch, after)])
    capsys.readouterr()
    model, history = train(tmp_path / "ended", x=batches(), y=None)
    assert_same(model, whole)
    assert history.history == expected.history
    assert history.epoch == [0, 1, 2]
    done = epoch + after
    if done and (epoch, after) != (2, True):
        assert f"net: continues after epoch {done}." in capsys.readouterr().out
        assert fits[-1]["initial_epoch"] == done
    assert train(tmp_path / "ended", x=batches(), y=None)[1].history == expected.history
    assert len(list((tmp_path / "ended" / "net").glob("*.npz"))) == 1


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_callbacks_know_again_what_they_had_learned(tmp_path, epoch):
    """With so large a step the loss soon rises: it stops early, and goes back to its best."""

    def run(name, *more):
        model = started(keras.optimizers.SGD(5.0))
        stop = keras.callbacks.EarlyStopping(
            "loss", min_delta=0.01, patience=1, restore_best_weights=True
        )
        callbacks = [stop, *more]
        return train(tmp_path / name, model, batches(), None, epochs=8, callbacks=callbacks)

    whole, expected = run("whole")
    assert len(expected.epoch) < 8
    if epoch + 1 < len(expected.epoch):
        with pytest.raises(Killed):
            run("ended", Ends(epoch, after=True))
    model, history = run("ended")
    assert history.history == expected.history
    assert_same(model, whole)


def test_each_epoch_and_the_end_are_stored(tmp_path, monkeypatch):
    states = []
    monkeypatch.setattr(
        caching, "_write", lambda _, state: states.append(json.dumps(state, default=str))
    )
    train(tmp_path, x=batches(), y=None)
    states = [json.loads(state) for state in states]
    assert [len(state["logs"]) for state in states] == [1, 2, 3, 3]
    assert [state["finished"] for state in states] == [False, False, False, True]
    assert states[-1]["params"] == {"verbose": 0, "epochs": 3, "steps": 5}
    seconds = [state["seconds"] for state in states]
    assert seconds == sorted(seconds)


def test_the_settings_of_a_callback_are_not_stored(tmp_path, monkeypatch):
    """`EarlyStopping` turns the sign of `min_delta` in place; restored, it would turn it twice."""
    states = []
    monkeypatch.setattr(caching, "_write", lambda _, state: states.append(state))
    stop = keras.callbacks.EarlyStopping("loss", min_delta=0.25, patience=5)
    train(tmp_path, callbacks=[stop])
    assert stop.min_delta == -0.25
    (learned,) = states[-1]["callbacks"]
    assert sorted(learned) == ["best", "best_epoch", "best_weights", "stopped_epoch", "wait"]


def test_interrupted_after_the_last_epoch_only_the_end_is_missing(tmp_path, fits, monkeypatch):
    whole, expected = train(tmp_path / "whole", x=batches(), y=None)
    write = caching._write

    def killed_at_the_end(file, values):
        if values["finished"]:
            raise Killed
        return write(file, values)

    with monkeypatch.context() as patch:
        patch.setattr(caching, "_write", killed_at_the_end)
        with pytest.raises(Killed):
            train(tmp_path / "ended", x=batches(), y=None)
    model, history = train(tmp_path / "ended", x=batches(), y=None)
    assert fits[-1]["initial_epoch"] == 3
    assert_same(model, whole)
    assert history.history == expected.history


def test_a_training_that_was_stopped_by_hand_is_not_finished(tmp_path, fits):
    class Stops(Watcher):
        __module__ = "cnn_utils.training.progress"
        stopped_ = False

        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            if self._done_before:
                self.model.stop_training = self.stopped_ = True

    model, history = train(tmp_path, callbacks=[Stops()])
    assert history.epoch == [0, 1]
    assert int(model.optimizer.iterations) == 5  # the weights of the moment stay
    _, history = train(tmp_path)
    assert history.epoch == [0, 1, 2]
    assert fits[-1]["initial_epoch"] == 1


def test_results_that_come_only_in_some_epochs(tmp_path):
    options = {"validation_data": (X, Y), "validation_freq": 2, "epochs": 4}
    with pytest.raises(Killed):
        train(tmp_path, **options, callbacks=[Ends(2, after=True)])
    _, history = train(tmp_path, **options)
    assert {name: len(values) for name, values in history.history.items()} == {
        "accuracy": 4,
        "loss": 4,
        "val_accuracy": 2,
        "val_loss": 2,
    }


CODE = """
import json, sys, time
import numpy as np, keras
from keras import layers
import cnn_utils

slow = cnn_utils.EpochProgress.on_train_batch_end
def slower(self, batch, logs=None):
    slow(self, batch, logs)
    time.sleep(0.01)
cnn_utils.EpochProgress.on_train_batch_end = slower

x = np.arange(40 * 4, dtype="float32").reshape(40, 4) / 160
cnn_utils.set_seed(1)
model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.2), layers.Dense(1)])
model.compile("adam", "mse")
batches = cnn_utils.ImageBatches(x, x.sum(1), batch_size=4, shuffle=True)
print("ready", flush=True)
history = cnn_utils.fit_cached(
    model, batches, name="net", folder=sys.argv[1], epochs=6, verbose=0,
    callbacks=[cnn_utils.EpochProgress()],
)
print(json.dumps([history.history["loss"], [w.tolist() for w in model.get_weights()]]))
"""


def start(folder, code=CODE):
    command = [sys.executable, "-c", code, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def output_of(process):
    return process.communicate(timeout=240)[0].strip().splitlines()


def test_killed_at_any_moment_nothing_is_lost_and_nothing_changes(tmp_path):
    """Each process begins where the one before ended, at the last whole epoch."""
    expected = json.loads(output_of(start(tmp_path / "whole"))[-1])
    for delay in np.random.default_rng(458).uniform(0.2, 1.2, 2):
        process = start(tmp_path / "killed")
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=60)
    assert json.loads(output_of(start(tmp_path / "killed"))[-1]) == expected


def test_two_at_once_train_once(tmp_path):
    lines = [output_of(process) for process in (start(tmp_path), start(tmp_path))]
    assert lines[0][-1] == lines[1][-1]
    assert sum("loaded from the cache" in line for line in [*lines[0], *lines[1]]) == 1


NOTEBOOK = """
import json, sys
import numpy as np
import cnn_utils

CELLS = '''
import keras
from keras import layers

cnn_utils.set_seed(458)
images = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 1), dtype="uint8")
hot = keras.utils.to_categorical(np.arange(40) % 2, 2)

class F1Score(keras.metrics.Metric):
    def __init__(self, name="f1", **options):
        super().__init__(name=name, **options)
        self.n_classes = 2
        self.counts = self.add_weight(shape=(2, 2), initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true = keras.ops.one_hot(keras.ops.argmax(y_true, axis=1), self.n_classes)
        pred = keras.ops.one_hot(keras.ops.argmax(y_pred, axis=1), self.n_classes)
        self.counts.assign_add(keras.ops.matmul(keras.ops.transpose(true), pred))

    def result(self):
        hits = keras.ops.diagonal(self.counts)
        total = keras.ops.sum(self.counts, axis=0) + keras.ops.sum(self.counts, axis=1)
        return keras.ops.mean(keras.ops.divide_no_nan(2 * hits, total))

def preprocess(images):
    return images.astype("float32") / 255

def build_lenet():
    return keras.Sequential([
        keras.Input((6, 6, 1)),
        layers.Conv2D(2, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(2, activation="softmax"),
    ])
'''
namespace = {"__name__": "__main__", "cnn_utils": cnn_utils, "np": np}
exec(CELLS, namespace)
images, hot, preprocess = (namespace[name] for name in ("images", "hot", "preprocess"))
watch = [cnn_utils.EpochProgress()]

model = namespace["build_lenet"]()
model.compile("adam", "mse", metrics=["accuracy", namespace["F1Score"]()])
options = {"epochs": 2, "batch_size": 8, "verbose": 0, "validation_split": 0.25}
first = cnn_utils.fit_cached(
    model, preprocess(images), hot, name="part1", callbacks=watch, folder=sys.argv[1], **options
)
prob = cnn_utils.cached(model.predict, preprocess(images), verbose=0)

model = namespace["build_lenet"]()
cnn_utils.fast_training(model)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
train = cnn_utils.ImageBatches(
    images, hot, preprocess, 8, shuffle=True, augment=cnn_utils.Augmentation(shift=1)
)
val = cnn_utils.ImageBatches(images, hot, preprocess, 20)
second = cnn_utils.fit_cached(
    model, train, name="part2", epochs=2, verbose=0, validation_data=val, callbacks=watch,
    folder=sys.argv[1],
)
averaged = cnn_utils.cached(cnn_utils.predict_averaged, model, images, preprocess)
print(json.dumps([first.history, second.history, prob.tolist(), averaged.tolist()]))
"""


def test_a_restarted_notebook_loads_what_it_trained(tmp_path):
    """Functions and classes from cells have no file; the metric has no `get_config`."""
    first, again = output_of(start(tmp_path, NOTEBOOK)), output_of(start(tmp_path, NOTEBOOK))
    assert json.loads(first[-1]) == json.loads(again[-1])
    assert not any("cache" in line or "because" in line for line in first)
    loaded = [line.split(" (")[0] for line in again if "cache" in line]
    assert [line[-len("part1: loaded from the cache") :] for line in loaded] == [
        "part1: loaded from the cache",
        "part2: loaded from the cache",
    ]


# Callbacks, files, names.


def test_those_who_watch_see_a_loaded_training_as_well(tmp_path, capsys):
    train(tmp_path, callbacks=EpochProgress())  # one alone
    watch = EpochProgress()
    _, history = train(tmp_path, callbacks=[watch])
    assert history.epoch == [0, 1, 2]
    assert f"loss {history.history['loss'][-1]:.4f}" in capsys.readouterr().out
    assert watch.bar_.n == watch.bar_.total == 12


def test_a_metric_with_a_value_per_class_comes_back_as_an_array(tmp_path):
    def run():
        metrics = [keras.metrics.F1Score(name="f1")]
        return train(tmp_path, started(metrics=metrics))[1].history["f1"]

    first, second = run(), run()
    assert isinstance(second[0], np.ndarray)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive", None])
def test_a_damaged_file_is_named_and_replaced(tmp_path, fits, capsys, damage):
    first, _ = train(tmp_path)
    (file,) = (tmp_path / "net").glob("*.npz")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1  # within an array: only the checksum tells
    file.write_bytes(content if damage is None else damage)
    again, _ = train(tmp_path)
    assert_same(first, again)
    said = capsys.readouterr().out
    assert said.startswith("net: the stored result can't be read (")
    assert said.count("\n") == 1
    train(tmp_path)
    assert len(fits) == 2


def test_without_a_folder_to_write_to_it_trains(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    _, history = train(tmp_path / "file")
    assert history.epoch == [0, 1, 2]
    assert "net: trains without a cache: Not a directory." in capsys.readouterr().out


def test_a_full_disk_is_reported_once_and_the_training_continues(tmp_path, monkeypatch, capsys):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    _, history = train(tmp_path)
    assert history.epoch == [0, 1, 2]
    said = "The training can't be stored (No space left on device); it continues.\n"
    assert capsys.readouterr().out == said


def test_those_used_longest_ago_are_deleted(tmp_path, monkeypatch, fits):
    for epochs in (1, 2):
        train(tmp_path, epochs=epochs)
    files = sorted((tmp_path / "net").glob("*.npz"), key=os.path.getmtime)
    assert len(files) == 2
    monkeypatch.setattr(caching, "MAX_BYTES", files[0].stat().st_size * 5 // 2)
    os.utime(files[1], (1000, 1000))
    train(tmp_path, epochs=3)
    assert not files[1].exists()
    assert files[0].exists()
    monkeypatch.setattr(caching, "MAX_BYTES", 0)
    (tmp_path / "net" / "images.npz").write_bytes(b"not the kit's")
    train(tmp_path, epochs=4)
    assert len(list((tmp_path / "net").glob("*.npz"))) == 2  # never the one at work, or others


def test_another_process_waits_for_its_turn(tmp_path, capsys):
    train(tmp_path)
    (file,) = (tmp_path / "net").glob("*.npz")
    with alone(file.with_suffix(".lock"), ""):
        threading.Timer(1.5, lambda: capsys.readouterr()).start()
    ended = []
    with alone(file.with_suffix(".lock"), ""):
        thread = threading.Thread(target=lambda: ended.append(train(tmp_path)))
        thread.start()
        time.sleep(2)
        assert ended == []
    thread.join(60)
    assert len(ended) == 1


def test_cleared_it_trains_again(tmp_path, fits):
    train(tmp_path)
    clear_runs("other", tmp_path)
    train(tmp_path)
    assert len(fits) == 1
    clear_runs("net", tmp_path)
    train(tmp_path)
    (tmp_path / "net" / "images.npz").write_bytes(b"not the kit's")
    clear_runs(folder=tmp_path)
    assert [file.name for file in tmp_path.glob("*/*.npz")] == ["images.npz"]
    train(tmp_path)
    assert len(fits) == 3


def test_the_folder_is_the_kits_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path / "cache"))
    fit_cached(started(), X, Y, name="net", verbose=0)
    assert len(list((tmp_path / "cache" / "runs" / "net").glob("*.npz"))) == 1


@pytest.mark.parametrize("name", ["../net", "", 5.5, "a" * 61])
def test_a_name_is_no_path(name):
    with pytest.raises(KitError, match=r"`name` must be letters, digits, - and _, such as 'lenet'"):
        fit_cached(started(), X, Y, name=name)
    if name:
        with pytest.raises(KitError, match=r"`name` must be letters"):
            clear_runs(name)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"model": network()}, ValueError, "compile"),
        ({"model": network}, AttributeError, "no attribute 'fit'"),
        ({"y": Y[:5]}, ValueError, "cardinality"),
        ({"epoch": 3}, TypeError, "unexpected keyword argument 'epoch'"),
        ({"callbacks": [7]}, Exception, ""),
    ],
)
def test_what_fit_refuses_it_refuses_in_its_own_words(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        train(tmp_path, **options)


def test_they_are_among_the_public_names():
    assert cnn_utils.fit_cached is fit_cached
    assert cnn_utils.clear_runs is clear_runs
    assert cnn_utils.cached is cached


# cached


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the folder of results, empty."""
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path))
    return tmp_path / "runs" / ".calls"


def small(weight=1.0):
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.set_weights([np.array([[weight], [2.0]]), np.zeros(1)])
    return model


def half(images):
    return images * np.float32(0.5)


def third(images):
    return images * np.float32(1 / 3)


PAIRS = np.array([[2, 4], [6, 8]], np.uint8)


def test_a_prediction_is_made_once(cache, monkeypatch):
    first = cached(small().predict, ImageBatches(PAIRS, None, half), verbose=0)
    assert first.tolist() == [[5.0], [11.0]]

    def never(*_, **__):
        raise AssertionError("predicted again")

    monkeypatch.setattr(keras.Model, "make_predict_function", never)
    again = cached(small().predict, ImageBatches(PAIRS, None, half), verbose=1)
    assert again.tolist() == first.tolist()


@pytest.mark.parametrize(
    ("model", "batches", "expected"),
    [
        (lambda: small(3.0), lambda: ImageBatches(PAIRS, None, half), [[7.0], [17.0]]),
        (small, lambda: ImageBatches(PAIRS[::-1], None, half), [[11.0], [5.0]]),
        (small, lambda: ImageBatches(PAIRS, None, third), [[10 / 3], [22 / 3]]),
    ],
)
def test_another_weight_image_or_preprocessing_predicts_again(cache, model, batches, expected):
    cached(small().predict, ImageBatches(PAIRS, None, half), verbose=0)
    answers = cached(model().predict, batches(), verbose=0)
    np.testing.assert_allclose(answers, expected, rtol=1e-6)
    assert len(list(cache.glob("*.npz"))) == 2


def test_the_answers_of_an_estimator_are_stored(cache):
    points = np.random.default_rng(1).random((20, 3))
    first = cached(PCA(2).fit_transform, points)
    np.testing.assert_array_equal(cached(PCA(2).fit_transform, points), first)
    assert len(list(cache.glob("*.npz"))) == 1
    fitted = PCA(2).fit(points)
    np.testing.assert_allclose(cached(fitted.transform, points), first)
    cached(PCA(2).fit(points + points**2).transform, points)
    assert len(list(cache.glob("*.npz"))) == 3


def test_only_arrays_are_stored(cache):
    result = [1.5]
    assert cached(lambda: result) is result
    assert cached(lambda: np.array([None])).tolist() == [None]
    assert not cache.exists()


def test_what_can_not_be_compared_is_computed_each_time(cache):
    calls = iter([1.0, 2.0])
    assert [float(cached(lambda: np.array([next(calls)]))[0]) for _ in range(2)] == [1.0, 2.0]


def test_a_damaged_result_is_computed_again(cache):
    cached(np.sqrt, PAIRS)
    (file,) = cache.glob("*.npz")
    file.write_bytes(b"PK\x03\x04")
    assert cached(np.sqrt, PAIRS).tolist() == np.sqrt(PAIRS).tolist()
    assert len(file.read_bytes()) > 100


def test_an_unwritable_cache_is_no_reason_not_to_compute(tmp_path, monkeypatch):
    monkeypatch.setattr(caching, "_folder", lambda: tmp_path / "file")
    (tmp_path / "file").write_text("")
    assert cached(np.sqrt, PAIRS).tolist() == np.sqrt(PAIRS).tolist()
