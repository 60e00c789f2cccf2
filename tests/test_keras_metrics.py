"""cnn_utils.keras_metrics: counts summed over the epoch, whatever the batches look like."""

import keras
import numpy as np
import pytest
from sklearn import metrics as sk

from cnn_utils import metrics
from cnn_utils.errors import KitError
from cnn_utils.keras_metrics import F1Score

AVERAGES = ["macro", "micro", "weighted", None]
UNEQUAL = [7, 8, 58]  # where to cut 100 images: batches of 7, 1, 50 and 42


@pytest.fixture
def predictions():
    """100 labels and class scores; about half are right, class 9 never occurs."""
    rng = np.random.default_rng(0)
    true = rng.integers(9, size=100)
    scores = rng.normal(size=(100, 10)) + 2 * np.eye(10)[true]
    return true, scores.astype("float32")


def fed(metric, true, scores, weights=None):
    """Give the metric all the images in four unequal batches."""
    rows = np.split(np.arange(len(true)), UNEQUAL)
    for row in rows:
        metric.update_state(true[row], scores[row], None if weights is None else weights[row])
    return metric


@pytest.mark.parametrize(
    ("average", "expected"),
    [
        # counts [[2, 1], [2, 3]]: F1 = 2*2/(3+4) = 4/7 and 2*3/(5+4) = 2/3
        ("macro", 13 / 21),
        ("weighted", (3 * 4 / 7 + 5 * 2 / 3) / 8),
        ("micro", 5 / 8),
        (None, [4 / 7, 2 / 3]),
    ],
)
def test_numbers_to_check_on_paper(average, expected):
    metric = F1Score(n_classes=2, average=average)
    metric.update_state([0, 0, 0, 1], np.eye(2)[[0, 0, 1, 0]])
    metric.update_state([1, 1, 1, 1], np.eye(2)[[1, 1, 1, 0]])
    assert metric.counts.numpy().tolist() == [[2, 1], [2, 3]]
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-6)


def test_averaging_batches_would_give_another_number():
    metric, batches = F1Score(n_classes=2), []
    for label in (0, 1):  # a batch of zeros only, then one of ones only, all right
        alone = F1Score(n_classes=2)
        for instance in (metric, alone):
            instance.update_state([label, label], np.eye(2)[[label, label]])
        batches.append(float(alone.result()))
    assert batches == [0.5, 0.5]  # F1 is 1 for the class seen and 0 for the other
    assert float(metric.result()) == 1.0


@pytest.mark.parametrize("average", AVERAGES)
def test_unequal_batches_agree_with_scikit_learn_keras_and_numpy(predictions, average):
    true, scores = predictions
    ours = fed(F1Score(average=average), true, scores).result()
    pred, options = scores.argmax(axis=1), {"labels": range(10), "zero_division": 0}
    np.testing.assert_allclose(ours, sk.f1_score(true, pred, average=average, **options), atol=1e-6)
    np.testing.assert_allclose(ours, metrics.f1_score(true, scores, average, 10), atol=1e-6)
    oracle = fed(keras.metrics.F1Score(average=average), np.eye(10)[true], scores)
    np.testing.assert_allclose(ours, oracle.result(), atol=1e-6)


@pytest.mark.parametrize(
    "form",
    [
        lambda true: true,
        lambda true: true.astype("uint8"),
        lambda true: true.astype("float32"),
        lambda true: true[:, None],
        lambda true: np.eye(10, dtype="float32")[true],
    ],
    ids=["(n,)", "uint8", "float32", "(n, 1)", "one-hot"],
)
def test_labels_may_be_sparse_or_one_hot(predictions, form):
    true, scores = predictions
    expected = metrics.confusion_matrix(true, scores, 10)
    np.testing.assert_array_equal(fed(F1Score(), form(true), scores).counts, expected)


def test_logits_and_their_probabilities_count_alike(predictions):
    true, logits = predictions
    odds = np.exp(logits)
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    by_logits, by_probabilities = fed(F1Score(), true, logits), fed(F1Score(), true, probabilities)
    np.testing.assert_array_equal(by_logits.counts, by_probabilities.counts)


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("column", [False, True], ids=["(n,)", "(n, 1)"])
def test_sample_weights_count_images_several_times(predictions, average, column):
    true, scores = predictions
    weights = np.random.default_rng(1).integers(4, size=100)
    given = weights[:, None] if column else weights
    ours = fed(F1Score(average=average), true, scores, given).result()
    again = np.repeat(true, weights), np.repeat(scores, weights, axis=0)
    np.testing.assert_allclose(ours, metrics.f1_score(*again, average, 10), atol=1e-6)


def test_reset_state_starts_again_from_zero(predictions):
    metric = fed(F1Score(), *predictions)
    before = float(metric.result())
    metric.reset_state()
    assert not metric.counts.numpy().any()
    assert float(fed(metric, *predictions).result()) == before


@pytest.mark.parametrize("average", AVERAGES)
def test_f1_of_nothing_is_0(average):
    assert not np.any(F1Score(average=average).result())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"average": "mean"}, r"`average` must be one of .*'macro'.*; received 'mean'"),
        ({"n_classes": 1}, r"`n_classes` must be a whole number of at least 2; received 1 \(int"),
        ({"n_classes": 10.0}, r"`n_classes` must be a whole number .*received 10\.0 \(float"),
    ],
)
def test_impossible_settings_are_named(arguments, message):
    with pytest.raises(KitError, match=message):
        F1Score(**arguments)


@pytest.mark.parametrize(
    "y_pred", [np.zeros((2, 3)), np.zeros(2), np.zeros((2, 10, 1))], ids=["width", "argmax", "3-D"]
)
def test_predictions_of_another_shape_are_refused(y_pred):
    shape = str(y_pred.shape).replace("(", r"\(").replace(")", r"\)")
    message = rf"`y_pred` must have shape \(batch, 10\); received shape {shape}.*argmax.*n_classes"
    with pytest.raises(KitError, match=message):
        F1Score().update_state([0, 1], y_pred)


def test_labels_of_another_width_are_refused():
    with pytest.raises(KitError, match="`y_true`"):
        F1Score(n_classes=3).update_state(np.eye(4)[[0, 1]], np.eye(3)[[0, 1]])


def test_config_builds_the_same_metric_again():
    metric = F1Score(n_classes=7, average="weighted", name="f1_weighted")
    config = metric.get_config()
    assert config == {"name": "f1_weighted", "n_classes": 7, "average": "weighted"}
    again = F1Score.from_config(config)
    assert again.get_config() == config
    assert again.counts.shape == (7, 7)


def test_the_name_in_the_training_history_is_f1():
    assert F1Score().name == "f1"


@pytest.fixture
def compiled():
    keras.utils.set_random_seed(458)
    model = keras.Sequential(
        [keras.Input((10,)), keras.layers.Dense(10, kernel_initializer="identity")]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=loss, metrics=[F1Score(), F1Score(average="weighted", name="weighted")])
    return model


def test_evaluate_gives_the_f1_of_all_images_not_of_batches(compiled, predictions):
    true, images = predictions
    scores = compiled.predict(images, verbose=0)
    got = compiled.evaluate(images, true, batch_size=32, verbose=0, return_dict=True)
    assert got["f1"] == pytest.approx(metrics.f1_score(true, scores, "macro", 10), abs=1e-6)
    assert got["weighted"] == pytest.approx(
        metrics.f1_score(true, scores, "weighted", 10), abs=1e-6
    )
    batches = [
        metrics.f1_score(true[i : i + 32], scores[i : i + 32], n_classes=10)
        for i in range(0, 100, 32)
    ]
    assert abs(got["f1"] - np.mean(batches)) > 0.01


def test_every_epoch_starts_counting_anew(compiled, predictions):
    true, images = predictions
    compiled.evaluate(images, true, verbose=0)
    compiled.evaluate(images, true, verbose=0)
    counts = compiled.metrics[1].metrics[0].counts
    assert counts.numpy().sum() == 100


def test_a_saved_model_keeps_its_metric(compiled, predictions, tmp_path):
    true, images = predictions
    before = compiled.evaluate(images, true, verbose=0, return_dict=True)
    compiled.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(images, true, verbose=0, return_dict=True) == pytest.approx(before)


# Half precision has no 2049: 2047 + 1 + 1 + 1 stays at 2048.
@pytest.fixture
def counted_to_2050():
    def count(**options):
        metric = F1Score(n_classes=2, **options)
        for size in (2047, 1, 1, 1):
            metric.update_state(np.zeros(size), np.eye(2, dtype="float16")[[0] * size])
        return metric.counts.numpy()[0, 0]

    yield count
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")


def test_half_precision_metrics_count_beyond_2048(counted_to_2050):
    assert F1Score(dtype="float16").dtype == "float32"
    assert counted_to_2050(dtype="float16") == 2050


@pytest.mark.parametrize("policy", ["float16", "mixed_float16", "mixed_bfloat16"])
def test_half_precision_policies_count_beyond_2048(counted_to_2050, policy):
    keras.config.set_dtype_policy(policy)
    assert counted_to_2050() == 2050


def test_half_precision_floatx_counts_beyond_2048(counted_to_2050):
    keras.config.set_floatx("float16")
    assert counted_to_2050() == 2050
