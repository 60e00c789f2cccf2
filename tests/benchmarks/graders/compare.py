"""Grade the same hand-ins with the kit, nbgrader and Otter; print how many get the right points.

    python -m venv GRADERS && GRADERS/bin/pip install -r tests/benchmarks/graders/requirements.txt
    .venv/bin/python -m tests.benchmarks.graders.compare --graders-python GRADERS/bin/python

The hand-ins are those of ``tests/hostile/cases.py``, in the form in which a student of each grader
would have made them (`assignment.handed_in`). They are hostile: see `shut_off` for how the others
are kept from harm. Speed is measured with honest hand-ins that import Keras, in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path

from cnn_utils.files import KIT
from tests.benchmarks.graders import by_kit, by_nbgrader, by_otter
from tests.benchmarks.graders.assignment import handed_in
from tests.benchmarks.graders.table import as_markdown
from tests.grading import small_lab
from tests.hostile.cases import CASES, LAB

PACKAGES = ["nbgrader", "otter-grader", "nbclient", "ipykernel", "keras", "tensorflow", "numpy"]


def main() -> None:
    """Read the arguments, compare, and write ``table.md`` and ``table.json``."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--graders-python", required=True, help="of the others' environment")
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--n", type=int, default=12, help="honest hand-ins, for the speed")
    parser.add_argument("--rounds", type=int, default=2, help="of measuring the speed, or 0")
    parser.add_argument("--out", type=Path, default=Path("build/graders"), help="an empty folder")
    arguments = parser.parse_args()
    out, python = arguments.out.resolve(), os.path.abspath(arguments.graders_python)
    out.mkdir(parents=True)
    start = time.monotonic()
    found = {
        "versions": versions(python),
        "cores": os.cpu_count(),
        "cases": compare_cases({name: CASES[name] for name in arguments.cases}, out, python),
        "speed": compare_speed(arguments.n, arguments.rounds, out, python),
    }
    found["minutes"] = (time.monotonic() - start) / 60
    (out / "table.json").write_text(json.dumps(found, indent=1))
    (out / "table.md").write_text(as_markdown(found))
    print(as_markdown(found))


def versions(python: str) -> dict[str, str]:
    """Return what was compared.

    Parameters
    ----------
    python : str
        Of the others' environment.
    """
    code = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    command = [python, "-c", code, *PACKAGES]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty"]
    commit = subprocess.run(command, capture_output=True, text=True, cwd=KIT).stdout.strip()
    kit = {"cnn_utils": f"{version('cnn-utils')} ({commit})", "nbval": version("nbval")}
    return {**kit, **dict(zip(PACKAGES, told, strict=True)), "Python": platform.python_version()}


def compare_cases(cases: dict, out: Path, python: str) -> dict[str, dict]:
    """Return what each case deserves and what each grader gives; None where it gives no row.

    Parameters
    ----------
    cases : dict of str to Case
    out : Path
        Folder to work in.
    python : str
        Of the others' environment.
    """
    found: dict[str, dict] = {
        name: {"deserved": case.score, "points": {}, "seconds": {}, "log": {}}
        for name, case in cases.items()
    }
    for name, row in by_kit.grade_cases(LAB, cases, out / "kit").items():
        found[name]["points"]["kit"] = row["score"]
        found[name]["seconds"]["kit"] = row["seconds"]
    course = out / "nbgrader" / "base"
    released = by_nbgrader.make_course(LAB, course, python)
    autograder, otters = by_otter.make_autograder(LAB, out / "otter" / "base", python)
    others = {
        "nbgrader": (released, partial(by_nbgrader.grade_case, base=course)),
        "otter": (otters, partial(by_otter.grade_case, autograder=autograder)),
    }

    def graded(told: tuple[int, str, str]) -> None:
        number, name, grader = told
        released, grade_case = others[grader]
        data, place = handed_in(cases[name].data, released), out / grader / str(number)
        start = time.monotonic()
        points, log = grade_case(data, cases[name].name, place=place, python=python)
        found[name]["points"][grader] = points
        found[name]["seconds"][grader] = round(time.monotonic() - start, 1)
        if points != cases[name].score:
            found[name]["log"][grader] = log
        print(f"{grader}: {name}: {points}", flush=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(graded, [(i, n, g) for i, n in enumerate(cases) for g in others]))
    return found


def compare_speed(count: int, rounds: int, out: Path, python: str) -> dict:
    """Return the seconds of each grader for a class, in each round, and those of the import.

    Parameters
    ----------
    count : int
        Hand-ins of the class.
    rounds : int
        Every other one goes through the graders backwards.
    out : Path
    python : str
    """
    data = small_lab.notebook(small_lab.F1, small_lab.TEN)
    ways = {
        "kit": partial(by_kit.time_class, jobs=2),
        "kit, jobs=1": partial(by_kit.time_class, jobs=1),
        "nbgrader": partial(by_nbgrader.time_class, python=python),
        "otter": partial(by_otter.time_class, python=python),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    imports = []
    for i in range(rounds):
        place = out / f"speed-{i}"
        for name in list(ways)[:: -1 if i % 2 else 1]:
            taken = ways[name](small_lab.LAB, data, count, place / name)
            seconds[name].append(round(taken, 1))
            print(f"{name}: {count} hand-ins in {taken:.1f} s", flush=True)
        imports.append(by_kit.time_import(place / "import"))
    return {"count": count, "seconds": seconds, "import_seconds": imports}


if __name__ == "__main__":
    main()
