"""What this processor can do, and TensorFlow's switches for it."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# Instructions that multiply bfloat16 numbers. Without them they would be emulated, which takes
# several times as long as float32.
BFLOAT16 = {"avx512_bf16", "amx_bf16"}
# Where TensorFlow uses oneDNN without being asked (IsMKLEnabled in its util.cc).
ONEDNN_BY_ITSELF = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16"}


def switch_on_onednn() -> None:
    """Let TensorFlow compute with oneDNN, unless ``TF_ENABLE_ONEDNN_OPTS`` is set already.

    TensorFlow does so by itself only where it finds AVX-512 with VNNI. On processors without,
    convolutions are faster with it as well (`make bench` measures how much). Results differ in
    the last digits. Once TensorFlow is loaded it is too late, and nothing is changed.
    """
    if "tensorflow" not in sys.modules and platform.machine().lower() in ("x86_64", "amd64"):
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


def onednn_is_on() -> bool:
    """Say whether TensorFlow computes with oneDNN: asked to, or by itself."""
    asked = os.environ.get("TF_ENABLE_ONEDNN_OPTS")
    return bool(ONEDNN_BY_ITSELF & processor_flags()) if asked is None else asked == "1"


def processor_flags() -> set[str]:
    """Return the names of the processor's instruction sets; empty where Linux does not tell."""
    try:
        text = CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return set(value.split())
    return set()


def multiplies_bfloat16() -> bool:
    """Say whether bfloat16 is computed by the processor itself."""
    return bool(BFLOAT16 & processor_flags())


def processor_name() -> str:
    """Return the processor's name as Linux gives it, else the architecture's."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
