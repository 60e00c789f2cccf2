"""Names of earlier notebooks: one line says what replaces them, and they work."""

import keras
import numpy as np
import pytest

import cnn_utils

# What the notebooks of the release before this one use (commit d5dbd9d).
NAMES = """
Augmentation ConfusionMatrixExplorer ConvMuon EpochProgress INGREDIENTS ImageBatches ImageBrowser
OneCycle THOROUGH_RECIPE TrainingMonitor ablation_table accuracy_interval best_epoch build_dense
build_fast_cnn cached check_cnn check_evaluation check_f1 check_history_plot check_images_figure
check_lenet check_preprocess check_submission check_ten_digits check_training cifar10_path
classification_table export_submission f1_score fast_training fit_cached hand_in history_table
load_cifar10 load_mnist pick plot_class_distribution plot_class_examples plot_class_means
plot_confusion_matrix plot_images plot_model_comparison plot_search plot_training_history
predict_averaged profile save_for_grading search_recipe set_seed show_augmentation show_embedding
show_evidence show_feature_maps show_filters show_versions simulate_sequence_errors train_fast_cnn
validate_submission
"""


@pytest.mark.parametrize("name", NAMES.split())
def test_a_notebook_of_the_last_release_finds_its_names(name):
    assert getattr(cnn_utils, name) is not None


@pytest.mark.parametrize("name", cnn_utils._REPLACED)
def test_the_first_use_of_an_old_name_prints_one_line(name, capsys):
    vars(cnn_utils).pop(name, None)
    value = getattr(cnn_utils, name)
    assert value.__doc__
    assert capsys.readouterr().out == (
        f"`{name}` is now `{cnn_utils._REPLACED[name][0]}`; please use that.\n"
    )
    assert getattr(cnn_utils, name) is value
    assert capsys.readouterr().out == ""


def test_old_names_are_not_listed():
    assert not {*cnn_utils._REPLACED} & {*cnn_utils.__all__}


def test_fit_in_memory_is_fit():
    x, y = np.eye(4, dtype="float32"), np.arange(4)
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    options = {"epochs": 2, "verbose": 0, "seed": 1, "steps_at_once": 10}
    history = cnn_utils.fit_in_memory(model, x, y, **options)
    assert list(history.history) == ["loss"]
    assert history.epoch == [0, 1]


def test_one_cycle_falls_linearly():
    rate = cnn_utils.OneCycle(0.2, steps=100)
    np.testing.assert_allclose([float(rate(step)) for step in (0, 50, 100)], [0.2, 0.1001, 0.0002])


def test_a_strategy_has_a_scope():
    with cnn_utils.strategy(["CPU:0"]).scope():
        assert keras.layers.Dense(1) is not None


def test_parameters_are_searched(tmp_path):
    space = cnn_utils.recipe_space()
    score = lambda values: -abs(values["learning_rate"] - 0.2)  # noqa: E731
    trials = cnn_utils.search_parameters(score, space, n_trials=4, folder=tmp_path)
    assert set(trials) == {"learning_rate", "label_smoothing", "shift", "batch_size", "score"}
    np.testing.assert_allclose(trials["score"], -abs(trials["learning_rate"] - 0.2), rtol=1e-6)
    assert len(trials) == 4
