"""What each ingredient of a recipe is worth: train without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cnn_utils.errors import KitError, check_seed, describe
from cnn_utils.fast.recipe import (
    Recipe,
    accuracy_of,
    check_recipe,
    check_training_data,
    check_validation,
    train_fast_cnn,
)

# What `ablation_table` leaves out, in words, and the setting that does so.
INGREDIENTS = {
    "computed first layer": {"whiten": False},
    "Muon": {"muon": False},
    "falling learning rate": {"one_cycle": False},
    "mirrored images": {"flip": False},
    "shifted images": {"shift": 0},
    "cut-out squares": {"cutout": 0},
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

    Each row is kept: interrupted or run again, it goes on with those that are missing.

    Parameters
    ----------
    images, labels : arrays
        As for `train_fast_cnn`.
    validation : (images, labels)
        What the accuracies are measured on.
    recipe : Recipe, optional
    seeds : sequence of int, default=(458,)
        Each recipe is trained once per seed, but for ingredients "at test": those only change how
        the network of the whole recipe answers.
    leave_out : sequence of str, optional
        Some of `INGREDIENTS`; by default all that the recipe has.

    Returns
    -------
    table : DataFrame
        Rows "whole recipe", "without Muon" and so on, as far as the recipe has the ingredient;
        columns "accuracy" (mean over seeds), "difference" to the whole recipe, "seconds" of
        training per run. Differences of a few standard errors, sqrt(p (1 - p) / n) each, are
        chance; more seeds show it.

    Raises
    ------
    KitError
        If an ingredient is unknown, there is no seed, or the arrays or the recipe don't fit.
    """
    recipe = check_recipe(recipe)
    images, labels = check_training_data(images, labels)
    validation = check_validation(validation, images)
    lists = (leave_out, seeds)
    if any(isinstance(one, str) or not isinstance(one, Sequence) for one in lists):
        raise KitError.about(
            "`leave_out` and `seeds`", "be lists", f"{describe(leave_out)} and {describe(seeds)}"
        )
    if unknown := [n for n in leave_out if not isinstance(n, str) or n not in INGREDIENTS]:
        told = describe(unknown[0])
        raise KitError.about("`leave_out`", f"name some of {', '.join(INGREDIENTS)}", told)
    if len(seeds) == 0:
        raise KitError.about("`seeds`", "hold a seed", "none")
    for seed in seeds:
        check_seed(seed)
    recipes = {"whole recipe": recipe}
    for name in leave_out:
        without = replace(recipe, **INGREDIENTS[name])
        if without != recipe:
            recipes[f"without {name}"] = without
    models = {}

    def measure(variant: Recipe) -> np.ndarray:
        runs = []
        for seed in seeds:
            # What only changes the answers needs no training of its own.
            trained_as = replace(variant, seed=seed, flip_at_test=False, shift_at_test=0)
            model, seconds = models.get(trained_as) or _train(images, labels, trained_as)
            if variant is recipe:
                models[trained_as] = model, seconds
            runs.append((accuracy_of(model, *validation, variant), seconds))
        return np.mean(runs, axis=0)

    rows = {name: measure(variant) for name, variant in recipes.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["accuracy", "seconds"])
    table.insert(1, "difference", table["accuracy"] - table["accuracy"].iloc[0])
    return table


def _train(images, labels, recipe: Recipe):
    start = time.perf_counter()
    model, _ = train_fast_cnn(images, labels, recipe)
    return model, time.perf_counter() - start
