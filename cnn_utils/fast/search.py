"""Search for good parameters with KerasTuner: at random, or learning from the trials before."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from math import isfinite
from pathlib import Path

import keras_tuner
import pandas as pd
from keras_tuner.errors import FatalError
from tqdm import tqdm

from cnn_utils.errors import KitError, check_choice, check_count, check_path, check_seed
from cnn_utils.fast.recipe import (
    accuracy_of,
    check_recipe,
    check_training_data,
    check_validation,
    train_fast_cnn,
)
from cnn_utils.files import write_whole
from cnn_utils.training.cache_key import digest

# What is stored with each trial, and which arguments made it.
RESULTS, SETTINGS = ("score", "seconds"), "settings.json"
ORACLES = {
    "random": keras_tuner.oracles.RandomSearchOracle,
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
}


def recipe_space() -> keras_tuner.HyperParameters:
    """Return a small space around `Recipe`: what matters most for a short training."""
    space = keras_tuner.HyperParameters()
    space.Float("learning_rate", 0.06, 0.48, sampling="log", default=0.24)
    space.Float("label_smoothing", 0.0, 0.3, step=0.1, default=0.2)
    space.Int("shift", 0, 4, default=2)
    space.Choice("batch_size", [128, 256], default=256)
    return space


def search_recipe(
    images, labels, validation, recipe=None, n_trials=8, folder="search", **options
) -> pd.DataFrame:
    """Search `recipe_space` for the recipe with the best validation accuracy.

    Interrupted or run again, it goes on after the last finished trial; other images, labels or
    settings begin a search of their own.

    Parameters
    ----------
    images, labels : arrays
        As for `train_fast_cnn`.
    validation : (images, labels)
        What the accuracies are measured on. The best of many is a little too good: judge the
        winner on images that took no part in the choice.
    recipe : Recipe, optional
        What is not searched for, the number of epochs for instance.
    n_trials : int, default=8
    folder : path, default="search"
        Each search has a folder of its own in it.
    **options
        See `search_parameters`.

    Returns
    -------
    trials : DataFrame
        See `search_parameters`; "score" is the validation accuracy.
    """
    recipe = check_recipe(recipe)
    check_path("folder", folder)
    images, labels = check_training_data(images, labels)
    validation = check_validation(validation, images)

    def score(values: dict) -> float:
        variant = replace(recipe, **values)
        model, _ = train_fast_cnn(images, labels, variant)
        return accuracy_of(model, *validation, variant)

    parts = (recipe, images, labels, *validation, repr(sorted(options.items())))
    own = f"recipe_{digest(*parts)[:8]}"
    return search_parameters(score, recipe_space(), n_trials, folder=Path(folder) / own, **options)


def search_parameters(
    score: Callable[[dict], float],
    space: keras_tuner.HyperParameters,
    n_trials: int = 10,
    method: str = "bayesian",
    folder="search",
    seed: int = 458,
) -> pd.DataFrame:
    """Try out parameters, and keep every result on disk.

    Run again with the same folder, it goes on after the last finished trial: an interrupted
    search loses the trial at work, and a finished one is only read. Delete the folder to begin
    anew, after a change of `score` for instance. Stopped in a notebook, it returns the trials
    so far.

    Parameters
    ----------
    score : callable
        Takes a dict of parameter values; returns a number, the larger the better.
    space : keras_tuner.HyperParameters
        The parameters and their ranges; none of them named "score" or "seconds".
    n_trials : int, default=10
        How many trials there are to be in the end, those of earlier runs included. "random" ends
        before, once it has tried all that a small space holds; "bayesian" may try something again.
    method : {"bayesian", "random"}, default="bayesian"
        "bayesian" models the scores so far by a Gaussian process and tries what promises most.
    folder : path, default="search"
    seed : int, default=458

    Returns
    -------
    trials : DataFrame
        One row per trial, in their order: the parameters, "score" and "seconds".

    Raises
    ------
    KitError
        If an argument is wrong, the folder holds the search of another space, or `score` fails.
    """
    if not callable(score):
        raise KitError.about("`score`", "be a function of a dict of values", score)
    if not isinstance(space, keras_tuner.HyperParameters) or not space.space:
        raise KitError.about("`space`", "be keras_tuner.HyperParameters with a parameter", space)
    if taken := [parameter.name for parameter in space.space if parameter.name in RESULTS]:
        raise KitError.about("`space`", f"have no parameter named {', '.join(RESULTS)}", taken[0])
    check_choice("method", method, ORACLES)
    check_count("n_trials", n_trials)
    check_seed(seed)
    objective = keras_tuner.Objective("score", direction="max")
    oracle = ORACLES[method](
        objective=objective,
        max_trials=n_trials,
        hyperparameters=space.copy(),
        allow_new_entries=False,
        seed=seed,
    )
    oracle.verbose = 0
    tuner = _open(oracle, score, folder, {"method": method, "seed": seed, **space.get_config()})
    # A reloaded state brings the number of trials it was made for.
    oracle.max_trials = n_trials
    done = len(tuner.finished())
    options = {"desc": "search", "unit": "trial", "file": sys.stdout}
    with tqdm(total=max(done, n_trials), initial=done, **options) as bar:
        tuner.bar = bar
        try:
            tuner.search()
        except FatalError as error:
            raise KitError(str(error)) from error.__cause__
        except KeyboardInterrupt:
            if not tuner.finished():
                raise
            bar.write("Stopped. These trials are kept; run it again to go on.", file=sys.stdout)
    return tuner.table()


class _ScoreTuner(keras_tuner.Tuner):
    """A tuner that calls a function instead of building and fitting a model."""

    def __init__(self, score, **options):
        self.score, self.bar = score, None
        super().__init__(**options)

    def run_trial(self, trial):
        """Score the trial's values."""
        values = dict(trial.hyperparameters.values)
        start = time.perf_counter()
        try:
            score = float(self.score(values))
            if not isfinite(score):
                raise ValueError(f"it returned {score}")
        except KitError as error:
            raise FatalError(str(error)) from error
        except Exception as error:  # whatever the reader's own function may raise
            told = ", ".join(f"{name}={value}" for name, value in values.items())
            raise FatalError(
                f"`score` failed with {told}: {type(error).__name__}: {error}. "
                "The trials before are kept; mend it and run the search again."
            ) from error
        return {"score": score, "seconds": time.perf_counter() - start}

    def on_trial_end(self, trial):
        """Store the trial, and move the bar."""
        super().on_trial_end(trial)
        best = max(trial.score for trial in self.finished())
        self.bar.set_postfix_str(f"last {trial.score:.4f}, best {best:.4f}", refresh=False)
        self.bar.update()

    def finished(self) -> list:
        """Return the completed trials, in their order."""
        trials = sorted(self.oracle.trials.values(), key=lambda trial: int(trial.trial_id))
        return [trial for trial in trials if trial.status == "COMPLETED"]

    def table(self) -> pd.DataFrame:
        """Return parameters, score and seconds of the completed trials."""
        rows = [
            {
                **trial.hyperparameters.values,
                "score": trial.score,
                "seconds": trial.metrics.get_last_value("seconds"),
            }
            for trial in self.finished()
        ]
        return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="trial"))


def _open(oracle, score, folder, settings: dict) -> _ScoreTuner:
    """Begin a search in a folder, or take up the one that is there."""
    try:
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / SETTINGS).exists():
            found = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        elif any(folder.iterdir()):
            found = "something else"
        else:
            found = settings
            write_whole(folder / SETTINGS, json.dumps(settings))
        places = {"directory": folder.parent, "project_name": folder.name}
        if found == json.loads(json.dumps(settings)):
            with redirect_stdout(StringIO()):  # it prints that it takes up an earlier search
                return _ScoreTuner(score, oracle=oracle, **places)
    except Exception as error:  # KerasTuner and TensorFlow have many for a damaged file
        raise KitError.about(
            "`folder`",
            "be a folder to write to, empty or with an earlier search",
            f"'{folder}' ({type(error).__name__}: {str(error).splitlines()[0]})",
            "Name another, or delete it.",
        ) from None
    raise KitError.about(
        "`folder`",
        "be empty, or hold an earlier search of the same space with the same method and seed",
        f"'{folder}' with another one",
        "Name another folder, or delete this one.",
    )
