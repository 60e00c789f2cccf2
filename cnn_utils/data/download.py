"""Get a file from whichever of its mirrors gives it, and go on where an earlier try ended."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_utils.data.mirrors import RemoteFile
from cnn_utils.errors import DataError, cannot_write
from cnn_utils.files import alone, sha256

if TYPE_CHECKING:
    from tqdm import tqdm

BLOCK = 2**16
CONNECT_SECONDS, SILENT_SECONDS = 5, 15
# A mirror slower than this, in bytes per second, is left for the next: CIFAR-10 in ten minutes.
SLOW = 280_000
# Over so many seconds.
LOOK_EVERY = 10
# How often the list of mirrors is gone through; what was received is kept.
ROUNDS = 3


class _Failed(Exception):
    """One mirror did not give the file, and why."""


class _Slow(_Failed):
    """One mirror takes its time."""


def download(file: RemoteFile, folder: Path, patient: bool = True) -> Path:
    """Return the file in a folder, after getting it from a mirror if it is not there.

    Processes that want the same file at the same time wait for one of them to get it.

    Parameters
    ----------
    file : RemoteFile
    folder : Path
        Made if need be. What was received of an unfinished file stays in it as ``NAME.part``.
    patient : bool, default=True
        Put up with slow mirrors if there are no others.

    Returns
    -------
    path : Path
        Its SHA-256 is the one expected.

    Raises
    ------
    DataError
        If no mirror gave the file; the message says what each answered.
    KitError
        If the folder can't be written to.
    """
    import pooch

    try:
        folder.mkdir(parents=True, exist_ok=True)
        waiting = f"Another program is getting {file.name}; waiting for it ..."
        with alone(folder / f"{file.name}.lock", waiting):
            store = pooch.create(
                path=folder,
                base_url="",
                registry={file.name: f"sha256:{file.sha256}"},
                urls={file.name: file.mirrors[0]},
            )
            pooch.get_logger().setLevel("WARNING")  # it says from where, which we do ourselves
            part = folder / f"{file.name}.part"
            return Path(store.fetch(file.name, downloader=_Mirrors(file, part, patient)))
    except OSError as error:
        raise cannot_write(folder / file.name, error) from None


class _Mirrors:
    """A downloader for pooch that knows several addresses."""

    def __init__(self, file: RemoteFile, part: Path, patient: bool):
        self.file, self.part, self.patient = file, part, patient

    def __call__(self, url: str, output_file: str, store) -> None:
        """Write the file to `output_file`."""
        from tqdm.auto import tqdm

        told: dict[str, str] = {}
        options = {"unit": "B", "unit_scale": True, "desc": self.file.name, "file": sys.stdout}
        # No bar for what fails at once.
        with tqdm(total=self.file.size, initial=self._received(), delay=0.3, **options) as bar:
            for round_ in range(ROUNDS):
                before, slow = self._received(), False
                for mirror in self.file.mirrors:
                    began = time.monotonic()
                    slowest = 0 if round_ and self.patient else SLOW
                    try:
                        receive(mirror, self.file, self.part, slowest, bar)
                    except _Failed as failed:
                        told[mirror] = str(failed)
                        slow |= isinstance(failed, _Slow)
                        if time.monotonic() - began > 1:  # long enough to wonder
                            bar.write(f"{_host(mirror)}: {failed}", file=sys.stdout)
                    else:
                        os.replace(self.part, output_file)
                        return
                # Another round may help where something was received, or was slow to come.
                if (slow and not self.patient) or (not slow and self._received() == before):
                    break
        answers = "; ".join(f"{_host(mirror)}: {why}" for mirror, why in told.items())
        raise DataError.about(
            self.file.name,
            "come from one of its mirrors",
            answers,
            "Are you connected to the Internet? What was received is kept: try again, or get the "
            "file another way and name its folder in the environment variable CNN_UTILS_DATA.",
        )

    def _received(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


def receive(url: str, file: RemoteFile, part: Path, slowest: float, bar: tqdm) -> None:
    """Complete a partial file from one address, and compare its SHA-256.

    Parameters
    ----------
    url : str
    file : RemoteFile
    part : Path
        What was received before, if it exists; deleted if it turns out to be wrong.
    slowest : float
        Give up below so many bytes per second.
    bar : tqdm
        To be moved.

    Raises
    ------
    _Failed
        If the server fails in any of the many ways there are.
    OSError
        If `part` can't be written.
    """
    import requests
    import urllib3

    have = part.stat().st_size if part.exists() else 0
    # As the file is: a server may otherwise pack what is packed already.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    timeout = (CONNECT_SECONDS, SILENT_SECONDS)
    try:
        if have < file.size:
            with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
                have = _checked(response, file, have)
                bar.reset(file.size)
                bar.update(have)
                with open(part, "ab" if have else "wb") as out:
                    _copy(response.raw, out, file.size - have, slowest, bar)
    except requests.exceptions.TooManyRedirects:
        raise _Failed("sends one round in circles") from None
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _Failed(_in_words(error)) from None
    if sha256(part) != file.sha256:
        part.unlink()
        raise _Failed("gave other content than expected")


def _checked(response, file: RemoteFile, have: int) -> int:
    """Return from which byte on the answer goes, or raise _Failed."""
    if response.status_code == 206:
        if response.headers.get("Content-Range", "") != f"bytes {have}-{file.size - 1}/{file.size}":
            raise _Failed("goes on at another place than asked for")
    elif response.status_code == 200:
        have = 0
    else:
        raise _Failed(f"answered {response.status_code} {response.reason}")
    length = response.headers.get("Content-Length")
    if length is not None and length != str(file.size - have):
        kind = response.headers.get("Content-Type", "")
        what = "a web page" if kind.startswith("text/html") else f"{length} bytes"
        raise _Failed(f"offers {what} instead of the file")
    return have


def _copy(source, out, missing: int, slowest: float, bar: tqdm) -> None:
    """Copy until nothing is missing; each look at the clock starts a new count."""
    since, counted = time.monotonic(), 0
    # One more byte than is missing shows that the answer is another file.
    while block := source.read1(min(BLOCK, missing + 1)):
        if len(block) > missing:
            raise _Failed("sends more than the file")
        out.write(block)
        bar.update(len(block))
        missing -= len(block)
        counted += len(block)
        seconds = time.monotonic() - since
        if seconds > LOOK_EVERY:
            if counted < slowest * seconds:
                raise _Slow(f"is slow, {counted / seconds / 1000:.0f} kB/s")
            since, counted = time.monotonic(), 0
    if missing:
        raise _Failed(f"ended {missing:,} bytes early")


def _in_words(error: Exception) -> str:
    """Say in a few words what went wrong on the line."""
    name, text = type(error).__name__, str(error)
    if "Timeout" in name or "timed out" in text:
        return "is silent"
    if "NameResolution" in text:
        return "has no address here"
    if name == "ProtocolError":
        return "hung up"
    return f"can't be reached ({name})"


def _host(url: str) -> str:
    return url.split("/")[2]
