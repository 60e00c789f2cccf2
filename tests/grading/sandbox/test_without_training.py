"""In processes of their own: importing the module changes Keras for good."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from cnn_utils.files import KIT

HERE = KIT / "cnn_utils" / "grading" / "sandbox"
CURVES = {"loss": [0.3, 0.2, 0.1], "accuracy": [0.7, 0.8, None], "val_f1": [0.1, 0.2, 0.3]}
START = """
import without_training
import keras, numpy as np, cnn_utils
from cnn_utils import fit_cached, pick
from keras import layers
x, y = np.random.rand(300, 8).astype("float32"), np.eye(3)[np.arange(300) % 3]

def build():
    return keras.Sequential([keras.Input((8,)), layers.Dense(4, "relu"), layers.Dense(3)])

def compiled(model):
    model.compile("adam", "mse", metrics=["accuracy"])
    return model

handed_in = [*np.load("artifacts/net/weights.npz").values()]
def is_handed_in(model):
    return all(np.array_equal(a, b) for a, b in zip(model.get_weights(), handed_in, strict=True))
"""


@pytest.fixture
def python(tmp_path):
    """Run code beside the artifacts of a small network, trained for three epochs."""
    place = tmp_path / "artifacts" / "net"
    place.mkdir(parents=True)
    rng = np.random.default_rng(0)
    shapes = [(8, 4), (4,), (4, 3), (3,)]
    np.savez(place / "weights.npz", *(rng.random(shape, "float32") for shape in shapes))
    (place / "history.json").write_text(json.dumps(CURVES))

    def run(code):
        path = os.pathsep.join([str(HERE), str(KIT)])
        environment = {**os.environ, "PYTHONPATH": path, "CNN_UTILS_CACHE": str(tmp_path / "no")}
        command = [sys.executable, "-c", START + code]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.strip()

    return run


def test_the_network_and_its_history_are_those_handed_in_and_stay(python, tmp_path):
    before = (tmp_path / "artifacts" / "net" / "weights.npz").read_bytes()
    python(f"""
model = compiled(build())
history = model.fit(x, y, 32, 3, validation_split=1 / 6)  # by place, as Keras takes them
assert is_handed_in(model) and model.history is history
assert list(history.history) == {list(CURVES)}
assert history.history["loss"] == [0.3, 0.2, 0.1] and history.epoch == [0, 1, 2]
assert np.isnan(history.history["accuracy"][2])
assert history.params["steps"] == 8 and int(model.optimizer.iterations) == 24
assert model.evaluate(x, y, verbose=0)
assert model.fit(x, y, epochs=100_000).history["loss"] == [0.3, 0.2, 0.1]  # stopped early
for cached in (fit_cached, cnn_utils.fit_cached):
    history = cached(compiled(build()), x, y, name="n", epochs=3, in_memory=True)
    assert (len(history.epoch), history.seconds) == (3, 0)
parts = compiled(build())
assert parts.fit(x, y, epochs=1).history["loss"] == [0.3]
assert parts.fit(x, y, epochs=3, initial_epoch=1).epoch == [1, 2]
assert (pick(full=3, quick=2), pick(full=40, quick=3), pick(full=9, quick=[])) == (3, 3, 9)
try:
    build().fit(x, y)
    raise AssertionError
except ValueError as error:
    assert "compile" in str(error)
cnn_utils.save_for_grading("net", parts, history, np.zeros(10))
cnn_utils.hand_in()
""")
    assert (tmp_path / "artifacts" / "net" / "weights.npz").read_bytes() == before


def test_networks_are_built_first_and_recognised_in_any_order(python):
    python("""
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.last, self.first = layers.Dense(3), layers.Dense(4)
    def call(self, x):
        return self.last(self.first(x))

class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 3
    def __getitem__(self, i):
        return x[:32], y[:32]

model = compiled(Own())
model.fit(x, y, epochs=3)
shapes = [w.shape for w in model.get_weights()]
assert np.array_equal(model.first.kernel, handed_in[0]), shapes
assert np.array_equal(model.last.bias, handed_in[3])
model = Own()
model.build((None, 8))  # has no weights yet
compiled(model).fit(x, y, epochs=3)
assert np.array_equal(model.first.kernel, handed_in[0])
model = compiled(keras.Sequential([layers.Dense(4), layers.Dense(3)]))
history = model.fit(Batches(), epochs=3)
assert is_handed_in(model) and history.params["steps"] == 3
import tensorflow as tf
model = compiled(keras.Sequential([layers.Dense(4), layers.Dense(3)]))
model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(16), epochs=3)
assert is_handed_in(model)
""")


def test_paths_of_the_student_s_machine_lead_to_the_sample(python, monkeypatch):
    monkeypatch.setenv("CNN_UTILS_SOURCE", "sample")
    python("""
import pathlib
import cnn_utils.data.sample as sample
sample.cifar10_file = lambda: pathlib.Path("the sample")
assert cnn_utils.cifar10_path("C:/Users/karl/student.h5").name == "the sample"
assert cnn_utils.cifar10_path(source="official").name == "the sample"
""")


def test_callbacks_see_the_epochs(python):
    out = python("""
class Own(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.f1 = []
    def on_epoch_begin(self, epoch, logs=None):
        self.batches = []
    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(logs["loss"])
    def on_epoch_end(self, epoch, logs=None):
        assert is_handed_in(self.model)
        self.f1.append((epoch, logs["val_f1"], *self.batches))
    def on_train_end(self, logs=None):
        print(self.f1, self.params["epochs"])

class Broken(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs.clear()
        1 / 0

class Late(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        print("late")

without_training.CALLBACK_SECONDS = 5
best = keras.callbacks.ModelCheckpoint("best.keras", monitor="loss", save_best_only=True)
compiled(build()).fit(x, y, epochs=3, callbacks=[Broken(), Own(), best, cnn_utils.EpochProgress()])
assert is_handed_in(keras.models.load_model("best.keras"))
without_training.CALLBACK_SECONDS = -1
compiled(build()).fit(x, y, epochs=3, callbacks=Late())
""")
    assert out == "[(0, 0.1, 0.3), (1, 0.2, 0.2), (2, 0.3, 0.1)] 3"


def test_another_network_learns_from_one_batch(python):
    python("""
class Counts(keras.callbacks.Callback):
    batches = 0
    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1

model = compiled(keras.Sequential([keras.Input((8,)), layers.Dense(3)]))
before, counts = model.get_weights()[0], Counts()
history = model.fit(x, y, epochs=40, validation_split=0.2, callbacks=[counts], verbose=2)
assert counts.batches == 1 and not np.array_equal(before, model.get_weights()[0])
assert len(history.history["val_accuracy"]) == 40 and history.epoch[-1] == 39
assert len(model.fit(x, y, epochs=10**9).epoch) == 1_000
images = np.random.default_rng(0).integers(0, 256, (300, 32, 32, 3), "uint8")
labels = np.arange(300) % 10
fast, history = cnn_utils.train_fast_cnn(images, labels)
assert len(history.history["loss"]) == 1
found = cnn_utils.search_recipe(images, labels, (images, labels), n_trials=2)
assert len(found) == 2
""")


def test_a_damaged_artifact_is_as_good_as_none(python, tmp_path):
    for network in ("a", "b"):
        (tmp_path / "artifacts" / network).mkdir()
        np.savez(tmp_path / "artifacts" / network / "weights.npz", np.zeros(3))
    (tmp_path / "artifacts" / "a" / "weights.npz").write_text("{")
    (tmp_path / "artifacts" / "b" / "history.json").write_text("[1]")
    assert python("print([c for _, c in without_training.HANDED_IN][0])") == "{}"


def test_the_check_of_a_training_takes_it_as_it_was_asked_for(python, tmp_path):
    lenet = [(5, 5, 1, 6), (6,), (5, 5, 6, 16), (16,), (400, 120), (120,), (120, 84), (84,)]
    place = tmp_path / "artifacts" / "lenet"
    place.mkdir()
    np.savez(place / "weights.npz", *(np.zeros(shape) for shape in [*lenet, (84, 10), (10,)]))
    curves = {name: [0.05] * 40 for name in ("loss", "val_loss")}
    curves |= {name: [0.9] * 40 for name in ("accuracy", "f1", "val_accuracy", "val_f1")}
    (place / "history.json").write_text(json.dumps(curves))
    out = python("""
images, labels = np.random.rand(600, 28, 28, 1).astype("float32"), np.eye(10)[np.arange(600) % 10]
for size in (128, 32):
    model = cnn_utils.build_lenet()
    model.compile("adam", "mse", ["accuracy", cnn_utils.F1Score()])
    history = model.fit(images, labels, batch_size=size, epochs=40, validation_split=1/6)
    try:
        cnn_utils.check_training(model, history, images, labels, pick(full=40, quick=2))
    except cnn_utils.CheckFailed as error:
        print(error)
""")
    passed, failed = out.splitlines()[:2]
    assert "40 epochs" in passed
    assert "You train with batches of 32, not of 128" in failed
