"""The arguments of `fit`: a mistake is told in one sentence, where Keras takes a hundred lines."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from numbers import Integral, Real

import keras

from cnn_utils.errors import KitError, check_count, check_number, closest, describe

# None stands for Keras' own choice.
COUNTS = ("batch_size", "steps_per_epoch", "validation_steps", "validation_batch_size")
OF_OPTIMIZER = ("learning_rate", "lr", "momentum")


def check_compiled(model) -> None:
    """Raise KitError unless `model` can be trained."""
    if isinstance(model, keras.Model) and model.compiled:
        return
    next_step = "Call model.compile(...) first."
    if inspect.isroutine(model):
        next_step = f"Write {model.__name__}(), which makes one, and compile it."
    raise KitError.about("`model`", "be a compiled Keras model", describe(model), next_step)


def as_callbacks(callbacks) -> list:
    """Return a list of callbacks; `fit` takes one alone, and lists in lists, as well."""
    listed = [one for one in keras.tree.flatten(callbacks) if one is not None]
    if wrong := [one for one in listed if not isinstance(one, keras.callbacks.Callback)]:
        raise KitError.about(
            "`callbacks`", "be a list of keras.callbacks.Callback", describe(wrong[0])
        )
    return listed


def parameters_of(function) -> list[str]:
    """Return the names of the arguments of a function or method, without `self`."""
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [one.name for one in parameters if one.name != "self" and one.kind not in several]


def options_of(model) -> list[str]:
    """Return the options that `fit` of a model, or of a class of models, takes; none if any."""
    parameters = inspect.signature(model.fit).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return []
    return [name for name in parameters_of(model.fit) if name not in ("x", "y")]


def check_options(options: dict, names: Iterable[str], next_step: str = "") -> None:
    """Raise KitError if an option is unknown, or a number among them can't be meant.

    Parameters
    ----------
    options : dict
        By name, `callbacks` excepted.
    names : iterable of str
        Those that are known; if there are none, every name is taken.
    next_step : str, default=""
        What to do about an unknown one, unless it resembles a known one.
    """
    names = list(names)
    if unknown := [name for name in options if names and name not in names]:
        next_step = _instead_of(unknown[0], names) or next_step
        raise KitError.about("The options", f"be among {', '.join(names)}", unknown[0], next_step)
    given = {name: value for name, value in options.items() if value is not None}
    for name in COUNTS:
        check_count(name, given.get(name, 1))
    check_count("epochs", options.get("epochs", 1))
    check_count("initial_epoch", options.get("initial_epoch", 0), least=0)
    share = given.get("validation_split", 0.0)
    check_number("validation_split", share, "be 0 to below 1", lambda share: 0 <= share < 1)
    if isinstance(given.get("validation_freq"), Integral):
        check_count("validation_freq", given["validation_freq"])
    weights = given.get("class_weight", {})
    expected = "be a dict, such as {0: 1.0, 1: 2.5}, from class to weight"
    if not isinstance(weights, dict):
        raise KitError.about("`class_weight`", expected, describe(weights))
    if wrong := [key for key in weights if not isinstance(key, Real)]:
        raise KitError.about("`class_weight`", expected, f"a dict of {describe(wrong[0])}")


def _instead_of(unknown: str, names: list[str]) -> str:
    if unknown.lower() in ("x", "y"):
        return f"Do you mean {unknown.lower()}?"
    if unknown in OF_OPTIMIZER:
        return "It is the optimiser's: model.compile(keras.optimizers.Adam(0.001), ...)."
    if unknown in parameters_of(keras.Model.compile):
        return "It is an argument of model.compile."
    similar = closest(unknown, [*names, *options_of(keras.Model)])
    return f"Do you mean {similar}?" if similar in names else ""
