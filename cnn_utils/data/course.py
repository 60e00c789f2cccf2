"""The course's own student file: the release says where it lies and what must be in it."""

from __future__ import annotations

import json
from pathlib import Path

from cnn_utils.data import formats
from cnn_utils.data.mirrors import RemoteFile
from cnn_utils.data.student_file import STUDENT_FILE
from cnn_utils.errors import DataError, KitError, describe
from cnn_utils.files import KIT, sha256, write_whole

COURSE_FILE = KIT / "data" / "course.json"


def describe_file(file: Path, addresses: list[str]) -> RemoteFile:
    """Return what students' kits have to know to fetch a file.

    Parameters
    ----------
    file : Path
        The course's ``student_dataset_CIFAR10.h5``.
    addresses : list of str
        Where the very same file can be fetched without logging in, the likely fastest first.

    Raises
    ------
    KitError
        If the file is no such file, or an address is none.
    """
    for address in addresses:
        if not address.startswith(("https://", "http://")) or any(c.isspace() for c in address):
            raise KitError.about("--data-url", "begin with https://", describe(address))
    formats.check_cifar10(file)
    return RemoteFile(STUDENT_FILE, file.stat().st_size, sha256(file), tuple(addresses))


def write(remote: RemoteFile, path: Path) -> None:
    """Write what `read` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"size": remote.size, "sha256": remote.sha256, "addresses": list(remote.mirrors)}
    write_whole(path, json.dumps({remote.name: content}, indent=1) + "\n")


def read(path: Path | None = None) -> RemoteFile | None:
    """Return the course's student file; None if the release names none.

    Raises
    ------
    DataError
        If ``data/course.json`` is damaged.
    """
    path = path or COURSE_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))[STUDENT_FILE]
        size, digest, addresses = content["size"], content["sha256"], content["addresses"]
        if not isinstance(size, int) or size < 1 or not addresses or len(digest) != 64:
            raise ValueError
        return RemoteFile(STUDENT_FILE, size, digest.lower(), tuple(map(str, addresses)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DataError.about(
            f"'{path}'",
            "say where the course's data file lies",
            "something else",
            "Take it from your course's kit again, or delete it.",
        ) from None
