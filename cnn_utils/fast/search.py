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
    tuner = _RecipeTuner(
        objective=keras_tuner.Objective("score", direction="max"),
        max_trials=n_trials,
        seed=recipe.seed,
        directory=folder,
        project_name=f"recipe_{joblib.hash((recipe, data))[:8]}",
    )
    tuner.oracle.max_trials = n_trials  # a continued search comes with the number it began with
    tuner.search(*data, recipe=recipe)
    trials = sorted(tuner.oracle.trials.values(), key=lambda trial: int(trial.trial_id))
    rows = [
        {
            **trial.hyperparameters.values,
            "score": trial.score,
            "seconds": trial.metrics.get_last_value("seconds"),
        }
        for trial in trials
        if trial.status == "COMPLETED"
    ]
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="trial"))


class _RecipeTuner(keras_tuner.BayesianOptimization):
    """Train one recipe per trial, instead of building and fitting a model."""

    def run_trial(self, trial, images, labels, held_out, held_out_labels, recipe):
        """Return the score of a trial and its seconds."""
        parameters = trial.hyperparameters
        variant = replace(
            recipe,
            learning_rate=parameters.Float(
                "learning_rate", 0.06, 0.48, sampling="log", default=0.24
            ),
            label_smoothing=parameters.Float("label_smoothing", 0.0, 0.3, step=0.1, default=0.2),
            shift=parameters.Int("shift", 0, 4, default=2),
            batch_size=parameters.Choice("batch_size", [128, 256], default=256),
        )
        start = time.perf_counter()
        model, _ = train_fast_cnn(images, labels, variant)
        score = accuracy_of(model, held_out, held_out_labels, variant)
        return {"score": score, "seconds": time.perf_counter() - start}
