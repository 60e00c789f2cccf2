"""cnn_utils.fast.search: trials that cost nothing, interrupted and continued."""

import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.fast import search
from cnn_utils.fast.recipe import Recipe
from cnn_utils.fast.search import search_recipe

IMAGES = np.zeros((4, 8, 8, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 0, 1])
DATA = (IMAGES, LABELS, (IMAGES[:2] + 1, LABELS[:2]))
PARAMETERS = ["learning_rate", "label_smoothing", "shift", "batch_size"]


@pytest.fixture
def tried(monkeypatch):
    """Pretend that the shift is all that counts; return the recipes that were trained."""
    recipes = []

    def train(images, labels, recipe):
        assert images is IMAGES
        recipes.append(recipe)
        return f"model {recipe.shift}", None

    def accuracy(model, images, labels, recipe):
        assert model == f"model {recipe.shift}"
        assert (images == 1).all()
        assert labels.tolist() == [0, 1]
        return recipe.shift / 4

    monkeypatch.setattr(search, "train_fast_cnn", train)
    monkeypatch.setattr(search, "accuracy_of", accuracy)
    return recipes


def test_each_trial_is_a_row_with_its_score(tmp_path, tried):
    trials = search_recipe(*DATA, Recipe(epochs=7), n_trials=6, folder=tmp_path)
    assert list(trials.columns) == [*PARAMETERS, "score", "seconds"]
    assert (trials.index.tolist(), trials.index.name) == ([1, 2, 3, 4, 5, 6], "trial")
    assert {recipe.epochs for recipe in tried} == {7}
    for name in PARAMETERS:
        assert [getattr(recipe, name) for recipe in tried] == trials[name].tolist()
    assert (trials["score"] == trials["shift"] / 4).all()
    assert (trials["seconds"] >= 0).all()
    assert trials["learning_rate"].between(0.06, 0.48).all()
    assert set(trials["batch_size"]) <= {128, 256}


def test_the_first_trial_is_the_recipe_itself(tmp_path, tried):
    search_recipe(*DATA, n_trials=1, folder=tmp_path)
    assert tried == [Recipe()]


def test_a_larger_shift_is_found(tmp_path, tried):
    trials = search_recipe(*DATA, n_trials=10, folder=tmp_path)
    assert trials["score"].max() == 1


def test_a_finished_search_is_read_and_can_be_extended(tmp_path, tried):
    first = search_recipe(*DATA, n_trials=3, folder=tmp_path)
    assert search_recipe(*DATA, n_trials=3, folder=tmp_path).equals(first)
    assert search_recipe(*DATA, n_trials=2, folder=tmp_path).equals(first)
    assert len(tried) == 3
    more = search_recipe(*DATA, n_trials=5, folder=tmp_path)
    assert len(tried) == 5
    assert more[:3].equals(first)


def test_an_interrupted_search_continues_after_the_last_finished_trial(
    tmp_path, tried, monkeypatch
):
    def interrupted(*arguments):
        if len(tried) == 2:
            raise KeyboardInterrupt
        return pretended(*arguments)

    pretended = search.train_fast_cnn
    with monkeypatch.context() as patch:
        patch.setattr(search, "train_fast_cnn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search_recipe(*DATA, n_trials=4, folder=tmp_path)
    trials = search_recipe(*DATA, n_trials=4, folder=tmp_path)
    assert len(tried) == len(trials) == 4
    assert [recipe.shift for recipe in tried] == trials["shift"].tolist()


@pytest.mark.parametrize(
    ("data", "recipe"),
    [
        (DATA, Recipe(epochs=2)),
        ((IMAGES, 1 - LABELS, DATA[2]), Recipe()),
        ((IMAGES, LABELS, (DATA[2][0], LABELS[2:] * 0 + [0, 1])), Recipe(seed=1)),
    ],
    ids=["recipe", "labels", "seed"],
)
def test_other_data_or_another_recipe_start_a_new_search(tmp_path, tried, data, recipe):
    search_recipe(*DATA, n_trials=1, folder=tmp_path)
    search_recipe(*data, recipe, n_trials=1, folder=tmp_path)
    assert len(tried) == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_data_are_checked_before_a_trial_starts(tmp_path):
    message = r"`validation` must be uint8 images .* received uint8 .* and 4 labels"
    with pytest.raises(KitError, match=message):
        search_recipe(IMAGES, LABELS, (IMAGES[:3], LABELS), folder=tmp_path / "s")
    assert not (tmp_path / "s").exists()
