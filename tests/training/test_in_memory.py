"""cnn_utils.training.in_memory: the same steps as `model.fit`, on one small layer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnn_utils.errors import KitError
from cnn_utils.training.batches import ImageBatches
from cnn_utils.training.in_memory import fit_in_memory

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3)).astype("float32")
Y = (X @ np.array([[1.0], [-2.0], [0.5]]) + 0.1 * RNG.normal(size=(30, 1))).astype("float32")


def compiled(**options):
    """Return a model that always begins with the same weights."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[0.1], [0.2], [0.3]]), np.zeros(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse", **options)
    return model


def assert_same(one, other):
    for weights, expected in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weights, expected, atol=1e-6)


@pytest.fixture
def handed_over(monkeypatch):
    """Let `fit` only keep its arguments: a list of (positional, by name)."""
    calls = []
    monkeypatch.setattr(
        keras.Sequential, "fit", lambda self, *args, **options: calls.append((args, options))
    )
    return calls


@pytest.mark.parametrize("steps_at_once", [1, 2, 50])
@pytest.mark.parametrize("batch_size", [10, 8, 100])
def test_weights_and_history_are_those_of_fit(batch_size, steps_at_once):
    """8 leaves a short batch of 6; 100 is more than there are."""
    plain, fast = compiled(), compiled()
    options = {"batch_size": batch_size, "epochs": 3, "shuffle": False, "verbose": 0}
    expected = plain.fit(X, Y, **options).history
    history = fit_in_memory(fast, X, Y, steps_at_once=steps_at_once, **options).history
    assert_same(fast, plain)
    assert history["loss"] == pytest.approx(expected["loss"], abs=1e-6)
    assert abs(fast.get_weights()[0][0, 0] - 0.1) > 0.05  # it did learn


def test_the_last_short_batch_is_a_step_too():
    """7 numbers in batches of 3 are 3 steps, the last on one number alone: 0 -> 1 for y = 10."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.zeros((1, 1))])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    x, y = np.ones((7, 1), "float32"), np.zeros((7, 1), "float32")
    y[6] = 10
    fit_in_memory(model, x, y, batch_size=3, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations.numpy()) == 3
    assert model.get_weights()[0][0, 0] == pytest.approx(0.05 * 2 * 10)


@pytest.mark.parametrize(("n", "split"), [(30, 1 / 6), (29, 1 / 6), (30, 0.1), (10, 0.7)])
def test_the_split_is_keras_own(n, split):
    plain, fast = compiled(), compiled()
    options = {"batch_size": 5, "validation_split": split, "shuffle": False, "verbose": 0}
    expected = plain.fit(X[:n], Y[:n], **options).history
    history = fit_in_memory(fast, X[:n], Y[:n], **options).history
    assert_same(fast, plain)
    assert history["val_loss"] == pytest.approx(expected["val_loss"], abs=1e-6)


def test_a_sixth_of_thirty_is_five(handed_over):
    fit_in_memory(compiled(), X, Y, validation_split=1 / 6, batch_size=100, shuffle=False)
    ((train,), options) = handed_over[0]
    assert [len(x) for x, _ in train] == [25]
    ((x_val, y_val),) = options["validation_data"]
    np.testing.assert_array_equal(x_val, X[25:])
    np.testing.assert_array_equal(y_val, Y[25:])


def test_given_validation_data_goes_before_the_split():
    plain, fast = compiled(), compiled()
    options = {"validation_data": (X[:4], Y[:4]), "shuffle": False, "verbose": 0}
    expected = plain.fit(X, Y, **options).history
    history = fit_in_memory(fast, X, Y, validation_split=0.5, **options).history
    assert_same(fast, plain)
    assert history["val_loss"] == pytest.approx(expected["val_loss"], abs=1e-6)


def orders(handed_over, **options):
    """Return the orders of the labels 0 to 29 in two epochs."""
    labels = np.arange(30)
    fit_in_memory(compiled(), X, labels, batch_size=8, **options)
    ((train,), given) = handed_over[-1]
    found = []
    for epoch in range(given.get("initial_epoch", 0), 2):
        given["callbacks"][-1].on_epoch_begin(epoch)
        found.append(np.concatenate([y for _, y in train]).tolist())
    return found


def test_each_epoch_has_its_own_order_and_a_seed_repeats_both(handed_over):
    first, second = orders(handed_over, seed=3)
    assert sorted(first) == sorted(second) == list(range(30))
    assert first != second
    assert list(range(30)) not in (first, second)
    assert orders(handed_over, seed=3) == [first, second]
    assert orders(handed_over, seed=4) != [first, second]


def test_a_training_that_goes_on_gets_the_orders_it_would_have_had(handed_over):
    _, second = orders(handed_over, seed=3)
    assert orders(handed_over, seed=3, initial_epoch=1) == [second]


def test_labels_stay_with_their_images(handed_over):
    fit_in_memory(compiled(), X, Y, batch_size=8)
    ((train,), _) = handed_over[0]
    places = {tuple(x): y for x, y in zip(X.tolist(), Y.tolist(), strict=True)}
    for x, y in train:
        assert [places[tuple(row)] for row in x.numpy().tolist()] == y.numpy().tolist()


def test_without_a_seed_the_global_one_decides():
    def train(seed):
        model = compiled()
        keras.utils.set_random_seed(seed)
        fit_in_memory(model, X, Y, batch_size=4, epochs=2, verbose=0)
        return model.get_weights()[0].ravel().tolist()

    assert train(1) == train(1)
    assert train(1) != train(2)


def test_tensorflow_does_not_look_for_its_own_settings(handed_over):
    fit_in_memory(compiled(), X, Y, validation_split=0.5)
    ((train,), options) = handed_over[0]
    for dataset in (train, options["validation_data"]):
        assert isinstance(dataset, tf.data.Dataset)
        assert dataset.options().autotune.enabled is False


class Watch(keras.callbacks.Callback):
    """Keep the steps per call of each batch's end; raise an error if told so."""

    def __init__(self, error=None):
        super().__init__()
        self.error, self.batches, self.steps = error, [], None

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(batch)
        self.steps = self.model.steps_per_execution
        if self.error is not None:
            raise self.error


def test_callbacks_are_called_after_several_steps():
    watch = Watch()
    fit_in_memory(compiled(), X, Y, batch_size=5, steps_at_once=4, callbacks=[watch], verbose=0)
    assert len(watch.batches) == 2  # six steps: four, then two
    assert watch.batches[0] == 3
    assert watch.steps == 4


@pytest.mark.parametrize("before", [1, 3])
def test_steps_per_execution_is_put_back(before):
    model = compiled(steps_per_execution=before)
    fit_in_memory(model, X, Y, steps_at_once=4, verbose=0)
    assert model.steps_per_execution == before
    assert model.train_function is None
    model.fit(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0) > 0


def test_it_is_put_back_when_a_callback_fails():
    model, watch = compiled(), Watch(RuntimeError("stop"))
    with pytest.raises(RuntimeError, match="stop"):
        fit_in_memory(model, X, Y, callbacks=[watch], verbose=0)
    assert watch.steps == 50
    assert model.steps_per_execution == 1
    assert model.train_function is None


def test_with_another_backend_it_is_fit(handed_over, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    fit_in_memory(compiled(), X, Y, validation_split=1 / 6, epochs=2, verbose=0)
    ((x, y), options) = handed_over[0]
    np.testing.assert_array_equal(x, X[:25])
    np.testing.assert_array_equal(y, Y[:25])
    np.testing.assert_array_equal(options.pop("validation_data")[0], X[25:])
    assert options == {
        "batch_size": 32,
        "epochs": 2,
        "shuffle": True,
        "callbacks": [],
        "verbose": 0,
    }


def test_classes_without_a_weight_have_the_weight_1():
    """As in `fit`: labels 0, 1, 2, of which only one is named."""
    x, y = X, np.arange(30) % 3
    losses = []
    for fit in (keras.Model.fit, fit_in_memory):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
        model.set_weights([np.eye(3), np.zeros(3)])
        model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        options = {"class_weight": {0: 2.0}, "shuffle": False, "verbose": 0}
        losses.append(fit(model, x, y, **options).history["loss"][0])
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)


def test_classes_with_a_weight_may_be_named_by_floats_and_be_missing():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = fit_in_memory(model, X, np.arange(30) % 3, class_weight={5.0: 2.0}, verbose=0)
    assert np.isfinite(history.history["loss"][0])


@pytest.mark.parametrize("model", [None, "lenet", keras.Sequential([keras.layers.Dense(1)])])
def test_a_model_must_be_compiled_first(model):
    message = r"`model` must be a compiled Keras model; .* Call model\.compile\(\.\.\.\) first\."
    with pytest.raises(KitError, match=message):
        fit_in_memory(model, X, Y)


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        (X, Y[:29], {}, r"`x` and `y` must have the same length, at least 1; received 30 and 29"),
        (X[:0], Y[:0], {}, r"`x` and `y` must have the same length, .*; received 0 and 0"),
        (X, Y, {"batch_size": 0}, r"`batch_size` must be a whole number of at least 1; received 0"),
        (X, Y, {"steps_at_once": 0}, r"`steps_at_once` must be a whole number of at least 1"),
        (X, Y, {"validation_split": 1}, r"`validation_split` must be 0 to below 1; received 1"),
        (X, Y, {"validation_split": -0.1}, r"`validation_split` must be .*; received -0\.1"),
        (
            X[:1],
            Y[:1],
            {"validation_split": 0.5},
            r"must leave an image to train on; received none",
        ),
        (X, Y, {"validation_split": "a"}, r"`validation_split` must be 0 to below 1; received 'a'"),
        (X, Y, {"epochs": 0}, r"`epochs` must be a whole number of at least 1; received 0"),
        (X, Y, {"seed": -1}, r"`seed` must be a whole number from 0"),
        (
            X,
            Y,
            {"sample_weight": Y},
            r"The options must be among batch_size, .*; received sample_weight\. For the others",
        ),
        (X, Y, {"validation_data": X}, r"`validation_data` must be a pair of arrays; received an"),
        (
            X,
            Y,
            {"validation_data": (X[:5], Y[:9])},
            r"`validation_data` must have the same length, at least 1; received 5 and 9",
        ),
        (ImageBatches(X, Y), None, {}, r"`x` must be an array, to train in memory; received a Im"),
        (X[:, :2], Y, {}, r"`x` must be images of shape \(3,\), which the network takes; received"),
        (X, np.hstack([Y, Y]), {}, r"`y` must be one number per image, as the network gives"),
        (3, Y, {}, r"`x` and `y` must be arrays of numbers; received"),
        (X, ["a"] * 30, {}, r"`x` and `y` must be arrays of numbers; received"),
        ([[1], [1, 2]], Y, {}, r"`x` must have rows of equal length"),
    ],
)
def test_what_does_not_fit_is_refused(x, y, options, message):
    with pytest.raises(KitError, match=message):
        fit_in_memory(compiled(), x, y, **options)
