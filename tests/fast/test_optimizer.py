"""cnn_utils.fast.optimizer: ConvMuon's step by hand, and Adam for everything else."""

from math import sqrt

import keras
import numpy as np
import pytest

from cnn_utils.fast.optimizer import ConvMuon, orthogonalise


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


def test_a_schedule_sets_the_learning_rate_of_both():
    """The rate falls from 0.4 to 0 in 4 steps; Adam's first step is its rate, in each weight."""
    decay = keras.optimizers.schedules.PolynomialDecay(0.4, 4, end_learning_rate=0.0)
    optimiser = ConvMuon(decay, adam_share=0.5, beta_2=0.999)
    bias = keras.Variable(np.zeros(3, "float32"))
    optimiser.build([bias])
    optimiser.apply([np.ones(3, "float32")])
    assert bias.numpy() == pytest.approx([-0.2] * 3, rel=1e-4)
    assert [float(decay(step)) for step in (0, 1, 2, 4, 5)] == pytest.approx([0.4, 0.3, 0.2, 0, 0])


def test_singular_values_come_close_to_1():
    """Five iterations bring 3 and 0.5 into 0.7 to 1.3, and leave the directions alone."""
    left, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))
    right, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(2, 2)))
    matrix = (left[:, :2] * [3, 0.5] @ right).astype("float32")
    for given, axes in ((matrix, left[:, :2]), (matrix.T, right.T)):
        found = keras.ops.convert_to_numpy(orthogonalise(given, n_iterations=5))
        assert found.shape == given.shape
        values = np.linalg.svd(found, compute_uv=False)
        assert ((values > 0.7) & (values < 1.3)).all()
        alignment = np.abs(axes.T @ found @ np.linalg.pinv(given) @ axes)
        np.testing.assert_allclose(alignment, np.diag(np.diag(alignment)), atol=1e-4)


def test_only_convolutions_have_a_momentum_of_their_own():
    kernel, _ = kernel_and_gradient()
    optimiser = ConvMuon()
    optimiser.build([kernel, keras.Variable(np.zeros((4, 3), "float32"))])
    assert optimiser.kernel_momentums[0].shape == kernel.shape
    assert optimiser.kernel_momentums[1] is None


def test_an_optimiser_comes_back_with_its_schedule_and_settings():
    decay = keras.optimizers.schedules.PolynomialDecay(0.24, 390, end_learning_rate=0.0)
    written = ConvMuon(decay, adam_share=0.05, momentum=0.7)
    read = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(written))
    assert type(read) is ConvMuon
    config = read.get_config()
    assert config == written.get_config()
    assert (config["adam_share"], config["momentum"]) == (0.05, 0.7)
    assert (config["beta_2"], config["name"]) == (0.95, "conv_muon")
    assert config["learning_rate"]["config"]["decay_steps"] == 390
