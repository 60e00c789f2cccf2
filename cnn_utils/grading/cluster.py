"""Have the work done by a Dask cluster, over TLS; paths and JSON are all that travels.

The workers see the same folders as the machine that asks, have the same kit installed, and a
sandbox that works. Dask's own settings name the certificates.
"""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.grade_one import Job, failed_row, grade_one
from cnn_utils.grading.intake import HandedIn
from cnn_utils.grading.prepare import Settings, prepared, version_of
from cnn_utils.grading.run_part import Limits
from cnn_utils.grading.spec import read_masters
from cnn_utils.grading.truth import SAMPLE

SECONDS = 30
_lock, _jobs, _open = threading.Lock(), {}, ExitStack()
atexit.register(_open.close)


def graded(todo: list[HandedIn], settings: Settings, address: str) -> Iterator[dict]:
    """Yield the row of each hand-in when it is ready.

    Parameters
    ----------
    todo : list of HandedIn
    settings : Settings
        Its sandbox may not be "rlimits": student code could then reach the scheduler.
    address : str
        Of the scheduler, such as ``tls://head:8786``.

    Raises
    ------
    KitError
        If that is not safe, there is no scheduler, or a worker can't grade as this machine would.
    """
    if settings.sandbox == "rlimits":
        told = "be a sandbox with --dask: student code could reach the scheduler"
        raise KitError.about("--sandbox", told, "rlimits")
    if not address.startswith("tls://"):
        raise KitError.about(
            "--dask", "be the address of a scheduler with TLS (tls://...)", address
        )
    request = _as_json(settings)
    with _client(address) as client:
        _check_workers(client, request, version_of(settings))
        names = {}
        for handed_in in todo:
            what = json.dumps({"name": handed_in.name, "path": str(handed_in.path.resolve())})
            names[client.submit(grade_text, what, request, pure=False, retries=1)] = handed_in.name
        from distributed import as_completed

        for future in as_completed(list(names)):
            if future.status == "finished":
                yield json.loads(future.result())
            else:
                why = f"The worker that graded it was lost: {future.exception()!r}"[:300]
                yield failed_row(names[future], read_masters(settings.masters), why)


def grade_text(handed_in: str, settings: str) -> str:
    """Grade one hand-in on a worker: JSON in, JSON out.

    Parameters
    ----------
    handed_in : str
        Name and path.
    settings : str
    """
    return json.dumps(grade_one(HandedIn(**_with_paths(json.loads(handed_in))), _job(settings)))


def state_of(settings: str) -> str:
    """Return "" and a worker's version, or why it can't grade, as JSON."""
    try:
        return json.dumps(["", _job(settings).version])
    except (KitError, OSError) as error:
        return json.dumps([str(error), ""])


def _job(text: str) -> Job:
    """Return what a worker prepares once, and keeps as long as it lives."""
    from distributed import get_worker

    with _lock:
        if text not in _jobs:
            asked = _with_paths(json.loads(text))
            settings = Settings(**{**asked, "limits": Limits(**asked["limits"])})
            work = Path(get_worker().local_directory) / "hand-ins"
            work.mkdir(exist_ok=True)
            _jobs[text] = _open.enter_context(prepared(settings, work))
    return _jobs[text]


def _client(address: str):
    try:
        from distributed import Client, Security
    except ImportError:
        install = "Install it: pip install distributed"
        raise KitError.about(
            "--dask", "find Dask's package `distributed`", "none", install
        ) from None
    try:
        return Client(address, security=Security(require_encryption=True), timeout=SECONDS)
    except (OSError, TypeError, ValueError) as error:
        told = f"reach a scheduler with Dask's TLS settings at {address}"
        raise KitError.about("--dask", told, f"{type(error).__name__}: {error}") from None


def _check_workers(client, request: str, version: str) -> None:
    workers = list(client.nthreads())
    if not workers:
        raise KitError.about("--dask", "have workers", "none")
    states = [client.submit(state_of, request, workers=[name], pure=False) for name in workers]
    for name, state in zip(workers, client.gather(states), strict=True):
        problem, found = json.loads(state)
        if problem or found != version:
            other = "it has another kit, other worked notebooks or other labels"
            raise KitError(f"The worker {name} can't grade: {problem or other}")


def _as_json(settings: Settings) -> str:
    as_text = {"masters": str(settings.masters.resolve())}
    as_text["labels"] = _whole(settings.labels)
    return json.dumps({**asdict(settings), **as_text}, sort_keys=True)


def _whole(labels: Path | None) -> str | None:
    return str(labels if labels == SAMPLE else labels.resolve()) if labels else None


def _with_paths(asked: dict) -> dict:
    paths = {name: Path(asked[name]) for name in ("path", "masters", "labels") if asked.get(name)}
    return {**asked, **paths}
