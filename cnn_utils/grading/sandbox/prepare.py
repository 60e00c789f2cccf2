"""Prepare what all hand-ins of a batch share: notebooks, reference data, sandbox, package."""

import compileall
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from cnn_utils.data import sample
from cnn_utils.data.formats import read_cifar10
from cnn_utils.files import KIT, sha256
from cnn_utils.grading.intake.assignment import (
    SourceNotebook,
    networks_of,
    read_source_notebooks,
)
from cnn_utils.grading.intake.submissions import content_hash
from cnn_utils.grading.release.pairing import worked_notebooks
from cnn_utils.grading.release.student_release import package_for_students
from cnn_utils.grading.sandbox.run_part import Limits, RunConfig
from cnn_utils.grading.sandbox.sandbox import choose
from cnn_utils.grading.verify.reference_data import (
    LABEL_FILES,
    SAMPLE,
    ReferenceData,
    read_reference_data,
)
from cnn_utils.notebook.scripts import as_ipynb

HERE = Path(__file__).parent
QUICK_KERAS = HERE / "quick_keras.py"


@dataclass(frozen=True)
class Settings:
    """Settings of a batch.

    Attributes
    ----------
    notebooks : Path
        Folder of the worked notebooks.
    labels : Path or None
        Folder of the instructor's files; see `read_reference_data`.
    sandbox, image
        See `cnn_utils.grading.sandbox.sandbox.choose`.
    limits : Limits
    """

    notebooks: Path
    labels: Path | None = None
    sandbox: str = "auto"
    image: str | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class BatchContext:
    """Data that all hand-ins of a batch share.

    Attributes
    ----------
    folder : Path
        Folder of the worked notebooks.
    source_notebooks : dict of str to SourceNotebook
    reference : ReferenceData
    run_config : RunConfig
    version : str
        Hash of everything that a result depends on besides the hand-in.
    """

    folder: Path
    source_notebooks: dict[str, SourceNotebook]
    reference: ReferenceData
    run_config: RunConfig
    version: str


@contextmanager
def prepared(settings: Settings, work: Path) -> Iterator[BatchContext]:
    """Prepare a batch; the package in the sandbox holds no worked answers.

    Parameters
    ----------
    settings : Settings
    work : Path
        Folder for temporary files.

    Raises
    ------
    KitError
        If no sandbox works, or the notebooks or labels can't be read.
    """
    source_notebooks = read_source_notebooks(settings.notebooks)
    chosen = choose(settings.sandbox, settings.image)
    if chosen.name == "rlimits":
        readable = "what all users may read" if chosen.is_other_user else "your files"
        print(f"WARNING: without a sandbox, student code can read {readable} and use your network.")
    with tempfile.TemporaryDirectory(dir=work) as folder:
        kit = Path(folder) / "kit"
        package_for_students(kit / "cnn_utils")
        for name in ("nbval_grade.py", "without_training.py", "classifier.py"):
            shutil.copy(HERE / name, kit)
        shutil.copy(QUICK_KERAS, kit / "sitecustomize.py")
        compileall.compile_dir(kit, quiet=2)
        for path in (kit, *kit.rglob("*")):  # the kit may be its owner's only, copies are not
            path.chmod(0o755 if path.is_dir() else 0o644)
        os.chmod(folder, 0o755)
        cache = Path(folder).resolve() / "cache"
        cache.mkdir()
        _write_sample(cache, settings.limits.images)
        yield BatchContext(
            settings.notebooks.resolve(),
            source_notebooks,
            read_reference_data(settings.labels, networks_of(source_notebooks)),
            RunConfig(chosen, kit, cache, work, settings.limits),
            version_of(settings),
        )


def version_of(settings: Settings) -> str:
    """Return a hash of the worked notebooks, the labels and the kit."""
    package = KIT / "cnn_utils"
    files = sorted(package.rglob("*.py"))
    if settings.labels:
        known = [settings.labels / name for name in LABEL_FILES]
        files += [path for path in known if path.is_file()]
    hashes = {str(i): sha256(file).encode() for i, file in enumerate(files)}
    worked = worked_notebooks(settings.notebooks)
    hashes |= {name: as_ipynb(one.node).encode() for name, one in worked.items()}
    return content_hash({**hashes, "rated on": b"sample" if settings.labels == SAMPLE else b""})


def _write_sample(cache: Path, limit: int) -> None:
    """Write the sample, quick to read; nothing else, for the kit's own cache may hold labels."""
    with np.load(sample.mnist_file()) as arrays:
        np.savez(cache / sample.MNIST_SAMPLE, **arrays)
    photos, _ = read_cifar10(sample.cifar10_file())
    with h5py.File(cache / sample.CIFAR10_SAMPLE, "w", locking=False) as file:
        for name, array in photos.items():
            file[name] = array[: limit if name.endswith("train") else limit // 5]
        file.attrs["source"] = np.bytes_("sample")
