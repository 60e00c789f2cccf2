"""cnn_utils.training.cached: loaded if nothing changed, gone on with if ended, else trained."""

import json
import random
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import cnn_utils
from cnn_utils.errors import KitError
from cnn_utils.fast.augmentation import Augmentation
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.cached import clear_runs, fit_cached, runs_folder
from cnn_utils.training.profile import set_seed
from cnn_utils.training.progress import EpochProgress

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (40, 6, 6, 1), dtype=np.uint8)
Y = np.eye(2, dtype="float32")[np.arange(40) % 2]


class Killed(BaseException):
    """The end of a process, as far as a test can have it."""


class Ends(EpochProgress):
    """Ends the training in the epoch of that number, or when that epoch is over."""

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
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], **options)
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
    assert capsys.readouterr().out == "net: loaded, it was trained before (3 epochs).\n"
    assert_same(first, second)
    assert type(loaded) is keras.callbacks.History
    assert loaded.history == history.history
    assert loaded.epoch == history.epoch == [0, 1, 2]
    assert loaded.params == history.params
    assert second.history is loaded
    assert second.predict(X, verbose=0).tolist() == first.predict(X, verbose=0).tolist()


def test_in_memory_it_is_another_training_of_the_same_kind(tmp_path, fits, capsys):
    train(tmp_path)
    first, history = train(tmp_path, in_memory=True)
    assert "because of a change in the settings of fit.\n" in capsys.readouterr().out
    assert len(fits) == 2
    second, loaded = train(tmp_path, in_memory=True)
    assert len(fits) == 2
    assert_same(first, second)
    assert loaded.history == history.history


@pytest.mark.parametrize("epoch", [0, 1])
def test_in_memory_it_goes_on_and_ends_as_if_nothing_had_been(tmp_path, fits, epoch):
    whole, expected = train(tmp_path / "whole", in_memory=True)
    with pytest.raises(Killed):
        train(tmp_path / "ended", in_memory=True, callbacks=[Ends(epoch, after=True)])
    model, history = train(tmp_path / "ended", in_memory=True)
    assert fits[-1]["initial_epoch"] == epoch + 1
    assert_same(model, whole)
    assert history.history == expected.history


def test_the_seconds_are_those_of_the_training_not_of_loading_it(tmp_path):
    class Waits(EpochProgress):
        def on_epoch_begin(self, epoch, logs=None):
            super().on_epoch_begin(epoch, logs)
            time.sleep(0.1)

    with pytest.raises(Killed):
        train(tmp_path, callbacks=[Waits(), Ends(1, after=True)])  # 2 epochs kept
    _, history = train(tmp_path, callbacks=[Waits()])
    assert history.epoch == [0, 1, 2]
    assert 0.3 <= history.seconds < 60
    _, loaded = train(tmp_path)
    assert loaded.seconds == pytest.approx(history.seconds, abs=0.5)
    unknown = keras.callbacks.LambdaCallback()
    assert train(tmp_path, callbacks=[unknown, Waits()])[1].seconds >= 0.3


def test_what_follows_draws_the_same_numbers_either_way(tmp_path):
    def after():
        train(tmp_path)
        return random.random(), float(keras.random.uniform(())), float(tf.random.uniform(()))

    assert after() == after()


def test_trained_further_it_is_another_training(tmp_path, fits):
    model, _ = train(tmp_path)
    fit_cached(model, X, Y, name="net", folder=tmp_path, epochs=3, verbose=0, batch_size=10)
    assert len(fits) == 2
    assert int(model.optimizer.iterations) == 24


def other(array, place):
    array = array.copy()
    array[place] = 1 - array[place]
    return array


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: {"x": other(X, (3, 2, 1, 0))}, "the images"),
        (lambda: {"x": X.astype("float32")}, "the images"),
        (lambda: {"x": X[::-1]}, "the images"),
        (lambda: {"y": other(Y, (7, 1))}, "the labels"),
        (lambda: {"batch_size": 20}, "the settings of fit"),
        (lambda: {"epochs": 4}, "the settings of fit"),
        (lambda: {"model": started("sgd")}, "optimiser, loss or metrics"),
        (
            lambda: {"callbacks": [keras.callbacks.TerminateOnNaN()]},
            "the callbacks",
        ),
    ],
)
def test_what_was_changed_is_trained_and_told(tmp_path, fits, capsys, change, told):
    train(tmp_path)
    train(tmp_path, **change())
    assert len(fits) == 2
    assert capsys.readouterr().out == f"net: trained anew, because of a change in {told}.\n"
    train(tmp_path)
    train(tmp_path, **change())
    assert len(fits) == 2  # both are kept


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_ended_from_outside_it_goes_on_and_ends_as_if_nothing_had_been(
    tmp_path, fits, capsys, epoch, after
):
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
        assert f"net: goes on after epoch {done}, where it was ended." in capsys.readouterr().out
        assert fits[-1]["initial_epoch"] == done
    assert train(tmp_path / "ended", x=batches(), y=None)[1].history == expected.history
    assert [file.suffixes for file in (tmp_path / "ended" / "net").glob("*.npz")] == [[".npz"]]


def stops_early():
    return keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_callbacks_know_again_what_they_knew(tmp_path, epoch):
    """With so large a step the loss soon rises: it stops early, and goes back to its best."""
    options = {"x": batches, "y": None, "epochs": 8}

    def run(name, *more):
        model = started(keras.optimizers.SGD(5.0))
        chosen = {**options, "x": batches(), "callbacks": [stops_early(), *more]}
        return train(tmp_path / name, model, **chosen)

    whole, expected = run("whole")
    assert len(expected.epoch) < 8
    if epoch + 1 < len(expected.epoch):
        with pytest.raises(Killed):
            run("ended", Ends(epoch, after=True))
    model, history = run("ended")
    assert history.history == expected.history
    assert_same(model, whole)


def test_ended_after_the_last_epoch_only_the_end_is_missing(tmp_path, fits, monkeypatch):
    from cnn_utils.training import run_store

    whole, expected = train(tmp_path / "whole", x=batches(), y=None)
    keep = run_store.RunStore.keep

    def killed_at_the_end(self, state, finished):
        if finished:
            raise Killed
        keep(self, state, finished)

    with monkeypatch.context() as patch:
        patch.setattr(run_store.RunStore, "keep", killed_at_the_end)
        with pytest.raises(Killed):
            train(tmp_path / "ended", x=batches(), y=None)
    model, history = train(tmp_path / "ended", x=batches(), y=None)
    assert fits[-1]["initial_epoch"] == 3
    assert_same(model, whole)
    assert history.history == expected.history


def test_those_who_watch_see_a_loaded_training_as_well(tmp_path, capsys):
    train(tmp_path, callbacks=[EpochProgress()])
    watch = EpochProgress()
    _, history = train(tmp_path, callbacks=[watch])
    assert history.epoch == [0, 1, 2]
    assert f"loss {history.history['loss'][-1]:.4f}" in capsys.readouterr().out
    assert watch.bar_.n == watch.bar_.total == 12


def test_a_training_that_was_stopped_by_hand_is_not_finished(tmp_path, fits):
    class Stops(EpochProgress):
        stopped_ = False

        def on_train_batch_end(self, batch, logs=None):
            super().on_train_batch_end(batch, logs)
            if self._done_before:
                self.model.stop_training = self.stopped_ = True

    _, history = train(tmp_path, callbacks=[Stops()])
    assert history.epoch == [0, 1]
    _, history = train(tmp_path)
    assert history.epoch == [0, 1, 2]
    assert fits[-1]["initial_epoch"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"callbacks": [keras.callbacks.LambdaCallback()]},
            "net is trained without a cache: what the callback LambdaCallback does is unknown.",
        ),
        (
            {"x": tf.data.Dataset.from_tensor_slices((X, Y)).batch(8), "y": None},
            "net is trained without a cache: a _BatchDataset can't be looked into.",
        ),
    ],
)
def test_what_can_not_be_compared_is_trained_each_time(tmp_path, fits, capsys, options, said):
    if "x" in options:
        options = {**options, "batch_size": None}
    for _ in range(2):
        train(tmp_path, **options)
    assert len(fits) == 2
    assert capsys.readouterr().out.splitlines() == [said, said]


def test_a_damaged_file_is_told_and_trained_anew(tmp_path, fits, capsys):
    first, _ = train(tmp_path)
    (file,) = (tmp_path / "net").glob("*.npz")
    content = file.read_bytes()
    for damaged in (b"", content[:5000], content[:-1000] + bytes(1000), b"PK" + content[7:]):
        file.write_bytes(damaged)
        again, _ = train(tmp_path)
        assert_same(first, again)
        told = "net: what was kept of it can't be read: the file is damaged. It is trained anew.\n"
        assert capsys.readouterr().out == told
    assert len(fits) == 5


def test_a_folder_that_can_not_be_written_to_is_no_reason_not_to_train(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    _, history = train(tmp_path / "file")
    assert history.epoch == [0, 1, 2]
    assert "net is trained without a cache: Not a directory." in capsys.readouterr().out


def test_a_full_disk_is_told_once_and_the_training_goes_on(tmp_path, monkeypatch, capsys):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    _, history = train(tmp_path)
    assert history.epoch == [0, 1, 2]
    told = "The training can't be kept: No space left on device. It goes on.\n"
    assert capsys.readouterr().out == told


def test_cleared_it_is_trained_again(tmp_path, fits):
    train(tmp_path)
    clear_runs("other", tmp_path)
    train(tmp_path)
    assert len(fits) == 1
    clear_runs("net", tmp_path)
    train(tmp_path)
    clear_runs(folder=tmp_path)
    assert not tmp_path.exists()
    train(tmp_path)
    assert len(fits) == 3


def test_the_folder_is_the_kits_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path / "cache"))
    assert runs_folder() == tmp_path / "cache" / "runs"
    set_seed(458)
    fit_cached(started(), X, Y, name="net", verbose=0)
    assert len(list((tmp_path / "cache" / "runs" / "net").glob("*.npz"))) == 1


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        (None, "net", r"`model` must be a compiled Keras model; .*Call model\.compile"),
        (network(), "net", r"`model` must be a compiled Keras model"),
        (
            started(),
            "../net",
            r"`name` must be letters, digits, - and _, such as 'lenet'; received",
        ),
        (started(), "", r"`name` must be letters"),
        (started(), 5, r"`name` must be letters.*received 5"),
    ],
)
def test_what_does_not_fit_is_refused(model, name, message):
    with pytest.raises(KitError, match=message):
        fit_cached(model, X, Y, name=name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": None}, r"`x` must be the images, or ImageBatches of them; received None"),
        ({"y": Y[:5]}, r"`x` and `y` must have the same length; received 40 and 5"),
        ({"epochs": "3"}, r"`epochs` must be a whole number of at least 1; received '3'"),
        ({"in_memory": "yes"}, r"`in_memory` must be True or False; received 'yes'"),
        ({"folder": 5}, r"`folder` must be a text or a Path; received 5"),
        (
            {"callbacks": "x"},
            r"`callbacks` must be a list of keras\.callbacks\.Callback; received 'x'",
        ),
        (
            {"epoch": 3},
            r"The options must be among batch_size, .*; received epoch\. Do you mean epo",
        ),
        ({"y": Y[..., None, None]}, r"`y` must be 2 numbers per image"),
        ({"validation_data": X}, r"`validation_data` must be a pair of arrays"),
        ({"callbacks": [7]}, r"`callbacks` must be a list of .*; received 7"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_before_anything_is_drawn(options, message):
    model = started()
    before = random.getstate()
    with pytest.raises(KitError, match=message):
        fit_cached(model, **{"x": X, "y": Y, "name": "net", **options})
    assert random.getstate() == before


def test_a_callback_may_come_alone(tmp_path, capsys):
    _, history = train(tmp_path, callbacks=EpochProgress())
    assert f"loss {history.history['loss'][-1]:.4f}" in capsys.readouterr().out


def test_only_runs_of_a_name_can_be_cleared(tmp_path):
    with pytest.raises(KitError, match=r"`name` must be letters"):
        clear_runs("..", tmp_path)


def test_a_metric_with_a_value_per_class_comes_back_as_an_array(tmp_path):
    def run():
        set_seed(458)
        model = network()
        f1 = keras.metrics.F1Score(name="f1")
        model.compile("adam", "categorical_crossentropy", metrics=[f1])
        return train(tmp_path, model)[1].history["f1"]

    first, second = run(), run()
    assert isinstance(second[0], np.ndarray)
    np.testing.assert_array_equal(first, second)


CODE = """
import json, sys, time
import numpy as np, keras
from keras import layers
import cnn_utils

class Slow(cnn_utils.EpochProgress):
    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.01)

x = np.arange(40 * 4, dtype="float32").reshape(40, 4) / 160
cnn_utils.set_seed(1)
model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.2), layers.Dense(1)])
model.compile("adam", "mse")
batches = cnn_utils.ImageBatches(x, x.sum(1), batch_size=4, shuffle=True)
print("ready", flush=True)
history = cnn_utils.fit_cached(
    model, batches, name="net", folder=sys.argv[1], epochs=6, verbose=0, callbacks=[Slow()]
)
print(json.dumps([history.history["loss"], [w.tolist() for w in model.get_weights()]]))
"""


def start(folder):
    command = [sys.executable, "-c", CODE, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def result(process):
    return json.loads(process.communicate(timeout=120)[0].strip().splitlines()[-1])


def test_killed_at_any_moment_nothing_is_lost_and_nothing_changes(tmp_path):
    """Each life begins where the one before ended, at the last whole epoch."""
    expected = result(start(tmp_path / "whole"))
    for delay in np.random.default_rng(458).uniform(0.2, 1.2, 4):
        process = start(tmp_path / "killed")
        process.stdout.readline()
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=60)
    assert result(start(tmp_path / "killed")) == expected


def test_two_at_once_train_once(tmp_path):
    first, second = start(tmp_path), start(tmp_path)
    told = [process.communicate(timeout=120)[0] for process in (first, second)]
    assert told[0].splitlines()[-1] == told[1].splitlines()[-1]
    assert sum("loaded, it was trained before" in text for text in told) == 1


def test_it_is_among_the_public_names():
    assert cnn_utils.fit_cached is fit_cached
    assert cnn_utils.clear_runs is clear_runs
