"""Keep the state of a training in a file, whole or not at all, and give it back."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from cnn_utils.files import atomic_path
from cnn_utils.training.fingerprint import digest

# All trainings together; the one used longest ago goes first.
MOST_BYTES = 2 * 10**9
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


def take_state(model, batches, logs, params, steering=(), first_epoch: int = 0) -> State:
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


class RunStore:
    """The files of one training.

    Parameters
    ----------
    folder : Path
        Of all trainings of this name.
    parts : dict of str
        Hashes of what its result depends on.
    """

    def __init__(self, folder: Path, parts: dict[str, str]):
        self.folder, self.parts = folder, parts
        self.key = digest(parts)[:16]
        self._told = False

    def prepare(self) -> None:
        """Make the folder; raise OSError if it can't be written to."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".writable"):
            pass

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out of this training; the lock of one that was killed is free."""
        turn = FileLock(self.folder / f"{self.key}.lock")
        try:
            turn.acquire(timeout=0.5)
        except Timeout:
            print("Another program is training this very network; waiting for it ...", flush=True)
            turn.acquire()
        try:
            yield
        finally:
            turn.release()

    def finished(self) -> State | None:
        """Return the finished training, if it is there."""
        return _read(self._path(finished=True))

    def unfinished(self) -> State | None:
        """Return the state after the last whole epoch of a training that was ended, if any."""
        return _read(self._path(finished=False))

    def changed(self) -> list[str]:
        """Name what differs from the last finished training of this name."""
        earlier = [file for file in self.folder.glob("*.npz") if "unfinished" not in file.name]
        for file in sorted(earlier, key=_age):
            if (record := _record(file)) is not None:
                return [
                    name for name, value in self.parts.items() if record["parts"][name] != value
                ]
        return []

    def keep(self, state: State, finished: bool) -> None:
        """Write a state. A full disk is told once, and is no reason to end a training."""
        record = {name: value for name, value in asdict(state).items() if name not in ARRAYS}
        arrays = {
            f"{kind} {i}": array for kind in ARRAYS for i, array in enumerate(getattr(state, kind))
        }
        for i, known in enumerate(record["callbacks"]):
            for name, value in list(known.items()):
                if isinstance(value, list):
                    arrays |= {f"callback {i} {name} {j}": array for j, array in enumerate(value)}
                    known[name] = len(value)
        for i, drawn in enumerate(record["batches"]):
            if "order" in drawn:
                arrays[f"order {i}"] = drawn.pop("order")
        text = json.dumps({**record, "parts": self.parts})
        try:
            with atomic_path(self._path(finished)) as part, open(part, "wb") as file:
                np.savez(file, record=np.frombuffer(text.encode(), np.uint8), **arrays)
        except OSError as error:
            if not self._told:
                print(f"The training can't be kept: {error.strerror or error}. It goes on.")
            self._told = True
            return
        if finished:
            self._path(finished=False).unlink(missing_ok=True)
        self._make_room()

    def _path(self, finished: bool) -> Path:
        return self.folder / f"{self.key}{'' if finished else '.unfinished'}.npz"

    def _make_room(self) -> None:
        files = sorted(self.folder.parent.glob("*/*.npz"), key=_age)
        total = 0
        for file in files:
            total += file.stat().st_size
            if total > MOST_BYTES and not file.name.startswith(self.key):
                file.unlink(missing_ok=True)


ARRAYS = ("variables", "optimizer")


def _read(file: Path) -> State | None:
    """Return the state in a file, or None if there is none or it is damaged."""
    try:
        with np.load(file, allow_pickle=False) as archive:
            record = json.loads(archive["record"].tobytes())
            record.pop("parts")
            for kind in ARRAYS:
                count = sum(name.startswith(f"{kind} ") for name in archive.files)
                record[kind] = [archive[f"{kind} {i}"] for i in range(count)]
            for i, known in enumerate(record["callbacks"]):
                names = [n for n in archive.files if n.startswith(f"callback {i} ")]
                for name in {n.split(" ")[2] for n in names}:
                    known[name] = [archive[f"callback {i} {name} {j}"] for j in range(known[name])]
            for i, drawn in enumerate(record["batches"]):
                if f"order {i}" in archive.files:
                    drawn["order"] = archive[f"order {i}"]
        os.utime(file)  # used just now
        record["logs"] = [
            {name: np.array(v) if isinstance(v, list) else v for name, v in row.items()}
            for row in record["logs"]
        ]
        return State(**record)
    except FileNotFoundError:
        return None
    except Exception:  # NumPy, zipfile and json have many for a damaged file
        file.unlink(missing_ok=True)
        return None


def _record(file: Path) -> dict | None:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return json.loads(archive["record"].tobytes())
    except Exception:  # as above
        return None


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except OSError:  # another process has just deleted it
        return 0.0


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
