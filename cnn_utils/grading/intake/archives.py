"""List the files of untrusted folders and zips, and read single ones, within bounds."""

import io
import os
import re
import stat
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from cnn_utils.errors import KitError

MAX_BYTES, MAX_FILES, MAX_DEPTH = 200_000_000, 100_000, 4
# Hidden files, what macOS, Windows and Python leave behind, and copies of the kit itself.
LEFTOVERS = re.compile(
    r"\..*|__MACOSX|__pycache__|site-packages|Thumbs\.db|desktop\.ini|cnn_utils", re.I
)
# What people hand in instead of a notebook or a zip: first bytes, end of the name, and what it is.
ARCHIVES = [
    (b"Rar!", r"rar|r\d\d", "a RAR archive"),
    (b"7z\xbc\xaf", r"7z|7z\.001", "a 7z archive"),
    (b"\x1f\x8b", r"gz|tgz", "a gzip archive"),
    (b"BZh", r"bz2|tbz2?", "a bzip2 archive"),
    (b"\xfd7zXZ", r"xz|txz", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", r"zst", "a Zstandard archive"),
    (b"MSCF", r"cab", "a cabinet archive"),
    (None, r"tar", "a tar archive"),
]
DOCUMENTS = [
    (b"%PDF", r"pdf", "a PDF"),
    (b"\xd0\xcf\x11\xe0", r"docx?|odt|pages|rtf", "a text document"),
    (None, r"pptx?|odp|key", "a slide show"),
    (b"\x89PNG", r"png|jpe?g|gif|heic|webp", "a picture"),
    (b"\xff\xd8\xff", r"svg", "a picture"),
    (b"<!DOCTYP", r"html?|mht(?:ml)?|webarchive", "a web page"),
    (None, r"gdoc|gsheet|url|webloc|lnk|desktop", "a link, not the file itself"),
    (None, r"crdownload|part|download|tmp", "an unfinished download"),
]
ZIPS = (b"PK\3\4", b"PK\5\6")
# Zips to their programs, but not to people.
PACKED = re.compile(r"\.(?:npz|keras|docx|xlsx|pptx|odt|ods|odp|pages|numbers|key|whl|jar)$", re.I)


class Found(NamedTuple):
    """A file of an upload: its place is a path, and the members' numbers through zips in zips."""

    path: str
    members: tuple[int, ...]
    name: str
    size: int
    when: tuple[int, ...]


class Files(ExitStack):
    """Read files from untrusted zips and folders, at most so many bytes; opens each zip once."""

    def __init__(self, limit: int = MAX_BYTES) -> None:
        super().__init__()
        self._left, self._listed, self._zips = limit, 0, {}

    def read(self, path: str, members=()) -> bytes:
        """Return the bytes of a file; KitError with the reason if they can't be read."""
        try:
            if not members:
                with open(path, "rb") as file:
                    return self._bounded(file, os.fstat(file.fileno()).st_size)
            *outer, number = members
            archive, infos = self.open_zip(path, tuple(outer))
            with archive.open(infos[number]) as file:
                return self._bounded(file, infos[number].file_size)
        except KitError:
            raise
        except OSError as error:
            raise KitError(f"It can't be opened: {error.strerror or error}.") from None
        except Exception as error:  # of any kind: the bytes are untrusted
            raise KitError(_why(error)) from None

    def peek(self, found: Found) -> bytes:
        """Return the bytes of a file, or none if it can't be read."""
        with suppress(KitError):
            return self.read(found.path, found.members)
        return b""

    def open_zip(self, path: str, members=()) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
        """Return a zip, and the entries in its list; it is closed with this object."""
        if (path, members) not in self._zips:
            if members:
                file = io.BytesIO(self.read(path, members))
            elif os.path.getsize(path) > MAX_BYTES:
                raise KitError("It is larger than 200 MB.")
            else:
                file = self.enter_context(open(path, "rb"))
            blocks = iter(lambda: file.read(2**20), b"")
            # Of all zips together: each takes time and memory, however small it is.
            self._listed += 1 + sum(block.count(b"PK\1\2") for block in blocks)
            if self._listed > MAX_FILES:
                raise KitError(f"It lists more than {MAX_FILES:,} files.")
            archive = self.enter_context(zipfile.ZipFile(file))
            self._zips[path, members] = archive, archive.infolist()
        return self._zips[path, members]

    def _bounded(self, file, size: int) -> bytes:
        if size > self._left:
            raise KitError("Its files are larger than 200 MB.")
        self._left -= size
        data = file.read(size + 1)
        if len(data) != size:
            raise KitError("It states a wrong size.")
        return data

    def walk(self, path: Path, name: str, problems: list[str]) -> Iterator[Found]:
        """Yield the files of a folder, a zip or a file, through zips in them.

        Parameters
        ----------
        path : Path
        name : str
            Stands for the path in the names of its files: a zip counts as a folder.
        problems : list of str
            Gets a sentence for each file that can't be opened.
        """
        for file, inside in _regular_files(path, problems):
            full = f"{name}/{inside}".strip("/")
            status = file.stat()
            when = time.localtime(status.st_mtime)[:6]
            found = Found(str(file), (), full, status.st_size, when)
            try:
                head = b"" if PACKED.search(full) else _first_bytes(file)
            except OSError as error:
                problems.append(f"'{full}' can't be opened: {error.strerror or error}.")
                continue
            yield from self._through(found, head, problems)

    def _through(self, found: Found, head: bytes, problems: list[str]) -> Iterator[Found]:
        if what := what_is(found.name, head, ARCHIVES):
            problems.append(f"'{found.name}' is {what}, which grading does not open.")
        elif found.size and (head[:4] in ZIPS or found.name.lower().endswith(".zip")):
            if len(found.members) >= MAX_DEPTH:
                problems.append(f"'{found.name}' lies in too many zips in zips.")
                return
            try:
                yield from self._in_zip(found, problems)
            except Exception as error:  # of any kind: the bytes are untrusted
                why = str(error) if isinstance(error, KitError) else _why(error)
                problems.append(f"'{found.name}' can't be read. {why}")
            return
        yield found

    def _in_zip(self, zipped: Found, problems: list[str]) -> Iterator[Found]:
        archive, infos = self.open_zip(zipped.path, zipped.members)
        locked = [info.filename for info in infos if info.flag_bits & 1]
        if locked:
            problems.append(f"'{zipped.name}' is encrypted: it must be without a password.")
        for number, info in enumerate(infos):
            # Windows PowerShell 5 writes backslashes.
            steps = [s for s in info.filename.replace("\\", "/").split("/") if s not in ("", ".")]
            is_folder = info.filename.endswith(("/", "\\"))
            is_link = stat.S_ISLNK(info.external_attr >> 16)
            # A name with ".." begins with a dot, and is a leftover as well.
            if is_folder or is_link or info.flag_bits & 1 or any(map(LEFTOVERS.fullmatch, steps)):
                continue
            name = f"{zipped.name}/{'/'.join(steps)}"
            members = (*zipped.members, number)
            found = Found(zipped.path, members, name, info.file_size, info.date_time)
            head = b""
            if re.search(r"\.zip\b", name[len(zipped.name) :], re.I) and info.file_size:
                with suppress(Exception):  # of any kind; if it is a zip, opening it tells
                    head = archive.open(info).read(8)
            yield from self._through(found, head, problems)


def what_is(name: str, head: bytes = b"", kinds=(*ARCHIVES, *DOCUMENTS)) -> str:
    """Return what a file is that is no notebook and no zip, such as "a RAR archive"; or ""."""
    for magic, suffixes, what in kinds:
        if (magic and head.startswith(magic)) or re.search(rf"\.(?:{suffixes})$", name, re.I):
            return what
    return ""


def _regular_files(path: Path, problems: list[str]) -> Iterator[tuple[Path, str]]:
    """Yield the regular files in a folder, with their names in it; links are not followed."""
    if not path.is_dir():
        yield path, ""
        return
    count = 0

    def tell(error: OSError) -> None:
        problems.append(f"'{Path(error.filename).name}' can't be opened: {error.strerror}.")

    for place, folders, files in os.walk(path, onerror=tell):
        folders[:] = sorted(name for name in folders if not LEFTOVERS.fullmatch(name))
        for name in sorted(name for name in files if not LEFTOVERS.fullmatch(name)):
            count += 1
            if count > MAX_FILES:
                problems.append(f"The folder holds more than {MAX_FILES:,} files.")
                return
            file = Path(place, name)
            if stat.S_ISREG(file.lstat().st_mode):
                yield file, file.relative_to(path).as_posix().replace("\\", "/")


def _first_bytes(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(8)


def _why(error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return "It is compressed in a way that is not read here: use a plain zip."
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return "It is encrypted: it must be without a password."
    return "It is damaged or incomplete."
