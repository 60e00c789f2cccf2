import numpy as np
import pytest

from cnn_utils.checks.lenet_by_hand import LENET_SHAPES, check_computation, logits, softmax
from cnn_utils.checks.outcome import Mistake


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    return {shape: rng.normal(0, 0.2, shape) for shape in LENET_SHAPES}


@pytest.fixture
def images():
    return np.random.default_rng(1).random((2, 28, 28, 1))


def test_it_equals_keras(weights, images):
    from cnn_utils import build_lenet

    model = build_lenet()
    model.set_weights([weights[shape] for shape in LENET_SHAPES])
    expected = model.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(softmax(logits(images, weights)), expected, atol=1e-5)
    check_computation(images, list(weights.values()), expected)


def test_zero_weights_leave_the_last_bias(images):
    weights = {shape: np.zeros(shape) for shape in LENET_SHAPES}
    weights[10,] = np.arange(10.0)
    np.testing.assert_array_equal(logits(images, weights), [np.arange(10.0)] * 2)


def test_a_variant_is_recognised_by_its_numbers(weights, images):
    outputs = softmax(logits(images, weights, "max", ("tanh", "relu", "relu", "relu")))
    with pytest.raises(Mistake, match="There is a tanh in: first convolution") as caught:
        check_computation(images, list(weights.values()), outputs)
    assert caught.value.name == "activation-tanh"


def test_an_unknown_variant_is_refused(weights, images):
    with pytest.raises(Mistake, match="not joined as in the table") as caught:
        check_computation(images, list(weights.values()), np.full((2, 10), 0.3))
    assert caught.value.name == "computes-otherwise"
