import os
import threading
import time
from shutil import which

import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.sandbox import limits
from cnn_utils.grading.sandbox import sandbox as module
from cnn_utils.grading.sandbox.sandbox import Sandbox, choose
from tests.grading.small_lab import needs_sandbox


@pytest.fixture
def workdir(tmp_path):
    folder = tmp_path / "workdir"
    folder.mkdir()
    os.chmod(folder, 0o777)
    for parent in tmp_path.parents[:3]:
        if parent.owner() != "root" or parent.name.startswith("pytest"):
            os.chmod(parent, 0o755)
    os.chmod(tmp_path, 0o755)
    return folder


def run(workdir, code, seconds=30, name="bwrap", **environment):
    return choose(name).run(workdir, [], ["-c", code], seconds, **environment)


@needs_sandbox
def test_what_is_written_in_the_box_stays(workdir):
    outcome = run(workdir, "import os; open('x', 'w').write(os.environ['A'] + os.getcwd())", A="1")
    assert (outcome.status, outcome.code) == ("done", 0)
    assert (workdir / "x").read_text() == "1/workdir"


@needs_sandbox
def test_the_first_line_is_heard_before_the_command_goes_on(workdir):
    code = """
import sys, time
print("first", flush=True)
assert sys.stdin.read() == ""
try:
    while True:
        print("second", flush=True)
        time.sleep(0.1)
except BrokenPipeError:
    open("x", "w")
"""
    heard = []
    outcome = choose("bwrap").run(workdir, [], ["-u", "-c", code], 30, heard.append)
    assert heard == [b"first\n"]
    assert (workdir / "x").exists(), outcome


@needs_sandbox
@pytest.mark.parametrize("code", ["", "import os; os._exit(1)", "print('x' * 10**6, end='')"])
def test_a_command_that_ends_before_its_first_line_is_no_fault(workdir, code):
    heard = []
    choose("bwrap").run(workdir, [], ["-c", code], 30, heard.append)
    assert [line[:5] for line in heard] == [b"x" * 5 if "print" in code else b""]
    assert len(heard[0]) <= module.MAX_LINE


@needs_sandbox
def test_a_command_that_never_says_anything_has_an_end(workdir):
    heard = []
    box = choose("bwrap")
    outcome = box.run(workdir, [], ["-c", "import time; time.sleep(60)"], 1, heard.append)
    assert (outcome.status, heard) == ("timeout", [b""])


@needs_sandbox
@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('1.1.1.1', 53), 3)",
        "open('/usr/x', 'w')",
        "open('/etc/passwd')",
        f"open({__file__!r})",
        "import os; os.listdir('/root/.ssh')",
        "import os; os.setuid(0)",
        "import os; os.kill(1, 9); os.kill(int(open('/proc/2/stat').read().split()[0]), 0); x",
    ],
)
def test_nothing_else_can_be_reached(workdir, code):
    outcome = run(workdir, code)
    assert outcome.code != 0
    assert "Error" in outcome.tail


@needs_sandbox
def test_time_memory_and_file_sizes_have_an_end(workdir):
    start = time.monotonic()
    assert run(workdir, "import time; time.sleep(60)", seconds=1).status == "timeout"
    assert time.monotonic() - start < 20
    assert "MemoryError" in run(workdir, "x = bytearray(4 * 10**9)").tail
    assert run(workdir, "open('x', 'wb').write(b'x' * 60_000_000)").code != 0


@needs_sandbox
def test_all_that_was_started_dies_with_it(workdir):
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', "
    code += '\'import os, time; os.setsid(); time.sleep(1); open("late", "w")\'])'
    run(workdir, code)
    time.sleep(2)
    assert not (workdir / "late").exists()


@pytest.mark.skipif(not which("prlimit"), reason="prlimit is not installed")
def test_limits_alone_are_only_used_on_request(workdir):
    assert run(workdir, "open('x', 'w')", name="rlimits").code == 0
    assert (workdir / "x").exists()


SYSTEM_PYTHON = "/usr/bin/python3"  # one that all users may run


@pytest.mark.skipif(
    os.geteuid() != 0 or not os.access(SYSTEM_PYTHON, os.X_OK), reason="not root, or no Python"
)
def test_with_limits_alone_root_s_files_are_root_s(workdir, monkeypatch):
    monkeypatch.setattr(module.sys, "executable", SYSTEM_PYTHON)
    secret = workdir.parent / "secret"
    secret.write_text("answers")
    secret.chmod(0o600)
    code = f"import os; print(os.getuid(), flush=True); open({str(secret)!r})"
    outcome = Sandbox("rlimits", is_other_user=True).run(workdir, [], ["-c", code], 30)
    assert outcome.tail.startswith(f"{limits.user_of(workdir)}\n")
    assert "PermissionError" in outcome.tail


@pytest.mark.parametrize("works", [True, False])
def test_root_runs_as_another_user_where_that_works(monkeypatch, works):
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    why_not = lambda sandbox: None if works or not sandbox.is_other_user else "no"  # noqa: E731
    monkeypatch.setattr(module, "_why_not", why_not)
    assert choose("rlimits").is_other_user == works
    assert not choose("bwrap").is_other_user


def test_without_a_sandbox_nothing_is_run(monkeypatch):
    monkeypatch.setattr(module, "_why_not", lambda sandbox: "Permission denied")
    with pytest.raises(
        KitError, match=r"no hand-in was run\. Install bubblewrap .*bwrap: Permission"
    ):
        choose()


def test_an_unknown_sandbox_is_refused():
    with pytest.raises(KitError, match=r"`sandbox` must be one of .*; received jail"):
        choose("jail")


@needs_sandbox
def test_what_runs_can_be_stopped_and_nothing_is_run_then(workdir):
    sandbox = choose("bwrap")
    threading.Timer(1, sandbox.stop).start()
    start = time.monotonic()
    assert sandbox.run(workdir, [], ["-c", "import time; time.sleep(60)"], 60).status == "crashed"
    assert time.monotonic() - start < 20
    with pytest.raises(KitError, match="Grading was stopped"):
        sandbox.run(workdir, [], ["-c", ""], 60)


def test_a_container_needs_an_image():
    with pytest.raises(KitError, match="container: no image named"):
        choose("container")


@needs_sandbox
def test_a_box_that_uses_too_much_in_all_is_ended(workdir, monkeypatch):
    assert run(workdir, "import time; time.sleep(2)").status == "done"
    monkeypatch.setattr(limits, "MAX_MEMORY", 300_000_000)
    code = "import mmap, time; m = mmap.mmap(-1, 500_000_000)\n"
    code += "for i in range(0, len(m), 4096): m[i] = 1\ntime.sleep(20)"
    assert run(workdir, code).status == "exceeded"
    monkeypatch.setattr(limits, "MAX_MEMORY", 10**12)
    monkeypatch.setattr(limits, "MAX_FILES", 50_000_000)
    code = "import time\nfor i in range(4): open(str(i), 'wb').write(b'x' * 20_000_000)\n"
    assert run(workdir, code + "time.sleep(20)").status == "exceeded"


@needs_sandbox
@pytest.mark.parametrize("place", ["/", "/home", "/dev"])
def test_there_is_no_disk_in_memory_without_a_bound(workdir, place):
    assert "Error" in run(workdir, f"open('{place}/x', 'w')").tail
    code = "f = open('/dev/shm/x', 'wb')\nfor _ in range(12): f.write(bytes(45_000_000))"
    assert run(workdir, code).code != 0
