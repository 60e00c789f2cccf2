"""What each ingredient of a recipe is worth: train without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd

from cnn_utils.errors import KitError
from cnn_utils.fast.recipe import Recipe, accuracy_of, check_training_data, train_fast_cnn
from cnn_utils.training.kept import cached

# The ingredients that `ablation_table` leaves out, and the setting that leaves each out.
INGREDIENTS = {
    "computed first layer": {"whiten": False},
    "Muon": {"muon": False},
    "falling learning rate": {"linear_decay": False},
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

    Finished trainings are cached, so an interrupted table continues where it stopped.

    Parameters
    ----------
    images, labels : arrays
        See `train_fast_cnn`.
    validation : (images, labels)
        For the accuracies.
    recipe : Recipe, optional
    seeds : sequence of int, default=(458,)
        Train each variant once per seed. The ingredients "at test" share the training of the
        whole recipe: they change only how it predicts.
    leave_out : sequence of str, optional
        Some of `INGREDIENTS`; by default all. Those that the recipe does not use are skipped.

    Returns
    -------
    table : DataFrame
        Rows "whole recipe", "without Muon" and so on; columns "accuracy" (mean over seeds),
        "difference" to the whole recipe, "seconds" of training per seed. Differences of a few
        standard errors, sqrt(p (1 - p) / n) each, may be chance; more seeds reduce them.

    Raises
    ------
    KitError
        If an ingredient is unknown, or the arrays don't fit.
    """
    if unknown := [name for name in leave_out if name not in INGREDIENTS]:
        raise KitError.about("`leave_out`", f"name some of {', '.join(INGREDIENTS)}", unknown[0])
    data = check_training_data(images, labels) + check_training_data(*validation, "`validation`")
    recipe = Recipe() if recipe is None else recipe
    rows = {"whole recipe": recipe}
    for name in leave_out:
        without = replace(recipe, **INGREDIENTS[name])
        if without != recipe:
            rows[f"without {name}"] = without
    # One training for all that differ only "at test" from the whole recipe.
    shared = [name for name, variant in rows.items() if _training(variant) == _training(recipe)]
    measured = {}
    for group in [shared, *([name] for name in rows if name not in shared)]:
        variants = [asdict(rows[name]) for name in group]
        measured |= zip(group, cached(_measure, *data, variants, list(seeds)), strict=True)
    columns = ["accuracy", "seconds"]
    table = pd.DataFrame.from_dict(measured, orient="index", columns=columns).loc[list(rows)]
    table.insert(1, "difference", table["accuracy"] - table["accuracy"].iloc[0])
    return table


def _training(recipe: Recipe) -> Recipe:
    """Return the recipe without the settings that matter only at test."""
    return replace(recipe, flip_at_test=False, shift_at_test=0)


def _measure(images, labels, held_out, held_out_labels, variants, seeds) -> np.ndarray:
    """Train once per seed; return accuracy and seconds for each variant, mean over seeds."""
    runs = []
    for seed in seeds:
        start = time.perf_counter()
        model, _ = train_fast_cnn(images, labels, Recipe(**{**variants[0], "seed": seed}))
        seconds = time.perf_counter() - start
        accuracies = [accuracy_of(model, held_out, held_out_labels, Recipe(**v)) for v in variants]
        runs.append([(accuracy, seconds) for accuracy in accuracies])
    return np.mean(runs, axis=0)
