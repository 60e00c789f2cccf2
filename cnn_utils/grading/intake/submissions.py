"""Find the hand-ins in a folder, and read from each the few files that grading needs."""

import hashlib
import os
import re
import stat
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cnn_utils.errors import KitError
from cnn_utils.handin.artifacts import WEIGHTS
from cnn_utils.handin.consistency import SUBMISSION
from cnn_utils.notebook.assignment import ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER

MAX_BYTES, MAX_MEMBERS = 200_000_000, 2_000
SUFFIXES = (".zip", ".ipynb", ".py")


@dataclass(frozen=True)
class HandedIn:
    """One hand-in: a zip, a folder, or a bare notebook.

    Attributes
    ----------
    name : str
        Name of the file or folder; identifies the hand-in in the gradebook.
    path : Path
    """

    name: str
    path: Path


def find_handins(folder: Path) -> list[HandedIn]:
    """Return the hand-ins in a folder, sorted by name.

    Raises
    ------
    KitError
        If there are no hand-ins.
    """
    if not folder.is_dir():
        raise KitError.about(f"'{folder}'", "be a folder of hand-ins", "no folder")
    paths, ignored = [], []
    for path in sorted(folder.iterdir()):
        is_hand_in = path.is_dir() or path.suffix.lower() in SUFFIXES
        if is_hand_in and not path.name.startswith(".") and not path.is_symlink():
            paths.append(path)
        elif path.name not in (".DS_Store", "Thumbs.db", "desktop.ini"):
            ignored.append(printable(path.name))
    if ignored:
        print(f"NOTE: ignored: {', '.join(ignored)}")
    if not paths:
        raise KitError.about(f"'{folder}'", "hold hand-ins (zips, folders, notebooks)", "none")
    stems = Counter(_stem(path) for path in paths)
    # Two hand-ins of the same name keep their suffixes.
    return [HandedIn(_stem(p) if stems[_stem(p)] == 1 else p.name, p) for p in paths]


def printable(name: str) -> str:
    """Replace the characters of a name that could control a terminal."""
    return "".join(c if c.isprintable() else "?" for c in name)


def _stem(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def take(
    handed_in: HandedIn, notebooks: dict[str, list[str]], networks: list[str]
) -> dict[str, bytes]:
    """Return the files that grading needs, by their names in the assignment.

    Parameters
    ----------
    handed_in : HandedIn
    notebooks : dict of str to list of str
        Names of the tasks of each notebook, by its file name.
    networks : list of str
        Names of the networks that are handed in.

    Returns
    -------
    files : dict of str to bytes
        The notebooks, ``submission.csv``, ``lenet/weights.npz`` and so on.

    Raises
    ------
    KitError
        If the zip is damaged or too large.
    """
    names = list(notebooks)
    if handed_in.path.is_dir():
        available = dict(_in_folder(handed_in.path))
        zips = [path for path in available.values() if path.suffix.lower() == ".zip"]
        if len(zips) == 1 and not any(n.endswith((".ipynb", ".py")) for n in available):
            return _from_zip(zips[0], names, networks)
    elif handed_in.path.suffix.lower() == ".zip":
        return _from_zip(handed_in.path, names, networks)
    elif not notebooks:
        return {}
    else:
        data = _bounded(handed_in.path)
        chosen = _choose([handed_in.path.name], names, networks)
        return {next(iter(chosen), None) or _by_content(data, notebooks): data}
    chosen = _choose(list(available), names, networks)
    return {known: _bounded(available[name]) for known, name in chosen.items()}


def content_hash(files: dict[str, bytes]) -> str:
    """Return a hash of the files; an unchanged hand-in is not graded again."""
    state = hashlib.sha256()
    for name in sorted(files):
        state.update(f"{name}\0{len(files[name])}\0".encode())
        state.update(files[name])
    return state.hexdigest()


def _by_content(data: bytes, notebooks: dict[str, list[str]]) -> str:
    """Return the notebook most of whose tasks a file names."""
    text = data[:MAX_BYTES].decode("utf-8", "replace")
    return max(notebooks, key=lambda name: sum(f"# task: {t}" in text for t in notebooks[name]))


def _from_zip(path: Path, notebooks, networks) -> dict[str, bytes]:
    if path.stat().st_size > MAX_BYTES:
        raise KitError("The zip is larger than 200 MB.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if len(members) > MAX_MEMBERS:
                raise KitError(f"The zip holds {len(members)} files; at most 2,000 are read.")
            by_name = {member.filename: member for member in members}
            chosen = _choose(list(by_name), notebooks, networks)
            wanted = {known: by_name[name] for known, name in chosen.items()}
            if sum(member.file_size for member in wanted.values()) > MAX_BYTES:
                raise KitError("The zip's files are larger than 200 MB.")
            return {known: _member(archive, member) for known, member in wanted.items()}
    except KitError:
        raise
    except Exception as error:  # of any kind: the bytes are untrusted
        raise KitError(f"The zip can't be read ({type(error).__name__}).") from None


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        data = file.read(member.file_size + 1)
    if len(data) != member.file_size:
        raise KitError("The zip states wrong sizes of its files.")
    return data


def _in_folder(folder: Path):
    """Yield name and path of each regular file in a folder; links are not followed."""
    count = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not (Path(place) / name).is_symlink())
        for name in sorted(files):
            path = Path(place) / name
            count += 1
            if count > MAX_MEMBERS:
                raise KitError("The folder holds more than 2,000 files.")
            if stat.S_ISREG(path.lstat().st_mode):
                yield path.relative_to(folder).as_posix(), path


def _bounded(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise KitError(f"{path.name} is larger than 200 MB.")
    return path.read_bytes()


def _choose(names: list[str], notebooks: list[str], networks: list[str]) -> dict[str, str]:
    """Find the known files in a list of paths.

    The shallowest path wins; a renamed notebook is found by the beginning of its name.
    """
    ordered = sorted(names, key=lambda name: (name.count("/"), name))
    plain = [n for n in ordered if ".." not in PurePosixPath(n).parts and "__MACOSX" not in n]
    plain = [n for n in plain if ".ipynb_checkpoints" not in n]
    chosen: dict[str, str] = {}
    for notebook in notebooks:
        stem = notebook.removesuffix(".ipynb")
        patterns = [re.escape(notebook), rf"{re.escape(stem)}.*\.ipynb", rf"{re.escape(stem)}\.py"]
        patterns.append(rf".*{re.escape(stem.split('_')[0])}.*\.ipynb")
        for pattern in patterns:
            hits = [n for n in plain if re.fullmatch(pattern, PurePosixPath(n).name, re.I)]
            hits = [n for n in hits if n not in chosen.values()]
            if hits:
                chosen[notebook] = hits[0]
                break
    left = [n for n in plain if n.endswith(".ipynb") and n not in chosen.values()]
    missing = [notebook for notebook in notebooks if notebook not in chosen]
    if len(left) == 1 and len(missing) == 1:
        chosen[missing[0]] = left[0]
    for network in networks:
        known = f"{network}/{WEIGHTS}"
        for folder in (ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER):
            hits = [n for n in plain if f"/{n}".endswith(f"/{folder}/{known}")]
            if hits:
                chosen.setdefault(known, hits[0])
    hits = [n for n in plain if PurePosixPath(n).name == SUBMISSION]
    if hits:
        chosen[SUBMISSION] = hits[0]
    return chosen
