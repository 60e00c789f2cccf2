"""Grade with Otter: `otter assign` makes autograder.zip, `otter run` grades one hand-in at a time.

`otter grade` does the same in a Docker container for each hand-in, for which it needs a daemon and
a registry of images. It would write a row of 0 points where `otter run` ends without one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import nbformat
import nbformat.v4 as v4

from tests.benchmarks.graders import shut_off
from tests.benchmarks.graders.assignment import HIDDEN, KERNEL, handed_in, parts_of

ASSIGNMENT = """\
# ASSIGNMENT CONFIG
init_cell: true
export_cell: false
"""


def make_autograder(lab: str, place: Path, python: str) -> tuple[Path, bytes]:
    """Run `otter assign`, which also runs the tests on the worked answers.

    Parameters
    ----------
    lab : str
        The worked notebook, as the kit reads it.
    place : Path
        Folder to make.
    python : str
        Of the environment with Otter.

    Returns
    -------
    autograder : Path
    released : bytes
        The students' notebook.
    """
    place.mkdir(parents=True)
    nbformat.write(_master(lab), place / "lab.ipynb")
    command = [python, "-m", "otter", "assign", "lab.ipynb", "dist", "--no-pdfs"]
    _run(command, place)
    autograder = next((place / "dist" / "autograder").glob("*autograder*.zip"))
    return autograder, (place / "dist" / "student" / "lab.ipynb").read_bytes()


def _run(command: list[str], folder: Path) -> None:
    environment = shut_off.activated(command[0])
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def _master(lab: str):
    """Return the notebook that `otter assign` takes: raw cells say what the others are."""
    cells = [v4.new_raw_cell(ASSIGNMENT)]
    for kind, source, task, points in parts_of(lab):
        if kind == "markdown":
            cells.append(v4.new_markdown_cell(source))
        elif task and points:
            about = f"# BEGIN QUESTION\nname: {task}\npoints: {points}\nall_or_nothing: true"
            marker, answer = source.replace("### ", "# ").split("\n", 1)
            cells += [v4.new_raw_cell(text) for text in (about, "# BEGIN SOLUTION")]
            cells.append(v4.new_code_cell(f"{marker}\n{answer}"))
            cells.append(v4.new_raw_cell("# END SOLUTION"))
        elif task:
            cells.append(v4.new_raw_cell("# BEGIN TESTS"))
            cells += [v4.new_code_cell(source), v4.new_code_cell(f"# HIDDEN\n{HIDDEN[task]}")]
            cells += [v4.new_raw_cell(text) for text in ("# END TESTS", "# END QUESTION")]
        else:
            cells.append(v4.new_code_cell(source))
    return v4.new_notebook(cells=cells, metadata=KERNEL)


def grade_case(data: bytes, name: str, autograder: Path, place: Path, python: str):
    """Grade one hand-in of unknown intent, shut off; return points or None, and the log's end.

    Parameters
    ----------
    data : bytes
        From `handed_in`.
    name : str
        Its file name; Otter opens zips by itself.
    autograder : Path
        From `make_autograder`.
    place : Path
        Folder to work in.
    python : str
    """
    place.mkdir(parents=True)
    (place / name).write_bytes(data)
    shutil.copy(autograder, place / "autograder.zip")
    code, log = shut_off.run(_command(python, name), place)
    results = place / "results.json"
    if code != 0 or not results.is_file():
        return None, "time was up" if code is None else log
    return _points(results), log


def _command(python: str, name: str) -> list[str]:
    return [python, "-m", "otter", "run", name, "-a", "autograder.zip", "--no-logo"]


def _points(results: Path) -> float:
    return sum(test.get("score", 0) for test in json.loads(results.read_text())["tests"])


def time_class(lab: str, data: bytes, count: int, place: Path, python: str) -> float:
    """Return the seconds in which `otter run` grades a class of equal, honest hand-ins.

    Parameters
    ----------
    lab, place, python
        As in `make_autograder`.
    data : bytes
        A hand-in of the kit's class, worth 30 points.
    count : int
    """
    autograder, released = make_autograder(lab, place, python)
    for i in range(count):
        (place / str(i)).mkdir()
        (place / str(i) / "lab.ipynb").write_bytes(handed_in(data, released))
        shutil.copy(autograder, place / str(i) / "autograder.zip")
    start = time.monotonic()
    for i in range(count):
        _run(_command(python, "lab.ipynb"), place / str(i))
    seconds = time.monotonic() - start
    assert all(_points(place / str(i) / "results.json") == 30 for i in range(count))
    return seconds
