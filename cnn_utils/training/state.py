"""What a training is after an epoch: all that the next epoch depends on."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np

SCALARS = (int, float, str, bool, type(None))


@dataclass
class State:
    """What a training was after its last epoch."""

    variables: list[np.ndarray]
    optimizer: list[np.ndarray]
    logs: list[dict]
    params: dict
    first_epoch: int = 0
    stopped: bool = False
    seconds: float = 0.0
    # Of each callback: what it knows by now.
    callbacks: list[dict] = field(default_factory=list)
    # Of each sequence of batches: its order, and its generators of random numbers.
    batches: list[dict] = field(default_factory=list)
    # Python's generator: Keras draws the order of batches from it.
    python_random: list | None = None

    @property
    def epochs(self) -> int:
        """Number of the epoch that comes next, from 0."""
        return self.first_epoch + len(self.logs)


def take_state(
    model, batches, logs, params, steering=(), first_epoch: int = 0, seconds: float = 0.0
):
    """Copy what the next epoch depends on.

    Parameters
    ----------
    model : keras.Model
    batches : list
        Arrays, or `ImageBatches`, which draw random numbers.
    logs : list of dict
        The results of all epochs so far.
    params : dict
        Of the training, as callbacks know them.
    steering : list of keras.callbacks.Callback
        Those that may influence the training.
    first_epoch : int, default=0
        Of which the first results are.
    seconds : float, default=0
        That the training has taken so far.

    Returns
    -------
    state : State
    """
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()
    return State(
        [np.asarray(v).copy() for v in model.variables],
        [np.asarray(v).copy() for v in model.optimizer.variables],
        [{name: _plain(value) for name, value in row.items()} for row in logs],
        {name: value for name, value in params.items() if isinstance(value, SCALARS)},
        first_epoch,
        bool(model.stop_training),
        seconds,
        [_known(callback) for callback in steering],
        [_drawn(one) for one in batches],
        list(random.getstate()),
    )


def put_weights(state: State, model) -> None:
    """Give a model back what it was; see `take_state`."""
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    for variables, values in (
        (model.variables, state.variables),
        (model.optimizer.variables, state.optimizer),
    ):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def put_draws(state: State, batches) -> None:
    """Let random numbers go on where they were; see `take_state`."""
    for one, drawn in zip(batches, state.batches, strict=False):
        for generator, known in zip(_generators(one), drawn["generators"], strict=True):
            generator.bit_generator.state = known
        if "order" in drawn:
            one._order = np.asarray(drawn["order"])
    if state.python_random is not None:
        version, numbers, gauss = state.python_random
        random.setstate((version, tuple(numbers), gauss))


def _plain(value):
    array = np.asarray(value)
    return float(array) if array.ndim == 0 else array.tolist()


def _known(callback) -> dict:
    """Return what a callback has learned: numbers, and lists of arrays such as best weights."""
    known = {}
    for name, value in vars(callback).items():
        if name in ("_model", "params"):
            continue
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, SCALARS) or (isinstance(value, list) and value):
            known[name] = value
    return known


def _generators(batches) -> list[np.random.Generator]:
    """Return the generators that batches and their augmentation draw from."""
    places = [batches, getattr(batches, "augment", None)]
    found = [v for p in places for v in getattr(p, "__dict__", {}).values()]
    return [value for value in found if isinstance(value, np.random.Generator)]


def _drawn(batches) -> dict:
    known = {"generators": [g.bit_generator.state for g in _generators(batches)]}
    if isinstance(order := getattr(batches, "_order", None), np.ndarray):
        known["order"] = order
    return known
