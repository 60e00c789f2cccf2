"""cnn_utils.fast.search: trials of a sum that costs nothing, interrupted and taken up again."""

import keras_tuner
import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.fast import search
from cnn_utils.fast.recipe import Recipe
from cnn_utils.fast.search import recipe_space, search_parameters, search_recipe


def space(highest=1.0):
    parameters = keras_tuner.HyperParameters()
    parameters.Float("x", 0.0, highest)
    parameters.Int("n", 1, 3)
    return parameters


def hill(values):
    """Return a score that is highest, 3, at x = 0.3 and n = 3."""
    return values["n"] - (values["x"] - 0.3) ** 2


class Counted:
    """A score that keeps what it was asked; it fails in the trial of that number."""

    def __init__(self, fails_at=None, error=KeyboardInterrupt):
        self.asked, self.fails_at, self.error = [], fails_at, error

    def __call__(self, values):
        self.asked.append(dict(values))
        if len(self.asked) == self.fails_at:
            raise self.error
        return hill(values)


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_each_trial_is_a_row_with_its_score(tmp_path, capsys, method):
    score = Counted()
    trials = search_parameters(score, space(), 10, method, folder=tmp_path / "s")
    assert list(trials.columns) == ["x", "n", "score", "seconds"]
    assert trials.index.tolist() == list(range(1, 11))
    assert trials.index.name == "trial"
    assert trials[["x", "n"]].to_dict("records") == score.asked
    assert trials["x"].between(0, 1).all()
    assert set(trials["n"]) <= {1, 2, 3}
    np.testing.assert_allclose(trials["score"], trials["n"] - (trials["x"] - 0.3) ** 2)
    assert (trials["seconds"] >= 0).all()
    told = capsys.readouterr().out
    assert "10/10" in told
    assert f"best {trials['score'].max():.4f}" in told


def test_the_bayesian_search_climbs_where_the_random_one_does_not(tmp_path):
    """After its first random trials it finds 3 - 0.01, which 1 random trial in 15 does."""
    trials = search_parameters(hill, space(), 15, folder=tmp_path / "s")
    assert trials["score"].max() > 2.99
    assert trials["score"][6:].mean() > trials["score"][:6].mean()


def test_interrupted_in_the_first_trial_there_is_nothing_to_return(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        search_parameters(Counted(fails_at=1), space(), 4, folder=tmp_path / "s")


def test_a_seed_repeats_a_search(tmp_path):
    def tried(name, seed):
        trials = search_parameters(hill, space(), 4, "random", tmp_path / name, seed)
        return trials["x"].tolist()

    assert tried("a", 1) == tried("b", 1)
    assert tried("a", 1) != tried("c", 2)


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_an_interrupted_search_goes_on_after_the_last_finished_trial(tmp_path, method, capsys):
    options = {"n_trials": 5, "method": method, "folder": tmp_path / "s"}
    first = Counted(fails_at=3)
    assert len(search_parameters(first, space(), **options)) == 2
    told = "Stopped. These trials are kept; run it again to go on."
    assert told in capsys.readouterr().out
    second = Counted()
    trials = search_parameters(second, space(), **options)
    assert len(first.asked) == 3
    assert second.asked[0] == first.asked[2]  # the one that was lost
    assert len(second.asked) == 3
    assert trials[["x", "n"]].to_dict("records") == first.asked[:2] + second.asked


def test_a_finished_search_is_only_read(tmp_path, capsys):
    first = search_parameters(hill, space(), 4, folder=tmp_path / "s")
    capsys.readouterr()
    again = search_parameters(Counted(fails_at=1), space(), 4, folder=tmp_path / "s")
    assert again.equals(first)
    told = capsys.readouterr().out
    assert "4/4" in told
    assert "Reloading" not in told
    fewer = search_parameters(Counted(fails_at=1), space(), 2, folder=tmp_path / "s")
    assert fewer.equals(first)


def test_more_trials_can_be_asked_for_later(tmp_path):
    first = search_parameters(hill, space(), 3, folder=tmp_path / "s")
    score = Counted()
    more = search_parameters(score, space(), 5, folder=tmp_path / "s")
    assert len(score.asked) == 2
    assert more[:3].equals(first)
    assert len(more) == 5


def test_a_space_of_two_has_two_trials(tmp_path):
    two = keras_tuner.HyperParameters()
    two.Choice("word", ["a", "b"])
    trials = search_parameters(lambda values: len(values), two, 5, "random", tmp_path / "s")
    assert sorted(trials["word"]) == ["a", "b"]


def test_the_space_is_not_changed(tmp_path):
    asked = space()
    search_parameters(hill, asked, 2, folder=tmp_path / "s")
    assert asked.get_config() == space().get_config()


def test_a_failing_score_is_told_with_its_values_and_can_be_mended(tmp_path):
    first = Counted(fails_at=3, error=ZeroDivisionError("by zero"))
    message = (
        r"`score` failed with x=0\.\d+, n=[123]: ZeroDivisionError: by zero\. "
        r"The trials before are kept; mend it and run the search again\."
    )
    with pytest.raises(KitError, match=message) as caught:
        search_parameters(first, space(), 4, folder=tmp_path / "s")
    assert f"x={first.asked[2]['x']}, n={first.asked[2]['n']}" in str(caught.value)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    second = Counted()
    assert len(search_parameters(second, space(), 4, folder=tmp_path / "s")) == 4
    assert second.asked[0] == first.asked[2]
    assert len(second.asked) == 2


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (float("nan"), r"`score` failed with x=.*: ValueError: it returned nan\."),
        (float("inf"), r"`score` failed with x=.*: ValueError: it returned inf\."),
        (None, r"`score` failed with x=.*: TypeError: "),
    ],
)
def test_a_score_must_be_a_finite_number(tmp_path, result, message):
    with pytest.raises(KitError, match=message):
        search_parameters(lambda values: result, space(), 2, folder=tmp_path / "s")


@pytest.mark.parametrize("other", [space(highest=2.0), recipe_space()])
def test_a_folder_with_the_search_of_another_space_is_refused(tmp_path, other):
    search_parameters(hill, space(), 2, folder=tmp_path / "s")
    message = (
        r"`folder` must be empty, or hold an earlier search of the same space with the same "
        r"method and seed; received '.*s' with another one\. Name another folder, or delete"
    )
    for options in ({"space": other}, {"seed": 1}, {"method": "random"}):
        with pytest.raises(KitError, match=message):
            search_parameters(
                **{"score": hill, "space": space(), "n_trials": 2, "folder": tmp_path / "s"}
                | options
            )
    assert len(search_parameters(Counted(1), space(), 2, folder=tmp_path / "s")) == 2  # unharmed


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(KitError, match="`folder` must be empty, or hold an earlier search"):
        search_parameters(hill, space(), 2, folder=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "s").write_text("notes", encoding="utf-8")
    message = (
        r"`folder` must be a folder to write to, empty or with an earlier search; "
        r"received '.*s' \(FileExistsError: .*\)\. Name another, or delete it\."
    )
    with pytest.raises(KitError, match=message):
        search_parameters(hill, space(), 2, folder=tmp_path / "s")


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("oracle.json", "{", "JSONDecodeError"),
        ("oracle.json", "{}", "RuntimeError"),
        ("oracle.json", "[]", "TypeError"),
        ("trial_0/trial.json", "", "JSONDecodeError"),
        ("settings.json", "", "JSONDecodeError"),
    ],
)
def test_a_damaged_search_is_refused(tmp_path, name, content, error):
    search_parameters(hill, space(), 2, folder=tmp_path / "s")
    (tmp_path / "s" / name).write_text(content, encoding="utf-8")
    with pytest.raises(KitError, match=rf"`folder` must be a folder to write to.*\({error}: "):
        search_parameters(hill, space(), 2, folder=tmp_path / "s")


def named_like_a_result():
    taken = space()
    taken.Int("score", 0, 3)
    return taken


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score": 0.9}, r"`score` must be a function of a dict of values; received 0\.9"),
        ({"space": {"x": 1}}, r"`space` must be keras_tuner\.HyperParameters with a parameter"),
        ({"space": keras_tuner.HyperParameters()}, r"`space` must be .* with a parameter"),
        ({"space": named_like_a_result()}, r"`space` must have no parameter named score, seconds"),
        ({"method": ["random"]}, r"`method` must be one of \('random', 'bayesian'\); received a"),
        ({"method": "grid"}, r"`method` must be one of \('random', 'bayesian'\); received 'grid'"),
        ({"n_trials": 0}, r"`n_trials` must be a whole number of at least 1; received 0"),
        ({"seed": -1}, r"`seed` must be a whole number from 0 to .*; received -1"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(tmp_path, options, message):
    with pytest.raises(KitError, match=message):
        search_parameters(**{"score": hill, "space": space(), "folder": tmp_path / "s", **options})
    assert not (tmp_path / "s").exists()


def test_a_recipe_is_searched_for_by_its_accuracy(tmp_path, monkeypatch):
    """Pretend that a larger shift is all that counts."""
    images = np.zeros((4, 8, 8, 3), dtype=np.uint8)
    data, held_out, tried = (images, [0, 1, 0, 1]), (images[:2] + 1, np.array([0, 1])), []

    def train(images, labels, variant):
        assert images is data[0]
        assert labels.tolist() == list(data[1])
        tried.append(variant)
        return f"model {variant.shift}", None

    def accuracy(model, images, labels, variant):
        assert model == f"model {variant.shift}"
        assert (images == 1).all()
        assert labels.tolist() == [0, 1]
        return variant.shift / 4

    monkeypatch.setattr(search, "train_fast_cnn", train)
    monkeypatch.setattr(search, "accuracy_of", accuracy)
    trials = search_recipe(*data, held_out, Recipe(epochs=7), 3, folder=tmp_path / "s")
    names = ["learning_rate", "label_smoothing", "shift", "batch_size"]
    assert list(trials.columns) == [*names, "score", "seconds"]
    assert {variant.epochs for variant in tried} == {7}
    assert [variant.shift for variant in tried] == trials["shift"].tolist()
    assert (trials["score"] == trials["shift"] / 4).all()
    assert len(search_recipe(*data, held_out, n_trials=1, folder=tmp_path / "t")) == 1
    assert tried[-1].epochs == 1


def test_images_that_do_not_fit_are_told_before_anything_is_trained(tmp_path):
    images, labels = np.zeros((4, 8, 8, 3), dtype=np.uint8), [0, 1, 0, 1]
    with pytest.raises(KitError, match="`validation` must have images like those to train with"):
        search_recipe(images, labels, (images[:, :4], labels), folder=tmp_path / "s")
    with pytest.raises(KitError, match=r"`recipe` must be a cnn_utils\.Recipe; received 'a' "):
        search_recipe(images, labels, (images, labels), recipe="a", folder=tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_the_recipe_space_begins_at_the_recipe():
    assert recipe_space().values == {
        name: getattr(Recipe(), name)
        for name in ("learning_rate", "label_smoothing", "shift", "batch_size")
    }
