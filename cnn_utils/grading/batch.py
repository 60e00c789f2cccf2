"""Grade a folder of hand-ins: parallel, resumable, one result file for each."""

import hashlib
import json
import os
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from pathlib import Path

from tqdm import tqdm

from cnn_utils.errors import KitError, cannot_write, closest
from cnn_utils.files import write_whole
from cnn_utils.grading import cluster
from cnn_utils.grading.grade_one import failed_row, grade_one
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.platforms import in_order
from cnn_utils.grading.intake.submissions import Submission, find_submissions
from cnn_utils.grading.sandbox.prepare import Settings, prepared, version_of
from cnn_utils.grading.sandbox.run_part import remove_tree

# Of a row; results of earlier versions may lack some.
_KEYS = {"file", *failed_row(Submission("", [], []), {}, "")}


def grade(
    handins: Path,
    settings: Settings,
    out: Path,
    jobs: int | None = None,
    dask: str | None = None,
    only: Sequence[str] = (),
) -> list[dict]:
    """Grade all submissions of a folder; return all rows in `out`, sorted by name.

    A submission is graded again only if it, the worked notebooks, the labels or the kit have
    changed. An interrupted batch continues. Rows of earlier runs stay, also if their submission
    is not in this folder.

    Parameters
    ----------
    handins : Path
        Folder of the hand-ins.
    settings : Settings
    out : Path
        Folder for ``results/<name>.json``.
    jobs : int, optional
        Number of submissions at a time; by default one per core.
    dask : str, optional
        Address of a Dask scheduler whose workers grade; see `cnn_utils.grading.cluster`.
    only : sequence of str
        Names of submissions: these are graded again, and no others.

    Raises
    ------
    KitError
        If there are no submissions or none of a name, or no sandbox works.
    """
    results = out / "results"
    if out.resolve() == handins.resolve() or handins.resolve() in out.resolve().parents:
        raise KitError.about("--out", "lie outside the folder of hand-ins", f"'{out}'")
    source_notebooks, version = read_source_notebooks(settings.notebooks), version_of(settings)
    submissions = find_submissions(handins, source_notebooks)
    if only:
        submissions = _named(submissions, only)
    try:
        results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(results, error) from None
    with _work_folder(out / ".work") as work:
        todo = [s for s in submissions if only or not _is_finished(s, version, results)]
        if dask:
            rows = cluster.graded(todo, settings, dask)
        else:
            rows = _graded(todo, settings, work, jobs)
        n_done = len(submissions) - len(todo)
        with (
            closing(rows),
            tqdm(total=len(submissions), initial=n_done, unit="hand-in", file=sys.stdout) as bar,
        ):
            for row in rows:
                row["file"] = _safe(row["name"])
                text = json.dumps(row, indent=1, ensure_ascii=False)
                write_whole(results / f"{row['file']}.json", text)
                bar.set_postfix_str(f"{row['file']}: {row['status']}"[:40])
                bar.update()
    rows = [_read(results, submission) for submission in submissions]
    return sorted(
        [*rows, *_rows_of_earlier_runs(results, rows, version, is_told=not only)],
        key=lambda row: in_order(row["name"]),
    )


def _named(submissions: list[Submission], names: Sequence[str]) -> list[Submission]:
    known = [submission.name for submission in submissions]
    for name in names:
        if name not in known:
            near = closest(name, known)
            advice = f"Did you mean '{near}'?" if near else ""
            raise KitError.about("--only", "be a name in the gradebook", f"'{name}'", advice)
    return [submission for submission in submissions if submission.name in names]


def _rows_of_earlier_runs(
    results: Path, rows: list[dict], version: str, is_told: bool = True
) -> list[dict]:
    """Return the rows of submissions that are not in this folder, and tell about them."""
    files = {row["file"] for row in rows}
    uploaders = {member for row in rows for member in row["members"]}
    kept, told = [], defaultdict(list)
    for path in sorted(results.glob("*.json")):
        if path.stem in files:
            continue
        try:
            row = json.loads(path.read_text(encoding="utf-8"))
            is_row = _KEYS <= set(row) and row["file"] == path.stem
        except (OSError, ValueError, TypeError):
            is_row = False
        if not is_row:
            what = "are left out, because this version of the kit can't read them"
        elif uploaders & set(row["members"]):
            what = "are left out, because the same person handed in again"
        else:
            kept.append(row)
            is_same = row["master_hash"] == version
            if is_same and not is_told:
                continue
            what = "stay in the gradebook" + (
                "" if is_same else ", though worked notebooks, labels or kit have changed since"
            )
        told[what].append(path.stem)
    for what, names in told.items():
        listed = ", ".join(names[:10]) + (" ..." if len(names) > 10 else "")
        print(f"NOTE: rows of earlier runs {what}: {listed}")
    if told:
        print(f"      To remove one for good, delete {results}/NAME.json.")
    return kept


def _graded(
    todo: list[Submission], settings: Settings, work: Path, jobs: int | None
) -> Iterator[dict]:
    """Grade on this machine; yield each row as soon as it is ready."""
    if not todo:
        return
    with (
        prepared(settings, work) as context,
        ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool,
    ):
        try:
            for done in as_completed([pool.submit(grade_one, s, context) for s in todo]):
                yield done.result()
        except (KeyboardInterrupt, GeneratorExit):
            pool.shutdown(wait=False, cancel_futures=True)
            context.run_config.sandbox.stop()
            raise


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """Lock and empty this batch's folder for temporary files; remove it afterwards."""
    import fcntl

    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            wanted, received = "be used by one process at a time", "a second one"
            advice = "Wait for the other one, or stop it."
            raise KitError.about(f"'{folder.parent}'", wanted, received, advice) from None
        for place in folder.iterdir():
            if place.is_dir():
                remove_tree(place)
        try:
            yield folder.resolve()
        finally:
            remove_tree(folder)


def _is_finished(submission: Submission, version: str, results: Path) -> bool:
    """Return whether a submission need not be graded again."""
    try:
        row = _read(results, submission)
        same = row["master_hash"] == version and row["name"] == submission.name
        same &= row["status"] != "failed" and _KEYS <= set(row)
        return same and row["input_hash"] == submission.hash_of(submission.files())
    except (OSError, ValueError, KeyError, TypeError, KitError):
        return False


def _read(results: Path, submission: Submission) -> dict:
    return json.loads((results / f"{_safe(submission.name)}.json").read_text(encoding="utf-8"))


def _safe(name: str) -> str:
    """Return a valid file name for a hand-in."""
    data = os.fsencode(name)
    safe = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in name)
    safe = safe.encode(errors="replace")[:150].decode(errors="ignore")
    # Different names must give different files, also if one imitates the other's.
    if safe == name and not re.search(r"-[0-9a-f]{8}$", name):
        return safe
    return f"{safe}-{hashlib.sha256(data).hexdigest()[:8]}"
