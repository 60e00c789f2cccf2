"""Functions of earlier notebooks, built from what replaces them."""

import keras
import pandas as pd
import tensorflow as tf

from cnn_utils.fast.search import trials_of


def OneCycle(peak: float, steps: int):
    """Return a learning rate that falls linearly from `peak` to a thousandth of it."""
    return keras.optimizers.schedules.PolynomialDecay(peak, steps, end_learning_rate=peak / 1000)


def fit_in_memory(model, x, y, *, seed=None, steps_at_once=None, **fit_arguments):
    """Train with `model.fit`; ``compile(steps_per_execution=50)`` replaces `steps_at_once`."""
    return model.fit(x, y, **fit_arguments)


def strategy(devices=None) -> tf.distribute.MirroredStrategy:
    """Return TensorFlow's strategy to train on several GPUs of this machine."""
    return tf.distribute.MirroredStrategy(devices)


def search_parameters(score, space, n_trials=10, folder="search", seed=458) -> pd.DataFrame:
    """Return the trials of KerasTuner's Bayesian search for values with the highest `score`."""

    def measure(parameters) -> dict[str, float]:
        return {"score": score(parameters.values)}

    options = {"hyperparameters": space, "tune_new_entries": False}
    return trials_of(measure, n_trials, seed, folder, "search_parameters", **options)
