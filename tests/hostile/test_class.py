"""A class of sixty, graded from the command line, killed three times and resumed."""

import csv
import json
import random
import signal
import subprocess
import sys
import time

import nbformat.v4 as v4
import pytest

from tests.hostile.cases import (
    BARE_PRE,
    BARE_TEN,
    PRE,
    STUB,
    TEN,
    WRONG_PRE,
    WRONG_TEN,
    instead,
    nb,
)

pytestmark = pytest.mark.hostile
# What students and front ends make of a notebook, and the points it must get.
KINDS = [
    (nb(PRE, TEN), 30),
    (nb(PRE, WRONG_TEN), 10),
    (nb(WRONG_PRE, TEN), 20),
    (nb(TEN, PRE), 30),
    (nb(BARE_PRE, BARE_TEN), 30),
    (nb(v4.new_markdown_cell(PRE), TEN), 30),
    (nb(STUB, PRE, TEN), 30),
    (nb(STUB, TEN), 20),
    (nb("import numpy as np", f"{PRE}\n\n{BARE_TEN}"), 30),
    (nb(PRE, TEN).replace(b"\\n", b"\\r\\n"), 30),
    (b"\xef\xbb\xbf" + nb(PRE, TEN), 30),
    (nb(instead("raise SystemExit"), TEN), 20),
    (nb(instead("import os\nos._exit(0)"), TEN), 0),
    (b"", 0),
    (nb(PRE, "# task: ten-digits\nten_digit_error_rate = lambda p: 1 - p**10"), 30),
]


@pytest.fixture(scope="module")
def course(new_course):
    folder = new_course()
    (folder / "in").mkdir()
    for i in range(60):
        (folder / "in" / f"student{i:02}.ipynb").write_bytes(KINDS[i % len(KINDS)][0])
    return folder


def n_results(course):
    return len(list((course / "out" / "results").glob("*.json")))


def test_sixty_rows_whatever_happens_meanwhile(course, capsys):
    command = [sys.executable, "-m", "cnn_utils", "grade", str(course / "in")]
    command += [
        "--notebooks",
        str(course / "notebooks"),
        "--out",
        str(course / "out"),
        "--jobs",
        "2",
    ]
    chance = random.Random(458)
    before = 0
    for _ in range(3):
        process = subprocess.Popen([*command, "--sandbox", "bwrap"], stdout=subprocess.DEVNULL)
        while process.poll() is None and n_results(course) == before:
            time.sleep(0.2)
        time.sleep(chance.uniform(0, 10))
        process.send_signal(signal.SIGKILL)
        process.wait()
        before = n_results(course)
    start = time.monotonic()
    subprocess.run([*command, "--sandbox", "bwrap"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - start

    with (course / "out" / "gradebook.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 0 < before < 60
    assert [row["name"] for row in rows] == [f"student{i:02}" for i in range(60)]
    expected = [KINDS[i % len(KINDS)][1] for i in range(60)]
    assert [float(row["score"]) for row in rows] == expected
    assert {path.name for path in (course / "out").iterdir()} == {
        "results",
        "reports",
        "gradebook.csv",
        "class.html",
        "to_mark.csv",
        "to_mark.key",
        "marking.html",
        "adjustments.csv",
    }
    results = [json.loads(p.read_text()) for p in (course / "out" / "results").glob("*.json")]
    assert len(results) == 60
    with capsys.disabled():
        rate = (60 - before) / seconds * 60
        print(f"\n{before} graded before three kills; then {rate:.0f} hand-ins per minute")
