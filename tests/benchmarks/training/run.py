"""Compare training speeds side by side: all contenders take turns in one run.

    make bench ARGS="--data FOLDER"
    make bench ARGS="--data FOLDER --only recipe --repeats 10"

FOLDER holds `mnist.npz` and `student_dataset_CIFAR10.h5`. A machine's speed varies, so compare only
ratios of figures of the same run. The second command trains the assignment's recipe to its end, in
ten repeats of one epoch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from contenders import MEASURES
from table import as_markdown, machine

HERE = Path(__file__).parent


@dataclass
class Contender:
    """A process that runs one repeat whenever it is asked.

    Attributes
    ----------
    name : str
    figures : list of dict
        One per repeat.
    error : str
        Why it has no figures; empty if it has.
    """

    name: str
    process: subprocess.Popen
    log: tempfile._TemporaryFileWrapper
    figures: list[dict] = field(default_factory=list)
    error: str = ""

    @classmethod
    def start(cls, name, module, function, options, environment, folder, python):
        """Start the process, which prepares itself."""
        log = tempfile.NamedTemporaryFile(mode="w+", suffix=".log")
        command = [python, HERE / "contender.py", module, function, json.dumps(options), folder]
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        )
        contender = cls(name, process, log)
        contender._read()  # "ready"
        return contender

    def repeat(self) -> None:
        """Run once more, unless it has failed before."""
        if self.error:
            return
        print("go", file=self.process.stdin, flush=True)
        if answer := self._read():
            self.figures.append(answer)
            told = ", ".join(f"{name} {value:.4g}" for name, value in answer.items())
            print(f"  {self.name}: {told}", flush=True)

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    def _read(self) -> dict:
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"ended: {self._last_line()}"}
        if "error" in answer:
            self.error = answer["error"]
            print(f"  {self.name}: {self.error}", flush=True)
            return {}
        return answer

    def _last_line(self) -> str:
        self.log.seek(0)
        return (self.log.read().strip().splitlines() or ["no message"])[-1]

    def medians(self) -> dict:
        """Return the median of each figure over the repeats."""
        names = self.figures[0] if self.figures else ()
        return {name: median(repeat[name] for repeat in self.figures) for name in names}


def measure(name: str, folder: Path, python_of_torch: str, repeats: int | None) -> dict:
    """Let the contenders of one measure take turns; return their medians and all repeats."""
    chosen = MEASURES[name]
    print(f"{name}: {chosen.title}", flush=True)
    contenders = []
    try:
        for entry in chosen.contenders:
            python = python_of_torch if entry.module == "with_torch" else sys.executable
            contenders.append(
                Contender.start(
                    entry.name,
                    entry.module,
                    entry.function,
                    entry.options,
                    entry.environment,
                    folder,
                    python,
                )
            )
        for _ in range(repeats or chosen.repeats):
            for contender in contenders:
                contender.repeat()
    finally:
        for contender in contenders:
            contender.stop()
    return {
        "title": chosen.title,
        "rate": chosen.rate,
        "contenders": {
            c.name: {"median": c.medians(), "repeats": c.figures, "error": c.error}
            for c in contenders
        },
    }


def main() -> None:
    """Measure, and write ``bench.json`` and ``bench.md`` after each measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the two data files")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    by_default = [name for name, chosen in MEASURES.items() if chosen.by_default]
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=by_default)
    parser.add_argument("--repeats", type=int, help="by default what each measure needs")
    parser.add_argument("--torch-python", default=sys.executable, help="a Python with PyTorch")
    arguments = parser.parse_args()
    for name in ("mnist.npz", "student_dataset_CIFAR10.h5"):
        if not (arguments.data / name).is_file():
            parser.error(f"--data must be a folder with {name}; {arguments.data} has none.")
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = {"machine": machine(), "measures": {}}
    for name in arguments.only:
        results["measures"][name] = measure(
            name, arguments.data, arguments.torch_python, arguments.repeats
        )
        (arguments.out / "bench.json").write_text(json.dumps(results, indent=1))
        (arguments.out / "bench.md").write_text(as_markdown(results))
    print(as_markdown(results))


if __name__ == "__main__":
    main()
