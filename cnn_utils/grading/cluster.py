"""Grade on a Dask cluster over TLS; only paths and JSON are sent.

The workers need the same folders, the same kit, and a working sandbox. Dask's own settings name the
certificates.
"""

import atexit
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.grade_one import BatchContext, failed_row, grade_one
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.submissions import Submission
from cnn_utils.grading.sandbox.prepare import Settings, prepared, version_of
from cnn_utils.grading.sandbox.run_part import Limits
from cnn_utils.grading.verify.reference_data import SAMPLE

SECONDS = 30
_lock, _contexts, _open = threading.Lock(), {}, ExitStack()
atexit.register(_open.close)


def graded(todo: list[Submission], settings: Settings, address: str) -> Iterator[dict]:
    """Yield the row of each submission as soon as it is ready.

    Parameters
    ----------
    todo : list of Submission
    settings : Settings
        The sandbox must not be "rlimits": student code could reach the scheduler.
    address : str
        Address of the scheduler, such as ``tls://head:8786``.

    Raises
    ------
    KitError
        If this is not safe, there is no scheduler, or a worker can't grade as this machine does.
    """
    if settings.sandbox == "rlimits":
        wanted = "be a sandbox with --dask: student code could reach the scheduler"
        raise KitError.about("--sandbox", wanted, "rlimits")
    if not address.startswith("tls://"):
        raise KitError.about(
            "--dask", "be the address of a scheduler with TLS (tls://...)", address
        )
    request = _as_json(settings)
    with _client(address) as client:
        _check_workers(client, request, version_of(settings))
        sent = {}
        for submission in todo:
            what = json.dumps(asdict(submission))
            sent[client.submit(grade_text, what, request, pure=False, retries=1)] = submission
        from distributed import as_completed

        for future in as_completed(list(sent)):
            if future.status == "finished":
                yield json.loads(future.result())
            else:
                why = f"The worker that graded it was lost: {future.exception()!r}"[:300]
                yield failed_row(sent[future], read_source_notebooks(settings.notebooks), why)


def grade_text(submission: str, settings: str) -> str:
    """Grade one submission on a worker: JSON in, JSON out.

    Parameters
    ----------
    submission : str
        JSON of a `Submission`.
    settings : str
        JSON of the settings.
    """
    return json.dumps(grade_one(Submission(**json.loads(submission)), _context(settings)))


def state_of(settings: str) -> str:
    """Return ["", version] of a worker, or [reason, ""] if it can't grade, as JSON."""
    try:
        return json.dumps(["", _context(settings).version])
    except (KitError, OSError) as error:
        return json.dumps([str(error), ""])


def _context(text: str) -> BatchContext:
    """Return the context of a batch; a worker prepares it once and keeps it until it ends."""
    from distributed import get_worker

    with _lock:
        if text not in _contexts:
            settings = _settings(json.loads(text))
            work = Path(get_worker().local_directory) / "hand-ins"
            work.mkdir(exist_ok=True)
            _contexts[text] = _open.enter_context(prepared(settings, work))
    return _contexts[text]


def _client(address: str):
    try:
        from distributed import Client, Security
    except ImportError:
        install = "Install it: pip install distributed"
        raise KitError.about(
            "--dask", "find Dask's package `distributed`", "no such package", install
        ) from None
    try:
        return Client(address, security=Security(require_encryption=True), timeout=SECONDS)
    except (OSError, TypeError, ValueError) as error:
        wanted = f"reach a scheduler with Dask's TLS settings at {address}"
        raise KitError.about("--dask", wanted, f"{type(error).__name__}: {error}") from None


def _check_workers(client, request: str, version: str) -> None:
    workers = list(client.nthreads())
    if not workers:
        raise KitError.about("--dask", "have workers", "no worker")
    states = [client.submit(state_of, request, workers=[name], pure=False) for name in workers]
    for name, state in zip(workers, client.gather(states), strict=True):
        problem, found = json.loads(state)
        if problem or found != version:
            other = "its kit, worked notebooks or labels differ"
            raise KitError(f"The worker {name} can't grade: {problem or other}")


def _as_json(settings: Settings) -> str:
    as_text = {"notebooks": str(settings.notebooks.resolve())}
    as_text["labels"] = _resolved(settings.labels)
    return json.dumps({**asdict(settings), **as_text}, sort_keys=True)


def _resolved(labels: Path | None) -> str | None:
    return str(labels if labels == SAMPLE else labels.resolve()) if labels else None


def _settings(fields: dict) -> Settings:
    paths = {name: Path(fields[name]) for name in ("notebooks", "labels") if fields[name]}
    return Settings(**{**fields, **paths, "limits": Limits(**fields["limits"])})
