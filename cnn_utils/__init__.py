"""Tools for the assignment on convolutional neural networks.

What you find where
-------------------
data           load_mnist, load_cifar10, cifar10_path, and the built-in sample
models         build_dense, build_lenet, build_cifar_cnn, build_fast_cnn: uncompiled Keras models
keras_metrics  F1Score for `model.compile`
metrics        confusion_matrix, f1_score, classification_table, most_confused
sequences      sequence_error_rate, accuracy_interval, simulate_sequence_errors
batches        ImageBatches: feed uint8 images batch by batch
training       pick, profile, set_seed, EpochProgress; fit_cached, cached: not twice the same work;
               fast_training, fit_in_memory, strategy: the same in less time; the fast recipe:
               Augmentation, ConvMuon, OneCycle, Recipe, train_fast_cnn, ablation_table, ...
whitening      whitening_kernel: a first layer computed from the images
monitor        TrainingMonitor: live curves and a Stop button while `fit` runs
history        history_table, best_epoch
plots          plot_training_history, plot_images, plot_confusion_matrix, ...
insight        show_filters, show_feature_maps, show_evidence, show_augmentation, show_embedding
widgets        ImageBrowser, ConfusionMatrixExplorer: look at images, and at mistakes
submission     export_submission, validate_submission
checks         check_lenet, check_f1, ...: is a task solved, and if not, why
unanswered     one line instead of a traceback where a task is not solved yet
startup        show_versions
errors         KitError: its text says what to do next
handin         save_for_grading, hand_in; run, pdf: execute the notebooks, lay them out

Names are loaded when they are first used, so that `import cnn_utils` is quick and does not start
TensorFlow.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

if sys.version_info < (3, 10):  # noqa: UP036 - a kernel may be of another Python than pip was
    raise ImportError(
        f"cnn_utils needs Python 3.10 to 3.13; this is {sys.version.split()[0]} ({sys.executable})."
        " In a notebook choose another kernel (Kernel, Change Kernel)."
    )

from cnn_utils.training.processor import switch_on_onednn

__version__ = "0.1.0"

# TensorFlow reads these when it is loaded. What goes wrong still arrives as a Python exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Network drives often refuse locks, and data files are only read, or replaced as a whole.
os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")
switch_on_onednn()
# jsonschema, with which nbformat comes, would take three seconds for the grammar of a kind of web
# addresses that no notebook holds; without it, it leaves out that one check.
sys.modules.setdefault("rfc3987_syntax", None)

_HOMES = {
    "cnn_utils.training.batches": ("ImageBatches",),
    "cnn_utils.checks": (
        "CheckFailed",
        "check_cnn",
        "check_evaluation",
        "check_f1",
        "check_history_plot",
        "check_images_figure",
        "check_lenet",
        "check_preprocess",
        "check_submission",
        "check_ten_digits",
        "check_training",
    ),
    "cnn_utils.data.dataset": ("CIFAR10_CLASSES", "DIGIT_NAMES"),
    "cnn_utils.data.loaders": ("cifar10_path", "load_cifar10", "load_mnist"),
    "cnn_utils.errors": ("DataError", "KitError", "SubmissionError"),
    "cnn_utils.handin.submission_zip": ("hand_in",),
    "cnn_utils.handin.artifacts": ("save_for_grading",),
    "cnn_utils.history": ("best_epoch", "history_table"),
    "cnn_utils.insight": (
        "grad_cam",
        "hidden_features",
        "saliency",
        "show_augmentation",
        "show_embedding",
        "show_evidence",
        "show_feature_maps",
        "show_filters",
    ),
    "cnn_utils.keras_metrics": ("F1Score",),
    "cnn_utils.metrics": (
        "classification_table",
        "confusion_matrix",
        "f1_score",
        "most_confused",
    ),
    "cnn_utils.models": ("build_cifar_cnn", "build_dense", "build_fast_cnn", "build_lenet"),
    "cnn_utils.training.monitor": ("TrainingMonitor",),
    "cnn_utils.plots": (
        "plot_augmentation",
        "plot_class_distribution",
        "plot_class_examples",
        "plot_class_means",
        "plot_confusion_matrix",
        "plot_embedding",
        "plot_evidence",
        "plot_feature_maps",
        "plot_filters",
        "plot_images",
        "plot_model_comparison",
        "plot_search",
        "plot_training_history",
    ),
    "cnn_utils.sequences": (
        "accuracy_interval",
        "sequence_error_rate",
        "simulate_sequence_errors",
    ),
    "cnn_utils.startup": ("show_versions",),
    "cnn_utils.submission": ("export_submission", "validate_submission"),
    "cnn_utils.fast.ablation": ("INGREDIENTS", "ablation_table"),
    "cnn_utils.training.acceleration": ("fast_training",),
    "cnn_utils.fast.augmentation": ("Augmentation",),
    "cnn_utils.training.caching": ("cached", "clear_runs", "fit_cached"),
    "cnn_utils.training.distribution": ("strategy",),
    "cnn_utils.training.in_memory": ("fit_in_memory",),
    "cnn_utils.fast.optimizer": ("ConvMuon", "OneCycle"),
    "cnn_utils.fast.prediction": ("predict_averaged",),
    "cnn_utils.training.profile": ("pick", "profile", "set_seed"),
    "cnn_utils.training.progress": ("EpochProgress",),
    "cnn_utils.fast.recipe": (
        "THOROUGH_RECIPE",
        "Recipe",
        "train_fast_cnn",
    ),
    "cnn_utils.fast.search": ("recipe_space", "search_parameters", "search_recipe"),
    "cnn_utils.fast.whitening": ("whitening_kernel",),
    "cnn_utils.widgets": ("ConfusionMatrixExplorer", "ImageBrowser"),
}
_KERAS_ROOMS = {"batches", "insight", "keras_metrics", "models", "monitor", "training"}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)

if TYPE_CHECKING:
    from cnn_utils.checks import (
        CheckFailed,
        check_cnn,
        check_evaluation,
        check_f1,
        check_history_plot,
        check_images_figure,
        check_lenet,
        check_preprocess,
        check_submission,
        check_ten_digits,
        check_training,
    )
    from cnn_utils.data.dataset import CIFAR10_CLASSES, DIGIT_NAMES
    from cnn_utils.data.loaders import cifar10_path, load_cifar10, load_mnist
    from cnn_utils.errors import DataError, KitError, SubmissionError
    from cnn_utils.fast.ablation import INGREDIENTS, ablation_table
    from cnn_utils.fast.augmentation import Augmentation
    from cnn_utils.fast.optimizer import ConvMuon, OneCycle
    from cnn_utils.fast.prediction import predict_averaged
    from cnn_utils.fast.recipe import THOROUGH_RECIPE, Recipe, train_fast_cnn
    from cnn_utils.fast.search import recipe_space, search_parameters, search_recipe
    from cnn_utils.fast.whitening import whitening_kernel
    from cnn_utils.handin.artifacts import save_for_grading
    from cnn_utils.handin.submission_zip import hand_in
    from cnn_utils.history import best_epoch, history_table
    from cnn_utils.insight import (
        grad_cam,
        hidden_features,
        saliency,
        show_augmentation,
        show_embedding,
        show_evidence,
        show_feature_maps,
        show_filters,
    )
    from cnn_utils.keras_metrics import F1Score
    from cnn_utils.metrics import (
        classification_table,
        confusion_matrix,
        f1_score,
        most_confused,
    )
    from cnn_utils.models import build_cifar_cnn, build_dense, build_fast_cnn, build_lenet
    from cnn_utils.plots import (
        plot_augmentation,
        plot_class_distribution,
        plot_class_examples,
        plot_class_means,
        plot_confusion_matrix,
        plot_embedding,
        plot_evidence,
        plot_feature_maps,
        plot_filters,
        plot_images,
        plot_model_comparison,
        plot_search,
        plot_training_history,
    )
    from cnn_utils.sequences import (
        accuracy_interval,
        sequence_error_rate,
        simulate_sequence_errors,
    )
    from cnn_utils.startup import show_versions
    from cnn_utils.submission import export_submission, validate_submission
    from cnn_utils.training.acceleration import fast_training
    from cnn_utils.training.batches import ImageBatches
    from cnn_utils.training.caching import cached, clear_runs, fit_cached
    from cnn_utils.training.distribution import strategy
    from cnn_utils.training.in_memory import fit_in_memory
    from cnn_utils.training.monitor import TrainingMonitor
    from cnn_utils.training.profile import pick, profile, set_seed
    from cnn_utils.training.progress import EpochProgress
    from cnn_utils.widgets import ConfusionMatrixExplorer, ImageBrowser


def __getattr__(name: str):
    """Load a public name from its module when it is first asked for (PEP 562)."""
    if name not in _HOME_OF:
        from cnn_utils.errors import closest

        similar = closest(name, __all__)
        hint = f". Did you mean '{similar}'?" if similar else ""
        raise AttributeError(f"module 'cnn_utils' has no attribute '{name}'{hint}")
    if _HOME_OF[name].split(".")[1] in _KERAS_ROOMS:
        from cnn_utils.startup import import_quietly

        import_quietly("keras")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
