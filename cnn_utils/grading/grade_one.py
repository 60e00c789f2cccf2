"""Grade one hand-in: bytes in, one row out."""

import time
from pathlib import PurePath

import numpy as np

from cnn_utils import __version__
from cnn_utils.errors import KitError
from cnn_utils.grading.intake.assemble import TASK
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.recognition import BESIDE
from cnn_utils.grading.intake.submissions import SUBMISSION, Submission
from cnn_utils.grading.sandbox.prepare import BatchContext
from cnn_utils.grading.sandbox.run_part import Claims, run_parts
from cnn_utils.grading.sandbox.untrusted import read_and_splice
from cnn_utils.grading.verify import compare
from cnn_utils.grading.verify.hidden_tests import make_inputs, results_of
from cnn_utils.grading.verify.own_network import OwnNetwork
from cnn_utils.grading.verify.score import Comparison, Mark, mark

UNREADABLE = "unreadable"
MAX_LETTERS = 200_000
MAX_NOTES, MAX_NOTE = 60, 1_000


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
    why = ""  # it gets no points
    try:
        files = submission.files()
        row["input_hash"] = submission.hash_of(files)
        if submission.problem:
            raise KitError(submission.problem)
        _Grading(row, files, context).grade()
    except FileNotFoundError:
        why = "It was removed during grading."
        row.update(status="failed", notes=[why])
    except KitError as error:
        why = str(error)
        row["status"] = UNREADABLE
        row["notes"].append(why)
        row["review"].append(why)
    except Exception as error:  # one bad hand-in must not end the batch
        row["status"] = "failed"
        row["notes"].append(f"The grader failed: {type(error).__name__}: {error}"[:300])
        why = "It could not be graded."
        row["review"].append(why)
    _add_missing_marks(row, context.source_notebooks, why)
    for told in ("notes", "review"):
        row[told] = [text[:MAX_NOTE] for text in dict.fromkeys(row[told])][:MAX_NOTES]
    row["seconds"] = round(time.monotonic() - start, 1)
    return row


def failed_row(
    submission: Submission, source_notebooks: dict[str, SourceNotebook], why: str
) -> dict:
    """Return the row of a submission that could not be graded; the next run tries it again."""
    row = {**_new_row(submission), "status": "failed", "notes": [why]}
    _add_missing_marks(row, source_notebooks, why)
    return row


def _new_row(submission: Submission) -> dict:
    return {
        "name": submission.name,
        "members": list(submission.members),
        "uploads": [PurePath(path).name for path in submission.paths],
        "handed_in": submission.handed_in,
        "is_late": submission.is_late,
        "status": "complete",
        "marks": [],
        "notes": list(submission.notes),
        "review": list(submission.review),
        "group": {},
        "facts": {},
        "figures": {},
        "answers": {},
        "helpers": {},
        "input_hash": "",
        "sandbox": "",
        "master_hash": "",
        "kit": __version__,
        "seconds": 0,
    }


def _add_missing_marks(
    row: dict, source_notebooks: dict[str, SourceNotebook], why: str = ""
) -> None:
    graded = {(m["part"], m["task"], m["kind"]) for m in row["marks"]}
    reason = why[:MAX_NOTE] or "No answer was found."
    for name, source_notebook in source_notebooks.items():
        for task in source_notebook.tasks:
            if (name, task.name, task.kind) not in graded:
                missing = Mark(task.name, task.kind, 0.0, task.points, reason)
                row["marks"].append({"part": name, **missing.as_dict()})


class _Grading:
    """The way of one submission from its files to its row: read, run, compare, mark."""

    def __init__(self, row: dict, files: dict[str, bytes], context: BatchContext) -> None:
        self.row, self.files, self.context = row, files, context
        # Without a seed: a hand-in must not know the hidden inputs.
        self.rng = np.random.default_rng()
        self.inputs = make_inputs(self.rng)
        self.cnn: OwnNetwork | None = None

    def grade(self) -> None:
        books = self.context.source_notebooks
        parts = {name: self._read(book) for name, book in books.items()}
        parts = {name: part for name, part in parts.items() if part}
        for name in parts:
            if "cnn" in books[name].networks:
                self.cnn = OwnNetwork(self.files, books[name], self.context.reference)
        claims = self._run({name: part["notebook"] for name, part in parts.items()})
        for name, part in parts.items():
            self._mark(books[name], part, claims[name])

    def _read(self, source_notebook: SourceNotebook) -> dict | None:
        row, name = self.row, source_notebook.name
        if name not in self.files:
            row["notes"].append(f"{name}: not handed in, or not readable.")
            networks = source_notebook.networks
            saved = [file for file in self.files if file.partition("/")[0] in networks]
            saved += [SUBMISSION] * ("cnn" in networks and SUBMISSION in self.files)
            if saved:
                row["review"].append(f"{name}: not handed in, but {saved[0]} was")
            _worse(row, "incomplete")
            return None
        try:
            return read_and_splice(source_notebook, self.files[name])
        except KitError as error:
            row["notes"].append(f"{name}: {error}")
            row["review"].append(f"{name}: {error}")
            _worse(row, UNREADABLE)
            _add_missing_marks(row, {name: source_notebook}, str(error))
            return None

    def _run(self, notebooks: dict[str, dict]) -> dict[str, Claims]:
        """Run the notebooks that answer a code task, in one sandbox."""
        claims = {name: Claims("complete") for name in notebooks}
        todo = {name: notebook for name, notebook in notebooks.items() if _has_tasks(notebook)}
        if self.cnn:
            return claims | self.cnn.run(todo, self._run_parts, self.rng)
        return claims | (self._run_parts(todo) if todo else {})

    def _run_parts(self, notebooks, more=None, request=None) -> dict[str, Claims]:
        files = {**self.files, **(more or {})}
        return run_parts(notebooks, self.inputs, self.context.run_config, files, request)

    def _mark(self, source_notebook: SourceNotebook, spliced: dict, claims: Claims) -> None:
        row, name, networks = self.row, source_notebook.name, source_notebook.networks
        answers, helpers, comparison = spliced["answers"], spliced["helpers"], Comparison()
        row["group"] = row["group"] or spliced.get("group", {})
        notes = [note for answer in answers.values() for note in answer["notes"]]
        _worse(row, claims.status)
        compare.functions(self.inputs, claims, comparison)
        compare.figures(answers, comparison)
        if "lenet" in networks:
            reference = self.context.reference
            facts = compare.lenet(self.files, answers, source_notebook, reference, comparison)
            row["facts"].update(_named(facts, "lenet"))
        if self.cnn and "cnn" in networks:
            facts = self.cnn.compare(claims, comparison)
            notes += [f"the network was {facts.pop('how')}"] if "how" in facts else []
            row["facts"].update(_named(facts, "cnn"), has_submission=SUBMISSION in self.files)
        row["notes"] += [f"{name}: {note}" for note in notes]
        sources = {step: "\n".join(cells) for step, cells in helpers.items()}
        sources |= {f"{TASK}:{k.partition(':')[2]}": one["source"] for k, one in answers.items()}
        modules = {
            k: x for k, x in self.files.items() if k.startswith(BESIDE) and k.endswith(".py")
        }
        sources |= {k: x[:MAX_LETTERS].decode("utf-8", "replace") for k, x in modules.items()}
        comparison.agrees |= results_of(source_notebook.own_tests, claims)
        shown = {
            *compare.FIGURE_TASKS,
            *(x for task in source_notebook.tasks for x in task.figures),
        }
        for task in source_notebook.tasks:
            answer, key = answers[f"{task.kind}:{task.name}"], f"{name}/{task.key}"
            given = mark(task, answer, claims, comparison, sources)
            row["marks"].append({"part": name, **given.as_dict()})
            row["answers"][key] = answer["source"][:MAX_LETTERS]
            if task.kind == "code" and task.name in shown:
                row["figures"][key] = compare.shown_figures(answer)
        row["helpers"][name] = "\n".join(map("\n".join, helpers.values()))[:MAX_LETTERS]


def _has_tasks(notebook: dict) -> bool:
    return any(c["metadata"]["grade_id"].startswith(TASK) for c in notebook["cells"])


def _named(facts: dict, network: str) -> dict:
    return {
        (f"{network}_{key}" if key in ("fingerprint", "sample", "signature") else key): v
        for key, v in facts.items()
    }


def _worse(row: dict, status: str) -> None:
    """Set the status to the worst of all parts."""
    order = ("complete", "incomplete", "timeout", "exceeded", "crashed", UNREADABLE, "failed")
    row["status"] = max(row["status"], status, key=order.index)
