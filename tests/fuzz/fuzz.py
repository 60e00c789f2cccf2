"""Let atheris make damaged files for every reader, led by what of the program they reach.

``make fuzz`` tries 100,000 (some ten minutes; ``ARGS="--inputs 5000 --only zip"`` for less) and
prints a table. An input counts as survived if the reader takes it or says why not (`KitError`), in
at most 5 seconds and 1 GB more memory than at the start. One that does not is kept in
``build/fuzz``, and ends its reader's turn.
"""

from __future__ import annotations

import argparse
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

HERE = Path(__file__).resolve().parent
SECONDS, MEGABYTES, LONGEST = 5, 1_000, 300_000
DONE = re.compile(rb"Done (\d+) runs|#(\d+)\s")


def main() -> int:
    """Fuzz all readers, or some; return 1 if any input was not survived."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="for all readers together")
    parser.add_argument("--only", action="append", help="one reader; may be given several times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/fuzz"))
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    from readers import READERS

    names = options.only or list(READERS)
    if unknown := [name for name in names if name not in READERS]:
        parser.error(f"--only {unknown[0]}: the readers are {', '.join(READERS)}")
    options.out.mkdir(parents=True, exist_ok=True)
    each, tried, escaped = -(-options.inputs // len(names)), 0, 0
    print("| reader | inputs | not survived |\n|---|--:|---|")
    for name in names:
        n, fault = _fuzz(name, each, options)
        tried, escaped = tried + n, escaped + bool(fault)
        print(f"| {name} | {n:,} | {fault or 'none'} |", flush=True)
    print(f"| all | {tried:,} | {escaped or 'none'} |")
    return int(escaped > 0)


def _fuzz(name: str, n: int, options) -> tuple[int, str]:
    """Return how many inputs were tried, and what went wrong with the last."""
    command = [sys.executable, __file__, "--child", name, f"-runs={n}", f"-seed={options.seed}"]
    command += [f"-timeout={SECONDS}", f"-max_len={LONGEST}", "-print_final_stats=0"]
    command.append(f"-artifact_prefix={options.out.resolve() / name}-")
    with open(options.out / f"{name}.log", "wb") as log:
        status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT).returncode
    said = (options.out / f"{name}.log").read_bytes()
    counts = [int(a or b) for a, b in DONE.findall(said)]
    fault = ""
    if status != 0:
        exception = re.findall(rb"^(?:\w+\.)*\w+(?:Error|Exception|Interrupt): .*", said, re.M)
        library = re.findall(rb"ERROR: libFuzzer: .*", said)
        fault = (exception or library or [b"exit status %d" % status])[-1].decode(errors="replace")
        fault = f"{fault[:100]} ({options.out / name}.log)"
    return max(counts, default=0), fault


def _child(name: str, arguments: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["cnn_utils", "nbformat", "jupytext"]):
        sys.path.insert(0, str(HERE))
        from damage import mutated
        from readers import READERS

        from cnn_utils.errors import KitError

    reader = READERS[name]

    def one(data: bytes) -> None:
        try:
            reader(data, folder / "files")
        except KitError:
            pass

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        changed = mutated(data, random) if random.random() < 0.5 else atheris.Mutate(data, most)
        return changed[:most]

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        corpus = folder / "corpus"
        for path in (corpus, folder / "files"):
            path.mkdir()
        for i, seed in enumerate(reader.seeds(folder)):
            (corpus / str(i)).write_bytes(seed)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
        limit = f"-rss_limit_mb={used + MEGABYTES}"
        atheris.Setup([sys.argv[0], *arguments, limit, str(corpus)], one, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
