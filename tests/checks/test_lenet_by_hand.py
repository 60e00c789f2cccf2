import numpy as np
import pytest

from cnn_utils.checks.lenet_by_hand import FINALS, diagnose, logits

SHAPES = [(5, 5, 1, 6), (6,), (5, 5, 6, 16), (16,), (400, 120), (120,), (120, 84), (84,), (84, 10)]
SHAPES += [(10,)]


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    return {shape: rng.normal(0, 0.2, shape) for shape in SHAPES}


@pytest.fixture
def images():
    return np.random.default_rng(1).random((2, 28, 28, 1))


def test_it_is_what_keras_computes(weights, images):
    from cnn_utils import build_lenet

    model = build_lenet()
    model.set_weights([weights[shape] for shape in SHAPES])
    expected = model.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(FINALS["softmax"](logits(images, weights)), expected, atol=1e-5)
    assert diagnose(images, weights, expected) is None


def test_zero_weights_leave_the_last_bias(images):
    weights = {shape: np.zeros(shape) for shape in SHAPES}
    weights[10,] = np.arange(10.0)
    np.testing.assert_array_equal(logits(images, weights), [np.arange(10.0)] * 2)


def test_a_variant_is_recognised_by_its_numbers(weights, images):
    output = FINALS["softmax"](
        logits(images, weights, activations=("tanh", "relu", "relu", "relu"))
    )
    mistake = diagnose(images, weights, output)
    assert mistake.name == "activation-tanh"
    assert mistake.found == "There is a tanh in: first convolution."


def test_what_is_none_of_the_variants_is_said(weights, images):
    assert diagnose(images, weights, np.full((2, 10), 0.3)).name == "computes-otherwise"
