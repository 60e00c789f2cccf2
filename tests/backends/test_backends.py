"""Recipe, metrics and networks on each of Keras' backends, and on two devices of each kind."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from cnn_utils.training.acceleration import multiplies_bfloat16

pytestmark = pytest.mark.backends
# Dark and bright images: two classes that any network learns in a few steps.
DATA = """
import json
import numpy as np
import cnn_utils
import keras

y = np.arange(64) % 2
x = np.random.default_rng(0).integers(0, 60, (64, 32, 32, 3)) + 150 * y[:, None, None, None]
x, hot = x.astype("uint8"), np.eye(2, dtype="float32")[y]
"""
RECIPE = """
recipe = cnn_utils.Recipe(epochs=4, widths=(4, 8), batch_size=16)
model, history = cnn_utils.train_fast_cnn(x, y, recipe, validation=(x, y))
y_prob = cnn_utils.predict_averaged(model, x)
model.save("model.keras")
again = keras.saving.load_model("model.keras")
images = x.astype("float32") / 255
difference = np.abs(again.predict(images, verbose=0) - model.predict(images, verbose=0)).max()
for weight, expected in zip(again.get_weights(), model.get_weights(), strict=True):
    np.testing.assert_array_equal(weight, expected)
accuracy = float((y_prob.argmax(axis=1) == y).mean())
print(json.dumps([keras.backend.backend(), history.history["loss"], accuracy, float(difference)]))
"""
METRIC = """
model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.GlobalAveragePooling2D()])
model.add(keras.layers.Dense(2, activation="softmax"))
metrics = ["accuracy", cnn_utils.F1Score(2)]
steps = 1 if keras.backend.backend() == "torch" else 2  # Keras allows no more with PyTorch
model.compile(keras.optimizers.Adam(0.3), "mse", metrics=metrics, steps_per_execution=steps)
options = dict(batch_size=16, epochs=5, validation_split=1 / 4, validation_batch_size=8, verbose=0)
history = model.fit(x / np.float32(255), hot, **options)
print(json.dumps([keras.backend.backend(), history.history["val_f1"][-1], len(history.epoch)]))
"""
# The three lines of docs/speed.md, on two halves of the processor instead of two GPUs.
TWO_DEVICES = """
def train(scope=contextlib.nullcontext()):
    cnn_utils.set_seed(458)
    with scope:
        flat, last = keras.layers.Flatten(), keras.layers.Dense(2, activation="softmax")
        model = keras.Sequential([keras.Input((32, 32, 3)), flat, last])
        model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x / np.float32(255), hot, batch_size=16, epochs=2, shuffle=False, verbose=0)
    return [np.asarray(weight) for weight in model.get_weights()]


one = train()
devices, two = train_on_two()
difference = max(np.abs(a - b).max() for a, b in zip(one, two, strict=True))
print(json.dumps([devices, float(difference)]))
"""
TENSORFLOW = """
import contextlib
import tensorflow as tf

halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)


def train_on_two():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    return strategy.num_replicas_in_sync, train(strategy.scope())

"""
JAX = """
import contextlib


def train_on_two():
    both = keras.distribution.DataParallel()
    keras.distribution.set_distribution(both)
    return both.num_model_replicas, train()

"""


def start(program, backend, folder, **environment):
    package = {"torch": "torch", "jax": "jax"}.get(backend, "tensorflow")
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed; `make backends` installs it")
    return subprocess.Popen(
        [sys.executable, "-c", DATA + program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", **environment},
    )


def result(process):
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-3000:]
    return json.loads(out.strip().splitlines()[-1])


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_the_recipe_trains_saves_and_loads(backend, tmp_path):
    used, loss, accuracy, difference = result(start(RECIPE, backend, tmp_path))
    assert used == backend
    assert loss[-1] < loss[0]
    assert accuracy == 1
    # bfloat16 keeps 8 bits, and the network that was loaded is not fused.
    assert difference < (2**-6 if backend == "tensorflow" and multiplies_bfloat16() else 1e-5)


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_the_metric_counts_several_steps_per_execution(backend, tmp_path):
    used, f1, epochs = result(start(METRIC, backend, tmp_path))
    assert (used, epochs) == (backend, 5)
    assert f1 == 1


@pytest.mark.parametrize(("backend", "train_on_two"), [("tensorflow", TENSORFLOW), ("jax", JAX)])
def test_two_devices_take_the_steps_of_one(backend, train_on_two, tmp_path):
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"} if backend == "jax" else {}
    devices, difference = result(start(train_on_two + TWO_DEVICES, backend, tmp_path, **flags))
    assert devices == 2
    assert difference < 1e-5
