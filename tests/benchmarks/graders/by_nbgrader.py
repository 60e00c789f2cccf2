"""Grade with nbgrader: `generate_assignment`, `zip_collect` for zips, `autograde`; its database."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import nbformat
import nbformat.v4 as v4

from tests.benchmarks.graders import shut_off
from tests.benchmarks.graders.assignment import HIDDEN, KERNEL, handed_in, parts_of

CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "course"
c.Execute.timeout = 12
# By default 4: then a cell that prints 20,000 lines costs the whole notebook its points.
c.Execute.iopub_timeout = 30
c.FileNameCollectorPlugin.named_regexp = r".*/(?P<student_id>student)/(?P<file_id>[^/]+)$"
"""


def make_course(lab: str, course: Path, python: str) -> bytes:
    """Make a course folder with the assignment released; return the students' notebook.

    Parameters
    ----------
    lab : str
        The worked notebook, as the kit reads it.
    course : Path
        Folder to make.
    python : str
        Of the environment with nbgrader.
    """
    source = course / "source" / "lab"
    source.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(CONFIG)
    nbformat.write(_source(lab), source / "lab.ipynb")
    command = [python, "-m", "nbgrader", "generate_assignment", "lab"]
    _run(command, course)
    return (course / "release" / "lab" / "lab.ipynb").read_bytes()


def _run(command: list[str], folder: Path) -> None:
    # To nbgrader, whatever TensorFlow logs in a test cell is a failed test.
    environment = {**shut_off.activated(command[0]), "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def _source(lab: str):
    cells = []
    for kind, source, task, points in parts_of(lab):
        if kind == "markdown":
            cells.append(v4.new_markdown_cell(source))
            continue
        cell = v4.new_code_cell(source)
        if task and points:
            cell.metadata.nbgrader = _told(task, solution=True)
            most = points
        elif task:
            cell.source += f"\n### BEGIN HIDDEN TESTS\n{HIDDEN[task]}\n### END HIDDEN TESTS"
            cell.metadata.nbgrader = _told(f"test-{task}", grade=True, locked=True, points=most)
        cells.append(cell)
    return v4.new_notebook(cells=cells, metadata=KERNEL)


def _told(name: str, **told) -> dict:
    flags = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"schema_version": 3, "grade_id": name, **flags, **told}


def grade_case(data: bytes, name: str, base: Path, place: Path, python: str):
    """Grade one hand-in of unknown intent, shut off; return points or None, and the log's end.

    Each is graded by a command of its own: among the errors are some that end it for the whole
    class. Points are None if there was one: in the database they are then marked as still to be
    given, though `nbgrader export` writes 0.

    Parameters
    ----------
    data : bytes
        From `handed_in`.
    name : str
        Its file name; a zip goes through `nbgrader zip_collect`.
    base : Path
        Course folder, from `make_course`.
    place : Path
        Folder to work in.
    python : str
    """
    shutil.copytree(base, place)
    is_zip = name.endswith(".zip")
    folder = "downloaded/lab/archive" if is_zip else "submitted/student/lab"
    (place / folder).mkdir(parents=True)
    (place / folder / ("student.zip" if is_zip else name)).write_bytes(data)
    steps = [["zip_collect", "lab"]] if is_zip else []
    for step in [*steps, ["autograde", "lab", "--student", "student"]]:
        code, log = shut_off.run([python, "-m", "nbgrader", *step], place)
        if code != 0:
            return None, "time was up" if code is None else log
    return _points(place, 1)[0], log


def _points(course: Path, count: int) -> list[float | None]:
    """Return the points of each student from nbgrader's database."""
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        rows = book.execute(
            "select assignment_id, auto_score from grade"
            " join submitted_notebook on grade.notebook_id = submitted_notebook.id"
        ).fetchall()
    students: dict[str, list] = {}
    for student, score in rows:
        students.setdefault(student, []).append(score)
    found = [None if None in scores else sum(scores) for scores in students.values()]
    return found + [None] * (count - len(found))


def time_class(lab: str, data: bytes, count: int, place: Path, python: str) -> float:
    """Return the seconds in which `nbgrader autograde` grades a class of equal, honest hand-ins.

    Parameters
    ----------
    lab, place, python
        As in `make_course`.
    data : bytes
        A hand-in of the kit's class, worth 30 points.
    count : int
    """
    released = make_course(lab, place, python)
    for i in range(count):
        folder = place / "submitted" / f"student{i}" / "lab"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_bytes(handed_in(data, released))
    start = time.monotonic()
    command = [python, "-m", "nbgrader", "autograde", "lab"]
    _run(command, place)
    seconds = time.monotonic() - start
    assert _points(place, count) == [30] * count
    return seconds
