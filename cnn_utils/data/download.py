"""Download a file from one of several mirrors, resuming where an earlier attempt stopped.

Libraries such as pooch know one address and start again after an interruption.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from cnn_utils.errors import DataError
from cnn_utils.files import alone, sha256

BLOCK = 2**16
TIMEOUTS = (5, 15)  # in seconds, for connecting and for reading
# In each round through the mirrors, slower ones are skipped (bytes per second).
MIN_SPEEDS = (280_000, 50_000, 50_000)
SPEED_SECONDS = 10  # the speed is measured over so many


@dataclass(frozen=True)
class RemoteFile:
    """A file that several servers offer, the fastest first; size in bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]


def read_remote_files(path: Path) -> dict[str, RemoteFile]:
    """Read a JSON file of remote files, by name; raise DataError if it is damaged."""
    try:
        return {
            name: RemoteFile(name, int(file["size"]), str(file["sha256"]), (*file["addresses"],))
            for name, file in json.loads(path.read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        expected = "name size, sha256 and addresses of files"
        next_step = "Copy it from your course's kit again, or delete it."
        raise DataError.about(f"'{path}'", expected, "a damaged file", next_step) from None


class _Failed(Exception):
    """A mirror failed; the text says how."""


def download(file: RemoteFile, folder: Path) -> Path:
    """Return the file's path in a folder; download it if it is missing or changed.

    Other processes that want the same file wait. An unfinished download stays as ``NAME.part``.
    """
    path, part = folder / file.name, folder / f"{file.name}.part"
    folder.mkdir(parents=True, exist_ok=True)
    waiting = f"Another program is downloading {file.name}; waiting for it ..."
    with alone(folder / f"{file.name}.lock", waiting):
        if not (path.exists() and sha256(path) == file.sha256):
            part.touch()
            _from_mirrors(file, part)
            os.replace(part, path)
    return path


def _from_mirrors(file: RemoteFile, part: Path) -> None:
    """Complete a partial file from the first mirror that works."""
    from tqdm.auto import tqdm

    failures: dict[str, str] = {}
    options = {"unit": "B", "unit_scale": True, "desc": file.name, "file": sys.stdout}
    # The delay shows no bar for what fails at once.
    with tqdm(total=file.size, initial=part.stat().st_size, delay=0.3, **options) as bar:
        for min_speed in MIN_SPEEDS:
            before = part.stat().st_size
            for mirror in file.mirrors:
                try:
                    return _receive(mirror, file, part, min_speed, bar)
                except _Failed as failed:
                    failures[mirror] = f"{mirror.split('/')[2]}: {failed}"
            if part.stat().st_size == before:  # another round would not help
                break
    raise DataError.about(
        file.name,
        "be downloaded from one of its mirrors",
        "; ".join(failures.values()),
        "Check the internet connection and try again: the download resumes. Or get the file "
        "another way and name its folder in the environment variable CNN_UTILS_DATA.",
    )


def _receive(url: str, file: RemoteFile, part: Path, min_speed: float, bar) -> None:
    """Complete a partial file from one address; raise _Failed for whatever the server does."""
    import requests
    import urllib3

    received = part.stat().st_size
    # Servers must not compress what is compressed already: sizes and positions would differ.
    headers = {"Accept-Encoding": "identity"}
    if received:
        headers["Range"] = f"bytes={received}-"
    try:
        if received < file.size:
            with requests.get(url, headers=headers, stream=True, timeout=TIMEOUTS) as response:
                start = _start(response, file, received)
                bar.reset(file.size)
                bar.update(start)
                with open(part, "ab" if start else "wb") as out:
                    _copy(response.raw, out, file.size - start, min_speed, bar)
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _Failed(_reason(error)) from None
    if sha256(part) != file.sha256:
        os.truncate(part, 0)
        raise _Failed("wrong content, SHA-256 differs")


def _start(response, file: RemoteFile, received: int) -> int:
    """Return the position of the first byte that the response holds."""
    start = received if response.status_code == 206 else 0
    if start:
        expected = f"bytes {start}-{file.size - 1}/{file.size}"
        if response.headers.get("Content-Range", "") != expected:
            raise _Failed("resumed at the wrong position")
    elif response.status_code != 200:
        raise _Failed(f"answered {response.status_code} {response.reason}")
    length = response.headers.get("Content-Length")
    if length is not None and length != str(file.size - start):
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        raise _Failed(f"sent {'a web page' if is_page else f'{length} bytes'} instead of the file")
    return start


def _copy(source, out, missing: int, min_speed: float, bar) -> None:
    """Copy the missing bytes, unless they come too slowly."""
    began, counted = time.monotonic(), 0
    # One byte more than is missing shows that the response is another file.
    while block := source.read1(min(BLOCK, missing + 1)):
        if len(block) > missing:
            raise _Failed("sent more than the file")
        out.write(block)
        bar.update(len(block))
        missing -= len(block)
        counted += len(block)
        seconds = time.monotonic() - began
        if seconds > SPEED_SECONDS:
            if counted < min_speed * seconds:
                raise _Failed(f"too slow, {counted / seconds / 1000:.0f} kB/s")
            began, counted = time.monotonic(), 0
    if missing:
        raise _Failed(f"stopped {missing:,} bytes early")


def _reason(error: Exception) -> str:
    name, text = type(error).__name__, str(error)
    if "Timeout" in name or "timed out" in text:
        return "timed out"
    if "NameResolution" in text:
        return "unknown host"
    known = {"ProtocolError": "connection lost", "TooManyRedirects": "redirect loop"}
    return known.get(name, f"can't be reached ({name})")
