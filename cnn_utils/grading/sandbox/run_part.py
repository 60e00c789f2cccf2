"""Run the notebooks of a hand-in through nbval in the sandbox, and read their claims."""

import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import matplotlib

from cnn_utils.grading.intake.assemble import HIDDEN_TEST
from cnn_utils.grading.sandbox.sandbox import Sandbox
from cnn_utils.grading.sandbox.sandbox_output import read_json_output, read_output
from cnn_utils.grading.verify.hidden_tests import OUT

INPUTS, JUNIT, ARTIFACTS = "in.json", "junit.xml", "artifacts"
REQUEST = "request"
OURS = ("out", ".cache", INPUTS, ARTIFACTS, REQUEST)
REMOVAL_SECONDS = 120
MAX_FINDING = 1_000
# jsonschema, which nbformat uses, would take three seconds to build a grammar that is not needed.
# The hand-in's modules lie in the working folder, where Python would look for its own first.
MAIN = "import sys; sys.modules['rfc3987_syntax'] = None; del sys.path[0]; import nbval_grade; "
MAIN += "nbval_grade.main(sys.argv[1:])"
COLOURS = re.compile(r"(\x1b|#x1B)\[[0-9;]*m")
POINTER = re.compile(r"\s*For the next (one|hint), run the check with hint=\d\.?")
NO_PACKAGE = re.compile(r"ModuleNotFoundError: No module named '([\w.]{1,80})'")


@dataclass
class Claims:
    """Results from the sandbox; they count only if `verify` confirms them.

    Attributes
    ----------
    status : {"complete", "incomplete", "timeout", "exceeded", "crashed"}
    passed : dict of str to bool
        By ``grade_id``; cells that are reported twice are left out.
    failures : dict of str to str
        The whole message of the error, by ``grade_id``.
    outputs : dict of str to object
        Outputs of the hidden tests, by task.
    """

    status: str = "crashed"
    passed: dict[str, bool] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, object] = field(default_factory=dict)


@dataclass
class Request:
    """A network to be rebuilt without the student's code, and the classifier's answer.

    Attributes
    ----------
    files : dict of str to bytes
        For `classifier.classify`.
    answer : bytes
        Empty if the network can't be rebuilt.
    """

    files: dict[str, bytes]
    answer: bytes = b""

    def listen(self, line: bytes) -> None:
        """Take the answer."""
        self.answer = line.strip()


@dataclass(frozen=True)
class Limits:
    """Maximum seconds of a cell and of all notebooks; number of images that loaders return."""

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


def run_parts(
    notebooks: dict[str, dict],
    inputs: dict,
    run_config: RunConfig,
    files: dict[str, bytes] | None = None,
    request: Request | None = None,
) -> dict[str, Claims]:
    """Run notebooks one after the other; return the claims of each.

    If one of them ends the run of all, each is run again by itself, with its share of the time.

    Parameters
    ----------
    notebooks : dict of str to dict
        From `assemble`, by their file names; may be empty if there is a request.
    inputs : dict
        From `make_inputs`.
    run_config : RunConfig
    files : dict of str to bytes, optional
        The hand-in's files by their names in a submission: "lenet/weights.npz" and its like come
        to ``artifacts/lenet``, what was handed in beside the notebooks, "beside/helpers.py", into
        the working folder, as do all others.
    """
    folder = Path(tempfile.mkdtemp(dir=run_config.work))
    try:
        workdir = folder / "workdir"
        _fill(workdir, notebooks, inputs, files or {}, request.files if request else {})
        outcome = run_config.sandbox.run(
            workdir,
            [run_config.kit, run_config.cache],
            [
                "-c",
                MAIN,
                f"--junitxml=out/{JUNIT}",
                f"--nbval-cell-timeout={run_config.limits.cell:g}",
                *notebooks,
            ],
            run_config.limits.whole,
            request.listen if request else None,
            PYTHONPATH=str(run_config.kit),
            PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
            CNN_UTILS_PROFILE="quick",
            CNN_UTILS_SOURCE="sample",
            CNN_UTILS_CACHE=str(run_config.cache),
            CNN_UTILS_LIMIT=str(run_config.limits.images),
        )
        if outcome.status in ("timeout", "exceeded"):
            claims = {name: Claims(outcome.status) for name in notebooks}
        else:
            claims = _claims(workdir / "out", notebooks)
    finally:
        remove_tree(folder)
    if len(notebooks) > 1 and any(not one.passed for one in claims.values()):
        share = run_config.limits.whole / len(notebooks)
        alone = replace(run_config, limits=replace(run_config.limits, whole=share))
        for name, notebook in notebooks.items():
            claims |= run_parts({name: notebook}, inputs, alone, files)
    return claims


def _fill(
    workdir: Path,
    notebooks: dict,
    inputs: dict,
    files: dict[str, bytes],
    request: dict[str, bytes],
) -> None:
    (workdir / "out").mkdir(parents=True)
    ours = {name: json.dumps(notebook).encode() for name, notebook in notebooks.items()}
    ours |= {f"{REQUEST}/{name}": data for name, data in request.items()}
    ours[INPUTS] = json.dumps(inputs).encode()
    # Matplotlib's list of fonts: making a new one takes seconds.
    for file in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        ours[f".cache/matplotlib/{file.name}"] = file.read_bytes()
    for name, data in files.items():
        place = _place(name)
        if place and (workdir / place).resolve().is_relative_to(workdir.resolve()):
            with suppress(OSError):  # such as a file where another name has a folder
                _write(workdir / place, data)
    for name, data in ours.items():
        _write(workdir / name, data)
    for path in [workdir, *workdir.rglob("*")]:
        is_artifact = path.relative_to(workdir).parts[:1] == (ARTIFACTS,)
        os.chmod(path, (0o777 if path.is_dir() else 0o666) & (0o755 if is_artifact else 0o777))
    os.chmod(workdir.parent, 0o711)


def _write(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def _place(name: str) -> str:
    """Return where a file of a submission lies in the working folder; "" for the notebooks."""
    folder, _, rest = name.partition("/")
    if folder == "beside":
        return "" if rest.partition("/")[0] in OURS else rest
    return "" if name.endswith(".ipynb") else f"{ARTIFACTS}/{name}" if rest else name


def _claims(out: Path, notebooks: dict[str, dict]) -> dict[str, Claims]:
    report = read_output(out, JUNIT)
    cases = _cases(report) if report is not None else None
    return {name: _claims_of(out, name, notebook, cases) for name, notebook in notebooks.items()}


def _claims_of(out: Path, notebook_name: str, notebook: dict, cases: list | None) -> Claims:
    claims = Claims()
    wanted = {cell["metadata"]["grade_id"] for cell in notebook["cells"]}
    for name in wanted:
        kind, _, task = name.partition(":")
        output = read_json_output(out, OUT.format(task)) if kind == HIDDEN_TEST else None
        if output is not None:
            claims.outputs[task] = output
    if cases is None:
        return claims
    mine = [(name, failure) for of, name, failure in cases if of == notebook_name]
    counts = Counter(name for name, _ in mine)
    for name, failure in mine:
        if counts[name] == 1 and name in wanted:
            claims.passed[name] = failure is None
            if failure is not None:
                claims.failures[name] = _finding(failure)
    claims.status = "complete" if set(claims.passed) == wanted else "incomplete"
    return claims


def _cases(report: bytes) -> list[tuple[str, str, str | None]] | None:
    """Return (notebook, name, failure) of each test in a JUnit report, or None if it is invalid."""
    if b"<!DOCTYPE" in report or b"<!ENTITY" in report:  # entities could expand without bound
        return None
    try:
        root = ElementTree.fromstring(report)
    except (ElementTree.ParseError, ValueError):
        return None
    found: list[tuple[str, str, str | None]] = []
    for case in root.iter("testcase"):
        bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
        failure = "\n".join(child.text or child.get("message") or "" for child in bad)
        names = (case.get("classname") or "", case.get("name") or "")
        found.append((*names, failure if bad else None))
    return found


def _finding(failure: str) -> str:
    """Return what stopped a cell, in all its lines, without the pointer to a check's next hint."""
    text = POINTER.sub("", COLOURS.sub("", failure)).strip()
    if missing := NO_PACKAGE.search(text[:MAX_FINDING]):
        return f"the sandbox has no package '{missing[1]}'"
    return text[:MAX_FINDING] or "failed"


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
