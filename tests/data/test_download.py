"""cnn_utils.data.download: against a server on loopback that fails in every way."""

import hashlib
import json
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from cnn_utils.data import download as module
from cnn_utils.data.download import RemoteFile, download, read_remote_files
from cnn_utils.errors import DataError
from tests.data.faulty_server import FAULTS, serving

CONTENT = np.random.default_rng(458).bytes(300_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    with serving(CONTENT) as server:
        yield server


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait for parts of a second where users wait for seconds."""
    monkeypatch.setattr(module, "TIMEOUTS", (5, 0.4))
    monkeypatch.setattr(module, "SPEED_SECONDS", 0.3)


def remote(server, *behaviours):
    mirrors = tuple(
        name if "://" in name else f"{server.address}/{i}/{name}"
        for i, name in enumerate(behaviours)
    )
    return RemoteFile("file.gz", len(CONTENT), SHA, mirrors)


def asked(server):
    return [behaviour for behaviour, _ in server.asked]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("behaviour", ["good", "unhurried", "without-ranges", "without-length"])
def test_a_good_mirror_gives_the_file(server, tmp_path, behaviour, capsys):
    path = download(remote(server, behaviour), tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "file.gz"
    assert path.read_bytes() == CONTENT
    assert names(path.parent) == ["file.gz", "file.gz.lock"]
    told = capsys.readouterr().out
    if behaviour == "unhurried":
        assert "file.gz: 100%" in told
        assert "B/s" in told


def test_an_existing_file_is_not_downloaded_again(server, tmp_path):
    file = remote(server, "good")
    assert download(file, tmp_path) == download(file, tmp_path)
    assert asked(server) == ["good"]


def test_a_changed_file_is_downloaded_again(server, tmp_path):
    (tmp_path / "file.gz").write_bytes(b"changed")
    assert download(remote(server, "good"), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_the_next_mirror_gives_it(server, tmp_path, fault):
    path = download(remote(server, fault, "good"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert asked(server)[-1] == "good"
    assert set(asked(server)) == {fault, "good"}
    assert names(tmp_path) == ["file.gz", "file.gz.lock"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("truncated", "connection lost"),
        ("cut-off", r"stopped 150,000 bytes early"),
        ("reset", "connection lost|can't be reached"),
        ("corrupt", "wrong content, SHA-256 differs"),
        ("longer", "sent more than the file"),
        ("endless", "sent more than the file"),
        ("shorter", "sent 10 bytes instead of the file"),
        ("empty", "sent 0 bytes instead of the file"),
        ("html", "sent a web page instead of the file"),
        ("circle", "redirect loop"),
        ("missing", "answered 404 Not Found"),
        ("broken", "answered 503 Service Unavailable"),
        ("elsewhere", "resumed at the wrong position"),
        ("refuses-ranges", "answered 416"),
        ("silent", "timed out"),
        ("stalls", "timed out"),
        ("drips", r"too slow, 0 kB/s"),
        ("gibberish", "can't be reached"),
    ],
)
def test_a_fault_alone_is_named(server, tmp_path, fault, said):
    message = rf"must be downloaded from one of its mirrors; received 127\.0\.0\.1:\d+: .*({said})"
    with pytest.raises(DataError, match=message) as raised:
        download(remote(server, fault), tmp_path)
    assert "CNN_UTILS_DATA" in str(raised.value)
    assert not (tmp_path / "file.gz").exists()


def test_every_fault_has_a_message():
    words = test_a_fault_alone_is_named.pytestmark[0].args[1]
    assert {fault for fault, _ in words} == set(FAULTS)


@pytest.mark.parametrize("closed", ["http://127.0.0.1:9/x", "http://no-such-host.invalid/x"])
def test_a_server_that_is_not_there(server, tmp_path, closed):
    assert download(remote(server, closed, "good"), tmp_path).read_bytes() == CONTENT
    with pytest.raises(DataError, match=r"unknown host|can't be reached"):
        download(remote(server, closed), tmp_path / "other")


def test_another_mirror_resumes_where_the_first_stopped(server, tmp_path):
    download(remote(server, "truncated", "good"), tmp_path)
    assert server.asked == [("truncated", None), ("good", "bytes=150000-")]


def test_an_earlier_download_is_resumed(server, tmp_path):
    with pytest.raises(DataError):
        download(remote(server, "cut-off", "missing"), tmp_path)
    assert (tmp_path / "file.gz.part").read_bytes() == CONTENT[:150_000]
    assert download(remote(server, "good"), tmp_path).read_bytes() == CONTENT
    assert server.asked[-1] == ("good", "bytes=150000-")


def test_a_mirror_that_breaks_off_again_and_again_is_asked_again(server, tmp_path):
    """Halves: 150,000 bytes come first, and the rest when asked a second time."""
    path = download(remote(server, "refuses-ranges", "truncated", "unhurried"), tmp_path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("earlier", [b"something else", b"x" * 300_000, b"x" * 300_001])
def test_a_wrong_beginning_is_discarded(server, tmp_path, earlier):
    (tmp_path / "file.gz.part").write_bytes(earlier)
    assert download(remote(server, "good"), tmp_path).read_bytes() == CONTENT


def test_a_slow_mirror_is_skipped_and_used_if_no_other_works(server, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MIN_SPEEDS", (10**9, 0))
    file = remote(server, "unhurried", "missing")
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert asked(server) == ["unhurried", "missing", "unhurried"]
    assert server.asked[2][1] > "bytes=1"  # it went on
    monkeypatch.setattr(module, "MIN_SPEEDS", (10**9,))
    with pytest.raises(DataError, match=r"too slow, \d+ kB/s"):
        download(file, tmp_path / "other")


CODE = """
import sys
from pathlib import Path
from cnn_utils.data.download import RemoteFile, download
name, size, sha256, mirror, folder = sys.argv[1:]
print(download(RemoteFile(name, int(size), sha256, (mirror,)), Path(folder)))
"""


def start(file, folder):
    mirror = file.mirrors[0]
    command = [sys.executable, "-c", CODE, file.name, str(file.size), file.sha256, mirror, folder]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_ten_processes_download_it_once(server, tmp_path):
    processes = [start(remote(server, "unhurried"), tmp_path) for _ in range(10)]
    told = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 10, told
    assert asked(server) == ["unhurried"]
    assert (tmp_path / "file.gz").read_bytes() == CONTENT


def test_a_killed_download_is_resumed(server, tmp_path):
    file, rng = remote(server, "unhurried"), np.random.default_rng(458)
    for delay in rng.uniform(0.05, 0.6, 5):
        before = len(server.asked)
        process = start(file, tmp_path)
        while len(server.asked) == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=20)
        target = tmp_path / "file.gz"
        assert not target.exists() or target.read_bytes() == CONTENT
    assert download(file, tmp_path).read_bytes() == CONTENT
    assert any(re.fullmatch(r"bytes=\d+-", start or "") for _, start in server.asked)


GOOD = {"size": 3, "sha256": "a" * 64, "addresses": ["https://a.example"]}


def test_remote_files_are_read_from_json(tmp_path):
    (tmp_path / "files.json").write_text(json.dumps({"x.gz": GOOD}))
    expected = RemoteFile("x.gz", 3, "a" * 64, ("https://a.example",))
    assert read_remote_files(tmp_path / "files.json") == {"x.gz": expected}


@pytest.mark.parametrize("content", ["", "[]", "\xff", '{"x": 5}', '{"x": {"size": 3}}'])
def test_a_damaged_json_file_is_named(tmp_path, content):
    (tmp_path / "files.json").write_text(content, encoding="latin-1")
    message = r"files\.json' must name size, sha256 and addresses.*Copy it from your course's kit"
    with pytest.raises(DataError, match=message):
        read_remote_files(tmp_path / "files.json")
