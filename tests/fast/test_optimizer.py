"""cnn_utils.fast.optimizer: the learning rate at known steps, and ConvMuon's step by hand."""

from math import sqrt

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnn_utils.errors import KitError
from cnn_utils.fast.optimizer import ConvMuon, OneCycle


def rates(schedule, steps):
    return [float(schedule(step)) for step in steps]


def test_without_warmup_it_falls_from_the_peak_in_a_straight_line():
    assert rates(OneCycle(0.4, 10), [0, 5, 9, 10]) == pytest.approx([0.4, 0.2, 0.04, 0.0004])


def test_with_warmup_it_rises_to_the_peak_first():
    """A fifth of 10 steps is 2: half the peak after 1 step, and again halfway from 2 to 10."""
    schedule = OneCycle(1, 10, warmup=0.2)
    assert rates(schedule, [0, 1, 2, 6, 10]) == pytest.approx([0.001, 0.5, 1, 0.5, 0.001])


def test_steps_beyond_the_last_keep_a_thousandth_of_the_peak():
    assert rates(OneCycle(2, 10), [11, 1000]) == pytest.approx([0.002, 0.002])


@given(
    peak=st.floats(1e-4, 10),
    steps=st.integers(1, 1000),
    warmup=st.floats(0, 0.9),
    step=st.integers(0, 2000),
)
def test_it_stays_between_a_thousandth_of_the_peak_and_the_peak(peak, steps, warmup, step):
    rate = float(OneCycle(peak, steps, warmup)(step))
    assert 0.000999 * peak <= rate <= 1.000001 * peak


def test_an_optimiser_follows_the_schedule():
    optimiser = keras.optimizers.SGD(OneCycle(0.4, 4))
    weight = keras.Variable([0.0])
    optimiser.build([weight])
    seen = []
    for _ in range(4):
        before = weight.numpy()[0]
        optimiser.apply([np.ones(1, "float32")])
        seen.append(before - weight.numpy()[0])
    assert seen == pytest.approx([0.4, 0.3, 0.2, 0.1], rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 10), r"`peak` must be a learning rate above 0; received 0"),
        ((-0.1, 10), r"`peak` must be a learning rate above 0; received -0\.1"),
        (("a", 10), r"`peak` must be a learning rate above 0; received 'a'"),
        ((float("inf"), 10), r"`peak` must be a learning rate above 0; received inf"),
        ((float("nan"), 10), r"`peak` must be a learning rate above 0; received nan"),
        ((0.1, 0), r"`steps` must be a whole number of at least 1; received 0"),
        ((0.1, 10, 1), r"`warmup` must be a share of the steps, 0 to below 1; received 1"),
        ((0.1, 10, -0.1), r"`warmup` must be a share of the steps, .*; received -0\.1"),
    ],
)
def test_schedules_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(KitError, match=message):
        OneCycle(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": -1}, "`learning_rate` must be a number of at least 0, or a schedule"),
        ({"learning_rate": "a"}, "or a schedule such as OneCycle; received 'a'"),
        ({"learning_rate": None}, "or a schedule such as OneCycle; received None"),
        ({"adam_share": -1}, "`adam_share` must be a number above 0; received -1"),
    ],
)
def test_rates_that_make_no_sense_are_refused(options, message):
    with pytest.raises(KitError, match=message):
        ConvMuon(**options)


def kernel_and_gradient(shape=(3, 3, 4, 8), seed=0):
    rng = np.random.default_rng(seed)
    start, gradient = rng.normal(size=(2, *shape)).astype("float32")
    return keras.Variable(start), gradient


def at_length(kernel):
    """Return a kernel's values at length sqrt(filters)."""
    return kernel * (sqrt(kernel.shape[-1]) / np.linalg.norm(kernel))


def turned(kernel, gradient, **options):
    """Take a step of 0.5; return what was subtracted from the kernel, divided by 0.5."""
    optimiser = ConvMuon(0.5, **options)
    optimiser.build([kernel])
    before = at_length(kernel.numpy())
    optimiser.apply([gradient])
    return (before - kernel.numpy()) / 0.5


def test_a_kernel_is_brought_to_length_sqrt_filters():
    kernel, gradient = kernel_and_gradient()
    before = kernel.numpy()
    optimiser = ConvMuon(0.0)
    optimiser.build([kernel])
    optimiser.apply([gradient])
    assert np.linalg.norm(kernel.numpy()) == pytest.approx(sqrt(8), rel=1e-5)
    cosine = (before * kernel.numpy()).sum() / np.linalg.norm(before) / sqrt(8)
    assert cosine == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("shape", [(3, 3, 4, 8), (1, 1, 4, 16), (3, 3, 8, 4)])
def test_a_step_is_about_as_long_in_all_directions(shape):
    """The gradient is made to be 20 times as long in one direction as in another."""
    kernel, gradient = kernel_and_gradient(shape)
    left, lengths, right = np.linalg.svd(gradient.reshape(-1, shape[-1]), full_matrices=False)
    lengths = np.geomspace(20, 1, len(lengths))
    gradient = (left * lengths @ right).astype("float32").reshape(shape)
    step = turned(kernel, gradient).reshape(-1, shape[-1])
    np.testing.assert_allclose(np.linalg.svd(step, compute_uv=False), 0.85, atol=0.35)
    # The same directions as the gradient's, none exchanged or reversed.
    across = left.T @ step @ right.T
    np.testing.assert_allclose(across, np.diag(np.diag(across)), atol=1e-4)
    assert np.diag(across).min() > 0.5


def test_the_step_goes_down_the_gradient():
    kernel, gradient = kernel_and_gradient()
    assert (turned(kernel, gradient) * gradient).sum() > 0
    assert (turned(kernel, -gradient) * gradient).sum() < 0


def test_the_length_of_a_gradient_does_not_matter():
    one, gradient = kernel_and_gradient()
    other, _ = kernel_and_gradient()
    np.testing.assert_allclose(turned(one, gradient), turned(other, 1000 * gradient), atol=1e-5)


def test_a_step_by_hand():
    """The identity's two singular values begin at 1/sqrt(2); three rounds make 1.1006 of them."""
    value = 1 / sqrt(2)
    for _ in range(3):
        value = 3.4445 * value - 4.775 * value**3 + 2.0315 * value**5
    assert value == pytest.approx(1.1006, abs=1e-4)
    identity = np.eye(2, dtype="float32").reshape(1, 1, 2, 2)
    step = turned(keras.Variable(np.ones((1, 1, 2, 2), "float32")), identity)
    np.testing.assert_allclose(step[0, 0], value * np.eye(2), atol=1e-5)


def test_momentum_remembers_the_gradient_before():
    kernel, gradient = kernel_and_gradient()
    optimiser = ConvMuon(0.5)
    optimiser.build([kernel])
    optimiser.apply([gradient])
    before = at_length(kernel.numpy())
    optimiser.apply([np.zeros_like(gradient)])
    step = (before - kernel.numpy()) / 0.5
    np.testing.assert_allclose(step, turned(kernel_and_gradient()[0], gradient), atol=1e-5)
    without, _ = kernel_and_gradient()
    optimiser = ConvMuon(0.5, momentum=0.0)
    optimiser.build([without])
    optimiser.apply([gradient])
    before = at_length(without.numpy())
    optimiser.apply([np.zeros_like(gradient)])
    np.testing.assert_allclose(without.numpy(), before, atol=1e-5)


@pytest.mark.parametrize("shape", [(5,), (4, 3)])
def test_everything_but_convolutions_gets_adam(shape):
    rng = np.random.default_rng(0)
    start = rng.normal(size=shape).astype("float32")
    ours, keras_own = keras.Variable(start), keras.Variable(start)
    muon = ConvMuon(0.24, adam_share=0.05)
    adam = keras.optimizers.Adam(0.24 * 0.05, beta_1=0.9, beta_2=0.95)
    muon.build([ours]), adam.build([keras_own])
    for _ in range(4):
        gradient = rng.normal(size=shape).astype("float32")
        muon.apply([gradient]), adam.apply([gradient])
    assert abs(ours.numpy() - start).max() > 0.005
    np.testing.assert_allclose(ours.numpy(), keras_own.numpy(), atol=1e-6)


def test_only_adam_keeps_a_second_moment():
    kernel, _ = kernel_and_gradient()
    optimiser = ConvMuon()
    optimiser.build([kernel, keras.Variable(np.zeros((4, 3), "float32"))])
    velocities = optimiser.adam_velocities
    assert velocities[0] is None
    assert velocities[1].shape == (4, 3)


@pytest.mark.parametrize("written", [OneCycle(0.24, 390, 0.2), ConvMuon(0.1), OneCycle(3, 5)])
def test_they_can_be_written_down_and_read_back(written):
    text = keras.saving.serialize_keras_object(written)
    read = keras.saving.deserialize_keras_object(text)
    assert type(read) is type(written)
    assert read.get_config() == written.get_config()


def test_an_optimiser_comes_back_with_its_schedule_and_settings():
    written = ConvMuon(OneCycle(0.24, 390), adam_share=0.05, momentum=0.7, ns_steps=4)
    read = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(written))
    config = read.get_config()
    assert config["adam_share"] == read.adam_lr_ratio == 0.05
    assert "adam_lr_ratio" not in config
    assert (config["momentum"], config["ns_steps"], config["adam_beta_2"]) == (0.7, 4, 0.95)
    assert config["learning_rate"]["config"] == {"peak": 0.24, "steps": 390, "warmup": 0.0}
