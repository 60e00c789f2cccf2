"""Functions of earlier notebooks, built from what replaces them."""

import keras
import keras_tuner
import pandas as pd
import tensorflow as tf


def OneCycle(peak: float, steps: int):
    """Return a learning rate that falls linearly from `peak` to a thousandth of it."""
    return keras.optimizers.schedules.PolynomialDecay(peak, steps, end_learning_rate=peak / 1000)


def fit_in_memory(model, x, y, *, seed=None, steps_at_once=None, **fit_arguments):
    """Train with `model.fit`; ``compile(steps_per_execution=50)`` replaces `steps_at_once`."""
    return model.fit(x, y, **fit_arguments)


def strategy(devices=None) -> tf.distribute.MirroredStrategy:
    """Return TensorFlow's strategy to train on several GPUs of this machine."""
    return tf.distribute.MirroredStrategy(devices)


def recipe_space() -> keras_tuner.HyperParameters:
    """Return the parameters that `search_recipe` varies, and their ranges."""
    space = keras_tuner.HyperParameters()
    space.Float("learning_rate", 0.06, 0.48, sampling="log", default=0.24)
    space.Float("label_smoothing", 0.0, 0.3, step=0.1, default=0.2)
    space.Int("shift", 0, 4, default=2)
    space.Choice("batch_size", [128, 256], default=256)
    return space


def search_parameters(score, space, n_trials=10, folder="search", seed=458) -> pd.DataFrame:
    """Return the trials of KerasTuner's Bayesian search for values with the highest `score`."""
    tuner = _Tuner(
        objective=keras_tuner.Objective("score", "max"),
        max_trials=n_trials,
        hyperparameters=space,
        tune_new_entries=False,
        seed=seed,
        directory=folder,
        project_name="search_parameters",
    )
    tuner.search(score)
    trials = tuner.oracle.trials.values()
    rows = [{**trial.hyperparameters.values, "score": trial.score} for trial in trials]
    return pd.DataFrame(rows)


class _Tuner(keras_tuner.BayesianOptimization):
    def run_trial(self, trial, score):
        """Score the trial's values, without a model."""
        return {"score": score(trial.hyperparameters.values)}
