"""Recipe, metrics and networks on each of Keras' backends, and on two devices and two hosts."""

import importlib.util
import json
import os
import socket
import subprocess
import sys

import pytest

from cnn_utils.training.processor import multiplies_bfloat16

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
recipe = cnn_utils.Recipe(epochs=4, widths=(4, 8), batch_size=16, cutout=4)
model, history = cnn_utils.train_fast_cnn(x, y, recipe, validation=(x, y))
y_prob = cnn_utils.predict_averaged(model, x)
model.save("model.keras")
again = keras.saving.load_model("model.keras")
images = x.astype("float32") / 255
difference = np.abs(again.predict(images, verbose=0) - model.predict(images, verbose=0)).max()
for weight, expected in zip(again.get_weights(), model.get_weights(), strict=True):
    np.testing.assert_array_equal(weight, expected)
accuracy = float((y_prob.argmax(axis=1) == y).mean())
told = [keras.backend.backend(), history.history["loss"], accuracy, float(difference)]
print(json.dumps(told))
"""
IN_MEMORY = """
model = keras.Sequential([keras.Input((32, 32, 3)), keras.layers.GlobalAveragePooling2D()])
model.add(keras.layers.Dense(2, activation="softmax"))
model.compile(keras.optimizers.Adam(0.3), "mse", metrics=["accuracy", cnn_utils.F1Score(2)])
options = dict(batch_size=16, epochs=5, validation_split=1 / 4, verbose=0)
history = cnn_utils.fit_in_memory(model, x / np.float32(255), hot, **options)
print(json.dumps([keras.backend.backend(), history.history["val_f1"][-1], len(history.epoch)]))
"""
DEVICES = """
def train(distribution=None):
    cnn_utils.set_seed(458)
    keras.distribution.set_distribution(distribution)
    model = cnn_utils.build_dense((32, 32, 3), 2)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x / np.float32(255), hot, batch_size=16, epochs=2, shuffle=False, verbose=0)
    return [np.asarray(weight) for weight in model.get_weights()]


two = cnn_utils.strategy()
difference = max(np.abs(a - b).max() for a, b in zip(train(two), train(), strict=True))
print(json.dumps([two.num_model_replicas, float(difference)]))
"""
# The same steps in one process, and in two that know only half of the devices each.
HOSTS = """
import sys
import tensorflow as tf

address, n, i = sys.argv[1:]
if int(n) > 1:
    keras.distribution.initialize(",".join([address] * int(n)), int(n), int(i))
spread = cnn_utils.strategy()
keras.distribution.set_distribution(spread)
cnn_utils.set_seed(458)
model = cnn_utils.build_dense((32, 32, 3), 2)
model.compile(keras.optimizers.SGD(0.1), "mse")
batches = tf.data.Dataset.from_tensor_slices((x / np.float32(255), hot)).batch(16)
loss = model.fit(batches, epochs=2, verbose=0).history["loss"]
print(json.dumps([int(np.prod(spread.device_mesh.shape)), loss]))
"""


def start(program, backend, folder, *arguments, **environment):
    package = {"torch": "torch", "jax": "jax"}.get(backend, "tensorflow")
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed; `make backends` installs it")
    return subprocess.Popen(
        [sys.executable, "-c", DATA + program, *arguments],
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
def test_training_in_memory(backend, tmp_path):
    used, f1, epochs = result(start(IN_MEMORY, backend, tmp_path))
    assert (used, epochs) == (backend, 5)
    assert f1 == 1


def test_two_devices_of_jax_take_the_steps_of_one(tmp_path):
    flags = "--xla_force_host_platform_device_count=2"
    devices, difference = result(start(DEVICES, "jax", tmp_path, XLA_FLAGS=flags))
    assert devices == 2
    assert difference < 1e-5


def test_two_hosts_of_jax_take_the_steps_of_one(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    alone = [start(HOSTS, "jax", tmp_path, address, "1", "0")]
    both = [start(HOSTS, "jax", tmp_path, address, "2", str(i)) for i in range(2)]
    (one, expected), *others = [result(process) for process in alone + both]
    assert one == 1
    for devices, loss in others:
        assert devices == 2
        assert loss == pytest.approx(expected, rel=1e-5)
