"""Grade a folder of hand-ins: in parallel, resumable, one result file each."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from cnn_utils.data import stand_in
from cnn_utils.errors import KitError
from cnn_utils.files import sha256, write_whole
from cnn_utils.grading.grade_one import Job, grade_one, tasks_of
from cnn_utils.grading.intake import HandedIn, content_hash, find_handins, take
from cnn_utils.grading.release import package_for_students
from cnn_utils.grading.run_part import Limits, make_removable
from cnn_utils.grading.sandbox import choose
from cnn_utils.grading.spec import read_masters
from cnn_utils.grading.truth import LABEL_FILES, read_truth

PLUGIN = Path(__file__).with_name("nbval_grade.py")


def grade(
    handins: Path,
    masters: Path,
    labels: Path | None,
    out: Path,
    jobs: int | None = None,
    shard: tuple[int, int] = (1, 1),
    sandbox: str = "auto",
    image: str | None = None,
    limits: Limits | None = None,
) -> list[dict]:
    """Grade all hand-ins of a folder and return their rows, by name.

    A hand-in is graded anew only if it, the master or the kit has changed; an interrupted batch
    goes on where it was.

    Parameters
    ----------
    handins, masters : Path
        Folders of the hand-ins, and of the worked notebooks.
    labels : Path or None
        Folder of the instructor's files; see `cnn_utils.grading.truth.read_truth`.
    out : Path
        ``results/<name>.json`` are written there.
    jobs : int, optional
        Hand-ins at a time; by default one per core.
    shard : (int, int), default=(1, 1)
        Grade the i-th of n parts only: several machines can share a batch.
    sandbox, image
        See `cnn_utils.grading.sandbox.choose`.
    limits : Limits, optional

    Raises
    ------
    KitError
        If there is nothing to grade, or no sandbox.
    """
    mine = find_handins(handins)[shard[0] - 1 :: shard[1]]
    results = out / "results"
    results.mkdir(parents=True, exist_ok=True)
    with (
        _work_folder(out / f".work-{shard[0]}-of-{shard[1]}") as work,
        _job(masters, labels, sandbox, image, limits or Limits(), work) as (job, master_hash),
    ):
        todo = [h for h in mine if not _is_done(h, job, results, master_hash)]
        with (
            ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool,
            tqdm(
                total=len(mine), initial=len(mine) - len(todo), unit="hand-in", file=sys.stdout
            ) as bar,
        ):
            running = {pool.submit(grade_one, h, job): h for h in todo}
            try:
                for done in as_completed(running):
                    row = {**done.result(), "master_hash": master_hash}
                    row["file"] = _safe(row["name"])
                    text = json.dumps(row, indent=1, ensure_ascii=False)
                    write_whole(results / f"{row['file']}.json", text)
                    bar.set_postfix_str(f"{row['name']}: {row['status']}"[:40])
                    bar.update()
            except KeyboardInterrupt:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return [_read(results / f"{_safe(h.name)}.json") for h in mine]


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder that is this batch's alone; what a killed one left in it is removed."""
    import fcntl

    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            told = "be graded by one process at a time", "another one at work"
            raise KitError.about(f"'{folder.parent}'", *told, "Wait for it, or stop it.") from None
        for place in folder.iterdir():
            if place.is_dir():
                make_removable(place)
                shutil.rmtree(place, ignore_errors=True)
        yield folder.resolve()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _job(
    masters: Path, labels, sandbox: str, image, limits: Limits, work: Path
) -> Iterator[tuple[Job, str]]:
    """Prepare what all hand-ins share; the package in the sandbox has no answers in it."""
    chosen = choose(sandbox, image)
    if chosen.name == "rlimits":
        print("WARNING: without a sandbox, student code can read your files and use your network.")
    stand_in.mnist_sample()
    stand_in.cifar10_sample_path()
    with tempfile.TemporaryDirectory(dir=work) as folder:
        kit = Path(folder) / "kit"
        package_for_students(kit / "cnn_utils")
        shutil.copy(PLUGIN, kit)
        os.chmod(folder, 0o755)
        job = Job(
            masters.resolve(),
            read_masters(masters),
            read_truth(labels),
            chosen,
            kit,
            stand_in.cache_folder().resolve(),
            limits,
            work,
        )
        yield job, _hash_of(masters, labels)


def _hash_of(masters: Path, labels: Path | None) -> str:
    """Return a hash of the worked notebooks, the labels and the kit: a result depends on them."""
    files = [*sorted(masters.glob("*.py")), *sorted(Path(__file__).parents[1].rglob("*.py"))]
    files += [labels / name for name in LABEL_FILES if labels and (labels / name).is_file()]
    return content_hash({str(i): sha256(file).encode() for i, file in enumerate(files)})


def _is_done(handed_in: HandedIn, job: Job, results: Path, master_hash: str) -> bool:
    try:
        row = _read(results / f"{_safe(handed_in.name)}.json")
        networks = [name for master in job.masters.values() for name in master.networks]
        same = row["input_hash"] == content_hash(take(handed_in, tasks_of(job), networks))
    except (OSError, ValueError, KeyError, TypeError, KitError):
        return False
    return same and row["master_hash"] == master_hash and row["status"] != "failed"


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _safe(name: str) -> str:
    """Return a name as a file's name."""
    safe = "".join(c if c.isalnum() or c in " ._-()" else "_" for c in name)[:150]
    # Two names must not become one file.
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
