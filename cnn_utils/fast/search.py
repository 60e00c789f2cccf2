"""Search for better numbers in the recipe with KerasTuner."""

import time
from dataclasses import replace

import joblib
import keras_tuner
import pandas as pd

from cnn_utils.fast.recipe import Recipe, accuracy_of, check_training_data, train_fast_cnn


def search_recipe(
    images, labels, validation, recipe: Recipe | None = None, n_trials: int = 8, folder="search"
) -> pd.DataFrame:
    """Search for the recipe with the best validation accuracy.

    Learning rate, label smoothing, shift and batch size vary. After some random trials, a Gaussian
    process proposes the values that promise most. KerasTuner stores each finished trial: call it
    again, after an interruption or with a larger `n_trials`, and it continues. Other data or
    another recipe start a new search.

    Parameters
    ----------
    images, labels : arrays
        See `train_fast_cnn`.
    validation : (images, labels)
        For the score. The best of many trials looks a little better than it is: judge the winner
        on images that took no part in the choice.
    recipe : Recipe, optional
        The settings that do not vary, such as the number of epochs.
    n_trials : int, default=8
        Number of trials, including those of earlier calls.
    folder : path, default="search"

    Returns
    -------
    trials : DataFrame
        A row per finished trial: the parameters, "score" (validation accuracy) and "seconds".
    """
    recipe = Recipe() if recipe is None else recipe
    data = check_training_data(images, labels) + check_training_data(*validation, "`validation`")

    def measure(parameters) -> dict[str, float]:
        variant = replace(recipe, **recipe_space(parameters).values)
        start = time.perf_counter()
        model, _ = train_fast_cnn(*data[:2], variant)
        score = accuracy_of(model, *data[2:], variant)
        return {"score": score, "seconds": time.perf_counter() - start}

    name = f"recipe_{joblib.hash((recipe, data))[:8]}"
    return trials_of(measure, n_trials, recipe.seed, folder, name)


def recipe_space(space: keras_tuner.HyperParameters | None = None) -> keras_tuner.HyperParameters:
    """Add the parameters that `search_recipe` varies, and their ranges, to a space or a new one."""
    space = keras_tuner.HyperParameters() if space is None else space
    space.Float("learning_rate", 0.06, 0.48, sampling="log", default=0.24)
    space.Float("label_smoothing", 0.0, 0.3, step=0.1, default=0.2)
    space.Int("shift", 0, 4, default=2)
    space.Choice("batch_size", [128, 256], default=256)
    return space


def trials_of(measure, n_trials: int, seed: int, folder, name: str, **options) -> pd.DataFrame:
    """Search for the parameters with the highest "score" among what a function measures.

    `name` is that of the search in `folder`; a row per finished trial is returned. `options` are
    KerasTuner's.
    """
    objective = keras_tuner.Objective("score", direction="max")
    place = {"directory": folder, "project_name": name}
    tuner = _Tuner(objective=objective, max_trials=n_trials, seed=seed, **place, **options)
    tuner.oracle.max_trials = n_trials  # a continued search comes with the number it began with
    tuner.search(measure)
    rows = {}
    for number, trial in tuner.oracle.trials.items():
        if trial.status == "COMPLETED":
            measured = {name: trial.metrics.get_last_value(name) for name in trial.metrics.metrics}
            rows[int(number) + 1] = {**trial.hyperparameters.values, **measured}
    return pd.DataFrame.from_dict(rows, orient="index").sort_index().rename_axis("trial")


class _Tuner(keras_tuner.BayesianOptimization):
    """Measure parameters by a function, instead of building and fitting a model."""

    def run_trial(self, trial, measure):
        """Return what the function measures for a trial's parameters."""
        return measure(trial.hyperparameters)
