"""cnn_utils.training.acceleration: the fused normalisation computes what Keras' own layer does."""

import os
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cnn_utils.errors import KitError
from cnn_utils.training import acceleration
from cnn_utils.training.acceleration import (
    ALLOW_BFLOAT16,
    NEVER_BFLOAT16,
    describe,
    fast_training,
    multiplies_bfloat16,
    onednn_is_on,
    processor_flags,
)

IMAGES = np.random.default_rng(0).normal(3, 2, (8, 6, 5, 4)).astype("float32")
INTEL = "model name : Intel(R) Xeon(R)\nflags : fpu avx2 avx512f avx512_vnni amx_bf16\n"
FUSED = "fused_batch_normalisations"


@pytest.fixture(autouse=True)
def plain_processor(monkeypatch):
    """Pretend that the processor has no bfloat16; afterwards switch it off again."""
    monkeypatch.setattr(acceleration, "multiplies_bfloat16", lambda: False)
    yield
    fast_training(normaliser(), on=False)


def normaliser(trainable=True, **options):
    """Return a model of one normalisation whose weights are no longer the initial ones."""
    model = keras.Sequential([keras.Input((6, 5, 4)), layers.BatchNormalization(**options)])
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.5, 2, weight.shape) for weight in model.get_weights()])
    model.layers[0].trainable = trainable
    return model


def everything(model, training):
    """Return outputs, gradients and the weights afterwards, for a loss that weighs each output."""
    inputs = tf.constant(IMAGES)
    weigh = np.random.default_rng(2).normal(size=IMAGES.shape).astype("float32")
    sources = [inputs, *(weight.value for weight in model.trainable_weights)]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        outputs = model(inputs, training=training)
        loss = tf.reduce_sum(outputs * weigh)
    gradients = tape.gradient(loss, sources)
    return [outputs.numpy(), *(gradient.numpy() for gradient in gradients), *model.get_weights()]


OPTIONS = [
    {},
    {"scale": False},
    {"center": False},
    {"scale": False, "center": False},
    {"momentum": 0.6, "epsilon": 0.1},
    {"axis": 3},
    {"trainable": False},
]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_outputs_gradients_and_moving_averages_agree_with_keras(options, training):
    plain, fused = normaliser(**options), normaliser(**options)
    before = plain.get_weights()
    assert fast_training(fused)[FUSED] == 1
    expected = everything(plain, training)
    found = everything(fused, training)
    assert len(found) == len(expected) == 2 + len(plain.trainable_weights) + len(before)
    for one, other in zip(found, expected, strict=True):
        # Sums of 240 numbers of size 10, in another order.
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-4)
    moved = any((old != new).any() for old, new in zip(before, fused.get_weights(), strict=True))
    assert moved is (training and options.get("trainable", True))


def test_the_moving_variance_by_hand():
    """Pixels 0 and 2: mean 1, variance 1 (not 2, the sample's); a tenth of it is taken over."""
    model = keras.Sequential([keras.Input((1, 2, 1)), layers.BatchNormalization(momentum=0.9)])
    fast_training(model)
    outputs = model(np.array([0, 2], "float32").reshape(1, 1, 2, 1), training=True)
    _, _, mean, variance = model.get_weights()
    assert (mean[0], variance[0]) == pytest.approx((0.1, 0.9 * 1 + 0.1 * 1))
    assert np.ravel(outputs) == pytest.approx([-1, 1], abs=1e-3)


def test_a_masked_batch_is_left_to_keras():
    plain, fused = normaliser().layers[0], normaliser().layers[0]
    fast_training(keras.Sequential([keras.Input((6, 5, 4)), fused]))
    mask = np.arange(8 * 6 * 5).reshape(8, 6, 5) % 3 > 0
    expected = plain(IMAGES, training=True, mask=mask)
    np.testing.assert_allclose(fused(IMAGES, training=True, mask=mask), expected, atol=1e-5)
    assert abs(expected - normaliser()(IMAGES, training=True)).numpy().max() > 0.01


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((6, 5, 4), {"axis": 1}),
        ((6,), {}),
        ((6, 5), {}),
        ((6, 5, 4), {"renorm": True}),
        ((6, 5, 4), {"synchronized": True}),
        ((6, 5, 4), {"dtype": "mixed_float16"}),
    ],
    ids=str,
)
def test_what_the_fused_operation_cannot_do_is_left_alone(shape, options):
    model = keras.Sequential([keras.Input(shape), layers.BatchNormalization(**options)])
    assert fast_training(model)[FUSED] == 0
    assert "call" not in vars(model.layers[0])


def test_layers_that_are_not_built_or_someone_elses_are_left_alone():
    class Own(layers.BatchNormalization):
        pass

    unbuilt = keras.Sequential([layers.BatchNormalization()])
    own = keras.Sequential([keras.Input((6, 5, 4)), Own()])
    assert fast_training(unbuilt)[FUSED] == fast_training(own)[FUSED] == 0


def test_layers_inside_a_model_inside_are_found():
    inner = normaliser(name="inside")
    model = keras.Sequential([keras.Input((6, 5, 4)), inner, layers.BatchNormalization(name="out")])
    assert fast_training(model)[FUSED] == 2
    assert fast_training(model, on=False)[FUSED] == 0


def test_a_saved_model_is_an_ordinary_one(tmp_path):
    model = normaliser(momentum=0.6)
    fast_training(model)
    expected = everything(model, training=True)  # weights that have moved
    model.save(tmp_path / "model.keras")
    assert b"cnn_utils" not in zipfile.ZipFile(tmp_path / "model.keras").read("config.json")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.layers[0]) is layers.BatchNormalization
    assert "call" not in vars(loaded.layers[0])
    assert loaded.layers[0].momentum == 0.6
    for one, other in zip(loaded.get_weights(), expected[-4:], strict=True):
        np.testing.assert_array_equal(one, other)
    images = IMAGES[:2]
    np.testing.assert_allclose(loaded.predict(images), model.predict(images), atol=1e-5)


@pytest.mark.skipif(not multiplies_bfloat16(), reason="the processor has no bfloat16")
def test_probabilities_sum_to_one_where_products_are_bfloat16(monkeypatch):
    monkeypatch.setattr(acceleration, "multiplies_bfloat16", lambda: True)
    images = np.random.default_rng(0).random((200, 8, 8, 3), dtype="float32")
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(16, 3), layers.Flatten()])
    model.add(layers.Dense(10, activation="softmax"))
    plain = model.predict(images, verbose=0)
    assert fast_training(model, bfloat16=True)["bfloat16"]
    y_prob = model.predict(images, verbose=0)
    assert 1e-5 < np.abs(y_prob - plain).max() < 0.01
    np.testing.assert_allclose(y_prob.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("own", [None, "Relu", "Softmax,Relu"])
def test_bfloat16_is_undone_and_a_users_own_list_stays(monkeypatch, own):
    monkeypatch.setattr(acceleration, "multiplies_bfloat16", lambda: True)
    if own is None:
        monkeypatch.delenv(NEVER_BFLOAT16, raising=False)
    else:
        monkeypatch.setenv(NEVER_BFLOAT16, own)
    model = normaliser()
    assert fast_training(model, bfloat16=True)["bfloat16"] is True
    assert os.environ[NEVER_BFLOAT16] == (own or "Softmax")
    assert options_of_tensorflow() is True
    assert fast_training(model, on=False)["bfloat16"] is False
    assert os.environ.get(NEVER_BFLOAT16) == own
    assert options_of_tensorflow() is False


def test_an_undone_layer_is_keras_own_again():
    plain, undone = normaliser(), normaliser()
    assert fast_training(undone)[FUSED] == 1
    assert fast_training(undone, on=False) == describe(plain)
    assert "call" not in vars(undone.layers[0])
    for one, other in zip(everything(undone, True), everything(plain, True), strict=True):
        np.testing.assert_array_equal(one, other)


def short_training(seed, fast):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((6, 5, 4)), layers.Conv2D(6, 3, use_bias=False)])
    model.add(layers.BatchNormalization(momentum=0.6, scale=False))
    model.add(layers.ReLU())
    model.add(layers.GlobalMaxPooling2D())
    model.add(layers.Dense(2, activation="softmax"))
    model.compile(
        keras.optimizers.SGD(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    if fast:
        assert fast_training(model)[FUSED] == 1
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(48, 6, 5, 4)).astype("float32")
    labels = (images.mean(axis=(1, 2, 3)) > 0).astype("int32")
    options = {"validation_data": (images[32:], labels[32:]), "batch_size": 8, "epochs": 3}
    return model.fit(images[:32], labels[:32], **options, verbose=0).history


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_training_takes_the_same_course(seed):
    plain, fast = short_training(seed, fast=False), short_training(seed, fast=True)
    assert set(plain) == set(fast) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, values in plain.items():
        assert fast[name] == pytest.approx(values, rel=1e-4), name
    assert plain["loss"][-1] < plain["loss"][0]


def test_a_model_that_was_in_use_goes_on_with_the_fused_layer():
    model = normaliser()
    model.compile("sgd", "mse")
    model.fit(IMAGES, IMAGES, verbose=0)
    model.evaluate(IMAGES, IMAGES, verbose=0)
    model.predict(IMAGES, verbose=0)
    fast_training(model)
    assert model.train_function is model.test_function is model.predict_function is None
    assert len(model.fit(IMAGES, IMAGES, verbose=0).history["loss"]) == 1


def options_of_tensorflow():
    return tf.config.optimizer.get_experimental_options().get(ALLOW_BFLOAT16, False)


def test_bfloat16_is_refused_where_the_processor_lacks_it():
    message = (
        r"`bfloat16` must be False or None on this processor; received True .*"
        r"It has no bfloat16 instructions"
    )
    with pytest.raises(KitError, match=message):
        fast_training(normaliser(), bfloat16=True)
    assert fast_training(normaliser())["bfloat16"] is False
    assert options_of_tensorflow() is False


@pytest.mark.parametrize(
    ("asked", "onednn", "expected"),
    [(None, True, True), (None, False, False), (False, True, False), (True, True, True)],
)
def test_bfloat16_is_used_where_the_processor_has_it(monkeypatch, asked, onednn, expected):
    monkeypatch.setattr(acceleration, "multiplies_bfloat16", lambda: True)
    monkeypatch.setattr(acceleration, "onednn_is_on", lambda: onednn)
    active = fast_training(normaliser(), bfloat16=asked)
    assert active == {FUSED: 1, "bfloat16": expected, "onednn": onednn}
    assert options_of_tensorflow() is expected


def test_with_a_gpu_or_another_backend_nothing_changes(monkeypatch):
    model = normaliser()
    with monkeypatch.context() as patch:
        patch.setattr(tf.config, "list_physical_devices", lambda kind: [f"the first {kind}"])
        active = fast_training(model)
        assert (active[FUSED], active["bfloat16"]) == (0, False)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert fast_training(model) == {FUSED: 0, "bfloat16": False, "onednn": False}
    assert "call" not in vars(model.layers[0])


def test_a_description_does_not_depend_on_names():
    """Each new layer has a new name: batch_normalization_1, batch_normalization_2, ..."""
    first, second = normaliser(), normaliser()
    assert fast_training(first) == describe(second) | {FUSED: 1} == fast_training(second)


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """Replace /proc/cpuinfo, and TensorFlow's own switch."""
    monkeypatch.undo()
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    monkeypatch.setattr(acceleration, "CPUINFO", tmp_path / "cpuinfo")
    return tmp_path / "cpuinfo"


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("avx512_bf16", True), ("amx_bf16", True), ("avx2 avx512f avx512_vnni", False)],
)
def test_bfloat16_needs_one_of_two_instruction_sets(cpuinfo, flags, expected):
    cpuinfo.write_text(f"flags\t: fpu {flags}\n", encoding="utf-8")
    assert multiplies_bfloat16() is expected


def test_onednn_is_on_by_default_where_tensorflow_finds_vnni(cpuinfo, monkeypatch):
    cpuinfo.write_text(INTEL, encoding="utf-8")
    assert onednn_is_on() is True
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert onednn_is_on() is False


def test_without_a_list_of_processors_nothing_is_known(cpuinfo, monkeypatch):
    assert processor_flags() == set()
    assert (multiplies_bfloat16(), onednn_is_on()) == (False, False)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
    assert onednn_is_on() is True
