"""cnn_utils.fast.ablation: a row for what is left out, and the means that were measured."""

from dataclasses import replace

import numpy as np
import pytest

from cnn_utils.fast import ablation
from cnn_utils.fast.ablation import INGREDIENTS, ablation_table
from cnn_utils.fast.recipe import Recipe
from cnn_utils.training import acceleration

RNG = np.random.default_rng(0)
LABELS = np.arange(48) % 2
IMAGES = RNG.integers(0, 60, (48, 32, 32, 3), dtype=np.uint8)
IMAGES[LABELS == 0, :, :, 0] += 120  # reddish
IMAGES[LABELS == 1, :, :, 2] += 120  # bluish
SMALL = Recipe(epochs=6, widths=(4, 8), batch_size=8)


@pytest.fixture(autouse=True)
def float32_and_an_empty_cache(monkeypatch, tmp_path):
    """Keep the whole process in float32, whatever the processor has."""
    monkeypatch.setattr(acceleration, "multiplies_bfloat16", lambda: False)
    monkeypatch.setenv("CNN_UTILS_CACHE", str(tmp_path))


def test_a_table_has_a_row_for_each_ingredient_that_the_recipe_has(monkeypatch):
    """Pretend that each ingredient is worth a hundredth, and a seed a thousandth."""
    trained = []

    def train(images, labels, variant):
        trained.append(variant)
        return variant, None

    def accuracy(model, images, labels, variant):
        assert model == variant
        missing = sum(replace(variant, **change) == variant for change in INGREDIENTS.values())
        return 0.9 - missing / 100 + model.seed / 1000

    monkeypatch.setattr(ablation, "train_fast_cnn", train)
    monkeypatch.setattr(ablation, "accuracy_of", accuracy)
    everything = Recipe(residual=True, shift_at_test=1)
    table = ablation_table(IMAGES, LABELS, (IMAGES, LABELS), everything, seeds=(1, 3))
    assert list(table.columns) == ["accuracy", "difference", "seconds"]
    assert list(table.index) == ["whole recipe", *(f"without {name}" for name in INGREDIENTS)]
    assert table["accuracy"].tolist() == pytest.approx([0.902, *[0.892] * 9])
    assert table["difference"].tolist() == pytest.approx([0, *[-0.01] * 9])
    assert [variant.seed for variant in trained] == [1, 3] * 10
    without = replace(Recipe(), muon=False)
    shorter = ablation_table(IMAGES, LABELS, (IMAGES, LABELS), without)
    assert "without Muon" not in shorter.index
    assert "without residual connections" not in shorter.index
    assert len(shorter) == 7


def test_a_table_of_real_trainings():
    bare = {"linear_decay": False, "flip": False, "shift": 0, "label_smoothing": 0.0}
    chosen = replace(SMALL, whiten=False, **bare)
    held_out = IMAGES[40:], LABELS[40:]
    table = ablation_table(IMAGES[:40], LABELS[:40], held_out, chosen)
    assert list(table.index) == ["whole recipe", "without Muon", "without mirrored at test"]
    assert table.loc["whole recipe", "difference"] == 0
    assert set(table["accuracy"] * 8) <= set(range(9))  # of 8 images
    assert (table["seconds"] > 0).all()


def test_rows_are_cached_and_an_interrupted_table_continues(monkeypatch):
    trained = []

    def train(images, labels, variant):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(variant)
        return variant, None

    monkeypatch.setattr(ablation, "train_fast_cnn", train)
    monkeypatch.setattr(ablation, "accuracy_of", lambda *arguments: len(trained) / 10)
    arguments = (IMAGES, LABELS, (IMAGES, LABELS), SMALL)
    options = {"leave_out": ["Muon", "label smoothing"]}
    with pytest.raises(KeyboardInterrupt):
        ablation_table(*arguments, **options)
    trained.insert(0, "an interrupt")  # the next one is the third, and goes through
    table = ablation_table(*arguments, **options)
    assert len(trained) == 4
    assert table["accuracy"].tolist() == [0.1, 0.2, 0.4]
    assert ablation_table(*arguments, **options).equals(table)
    assert len(trained) == 4
    ablation_table(IMAGES, 1 - LABELS, (IMAGES, LABELS), SMALL, **options)
    assert len(trained) == 7  # other labels: all again
