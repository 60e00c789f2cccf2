"""Run one notebook through nbval in the sandbox, and read its claims."""

import io
import json
import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import numpy as np

from cnn_utils.grading.intake.assemble import HIDDEN_TEST
from cnn_utils.grading.sandbox.sandbox import Sandbox
from cnn_utils.grading.sandbox.sandbox_output import read_json_output, read_output
from cnn_utils.grading.verify.hidden_tests import OUT

NOTEBOOK, INPUTS, JUNIT = "notebook.ipynb", "in.json", "junit.xml"
REMOVAL_SECONDS = 120
# `python -m pytest`; jsonschema, which nbformat uses, would take three seconds to build a grammar
# that is not needed.
PYTEST = "import sys, pytest; sys.modules['rfc3987_syntax'] = None; sys.exit(pytest.console_main())"
COMMAND = [
    "-c",
    PYTEST,
    "-q",
    "-p",
    "nbval.plugin",
    "-p",
    "nbval_grade",
    "--grade",
    "--noconftest",
    "-c",
    "/dev/null",
    "--rootdir=.",
    "-p",
    "no:cacheprovider",
    "--color=no",
    f"--junitxml=out/{JUNIT}",
    NOTEBOOK,
]


@dataclass
class Claims:
    """Results from the sandbox; they count only if `verify` confirms them.

    Attributes
    ----------
    status : {"complete", "incomplete", "timeout", "exceeded", "crashed"}
    passed : dict of str to bool
        By ``grade_id``; cells that are reported twice are left out.
    failures : dict of str to str
        Last line of the error, by ``grade_id``.
    outputs : dict of str to object
        Outputs of the hidden tests, by task.
    """

    status: str = "crashed"
    passed: dict[str, bool] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """Maximum seconds of a cell and of a whole notebook; number of images that loaders return."""

    cell: float = 60
    whole: float = 300
    images: int = 6_000


@dataclass(frozen=True)
class RunConfig:
    """Where and how notebooks are run; the same for all hand-ins of a batch.

    Attributes
    ----------
    sandbox : Sandbox
    kit : Path
        Folder of the students' package and of the pytest plugin.
    cache : Path
        Folder of the sample data.
    work : Path
        Folder for the workdirs.
    limits : Limits
    """

    sandbox: Sandbox
    kit: Path
    cache: Path
    work: Path
    limits: Limits = Limits()


def run_part(
    notebook: dict, inputs: dict, run_config: RunConfig, extra: dict[str, bytes] | None = None
) -> Claims:
    """Run a notebook; return its claims.

    Parameters
    ----------
    notebook : dict
        From `assemble`.
    inputs : dict
        From `make_inputs`.
    run_config : RunConfig
    extra : dict of str to bytes, optional
        Further files for the working folder.
    """
    wanted = [cell["metadata"]["grade_id"] for cell in notebook["cells"]]
    folder = Path(tempfile.mkdtemp(dir=run_config.work))
    try:
        workdir = folder / "workdir"
        _fill(workdir, notebook, inputs, extra or {})
        outcome = run_config.sandbox.run(
            workdir,
            [run_config.kit, run_config.cache],
            [*COMMAND, f"--nbval-cell-timeout={run_config.limits.cell:g}"],
            run_config.limits.whole,
            PYTHONPATH=str(run_config.kit),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            CNN_UTILS_PROFILE="quick",
            CNN_UTILS_SOURCE="sample",
            CNN_UTILS_CACHE=str(run_config.cache),
            CNN_UTILS_LIMIT=str(run_config.limits.images),
        )
        claims = _claims(workdir / "out", wanted)
        if outcome.status in ("timeout", "exceeded"):
            claims = Claims(outcome.status)
    finally:
        remove_tree(folder)
    return claims


def _fill(workdir: Path, notebook: dict, inputs: dict, extra: dict[str, bytes]) -> None:
    (workdir / "out").mkdir(parents=True)
    (workdir / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    (workdir / INPUTS).write_text(json.dumps(inputs), encoding="utf-8")
    for name, data in extra.items():
        (workdir / name).write_bytes(data)
    # Matplotlib's list of fonts: making a new one takes seconds.
    fonts = workdir / ".cache" / "matplotlib"
    fonts.mkdir(parents=True)
    for file in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(file, fonts)
    for path in [workdir, *workdir.rglob("*")]:
        os.chmod(path, 0o777 if path.is_dir() else 0o666)
    os.chmod(workdir.parent, 0o711)


def _claims(out: Path, wanted: list[str]) -> Claims:
    claims = Claims()
    kinds = [name.partition(":") for name in wanted]
    for task in (task for kind, _, task in kinds if kind == HIDDEN_TEST):
        output = read_json_output(out, OUT.format(task))
        if output is not None:
            claims.outputs[task] = output
    report = read_output(out, JUNIT)
    cases = _cases(report) if report is not None else None
    if cases is None:
        return claims
    counts = Counter(name for name, _ in cases)
    for name, failure in cases:
        if counts[name] == 1 and name in wanted:
            claims.passed[name] = failure is None
            if failure:
                claims.failures[name] = failure
    claims.status = "complete" if set(claims.passed) == set(wanted) else "incomplete"
    return claims


def _cases(report: bytes) -> list[tuple[str, str | None]] | None:
    """Return (name, failure) of each test in a JUnit report, or None if it is invalid."""
    if b"<!DOCTYPE" in report or b"<!ENTITY" in report:  # entities could expand without bound
        return None
    try:
        root = ElementTree.fromstring(report)
    except (ElementTree.ParseError, ValueError):
        return None
    found: list[tuple[str, str | None]] = []
    for case in root.iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        text = "\n".join(child.text or child.get("message") or "failed" for child in bad)
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        found.append(
            (case.get("name") or "", (lines[-1][:300] if lines else "failed") if bad else None)
        )
    return found


def remove_tree(folder: Path) -> None:
    """Remove a folder, also if its folders lack permissions or are nested a thousand deep.

    `shutil.rmtree` recurses into nested folders and fails there.
    """
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [*command, "--", str(folder)],
                capture_output=True,
                timeout=REMOVAL_SECONDS,
                check=False,
            )


def as_npy(images: np.ndarray) -> bytes:
    """Return an array as the bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, images, allow_pickle=False)
    return buffer.getvalue()
