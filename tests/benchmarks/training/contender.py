"""One contender in its own process: prepare, then run one repeat for each line read.

A waiting contender needs no time, so the contenders take turns on the same machine.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import traceback
from pathlib import Path


def main() -> None:
    """Say "ready", then answer each line with the figures of one more repeat, as JSON."""
    module, function, options, folder = sys.argv[1:]
    out = sys.stdout
    sys.stdout = sys.stderr  # libraries print, too
    try:
        prepare = getattr(importlib.import_module(module), function)
        repeat = prepare(Path(folder), **json.loads(options))
        answer = {"ready": True}
        print(json.dumps(answer), file=out, flush=True)
        for _ in sys.stdin:
            figures = repeat()
            # Linux counts in KiB, macOS in bytes.
            unit = 1 if sys.platform == "darwin" else 1024
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
            print(json.dumps({**figures, "peak memory / GB": peak / 1e9}), file=out, flush=True)
    except Exception as error:
        traceback.print_exc()
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=out, flush=True)


if __name__ == "__main__":
    main()
