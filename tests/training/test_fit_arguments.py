import keras
import pytest

from cnn_utils.errors import KitError
from cnn_utils.training.fit_arguments import (
    as_callbacks,
    check_compiled,
    check_options,
    options_of,
)

NAMES = ["batch_size", "epochs", "validation_split", "validation_freq", "class_weight"]


class TakesAnything(keras.Model):
    def fit(self, x, **options):
        """Train as it likes."""


def test_a_model_that_was_compiled_can_be_trained():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(KitError, match=r"`model` must be a compiled.* Call model\.compile\(\.\.\."):
        check_compiled(model)
    model.compile("sgd", "mse")
    check_compiled(model)


def test_the_function_that_makes_one_is_none_itself():
    def build_lenet():
        return keras.Sequential()

    with pytest.raises(KitError, match=r"Write build_lenet\(\), which makes one, and compile it"):
        check_compiled(build_lenet)


def test_callbacks_are_a_list_however_they_came():
    one = keras.callbacks.Callback()
    assert as_callbacks(None) == []
    assert as_callbacks([[one], {"a": one}]) == [one, one]
    assert as_callbacks(one) == as_callbacks([one]) == as_callbacks((None, one)) == [one]
    with pytest.raises(KitError, match=r"`callbacks` must be a list of keras\.callbacks\.Callback"):
        as_callbacks([one, "x"])


def test_the_options_are_those_that_fit_takes():
    assert set(NAMES) < set(options_of(keras.Model))
    assert not {"self", "x", "y"} & set(options_of(keras.Model))
    assert options_of(TakesAnything()) == []


def test_what_is_right_passes():
    check_options({}, NAMES)
    check_options({"batch_size": None, "epochs": 3, "validation_freq": [1, 3]}, NAMES)
    check_options({"validation_split": 0.2, "class_weight": {0: 2.0}, "validation_freq": 2}, NAMES)
    check_options({"anything": 1}, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"epoch": 3},
            r"The options must be among batch_size, .*; received epoch\. Do you mean epo",
        ),
        ({"colour": 3}, r"received colour\. Ask\.$"),
        # It resembles another, but is one of `fit`'s own.
        ({"sample_weight": [1]}, r"received sample_weight\. Ask\.$"),
        ({"X": 3}, r"received X\. Do you mean x\?$"),
        ({"lr": 0.1}, r"received lr\. It is the optimiser's: model\.compile\(keras\.optimizers"),
        ({"metrics": []}, r"received metrics\. It is an argument of model\.compile\.$"),
        ({"class_weight": {"cat": 1.0}}, r"from class to weight; received a dict of 'cat' \(str\)"),
        ({"class_weight": {0: 1.0, "cat": 2.0}}, r"received a dict of 'cat' \(str\)"),
        ({"batch_size": 0}, r"`batch_size` must be a whole number of at least 1; received 0"),
        ({"epochs": None}, r"`epochs` must be a whole number of at least 1; received None"),
        ({"validation_split": 2}, r"`validation_split` must be 0 to below 1; received 2"),
        ({"validation_freq": 0}, r"`validation_freq` must be a whole number of at least 1"),
        (
            {"class_weight": [1, 2]},
            r"`class_weight` must be a dict, such as \{0: 1\.0, 1: 2\.5\}, .*received a list of 2",
        ),
    ],
)
def test_what_can_t_be_meant_is_refused(options, message):
    with pytest.raises(KitError, match=message):
        check_options(options, NAMES, "Ask.")


@pytest.mark.parametrize("name", ["steps_per_epoch", "validation_steps", "validation_batch_size"])
def test_numbers_of_steps_are_at_least_one(name):
    with pytest.raises(KitError, match=rf"`{name}` must be a whole number of at least 1"):
        check_options({name: 0}, [])


def test_training_may_begin_at_any_epoch_from_0_on():
    check_options({"initial_epoch": 0}, [])
    with pytest.raises(KitError, match=r"`initial_epoch` must be a whole number of at least 0"):
        check_options({"initial_epoch": -1}, [])
