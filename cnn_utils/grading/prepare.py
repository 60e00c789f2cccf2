"""Make ready what all hand-ins of a batch share: masters, truth, sandbox, the students' package."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.data import sample
from cnn_utils.files import sha256
from cnn_utils.grading.grade_one import Job
from cnn_utils.grading.intake import content_hash
from cnn_utils.grading.release import package_for_students
from cnn_utils.grading.run_part import Bench, Limits
from cnn_utils.grading.sandbox import choose
from cnn_utils.grading.spec import networks_of, read_masters
from cnn_utils.grading.truth import LABEL_FILES, SAMPLE, read_truth

PACKAGE = Path(__file__).parents[1]
PLUGIN = Path(__file__).with_name("nbval_grade.py")
QUICK_KERAS = Path(__file__).with_name("quick_keras.py")


@dataclass(frozen=True)
class Settings:
    """How a batch is graded.

    Attributes
    ----------
    masters : Path
        Folder of the worked notebooks.
    labels : Path or None
        Folder of the instructor's files; see `cnn_utils.grading.truth.read_truth`.
    sandbox, image
        See `cnn_utils.grading.sandbox.choose`.
    limits : Limits
    """

    masters: Path
    labels: Path | None = None
    sandbox: str = "auto"
    image: str | None = None
    limits: Limits = field(default_factory=Limits)


@contextmanager
def prepared(settings: Settings, work: Path) -> Iterator[Job]:
    """Give what `grade_one` needs; the package in the sandbox has no answers in it.

    Parameters
    ----------
    settings : Settings
    work : Path
        Folder for what is needed meanwhile.

    Raises
    ------
    KitError
        If there is no sandbox, or the masters or labels can't be read.
    """
    masters = read_masters(settings.masters)
    chosen = choose(settings.sandbox, settings.image)
    if chosen.name == "rlimits":
        print("WARNING: without a sandbox, student code can read your files and use your network.")
    sample_files = sample.files()
    with tempfile.TemporaryDirectory(dir=work) as folder:
        kit = Path(folder) / "kit"
        package_for_students(kit / "cnn_utils")
        shutil.copy(PLUGIN, kit)
        shutil.copy(QUICK_KERAS, kit / "sitecustomize.py")
        os.chmod(folder, 0o755)
        cache = Path(folder).resolve() / "cache"
        cache.mkdir()
        for file in sample_files:  # and nothing else: the kit's own cache may hold labels
            _link(file, cache / file.name)
        yield Job(
            settings.masters.resolve(),
            masters,
            read_truth(settings.labels, networks_of(masters)),
            Bench(chosen, kit, cache, work, settings.limits),
            version_of(settings),
        )


def _link(file: Path, place: Path) -> None:
    try:
        os.link(file.resolve(), place)
    except OSError:  # on another disk
        shutil.copyfile(file, place)


def version_of(settings: Settings) -> str:
    """Return a hash of the worked notebooks, the labels and the kit: a result depends on them."""
    files = [*sorted(settings.masters.glob("*.py")), *sorted(PACKAGE.rglob("*.py"))]
    if settings.labels:
        known = [settings.labels / name for name in LABEL_FILES]
        files += [path for path in known if path.is_file()]
    hashes = {str(i): sha256(file).encode() for i, file in enumerate(files)}
    return content_hash({**hashes, "rated on": b"sample" if settings.labels == SAMPLE else b""})
