"""Grade one hand-in: any bytes in, one row out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_utils import __version__
from cnn_utils.errors import KitError
from cnn_utils.grading import evidence as judge
from cnn_utils.grading.assemble import TASK
from cnn_utils.grading.intake import SUBMISSION, HandedIn, content_hash, take
from cnn_utils.grading.probes import make_inputs
from cnn_utils.grading.run_part import Bench, Claims, as_npy, run_part
from cnn_utils.grading.score import Evidence, Mark, mark
from cnn_utils.grading.spec import Master, networks_of
from cnn_utils.grading.truth import Truth
from cnn_utils.grading.untrusted import read_and_splice
from cnn_utils.handin.artifacts import WEIGHTS

UNREADABLE = "unreadable"
MOST_LETTERS = 200_000


@dataclass(frozen=True)
class Job:
    """What all the hand-ins of a batch share.

    Attributes
    ----------
    folder : Path
        Of the worked notebooks.
    masters : dict of str to Master
    truth : Truth
    bench : Bench
    version : str
        Hash of all that a result depends on besides the hand-in.
    """

    folder: Path
    masters: dict[str, Master]
    truth: Truth
    bench: Bench
    version: str


def grade_one(handed_in: HandedIn, job: Job) -> dict:
    """Return everything about a hand-in as plain data; whatever happens, it is a row.

    Parameters
    ----------
    handed_in : HandedIn
    job : Job
    """
    start = time.monotonic()
    row = _new_row(handed_in.name)
    row.update(sandbox=job.bench.sandbox.name, master_hash=job.version)
    try:
        files = files_of(handed_in, job.masters)
        row["input_hash"] = content_hash(files)
        for name, master in job.masters.items():
            _grade_part(row, name, master, files, job)
    except FileNotFoundError:
        row.update(status="failed", notes=["It was removed while it was being graded."])
    except KitError as error:
        row["status"] = UNREADABLE
        row["notes"].append(str(error))
    except Exception as error:  # one bad hand-in costs one row, never the batch
        row["status"] = "failed"
        row["notes"].append(f"The grader itself failed: {type(error).__name__}: {error}"[:300])
    _add_missing_marks(row, job.masters)
    row["seconds"] = round(time.monotonic() - start, 1)
    return row


def failed_row(name: str, masters: dict[str, Master], why: str) -> dict:
    """Return the row of a hand-in that could not be graded; it will be tried again."""
    row = {**_new_row(name), "status": "failed", "notes": [why]}
    _add_missing_marks(row, masters)
    return row


def files_of(handed_in: HandedIn, masters: dict[str, Master]) -> dict[str, bytes]:
    """Return what grading looks at of a hand-in; see `take`."""
    tasks = {name: [task.name for task in master.tasks] for name, master in masters.items()}
    return take(handed_in, tasks, networks_of(masters))


def _new_row(name: str) -> dict:
    return {
        "name": name,
        "status": "complete",
        "marks": [],
        "notes": [],
        "facts": {},
        "answers": {},
        "helpers": {},
        "input_hash": "",
        "sandbox": "",
        "master_hash": "",
        "kit": __version__,
        "seconds": 0,
    }


def _add_missing_marks(row: dict, masters: dict[str, Master]) -> None:
    graded = {(m["part"], m["task"], m["kind"]) for m in row["marks"]}
    for name, master in masters.items():
        for task in master.tasks:
            if (name, task.name, task.kind) not in graded:
                told = Mark(task.name, task.kind, 0.0, task.points, "No answer was found.")
                row["marks"].append({"part": name, **told.as_dict()})


def _grade_part(row: dict, name: str, master: Master, files: dict[str, bytes], job: Job) -> None:
    if name not in files:
        row["notes"].append(f"{name}: not handed in.")
        _worse(row, "incomplete")
        return
    try:
        spliced = read_and_splice(job.folder, name, name, files[name])
    except KitError as error:
        row["notes"].append(f"{name}: {error}")
        _worse(row, UNREADABLE)
        return
    answers = spliced["answers"]
    row["notes"] += [f"{name}: {note}" for answer in answers.values() for note in answer["notes"]]
    # Not repeatable on purpose: a hand-in must not know what it will be asked.
    rng = np.random.default_rng()
    inputs, shown = make_inputs(rng), job.truth.shown(rng)
    extra = {}
    if f"cnn/{WEIGHTS}" in files and "cnn" in master.networks and shown is not None:
        extra = {
            "weights.npz": files[f"cnn/{WEIGHTS}"],
            "images.npy": as_npy(job.truth.photos[shown]),
        }
    claims = _run(spliced["notebook"], inputs, extra, job)
    _worse(row, claims.status)
    found = Evidence()
    judge.functions(inputs, claims, found)
    judge.figures(answers, found)
    if "lenet" in master.networks:
        facts = judge.lenet(files, answers, claims, master, job.truth, found)
        row["facts"].update(_named(facts, "lenet"))
    if "cnn" in master.networks:
        facts = judge.cnn(files, claims, shown, master, job.truth, found)
        row["facts"].update(_named(facts, "cnn"))
        row["facts"]["has_submission"] = SUBMISSION in files
    for task in master.tasks:
        answer = answers[f"{task.kind}:{task.name}"]
        row["marks"].append({"part": name, **mark(task, answer, claims, found).as_dict()})
        row["answers"][f"{name}/{task.key}"] = answer["source"][:MOST_LETTERS]
    helpers = "\n".join(source for of_task in spliced["helpers"].values() for source in of_task)
    row["helpers"][name] = helpers[:MOST_LETTERS]


def _run(notebook: dict, inputs: dict, extra: dict[str, bytes], job: Job) -> Claims:
    if not any(c["metadata"]["grade_id"].startswith(TASK) for c in notebook["cells"]):
        return Claims("complete")
    return run_part(notebook, inputs, job.bench, extra)


def _named(facts: dict, network: str) -> dict:
    return {
        (f"{network}_{key}" if key in ("fingerprint", "sample") else key): v
        for key, v in facts.items()
    }


def _worse(row: dict, status: str) -> None:
    """Keep the worst status of all parts."""
    order = ("complete", "incomplete", "timeout", "exceeded", "crashed", UNREADABLE, "failed")
    row["status"] = max(row["status"], status, key=order.index)
