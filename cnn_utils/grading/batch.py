"""Grade a folder of hand-ins: parallel, resumable, one result file for each."""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from pathlib import Path

from tqdm import tqdm

from cnn_utils.errors import KitError, cannot_write
from cnn_utils.files import write_whole
from cnn_utils.grading import cluster
from cnn_utils.grading.grade_one import failed_row, files_of, grade_one
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.intake.submissions import HandedIn, content_hash, find_handins
from cnn_utils.grading.sandbox.prepare import Settings, prepared, version_of
from cnn_utils.grading.sandbox.run_part import remove_tree


def grade(
    handins: Path,
    settings: Settings,
    out: Path,
    jobs: int | None = None,
    shard: tuple[int, int] = (1, 1),
    dask: str | None = None,
) -> list[dict]:
    """Grade all hand-ins of a folder; return the rows of the graded ones, sorted by name.

    A hand-in is graded again only if it, the worked notebooks, the labels or the kit have changed.
    An interrupted batch continues.

    Parameters
    ----------
    handins : Path
        Folder of the hand-ins.
    settings : Settings
    out : Path
        Folder for ``results/<name>.json``.
    jobs : int, optional
        Number of hand-ins at a time; by default one per core.
    shard : (int, int), default=(1, 1)
        Grade only the i-th of n parts, so that several machines can share a batch. Existing rows
        of the other parts are returned as well.
    dask : str, optional
        Address of a Dask scheduler whose workers grade; see `cnn_utils.grading.cluster`.

    Raises
    ------
    KitError
        If there are no hand-ins, or no sandbox works.
    """
    everyone, results = find_handins(handins), out / "results"
    if out.resolve() == handins.resolve() or handins.resolve() in out.resolve().parents:
        raise KitError.about("--out", "lie outside the folder of hand-ins", f"'{out}'")
    try:
        results.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(results, error) from None
    source_notebooks, version = read_source_notebooks(settings.notebooks), version_of(settings)

    def finished(handed_in: HandedIn) -> dict | None:
        return _finished(handed_in, source_notebooks, version, results)

    with _work_folder(out / f".work-{shard[0]}-of-{shard[1]}") as work:
        mine = everyone[shard[0] - 1 :: shard[1]]
        todo = [handed_in for handed_in in mine if not finished(handed_in)]
        if dask:
            rows = cluster.graded(todo, settings, dask)
        else:
            rows = _graded(todo, settings, work, jobs)
        n_done = len(mine) - len(todo)
        with (
            closing(rows),
            tqdm(total=len(mine), initial=n_done, unit="hand-in", file=sys.stdout) as bar,
        ):
            for row in rows:
                row["file"] = _safe(row["name"])
                text = json.dumps(row, indent=1, ensure_ascii=False)
                write_whole(results / f"{row['file']}.json", text)
                bar.set_postfix_str(f"{row['file']}: {row['status']}"[:40])
                bar.update()
    names = {handed_in.name for handed_in in mine}
    found = (_read(results, h) if h.name in names else finished(h) for h in everyone)
    return [row for row in found if row]


def _graded(
    todo: list[HandedIn], settings: Settings, work: Path, jobs: int | None
) -> Iterator[dict]:
    """Grade on this machine; yield each row as soon as it is ready."""
    if not todo:
        return
    with (
        prepared(settings, work) as context,
        ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool,
    ):
        try:
            for done in as_completed([pool.submit(grade_one, h, context) for h in todo]):
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


def _finished(
    handed_in: HandedIn, source_notebooks: dict, version: str, results: Path
) -> dict | None:
    """Return the row of a hand-in that need not be graded again, else None."""
    try:
        row = _read(results, handed_in)
        same = row["input_hash"] == content_hash(files_of(handed_in, source_notebooks))
        same &= row["master_hash"] == version and row["name"] == handed_in.name
        same &= row["status"] != "failed" and set(failed_row("", {}, "")) <= set(row)
    except (OSError, ValueError, KeyError, TypeError, KitError):
        return None
    return row if same else None


def _read(results: Path, handed_in: HandedIn) -> dict:
    return json.loads((results / f"{_safe(handed_in.name)}.json").read_text(encoding="utf-8"))


def _safe(name: str) -> str:
    """Return a valid file name for a hand-in."""
    data = os.fsencode(name)
    safe = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in name)
    safe = safe.encode(errors="replace")[:150].decode(errors="ignore")
    # Different names must give different files, also if one imitates the other's.
    if safe == name and not re.search(r"-[0-9a-f]{8}$", name):
        return safe
    return f"{safe}-{hashlib.sha256(data).hexdigest()[:8]}"
