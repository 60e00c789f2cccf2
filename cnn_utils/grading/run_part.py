"""Run one spliced notebook through nbval in the sandbox, and bring back what it claims."""

from __future__ import annotations

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

from cnn_utils.grading.assemble import PROBE
from cnn_utils.grading.fetch import fetch, fetch_json
from cnn_utils.grading.probes import OUT
from cnn_utils.grading.sandbox import Sandbox

NOTEBOOK, INPUTS, JUNIT = "notebook.ipynb", "in.json", "junit.xml"
# In seconds.
REMOVAL = 120
# As `python -m pytest`, without three seconds for a grammar: see the kit's own `__init__`.
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
    """What came out of the sandbox: claims, until they are compared with what is known outside.

    Attributes
    ----------
    status : {"complete", "incomplete", "timeout", "exceeded", "crashed"}
    passed : dict of str to bool
        By ``grade_id``; a cell that was reported twice is not among them.
    failures : dict of str to str
        The last line of what went wrong.
    evidence : dict of str to object
        What the probes wrote, by task.
    """

    status: str = "crashed"
    passed: dict[str, bool] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    evidence: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """How long a hand-in may take, in seconds, and how many images its loaders give."""

    cell: float = 60
    whole: float = 300
    images: int = 6_000


@dataclass(frozen=True)
class Bench:
    """Where notebooks are run; the same for all hand-ins of a batch.

    Attributes
    ----------
    sandbox : Sandbox
    kit : Path
        Folder of the package as students have it, and of the plugin.
    cache : Path
        Folder of the sample, already drawn.
    work : Path
        Folder for the boxes.
    limits : Limits
    """

    sandbox: Sandbox
    kit: Path
    cache: Path
    work: Path
    limits: Limits = Limits()


def run_part(
    notebook: dict, inputs: dict, bench: Bench, extra: dict[str, bytes] | None = None
) -> Claims:
    """Run a notebook and return what it claims.

    Parameters
    ----------
    notebook : dict
        From `assemble`.
    inputs : dict
        From `make_inputs`.
    bench : Bench
    extra : dict of str to bytes, optional
        Further files for the box.
    """
    wanted = [cell["metadata"]["grade_id"] for cell in notebook["cells"]]
    folder = Path(tempfile.mkdtemp(dir=bench.work))
    try:
        box = folder / "box"
        _fill(box, notebook, inputs, extra or {})
        outcome = bench.sandbox.run(
            box,
            [bench.kit, bench.cache],
            [*COMMAND, f"--nbval-cell-timeout={bench.limits.cell:g}"],
            bench.limits.whole,
            PYTHONPATH=str(bench.kit),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            CNN_UTILS_PROFILE="quick",
            CNN_UTILS_SOURCE="sample",
            CNN_UTILS_CACHE=str(bench.cache),
            CNN_UTILS_LIMIT=str(bench.limits.images),
        )
        claims = _claims(box / "out", wanted)
        if outcome.status in ("timeout", "exceeded"):
            claims = Claims(outcome.status)
    finally:
        remove_tree(folder)
    return claims


def _fill(box: Path, notebook: dict, inputs: dict, extra: dict[str, bytes]) -> None:
    (box / "out").mkdir(parents=True)
    (box / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    (box / INPUTS).write_text(json.dumps(inputs), encoding="utf-8")
    for name, data in extra.items():
        (box / name).write_bytes(data)
    # Looking for fonts takes seconds: matplotlib's list of them comes along.
    fonts = box / ".cache" / "matplotlib"
    fonts.mkdir(parents=True)
    for file in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(file, fonts)
    for path in [box, *box.rglob("*")]:
        os.chmod(path, 0o777 if path.is_dir() else 0o666)
    os.chmod(box.parent, 0o711)


def _claims(out: Path, wanted: list[str]) -> Claims:
    claims = Claims()
    probes = [name.partition(":") for name in wanted]
    for task in (task for kind, _, task in probes if kind == PROBE):
        evidence = fetch_json(out, OUT.format(task))
        if evidence is not None:
            claims.evidence[task] = evidence
    report = fetch(out, JUNIT)
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
    """Return (name, failure) of each test in a JUnit report; None if it is none."""
    if b"<!DOCTYPE" in report or b"<!ENTITY" in report:  # could grow without end
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
    """Remove what a hand-in left: folders without permissions, or nested a thousand deep.

    Python's own ways go into each folder within the last, and come to their end there.
    """
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [*command, "--", str(folder)], capture_output=True, timeout=REMOVAL, check=False
            )


def as_npy(images: np.ndarray) -> bytes:
    """Return an array as the bytes of a ``.npy`` file."""
    import io

    buffer = io.BytesIO()
    np.save(buffer, images, allow_pickle=False)
    return buffer.getvalue()
