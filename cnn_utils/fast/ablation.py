"""What each ingredient of a recipe is worth: train without it."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from cnn_utils.fast.recipe import Recipe, accuracy_of, check_training_data, train_fast_cnn
from cnn_utils.training.caching import cached

# The ingredients that `ablation_table` leaves out, and the setting that leaves each out.
INGREDIENTS = {
    "computed first layer": {"whiten": False},
    "Muon": {"muon": False},
    "falling learning rate": {"linear_decay": False},
    "mirrored images": {"flip": False},
    "shifted images": {"shift": 0},
    "label smoothing": {"label_smoothing": 0.0},
    "mirrored at test": {"flip_at_test": False},
    "shifted at test": {"shift_at_test": 0},
    "residual connections": {"residual": False},
}


def ablation_table(
    images,
    labels,
    validation: tuple,
    recipe: Recipe | None = None,
    seeds: Sequence[int] = (458,),
    leave_out: Sequence[str] = tuple(INGREDIENTS),
) -> pd.DataFrame:
    """Train with the whole recipe, then without each of its ingredients.

    Finished trainings are cached, so an interrupted table continues where it stopped.

    Parameters
    ----------
    images, labels : arrays
        See `train_fast_cnn`.
    validation : (images, labels)
        For the accuracies.
    recipe : Recipe, optional
    seeds : sequence of int, default=(458,)
        Train each variant once per seed.
    leave_out : sequence of str, optional
        Some of `INGREDIENTS`; by default all. Those that the recipe does not use are skipped.

    Returns
    -------
    table : DataFrame
        Rows "whole recipe", "without Muon" and so on; columns "accuracy" (mean over seeds),
        "difference" to the whole recipe, "seconds" of training per seed. Differences of a few
        standard errors, sqrt(p (1 - p) / n) each, may be chance; more seeds reduce them.
    """
    data = check_training_data(images, labels) + check_training_data(*validation, "`validation`")
    recipe = Recipe() if recipe is None else recipe
    variants = {"whole recipe": recipe}
    for name in leave_out:
        without = replace(recipe, **INGREDIENTS[name])
        if without != recipe:
            variants[f"without {name}"] = without
    rows = {
        name: cached(_measure, *data, asdict(variant), list(seeds))
        for name, variant in variants.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["accuracy", "seconds"])
    table.insert(1, "difference", table["accuracy"] - table["accuracy"].iloc[0])
    return table


def _measure(images, labels, held_out, held_out_labels, settings: dict, seeds) -> np.ndarray:
    """Train once per seed; return accuracy and seconds, mean over seeds."""
    runs = []
    for seed in seeds:
        recipe = Recipe(**{**settings, "seed": seed})
        start = time.perf_counter()
        model, _ = train_fast_cnn(images, labels, recipe)
        seconds = time.perf_counter() - start
        runs.append((accuracy_of(model, held_out, held_out_labels, recipe), seconds))
    return np.mean(runs, axis=0)
