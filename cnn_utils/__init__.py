"""Tools for the assignment on convolutional neural networks.

`dir(cnn_utils)` lists the public names, `help(cnn_utils.fit_cached)` explains one.

Names are loaded when they are first used: `import cnn_utils` is quick and does not load Keras. It
changes nothing but that Keras, once it is imported, knows the kit's `F1Score`, so that
`keras.models.load_model` finds it.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder

if sys.version_info < (3, 10):  # noqa: UP036 - a kernel may be of another Python than pip was
    raise ImportError(
        f"cnn_utils needs Python 3.10 to 3.13; this is {sys.version.split()[0]} ({sys.executable})."
        " In a notebook choose another kernel (Kernel, Change Kernel)."
    )

__version__ = "0.1.0"

# The public names, each below the module that it is loaded from.
_PUBLIC = {
    "checks.cnn": "check_cnn",
    "checks.evaluation": "check_evaluation",
    "checks.f1": "check_f1",
    "checks.figures": "check_history_plot check_images_figure",
    "checks.lenet": "check_lenet",
    "checks.outcome": "CheckFailed",
    "checks.predictions": "check_submission",
    "checks.preprocess": "check_preprocess",
    "checks.ten_digits": "check_ten_digits",
    "checks.training": "check_training",
    "data.loaders": "CIFAR10_CLASSES DIGIT_NAMES cifar10_path load_cifar10 load_mnist",
    "errors": "DataError KitError SubmissionError",
    "fast.ablation": "INGREDIENTS ablation_table",
    "fast.augmentation": "Augmentation",
    "fast.network": "build_fast_cnn whitening_kernel",
    "fast.optimizer": "ConvMuon",
    "fast.recipe": "THOROUGH_RECIPE Recipe predict_averaged train_fast_cnn",
    "fast.search": "search_recipe",
    "handin.artifacts": "save_for_grading",
    "handin.submission_zip": "hand_in",
    "history": "best_epoch history_table",
    "jupyter": "show_versions",
    "keras_metrics": "F1Score",
    "metrics": "classification_table confusion_matrix f1_score most_confused",
    "models": "build_cifar_cnn build_dense build_lenet",
    "plots.attributions": "grad_cam saliency show_attributions",
    "plots.augmentation": "show_augmentation",
    "plots.class_distribution": "plot_class_distribution",
    "plots.comparison": "plot_model_comparison",
    "plots.confusion_matrix": "plot_confusion_matrix",
    "plots.embedding": "hidden_features show_embedding",
    "plots.feature_maps": "show_feature_maps",
    "plots.filters": "show_filters",
    "plots.history": "plot_training_history",
    "plots.images": "plot_class_examples plot_class_means plot_images",
    "plots.search": "plot_search",
    "sequences": "accuracy_interval sequence_error_rate simulate_sequence_errors",
    "submission": "export_submission validate_submission",
    "training.acceleration": "fast_training",
    "training.batches": "ImageBatches",
    "training.caching": "cached clear_runs fit_cached",
    "training.monitor": "TrainingMonitor",
    "training.profile": "pick profile set_seed",
    "training.progress": "EpochProgress",
    "widgets.browser": "ImageBrowser",
    "widgets.explorer": "ConfusionMatrixExplorer",
}
# Names of earlier notebooks: what replaces them, and where they still are.
_REPLACED = {
    "OneCycle": ("keras.optimizers.schedules.PolynomialDecay", "legacy.OneCycle"),
    "fit_in_memory": ("model.fit", "legacy.fit_in_memory"),
    "plot_augmentation": ("show_augmentation", "plots.augmentation.plot_augmentation"),
    "plot_embedding": ("show_embedding", "plots.embedding.plot_embedding"),
    "plot_evidence": ("show_attributions", "plots.attributions.plot_attributions"),
    "plot_feature_maps": ("show_feature_maps", "plots.feature_maps.plot_feature_maps"),
    "plot_filters": ("show_filters", "plots.filters.plot_filters"),
    "recipe_space": ("keras_tuner.HyperParameters", "fast.search.recipe_space"),
    "search_parameters": ("keras_tuner.BayesianOptimization", "legacy.search_parameters"),
    "show_evidence": ("show_attributions", "plots.attributions.show_attributions"),
    "strategy": ("tf.distribute.MirroredStrategy", "legacy.strategy"),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)


def load_ipython_extension(ipython) -> None:
    """`%load_ext cnn_utils`: start TensorFlow quietly, and explain errors in a line.

    Everything that the kit changes in IPython and its process stands here;
    `%unload_ext cnn_utils` undoes it.

    - A handler for errors of cells (`set_custom_exc`), but not for SyntaxErrors. Errors whose
      cause is known show one line instead of a traceback: tasks that are not solved yet and the
      names they should have defined, faults of the machine, and what Keras refuses. All other
      errors look as always; with the environment variable ``CNN_UTILS_TRACEBACK=1``, these too.
    - ``TF_CPP_MIN_LOG_LEVEL=2``, unless it is set: TensorFlow's C++ code reports only errors.
    - ``TF_ENABLE_ONEDNN_OPTS=1`` on x86 processors, unless it is set or TensorFlow is loaded:
      convolutions are faster on processors where TensorFlow would not use oneDNN by itself, and
      results differ in the last digits.
    - Keras is imported. What TensorFlow writes to standard error meanwhile is shown only if that
      fails.
    - A filter of TensorFlow's log: no warning that a function was traced anew.
    - ``sys.modules["rfc3987_syntax"] = None``, unless it is loaded: jsonschema, which reads
      notebooks, then does not build a grammar of web addresses for two seconds.
    """
    from cnn_utils import jupyter

    jupyter.load(ipython)


def unload_ipython_extension(ipython) -> None:
    """`%unload_ext cnn_utils`: undo all of `load_ipython_extension`; Keras stays loaded."""
    from cnn_utils import jupyter

    jupyter.unload()


def __getattr__(name: str):
    """Load a public name from its module when it is first used (PEP 562)."""
    if name in _MODULE_OF:
        module, old_name = _MODULE_OF[name], name
    elif name in _REPLACED:
        replacement, place = _REPLACED[name]
        module, _, old_name = place.rpartition(".")
        print(f"`{name}` is now `{replacement}`; please use that.")
    else:
        from cnn_utils.errors import closest

        similar = closest(name, __all__)
        hint = f". Did you mean '{similar}'?" if similar else ""
        raise AttributeError(f"module 'cnn_utils' has no attribute '{name}'{hint}")
    value = getattr(importlib.import_module(f"cnn_utils.{module}"), old_name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


class _AfterKeras:
    """Import hook: once Keras is imported, import F1Score, which registers itself with Keras."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """Return the spec of Keras, whose loader then also registers."""
        spec = PathFinder.find_spec(name) if name == "keras" else None
        if spec is not None:
            load = spec.loader.exec_module

            def load_and_register(module):
                load(module)
                sys.meta_path.remove(cls)
                importlib.import_module("cnn_utils.keras_metrics")

            spec.loader.exec_module = load_and_register
        return spec


if "keras" in sys.modules:
    importlib.import_module("cnn_utils.keras_metrics")
else:
    sys.meta_path.insert(0, _AfterKeras)
