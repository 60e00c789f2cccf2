"""The comparison as a Markdown table, with the facts about the machine."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version

import psutil

from cnn_utils.training.acceleration import CPUINFO, multiplies_bfloat16, processor_flags

PACKAGES = ("tensorflow", "keras", "numpy", "torch")


def machine() -> dict:
    """Return the facts that a reader needs to compare these figures with others."""
    return {
        "processor": _processor_name(),
        "cores": os.cpu_count(),
        "memory / GB": round(psutil.virtual_memory().total / 1e9, 1),
        "AVX-512": "avx512f" in processor_flags(),
        "bfloat16": multiplies_bfloat16(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _processor_name() -> str:
    """Return the processor's name as Linux lists it, else the architecture's."""
    listed = CPUINFO.read_text(encoding="utf-8") if CPUINFO.exists() else ""
    found = re.search(r"^model name\s*: (.*)$", listed, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def as_markdown(results: dict) -> str:
    """Return facts and tables; a ratio above 1 is a larger figure than the first contender's."""
    facts = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    lines = ["# Training speed", "", facts, ""]
    for measure in results["measures"].values():
        lines += _table(measure)
    return "\n".join(lines)


def _table(measure: dict) -> list[str]:
    contenders = measure["contenders"]
    medians = {name: found["median"] for name, found in contenders.items()}
    columns = list(dict.fromkeys(name for found in medians.values() for name in found))
    base = next(iter(medians.values())).get(measure["rate"])
    head = ["", *columns, f"{measure['rate']} / first"]
    lines = [f"## {measure['title'].capitalize()}", "", f"| {' | '.join(head)} |"]
    lines.append(f"|---|{'--:|' * (len(head) - 1)}")
    for name, found in medians.items():
        cells = [f"{found[column]:.4g}" if column in found else "" for column in columns]
        rate = found.get(measure["rate"])
        ratio = f"{rate / base:.2f}" if rate and base else ""
        name = f"{name} ({contenders[name]['error']})" if contenders[name]["error"] else name
        lines.append(f"| {' | '.join([name, *cells, ratio])} |")
    repeats = max((len(found["repeats"]) for found in contenders.values()), default=0)
    return [*lines, "", f"Medians of {repeats} repeats.", ""]
