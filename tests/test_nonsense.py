"""Nonsense for each argument of each public function: it is taken, or told in a sentence."""

import inspect
import io
from contextlib import redirect_stdout
from functools import cache

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import cnn_utils
from cnn_utils import CheckFailed, KitError

NONSENSE = {
    "None": None,
    "minus one": -1,
    "a fraction": 0.5,
    "not a number": float("nan"),
    "a text": "nonsense",
    "an empty list": [],
    "a list of texts": ["a", "b"],
    "an object": object(),
    "a type": int,
    "no numbers": np.zeros((0, 3)),
    "other shape": np.zeros((2, 3)),
    "texts": np.array([["a", "b"]]),
    "an uneven list": [[1], [2, 3]],
    "a function": lambda *values: values,
}
# Handed on to other libraries, and told in their words.
HANDED_ON = {"ax", "title", "axis_labels", "dtype", "file", "options", "arguments", "kwargs"}
# Without arguments, or no functions.
NOTHING_TO_CHECK = {"profile", "recipe_space", "show_versions", "hand_in"}
NOTHING_TO_CHECK |= {"KitError", "DataError", "SubmissionError", "CheckFailed"}
# Anything may be picked or called.
NOTHING_TO_CHECK |= {"pick", "cached"}

RNG = np.random.default_rng(0)
N = 12
IMAGES = RNG.integers(0, 256, (N, 8, 8, 3), dtype=np.uint8)
LABELS = np.arange(N) % 3
HOT = np.eye(3, dtype="float32")[LABELS]
NAMES = ["cat", "dog", "frog"]
HISTORY = {"loss": [2.0, 1.0], "val_loss": [2.5, 1.5], "accuracy": [0.5, 0.6]}
HISTORY["val_accuracy"] = [0.4, 0.5]


@cache
def model():
    conv = layers.Conv2D(2, 3, activation="relu", name="conv")
    made = keras.Sequential([keras.Input((8, 8, 3)), conv, layers.Flatten()])
    made.add(layers.Dense(4, activation="relu"))
    made.add(layers.Dense(3, activation="softmax"))
    made.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return made


def scaled():
    return IMAGES / np.float32(255)


def good_calls(folder):
    """Return arguments for each public function with which it works."""
    recipe = cnn_utils.Recipe(widths=(4, 4), batch_size=6)
    large = np.kron(IMAGES, np.ones((1, 4, 4, 1), np.uint8))
    data = {"images": large, "labels": LABELS}
    three = {"y_true": LABELS, "y_pred": LABELS[::-1]}
    named = {**three, "class_names": NAMES}
    space = cnn_utils.recipe_space()
    network = {"model": model(), "images": scaled()}
    cam = RNG.random((N, 8, 8)).astype("float32")
    trials = pd.DataFrame({"rate": [0.1, 0.2], "score": [0.5, 0.6], "seconds": [1.0, 2.0]})
    comparison = pd.DataFrame({"test accuracy": [0.9, 0.8]}, index=["LeNet", "dense"])
    return {
        "Augmentation": {"flip": True, "shift": 1, "cutout": 0, "seed": 1},
        "ConfusionMatrixExplorer": {
            **{**three, "images": IMAGES, "class_names": NAMES, "probabilities": HOT}
        },
        "ConvMuon": {"learning_rate": 0.1, "adam_share": 0.1},
        "EpochProgress": {},
        "F1Score": {"n_classes": 3, "average": "macro", "name": "f1"},
        "ImageBatches": {
            **{"images": IMAGES, "labels": LABELS, "preprocess": None, "batch_size": 2},
            **{"shuffle": True, "seed": 1, "augment": None},
        },
        "ImageBrowser": {
            **{"images": IMAGES, "labels": LABELS, "predictions": LABELS},
            **{"probabilities": None, "class_names": NAMES},
        },
        "OneCycle": {"peak": 0.1, "steps": 10, "warmup": 0.1},
        "Recipe": {},
        "TrainingMonitor": {"loss_only": False},
        "accuracy_interval": {"accuracy": 0.9, "n_test": 100, "confidence": 0.9},
        "best_epoch": {"history": HISTORY, "monitor": "val_loss"},
        "build_cifar_cnn": {
            **{"input_shape": (8, 8, 3), "n_classes": 3, "regularise_first_block": True}
        },
        "build_dense": {"input_shape": (8, 8, 1), "n_classes": 3},
        "build_fast_cnn": {
            **{"images": large, "widths": (4, 4), "n_classes": 3},
            **{"residual": False, "activation": "relu"},
        },
        "build_lenet": {"input_shape": (28, 28, 1), "n_classes": 3},
        "check_cnn": {"build_cnn": None, "hint": 1},
        "check_evaluation": {
            **{"model": None, "x_test": None, "y_test_hot": None},
            **{"test_accuracy": None, "test_f1": None, "hint": 1},
        },
        "check_f1": {"F1Score": cnn_utils.F1Score, "hint": 1},
        "check_history_plot": {"figure": None, "history": HISTORY, "hint": 1},
        "check_images_figure": {"figure": None, "hint": 1},
        "check_lenet": {"build_lenet": None, "hint": 1},
        "check_preprocess": {"preprocess": None, "hint": 1},
        "check_submission": {"path": None, "model": None, "X_test": None, "preprocess": None},
        "check_ten_digits": {"ten_digit_error_rate": lambda p: 1 - p**10, "hint": 1},
        "check_training": {
            **{"model": None, "history": None, "x_train": None, "y_train_hot": None},
            **{"epochs": 2, "batch_size": 128, "hint": 1},
        },
        "cifar10_path": {"path": None, "source": "sample"},
        "classification_table": named,
        "clear_runs": {"name": "net", "folder": folder},
        "confusion_matrix": {**three, "n_classes": 3},
        "export_submission": {"predictions": LABELS, "path": folder / "s.csv", "n_rows": N},
        "f1_score": {**three, "average": "macro", "n_classes": 3},
        "fast_training": {"model": model(), "bfloat16": False},
        "fit_cached": {
            **{"model": model(), "x": scaled(), "y": HOT, "name": "net", "folder": folder},
            **{"in_memory": False},
        },
        "fit_in_memory": {
            **{"model": model(), "x": scaled(), "y": HOT, "batch_size": 4, "epochs": 1},
            **{"validation_split": 0.0, "validation_data": None, "shuffle": True, "seed": 1},
            **{"steps_at_once": 2},
        },
        "grad_cam": {**network, "labels": LABELS, "layer": None},
        "hidden_features": {**network, "batch_size": 4},
        "history_table": {"history": HISTORY},
        "load_cifar10": {"path": None, "source": "sample", "verbose": 0},
        "load_mnist": {"path": None, "source": "sample", "verbose": 0},
        "most_confused": {**named, "n": 2},
        "plot_augmentation": {"images": IMAGES[:2], "variants": np.stack([IMAGES[:2]] * 3, 1)},
        "plot_class_distribution": {"labels": LABELS, "class_names": NAMES},
        "plot_class_examples": {
            **{"images": IMAGES, "labels": LABELS, "class_names": NAMES, "n_per_class": 2}
        },
        "plot_class_means": {"images": IMAGES, "labels": LABELS, "class_names": NAMES},
        "plot_confusion_matrix": {**named, "normalize": None},
        "plot_embedding": {
            **{"points": RNG.random((N, 2)), "labels": LABELS, "class_names": NAMES},
            **{"y_pred": None},
        },
        "plot_evidence": {
            **{"images": IMAGES, "saliency": cam, "cams": cam, "probabilities": HOT},
            **{"y_true": LABELS, "class_names": NAMES, "columns": 4},
        },
        "plot_feature_maps": {"image": IMAGES[0], "maps": RNG.random((4, 4, 3)), "n": 2},
        "plot_filters": {"kernels": RNG.random((3, 3, 1, 4)), "columns": 2},
        "plot_images": {
            **{"images": IMAGES, "labels": LABELS, "predictions": LABELS},
            **{"class_names": NAMES, "columns": 4},
        },
        "plot_model_comparison": {"results": comparison},
        "plot_search": {"trials": trials},
        "plot_training_history": {"history": HISTORY},
        "predict_averaged": {
            **{"model": model(), "images": IMAGES, "flip": True, "shift": 1, "batch_size": 4}
        },
        "saliency": {**network, "labels": LABELS},
        "save_for_grading": {
            **{"name": "net", "model": model(), "history": HISTORY, "predictions": LABELS},
            **{"folder": folder / "evidence"},
        },
        "sequence_error_rate": {"accuracy": 0.9, "length": 3},
        "set_seed": {"seed": 1},
        "show_augmentation": {"augment": lambda x: x, "images": scaled()[:2], "n": 2, "seed": 1},
        "show_embedding": {
            **{**network, "labels": LABELS, "class_names": NAMES, "method": "pca"},
            **{"y_pred": None, "n": 10, "seed": 1},
        },
        "show_evidence": {
            **{**network, "y_true": LABELS, "class_names": NAMES, "layer": None, "columns": 4}
        },
        "show_feature_maps": {"model": model(), "image": scaled()[0], "layer": None, "n": 2},
        "show_filters": {"model": model(), "layer": None},
        "simulate_sequence_errors": {**three, "length": 2, "n_sequences": 10, "seed": 1},
        "strategy": {"devices": None},
        "ablation_table": {
            **{**data, "validation": (large, LABELS), "recipe": recipe, "seeds": (1,)},
            **{"leave_out": [], "folder": folder},
        },
        "search_parameters": {
            **{"score": lambda values: 1.0, "space": space, "n_trials": 1, "method": "random"},
            **{"folder": folder / "search", "seed": 1},
        },
        "search_recipe": {
            **{**data, "validation": (large, LABELS), "recipe": recipe, "n_trials": 1},
            **{"folder": folder / "recipes"},
        },
        "train_fast_cnn": {**data, "recipe": recipe, "validation": None, "callbacks": ()},
        "validate_submission": {"path": folder / "s.csv", "n_rows": N},
        "whitening_kernel": {"images": IMAGES, "size": 2},
    }


def public_functions():
    every = {name: getattr(cnn_utils, name) for name in cnn_utils.__all__}
    return [n for n, value in every.items() if callable(value) and n not in NOTHING_TO_CHECK]


@pytest.mark.parametrize("name", public_functions())
def test_nonsense_is_taken_or_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, good = getattr(cnn_utils, name), good_calls(tmp_path)[name]
    arguments = inspect.signature(function).parameters
    assert set(good) <= set(arguments)
    untold = []
    for argument in set(good) - HANDED_ON:
        for kind, value in NONSENSE.items():
            try:
                with redirect_stdout(io.StringIO()):
                    function(**{**good, argument: value})
            except (KitError, CheckFailed):
                pass
            except Exception as error:
                untold.append(f"{argument}={kind}: {type(error).__name__}: {str(error)[:90]}")
    assert not untold, "\n".join(["", *untold])
