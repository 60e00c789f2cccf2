"""Faults of the machine: nothing is lost, nothing half-written, and what happened is said.

``make faults``. `kill -9` within a training and a download: tests/training/test_cached.py and
tests/data/test_download.py; faulty servers: the latter.
"""

import os
import random
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.handin.artifacts import ARTIFACTS, RECORD
from cnn_utils.handin.submission_zip import hand_in
from cnn_utils.submission import export_submission, validate_submission
from tests.faults.student import STEPS, prepare

pytestmark = pytest.mark.faults
STUDENT = Path(__file__).with_name("student.py")
KILLS = 8


@pytest.fixture
def folder(tmp_path):
    prepare(tmp_path / "work")
    return tmp_path / "work"


def start(folder, *steps, python=(), kit=KIT, **environment):
    """Start the student's work; settings of `None` are taken out of the environment."""
    settings = {**os.environ, "PYTHONPATH": str(kit), **environment}
    settings = {name: value for name, value in settings.items() if value is not None}
    command = [sys.executable, *python, str(STUDENT), str(folder), *steps]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, env=settings, cwd=folder.parent, encoding="utf-8", **options)


def work(folder, **options):
    """Do all of it; return what was said."""
    process = start(folder, **options)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return said


def assert_whole(folder):
    """Check that all that was made can be read."""
    validate_submission(folder / "submission.csv")
    for path in folder.glob("group*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            assert "lab.ipynb" in archive.namelist()
    with np.load(folder / "artifacts" / "lab" / ARTIFACTS[0]) as weights:
        assert weights["arr_0"].shape == (200, 200)


@pytest.mark.parametrize("step", ["submit", "save", "hand_in"])
def test_killed_at_any_moment_what_is_there_is_whole(folder, step):
    draw = random.Random(step)
    for _ in range(KILLS):
        process = start(folder, step)
        assert process.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0, 3))
        process.kill()
        process.communicate()
        assert_whole(folder)
    STEPS[step](folder)
    assert_whole(folder)


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of 3 MB in memory, which takes a Linux and its administrator."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can't be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk, free):
    """Leave so many bytes."""
    (disk / "others").unlink(missing_ok=True)
    usage = shutil.disk_usage(disk)
    with open(disk / "others", "wb") as file:
        file.write(bytes(max(0, usage.free - free)))


@pytest.mark.parametrize("free", [0, 8_192, 65_536, 200_000])
def test_on_a_full_disk_what_was_there_stays(small_disk, free):
    folder = small_disk / "work"
    prepare(folder)
    hand_in(folder, folder)
    made = [*(folder / "artifacts" / "lab").iterdir(), folder / "submission.csv"]
    before = {path: path.read_bytes() for path in (*made, folder / "group7.zip")}
    fill(small_disk, free)
    outcomes = {}
    for step in ("submit", "save", "hand_in"):
        try:
            STEPS[step](folder)
            outcomes[step] = "done"
        except KitError as error:
            outcomes[step] = str(error)
        assert_whole(folder)
    for step, outcome in outcomes.items():
        assert outcome == "done" or "No space left on device" in outcome, step
    if free == 0:
        assert "done" not in outcomes.values()
        assert {path: path.read_bytes() for path in before} == before
    (small_disk / "others").unlink()
    for step in ("submit", "save", "hand_in"):
        STEPS[step](folder)
    assert_whole(folder)
    assert {path.name for path in (folder / "artifacts" / "lab").iterdir()} == {*ARTIFACTS, RECORD}


def test_on_a_full_disk_a_training_ends_well_and_says_that_it_is_not_kept(small_disk, tmp_path):
    fill(small_disk, 0)
    said = work(tmp_path / "work", CNN_UTILS_CACHE=str(small_disk))
    assert "loss " in said
    assert "No space left on device" in said or "Disk" in said


def test_the_sample_on_a_full_disk(small_disk, monkeypatch):
    from cnn_utils.data import sample

    fill(small_disk, 8_192)
    monkeypatch.setenv("CNN_UTILS_CACHE", str(small_disk))
    monkeypatch.setattr(
        sample, "make_digits", lambda n: (np.zeros((n, 28, 28), "uint8"), np.zeros(n))
    )
    with pytest.raises(OSError, match="No space left"):
        sample.mnist_file()
    assert [path.name for path in small_disk.iterdir()] == ["others"]


@pytest.mark.parametrize("step", ["submit", "save", "hand_in"])
def test_two_at_once_leave_what_is_whole(folder, step):
    two = [start(folder, step) for _ in range(2)]
    for process in two:
        assert process.stdout.readline() == "ready\n"
    time.sleep(4)
    for process in two:
        assert process.poll() is None, process.stdout.read()
        process.kill()
        process.communicate()
    assert_whole(folder)


BACKWARDS = """
import time
start, now = time.time(), time.time
time.time = lambda: start - 3600 * (now() - start)
"""


def test_a_clock_that_goes_backwards(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(BACKWARDS)
    path = f"{tmp_path}{os.pathsep}{KIT}"
    first = work(tmp_path / "work", PYTHONPATH=path, CNN_UTILS_CACHE=str(tmp_path / "cache"))
    # Files from a time to come.
    for file in [*(tmp_path / "work").rglob("*"), *(tmp_path / "cache").rglob("*")]:
        os.utime(file, (time.time() + 10**7,) * 2)
    second = work(tmp_path / "work", PYTHONPATH=path, CNN_UTILS_CACHE=str(tmp_path / "cache"))
    assert "lab: loaded from the cache (2 epochs, trained in " in second
    assert numbers(first) == numbers(second)
    assert_whole(tmp_path / "work")


def numbers(said):
    return [line for line in said.splitlines() if line.startswith("loss ")]


@pytest.mark.parametrize(
    "home",
    [
        {"HOME": "/dev/null/nobody"},
        {"HOME": "/proc"},
        {"HOME": None},
        {"HOME": None, "USER": None, "LOGNAME": None, "XDG_CACHE_HOME": "/proc/nothing"},
        {"HOME": ""},
    ],
    ids=["no folder", "read-only", "no HOME", "no HOME, no cache", "empty"],
)
def test_homes_that_can_not_be_used(tmp_path, home):
    settings = {"CNN_UTILS_CACHE": None, "MPLCONFIGDIR": None, **home}
    said = work(tmp_path / "work", **settings)
    assert "loss " in said
    assert "written and read back" in said
    assert_whole(tmp_path / "work")


@pytest.mark.parametrize("name", ["two words", "Blåbær på øya", "🙂 #1 100%", "a'b\"c$d;e"])
def test_paths_of_all_kinds(tmp_path, name):
    """The kit, the work and the cache lie there."""
    place = tmp_path / name
    shutil.copytree(KIT / "cnn_utils", place / "kit" / "cnn_utils")
    said = work(place / "work", kit=place / "kit", CNN_UTILS_CACHE=str(place / "cache"))
    assert "written and read back" in said
    assert_whole(place / "work")
    again = work(place / "work", kit=place / "kit", CNN_UTILS_CACHE=str(place / "cache"))
    assert "lab: loaded" in again
    export_submission(np.arange(10_000) % 10, place / "work" / "submission.csv")
    assert_whole(place / "work")
