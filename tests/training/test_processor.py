"""cnn_utils.training.processor: what is read about the processor, and when oneDNN is asked for."""

import os
import platform
import subprocess
import sys

import pytest

from cnn_utils.training import processor

INTEL = """processor\t: 0
model name\t: Intel(R) Xeon(R) Platinum 8480+
flags\t\t: fpu avx2 avx512f avx512_vnni amx_bf16
processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd bf16\n"


@pytest.fixture
def cpuinfo(tmp_path, monkeypatch):
    """Return a function that puts a text in the place of /proc/cpuinfo."""

    def replace(text):
        path = tmp_path / "cpuinfo"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setattr(processor, "CPUINFO", path)

    return replace


@pytest.fixture
def no_cpuinfo(tmp_path, monkeypatch):
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "missing")


def test_the_flags_are_those_of_the_first_core(cpuinfo):
    cpuinfo(INTEL)
    assert processor.processor_flags() == {"fpu", "avx2", "avx512f", "avx512_vnni", "amx_bf16"}


def test_arm_calls_its_flags_features(cpuinfo):
    cpuinfo(ARM)
    assert processor.processor_flags() == {"fp", "asimd", "bf16"}


def test_a_text_without_flags_has_none(cpuinfo):
    cpuinfo("processor\t: 0\nflagship\t: avx2\n")
    assert processor.processor_flags() == set()


@pytest.mark.parametrize(
    ("flags", "expected"),
    [("avx512_bf16", True), ("amx_bf16", True), ("avx2 avx512f avx512_vnni", False)],
)
def test_bfloat16_needs_one_of_two_instruction_sets(cpuinfo, flags, expected):
    cpuinfo(f"flags\t: fpu {flags}\n")
    assert processor.multiplies_bfloat16() is expected


def test_the_name_is_the_first_model_name(cpuinfo):
    cpuinfo(INTEL)
    assert processor.processor_name() == "Intel(R) Xeon(R) Platinum 8480+"


def test_without_a_model_name_it_is_the_architectures(cpuinfo, monkeypatch):
    cpuinfo(ARM)
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert processor.processor_name() == "aarch64"


def test_where_linux_does_not_tell_nothing_is_known(no_cpuinfo, monkeypatch):
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert processor.processor_flags() == set()
    assert processor.multiplies_bfloat16() is False
    assert processor.processor_name() == "arm"


@pytest.fixture
def not_loaded(monkeypatch):
    """Pretend that TensorFlow is not loaded yet, and that the user has set nothing."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "to be put back afterwards")
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS")
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)


@pytest.mark.parametrize("machine", ["x86_64", "AMD64"])
def test_onednn_is_switched_on_where_it_helps(not_loaded, no_cpuinfo, monkeypatch, machine):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert processor.onednn_is_on() is False
    processor.switch_on_onednn()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"
    assert processor.onednn_is_on() is True


def test_once_tensorflow_is_loaded_nothing_is_changed(not_loaded, no_cpuinfo, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setitem(sys.modules, "tensorflow", object())
    processor.switch_on_onednn()
    assert processor.onednn_is_on() is False


def test_onednn_is_on_by_itself_where_tensorflow_finds_vnni(not_loaded, cpuinfo, monkeypatch):
    cpuinfo(INTEL)
    assert processor.onednn_is_on() is True
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    assert processor.onednn_is_on() is False


def test_onednn_is_left_alone_on_other_processors(not_loaded, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    processor.switch_on_onednn()
    assert "TF_ENABLE_ONEDNN_OPTS" not in os.environ


def test_a_setting_of_the_users_stays(not_loaded, monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    processor.switch_on_onednn()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert processor.onednn_is_on() is False


@pytest.mark.skipif(platform.machine() != "x86_64", reason="switched on for x86 only")
def test_importing_the_kit_asks_for_onednn_before_tensorflow_is_loaded():
    code = """
import os, sys
import cnn_utils
print(os.environ["TF_ENABLE_ONEDNN_OPTS"], "tensorflow" in sys.modules)
"""
    environment = {**os.environ}
    environment.pop("TF_ENABLE_ONEDNN_OPTS", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "False"]
