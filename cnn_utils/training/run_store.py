"""Keep the state of a training in a file, whole or not at all, and give it back."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import AbstractContextManager, suppress
from dataclasses import fields
from pathlib import Path

import numpy as np

from cnn_utils.errors import check_path
from cnn_utils.files import alone, atomic_path, cache_folder
from cnn_utils.training.digest import digest
from cnn_utils.training.state import State

# All trainings together; the one used longest ago goes first.
MOST_BYTES = 2 * 10**9
# What of a state is kept as arrays; the rest is text.
ARRAYS = ("variables", "optimizer")


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
        tempfile.TemporaryFile(dir=self.folder).close()

    def alone(self) -> AbstractContextManager:
        """Keep other processes out of this training."""
        waiting = "Another program is training this very network; waiting for it ..."
        return alone(self.folder / f"{self.key}.lock", waiting)

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
        record = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in ARRAYS}
        arrays = {
            f"{kind} {i}": array for kind in ARRAYS for i, array in enumerate(getattr(state, kind))
        }
        record["callbacks"] = []
        for i, known in enumerate(state.callbacks):
            lists = {name: value for name, value in known.items() if isinstance(value, list)}
            for name, value in lists.items():
                arrays |= {f"callback {i} {name} {j}": array for j, array in enumerate(value)}
            counts = {name: len(value) for name, value in lists.items()}
            record["callbacks"].append({**known, **counts})
        arrays |= {f"order {i}": b["order"] for i, b in enumerate(state.batches) if "order" in b}
        record["batches"] = [{"generators": drawn["generators"]} for drawn in state.batches]
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
        make_room(self.folder.parent, keep=self._path(finished))

    def _path(self, finished: bool) -> Path:
        return self.folder / f"{self.key}{'' if finished else '.unfinished'}.npz"


def runs_folder(folder=None) -> Path:
    """Return the folder in which trainings are kept, or raise KitError if it is named by none."""
    if folder is None:
        return cache_folder() / "runs"
    check_path("folder", folder)
    return Path(folder).expanduser()


def make_room(folder: Path, keep: Path) -> None:
    """Delete what was used longest ago, if all files take too much room, but not `keep`."""
    total = 0
    for file in sorted(folder.glob("*/*.npz"), key=_age):
        try:
            total += file.stat().st_size
            if total > MOST_BYTES and file != keep:
                file.unlink()
        except OSError:  # another process has just deleted it
            continue


def _read(file: Path) -> State | None:
    """Return the state in a file; None if there is none, or it can't be read, which is told."""
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
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
    except Exception as error:  # NumPy, zipfile and json have many for a damaged file
        is_away = isinstance(error, OSError)  # not the file's fault, but the drive's
        why = (error.strerror or error) if is_away else "the file is damaged"
        print(f"{file.parent.name}: what was kept of it can't be read: {why}. It is trained anew.")
        if not is_away:
            with suppress(OSError):
                file.unlink()
        return None


def _record(file: Path) -> dict | None:
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as archive:
            return json.loads(archive["record"].tobytes())
    except Exception:  # as above
        return None


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except OSError:  # another process has just deleted it
        return 0.0
