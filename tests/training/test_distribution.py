"""cnn_utils.training.distribution: two devices work as one; what can't work is refused."""

import json
import os
import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from cnn_utils.errors import KitError
from cnn_utils.training.distribution import strategy

# In a process of its own, because a processor is divided before TensorFlow first uses it.
TWO_DEVICES = """
import json
import numpy as np
import tensorflow as tf
import cnn_utils
import keras

cpu = tf.config.list_physical_devices("CPU")[0]
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, halves)
x = np.random.default_rng(0).random((64, 8, 8, 1), dtype="float32")
y = np.eye(4, dtype="float32")[np.arange(64) % 4]


def train(spread):
    cnn_utils.set_seed(458)
    with spread.scope():
        model = cnn_utils.build_dense((8, 8, 1), 4)
        model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


two = cnn_utils.strategy(["CPU:0", "CPU:1"])
pairs = zip(train(two), train(tf.distribute.get_strategy()), strict=True)
print(json.dumps([two.num_replicas_in_sync, float(max(abs(a - b).max() for a, b in pairs))]))
"""


def test_two_devices_take_the_steps_of_one(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": "tensorflow"},
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    devices, difference = json.loads(ended.stdout.strip().splitlines()[-1])
    assert devices == 2
    assert difference < 1e-6


def test_with_one_device_or_none_nothing_changes():
    assert strategy(["CPU:0"]) is tf.distribute.get_strategy()
    if not tf.config.list_physical_devices("GPU"):
        assert strategy() is tf.distribute.get_strategy()


@pytest.mark.parametrize(
    ("cluster", "n"), [({"worker": ["a:1", "b:1"]}, 2), ({"chief": ["a:1"], "worker": ["b:1"]}, 2)]
)
def test_several_hosts_are_refused_with_what_works(monkeypatch, cluster, n):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster}))
    message = rf"TF_CONFIG must name one worker: .*; received {n} workers\. Set KERAS_BACKEND=jax"
    with pytest.raises(KitError, match=message):
        strategy()


@pytest.mark.parametrize("text", ["{", "[]", '{"cluster": 3}', '{"cluster": {"worker": 3}}'])
def test_a_damaged_tf_config_is_told(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(KitError, match="TF_CONFIG must be JSON as TensorFlow describes it"):
        strategy()


def test_one_worker_is_no_cluster(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": ["a:1"]}}))
    assert strategy() is tf.distribute.get_strategy()
    monkeypatch.setenv("TF_CONFIG", "")
    assert strategy() is tf.distribute.get_strategy()


def test_pytorch_has_its_own_launcher(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    message = "KERAS_BACKEND must be tensorflow or jax to train on several devices; received torch"
    with pytest.raises(KitError, match=message):
        strategy()
