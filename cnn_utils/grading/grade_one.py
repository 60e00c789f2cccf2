"""Grade one hand-in: bytes in, one row out."""

import time

import numpy as np

from cnn_utils import __version__
from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assemble import TASK
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.submissions import SUBMISSION, Submission
from cnn_utils.grading.sandbox.prepare import BatchContext
from cnn_utils.grading.sandbox.run_part import Claims, as_npy, run_parts
from cnn_utils.grading.sandbox.untrusted import read_and_splice
from cnn_utils.grading.verify import compare
from cnn_utils.grading.verify.hidden_tests import make_inputs
from cnn_utils.grading.verify.score import Comparison, Mark, mark

UNREADABLE = "unreadable"
MAX_LETTERS = 200_000


def grade_one(submission: Submission, context: BatchContext) -> dict:
    """Return the results of a submission as plain data, whatever happens.

    Parameters
    ----------
    submission : Submission
    context : BatchContext
    """
    start = time.monotonic()
    row = _new_row(submission)
    row.update(sandbox=context.run_config.sandbox.name, master_hash=context.version)
    try:
        files = submission.files()
        row["input_hash"] = submission.hash_of(files)
        if submission.problem:
            raise KitError(submission.problem)
        parts = {name: _read_part(row, name, files, context) for name in context.source_notebooks}
        parts = {name: part for name, part in parts.items() if part}
        # Without a seed: a hand-in must not know the hidden inputs.
        rng = np.random.default_rng()
        inputs, shown = make_inputs(rng), context.reference.shown(rng)
        claims = _run(parts, inputs, shown, files, context)
        for name, part in parts.items():
            _mark_part(row, name, part, claims[name], inputs, shown, files, context)
    except FileNotFoundError:
        row.update(status="failed", notes=["It was removed during grading."])
    except KitError as error:
        row["status"] = UNREADABLE
        row["notes"].append(str(error))
        row["review"].append(str(error))
    except Exception as error:  # one bad hand-in must not end the batch
        row["status"] = "failed"
        row["notes"].append(f"The grader failed: {type(error).__name__}: {error}"[:300])
    _add_missing_marks(row, context.source_notebooks)
    row["seconds"] = round(time.monotonic() - start, 1)
    return row


def failed_row(
    submission: Submission, source_notebooks: dict[str, SourceNotebook], why: str
) -> dict:
    """Return the row of a submission that could not be graded; the next run tries it again."""
    row = {**_new_row(submission), "status": "failed", "notes": [why]}
    _add_missing_marks(row, source_notebooks)
    return row


def _new_row(submission: Submission) -> dict:
    return {
        "name": submission.name,
        "members": list(submission.members),
        "status": "complete",
        "marks": [],
        "notes": list(submission.notes),
        "review": list(submission.review),
        "facts": {},
        "answers": {},
        "helpers": {},
        "input_hash": "",
        "sandbox": "",
        "master_hash": "",
        "kit": __version__,
        "seconds": 0,
    }


def _add_missing_marks(row: dict, source_notebooks: dict[str, SourceNotebook]) -> None:
    graded = {(m["part"], m["task"], m["kind"]) for m in row["marks"]}
    for name, source_notebook in source_notebooks.items():
        for task in source_notebook.tasks:
            if (name, task.name, task.kind) not in graded:
                missing = Mark(task.name, task.kind, 0.0, task.points, "No answer was found.")
                row["marks"].append({"part": name, **missing.as_dict()})


def _read_part(row: dict, name: str, files: dict[str, bytes], context: BatchContext) -> dict | None:
    if name not in files:
        row["notes"].append(f"{name}: not handed in.")
        _worse(row, "incomplete")
        return None
    try:
        return read_and_splice(context.folder, name, name, files[name])
    except KitError as error:
        row["notes"].append(f"{name}: {error}")
        _worse(row, UNREADABLE)
        return None


def _mark_part(row, name, spliced, claims, inputs, shown, files, context) -> None:
    source_notebook = context.source_notebooks[name]
    answers = spliced["answers"]
    row["notes"] += [f"{name}: {note}" for answer in answers.values() for note in answer["notes"]]
    _worse(row, claims.status)
    comparison = Comparison()
    compare.functions(inputs, claims, comparison)
    compare.figures(answers, comparison)
    if "lenet" in source_notebook.networks:
        facts = compare.lenet(
            files, answers, claims, source_notebook, context.reference, comparison
        )
        row["facts"].update(_named(facts, "lenet"))
    if "cnn" in source_notebook.networks:
        facts = compare.cnn(files, claims, shown, source_notebook, context.reference, comparison)
        row["facts"].update(_named(facts, "cnn"))
        row["facts"]["has_submission"] = SUBMISSION in files
    for task in source_notebook.tasks:
        answer = answers[f"{task.kind}:{task.name}"]
        row["marks"].append({"part": name, **mark(task, answer, claims, comparison).as_dict()})
        row["answers"][f"{name}/{task.key}"] = answer["source"][:MAX_LETTERS]
    helpers = "\n".join(source for of_task in spliced["helpers"].values() for source in of_task)
    row["helpers"][name] = helpers[:MAX_LETTERS]


def _run(parts: dict, inputs: dict, shown, files: dict[str, bytes], context) -> dict[str, Claims]:
    """Run the notebooks that answer a code task, in one sandbox."""
    notebooks = {name: part["notebook"] for name, part in parts.items()}
    todo = {name: notebook for name, notebook in notebooks.items() if _has_tasks(notebook)}
    claims = {name: Claims("complete") for name in parts}
    if todo:
        if shown is not None:
            files = {**files, "images.npy": as_npy(context.reference.photos[shown])}
        claims |= run_parts(todo, inputs, context.run_config, files)
    return claims


def _has_tasks(notebook: dict) -> bool:
    return any(c["metadata"]["grade_id"].startswith(TASK) for c in notebook["cells"])


def _named(facts: dict, network: str) -> dict:
    return {
        (f"{network}_{key}" if key in ("fingerprint", "sample") else key): v
        for key, v in facts.items()
    }


def _worse(row: dict, status: str) -> None:
    """Set the status to the worst of all parts."""
    order = ("complete", "incomplete", "timeout", "exceeded", "crashed", UNREADABLE, "failed")
    row["status"] = max(row["status"], status, key=order.index)
