"""Find the submissions in a folder, as learning platforms, browsers and people deliver them.

A submission is people and files. One person may have uploaded several files or zips, and several
people the same files.
"""

import hashlib
import json
import re
import unicodedata
import zipfile
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cnn_utils.errors import KitError
from cnn_utils.grading.intake.archives import ARCHIVES, LEFTOVERS, Files, Found, what_is
from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.platforms import Upload, group_label, read_name, without_copy
from cnn_utils.grading.intake.recognition import BESIDE, Candidate, Recognition
from cnn_utils.handin.consistency import SUBMISSION
from cnn_utils.notebook.assignment import ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER

MAX_SCANNED, MAX_TOLD = 300_000_000, 10
# Files that are a submission by themselves; others only beside one, or under a platform's name.
ALONE = re.compile(r"\.(?:zip|ipynb|py|pdf|docx?|odt|pages)\b[^/]*$|(?<!^index)\.html?$", re.I)
# The first bytes of a notebook; its name may be any.
NOTEBOOK = re.compile(rb'\s*\{\s*"(?:cells|nbformat|metadata)"')
PART_OF_ONE = re.compile(
    rf"({Path(SUBMISSION).stem}|weights|architecture|history|record)(?![a-z]).*\.(?:csv|npz|json)(?:\.txt)?$",
    re.I,
)


@dataclass(frozen=True)
class Submission:
    """Files of one person or group.

    Attributes
    ----------
    name : str
        Identifies it; safe to print.
    members : list of str
        The platform's names of all who uploaded it.
    paths : list of str
        The uploaded files and folders.
    notes : list of str
        What the instructor should know.
    review : list of str
        What a person must look at.
    problem : str
        Why nothing can be read, or "".
    places : dict
        Path and numbers of members through zips, for each known file.
    handed_in : str
        When, in ISO format, if the names of the files tell; "" otherwise.
    is_late : bool
        Whether the platform says that it was late.
    """

    name: str
    members: list[str]
    paths: list[str]
    notes: list[str] = field(default_factory=list)
    review: list[str] = field(default_factory=list)
    problem: str = ""
    places: dict[str, tuple] = field(default_factory=dict)
    handed_in: str = ""
    is_late: bool = False

    def files(self) -> dict[str, bytes]:
        """Return the files that grading needs, by their names in the assignment.

        These are the notebooks, ``submission.csv``, ``lenet/weights.npz`` and the like, and the
        student's own modules and data as ``beside/helpers.py``.

        Raises
        ------
        KitError
            If one of them is damaged, or all are too large.
        """
        found = {}
        with Files() as files:
            for known, (path, members) in self.places.items():
                try:
                    found[known] = files.read(path, tuple(members))
                except KitError as error:
                    raise KitError(f"{known}: {error}") from None
        return found

    def hash_of(self, files: dict[str, bytes]) -> str:
        """Return a hash of the files and of what is known about them."""
        known = [self.members, self.notes, self.review, self.problem, self.handed_in, self.is_late]
        return content_hash({**files, "": json.dumps(known).encode()})


@dataclass
class _Bundle:
    """The uploads of one person, and what was chosen from them."""

    uploads: list[tuple[Path, Upload]]
    notes: list[str] = field(default_factory=list)
    review: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    chosen: dict[str, Candidate] = field(default_factory=dict)
    places: dict[str, Found] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)  # except of files beside the notebooks
    copies: list["_Bundle"] = field(default_factory=list)

    @property
    def upload(self) -> Upload:
        """Return the last upload that tells a member."""
        uploads = [upload for _, upload in reversed(self.uploads)]
        return next((upload for upload in uploads if upload.member), uploads[-1])

    @property
    def file(self) -> str:
        return self.uploads[0][0].name

    @property
    def name(self) -> str:
        return self.upload.person or _stem(self.uploads[0][0])

    @property
    def uploader(self) -> str:
        """Return who uploaded it: the platform's person, or a name without " (1)"."""
        name = self.name if self.upload.is_known else without_copy(self.name)[0]
        return unicodedata.normalize("NFC", name).casefold()

    @property
    def group(self) -> tuple[str, str]:
        """Return what tells its group: the team, a number in a name, the header, or a name."""
        team = self.upload.team.casefold()
        if group_label(team):
            return "team", team
        names = [upload.file if upload.is_known else _stem(path) for path, upload in self.uploads]
        names += [candidate.file.name for candidate in self.chosen.values()]
        labels = [group_label(step.removesuffix(".zip")) for n in names for step in n.split("/")]
        labels += [candidate.group for candidate in self.chosen.values()]
        if label := next(filter(None, labels), ""):
            return "group", label
        return ("team", team) if team else ("name", self.uploader)


def find_submissions(folder: Path, source_notebooks: dict[str, SourceNotebook]) -> list[Submission]:
    """Return the submissions in a folder, sorted by name.

    Parameters
    ----------
    folder : Path
        Files, zips and folders, as a learning platform or people name them.
    source_notebooks : dict of str to SourceNotebook
        The worked notebooks; without any, only ``submission.csv`` is looked for.

    Raises
    ------
    KitError
        If there are no submissions.
    """
    recognition = Recognition(source_notebooks)
    people: dict[str, list[tuple[Path, Upload]]] = defaultdict(list)
    for path, upload in _uploads(folder.resolve(), recognition):
        # Folders and zips without a platform's name are one submission each.
        own = upload.is_known or upload.file
        people[upload.person if own else f"{upload.person}/{path.name}"].append((path, upload))
    bundles = [b for uploads in people.values() for b in _bundles(uploads, recognition)]
    groups: dict[tuple, list[_Bundle]] = defaultdict(list)
    for bundle in bundles:
        groups[bundle.group].append(bundle)
    merged = [b for group, found in groups.items() for b in _merge(group, found, recognition)]
    numbers = {group_label(label) or label for kind, label in groups if kind != "name"}
    for bundle in merged:
        label = group_label(bundle.group[1]) or bundle.group[1]
        written = {candidate.group for candidate in bundle.chosen.values()}
        for number in sorted(written & numbers - {label}):
            bundle.review.append(f"Its header names group {number}, which has its own hand-in.")
    return sorted(_submissions(merged), key=lambda submission: submission.name)


def printable(text: str) -> str:
    """Replace what could control a terminal or reorder a line; keep letters of every script.

    Line breaks become spaces, invisible characters and those that turn the direction vanish, and
    the others (such as escape) become "?".
    """
    unprintable = {c for c in text if not c.isprintable()}
    invisible = {c: "" for c in unprintable if unicodedata.category(c) == "Cf"}
    shown = {c: " " if c.isspace() else "?" for c in unprintable} | invisible
    return text.translate(str.maketrans(shown))


def content_hash(files: dict[str, bytes]) -> str:
    """Return a hash of the files; an unchanged hand-in is not graded again."""
    state = hashlib.sha256()
    for name in sorted(files):
        state.update(f"{name}\0{len(files[name])}\0".encode())
        state.update(files[name])
    return state.hexdigest()


def _uploads(folder: Path, recognition: Recognition) -> list[tuple[Path, Upload]]:
    """Return the uploaded files and folders; tell which others are ignored."""
    if not folder.is_dir():
        raise KitError.about(f"'{folder}'", "be a folder of hand-ins", "no folder")
    paths = [p for p in sorted(folder.iterdir()) if not LEFTOVERS.fullmatch(p.name)]
    uploads, ignored = [], []
    for path in paths:
        is_folder = path.is_dir()
        upload = read_name(path.name, is_folder)
        if not is_folder and not upload.is_known:
            upload = _loose(path, upload, recognition.parts)
        elif is_folder and path.name in (ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER):
            upload = Upload("", False, "", path.name)
        is_one = is_folder or upload.is_known or ALONE.search(path.name)
        is_one = is_one or PART_OF_ONE.search(path.name) or what_is(path.name, kinds=ARCHIVES)
        is_one = is_one or any(Path(p).stem in path.name.casefold() for p in recognition.parts)
        is_real = not path.is_symlink() and (is_folder or path.is_file())
        if is_real and (is_one or _begins_like_a_notebook(path)):
            uploads.append((path, upload))
        else:
            ignored.append(printable(path.name))
    if ignored:
        print(f"NOTE: ignored: {', '.join(ignored)}")
    if not uploads:
        raise KitError.about(f"'{folder}'", "hold hand-ins (zips, folders, notebooks)", "none")
    (path, upload), *others = uploads
    if others or not _is_a_class(path, upload, recognition):
        return uploads
    if path.is_dir():
        return _uploads(path, recognition)  # the folder around a platform's download
    expected = "be a folder of hand-ins, unzipped once"
    received = f"a zip of several people's, {printable(path.name)}"
    raise KitError.about(f"'{folder}'", expected, received, "Unzip it there and delete it.")


def _begins_like_a_notebook(path: Path) -> bool:
    with suppress(OSError), open(path, "rb") as file:
        return bool(NOTEBOOK.match(file.read(200)))
    return False


def _is_a_class(path: Path, upload: Upload, recognition: Recognition) -> bool:
    """Return whether a folder or zip holds the uploads of several people or groups."""
    names = []
    if path.is_dir():
        paths = [inside for inside in path.iterdir() if not LEFTOVERS.fullmatch(inside.name)]
        if len(paths) == 1 and paths[0].is_dir() and not paths[0].is_symlink():
            return _is_a_class(paths[0], upload, recognition)
        names = [inside.name for inside in paths]
    elif path.suffix.lower() == ".zip":
        with suppress(KitError, OSError, zipfile.BadZipFile), Files() as files:
            infos = files.open_zip(str(path))[1]
            names = {info.filename.replace("\\", "/").split("/")[0] for info in infos}
    uploads = [read_name(name) for name in names]
    whose = {u.person if u.is_known else group_label(u.person) for u in uploads}
    if len(whose - {""}) > 1 or not path.is_dir():
        return len(whose - {""}) > 1
    # People's folders may have any names: each holds the same part, of another group or content.
    versions = defaultdict(set)
    for candidate in _bundle([(path, upload._replace(file=""))], recognition).candidates:
        first, _, rest = candidate.file.name.partition("/")
        if candidate.touched and (group := candidate.group or (rest and candidate.sha256)):
            versions[candidate.part].add((first, group))
    return any(
        len({first for first, _ in found}) > 1 and len({group for _, group in found}) > 1
        for found in versions.values()
    )


def _loose(path: Path, upload: Upload, parts: list[str]) -> Upload:
    """Read "jane" and "part1_lenet_mnist.ipynb" from "jane_part1_lenet_mnist (1).ipynb".

    A zip is loose if it is named after a part or the artifacts.
    """
    name, is_zip = unicodedata.normalize("NFC", path.name), path.suffix.lower() == ".zip"
    suffixes = re.search(r"(?:\.(?:ipynb|py|csv|npz|json|txt|zip))*$", name, re.I)[0] or path.suffix
    stem, _ = without_copy(name.removesuffix(suffixes))
    words = [w for part in parts for w in (Path(part).stem, Path(part).stem.split("_")[0])]
    words += [ARTIFACTS_FOLDER, OLD_ARTIFACTS_FOLDER] if is_zip else []
    known = "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)"
    found = PART_OF_ONE.search(path.name)
    pattern = re.escape(found[1]) if found else rf"(?<![a-z0-9])(?:{known})(?![a-z0-9])"
    person, n_found = re.subn(pattern, "", stem, count=1, flags=re.I)
    if not n_found:
        return upload if is_zip else Upload(stem, False, path.stem, path.name)
    known = re.search(pattern, stem, re.I)[0]
    return Upload(person.strip(" _-."), False, path.stem, f"{known}{suffixes}")


def _bundles(uploads: list[tuple[Path, Upload]], recognition: Recognition) -> list[_Bundle]:
    """Return one bundle, or several if only the names seem to be one person's."""
    bundle = _bundle(uploads, recognition)
    versions = defaultdict(dict)
    for candidate in bundle.candidates:
        if candidate.touched:
            versions[candidate.part][candidate.sha256] = candidate.group
    are_several = any(
        len(found) > 1 and len({group or hash_ for hash_, group in found.items()}) > 1
        for found in versions.values()
    )
    if are_several and len(uploads) > 1 and not bundle.upload.is_known:
        return [_bundle([upload], recognition) for upload in uploads]
    return [bundle]


def _bundle(uploads: list[tuple[Path, Upload]], recognition: Recognition) -> _Bundle:
    bundle = _Bundle(sorted(uploads, key=lambda upload: _attempt(*upload)))
    found, attempts = [], {}
    # Canvas numbers files, not attempts.
    loose = max((_attempt(p, u) for p, u in uploads if not _is_packed(p)), default=())
    with Files(MAX_SCANNED) as files:
        for path, upload in bundle.uploads:
            is_packed = _is_packed(path)
            name = upload.file or ("" if path.is_dir() else path.name)
            name = path.name if is_packed and len(uploads) > 1 else name
            is_own = is_packed or "-" in upload.when
            try:
                for file in files.walk(path, name, bundle.problems):
                    found.append(file)
                    attempts[file.path] = _attempt(path, upload) if is_own else loose
            except OSError as error:
                why = error.strerror or error
                bundle.problems.append(f"'{path.name}' can't be opened: {why}.")
        bundle.candidates = recognition.candidates(files, found, bundle.problems)
        for candidate in bundle.candidates:
            candidate.attempt = attempts[candidate.file.path]
        bundle.chosen = recognition.choose_notebooks(bundle.candidates, bundle.notes, bundle.review)
        bundle.places = {part: candidate.file for part, candidate in bundle.chosen.items()}
        bundle.places |= recognition.choose_others(files, found, bundle.chosen)
    if bundle.places:
        used = list(bundle.places.values())
        bundle.places |= recognition.choose_beside(found, bundle.chosen, used)
    _read_all(bundle)
    if bundle.places:
        bundle.notes += bundle.problems
        bundle.review += bundle.problems
        if len(bundle.chosen) < len(recognition.parts):
            bundle.review += recognition.documents(found, bundle.chosen)
    else:
        bundle.problems += _why_nothing(found) if not bundle.problems else []
    return bundle


def _read_all(bundle: _Bundle) -> None:
    """Read the chosen files for their hashes; leave out those that can't be read."""
    with Files() as files:
        for known, file in list(bundle.places.items()):
            try:
                data = files.read(file.path, file.members)
                if not known.startswith(BESIDE):
                    bundle.hashes[known] = hashlib.sha256(data).hexdigest()
            except KitError as error:
                del bundle.places[known]
                bundle.chosen.pop(known, None)
                bundle.problems.append(f"'{file.name}' can't be read. {error}")


def _attempt(path: Path, upload: Upload) -> tuple:
    """Sort the uploads of one person by time."""
    if "-" in upload.when and not _is_packed(path):
        return upload.when, 0, 0.0
    return upload.when, without_copy(_stem(path))[1], path.stat().st_mtime


def _is_packed(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".zip"


def _stem(path: Path) -> str:
    return path.name if path.is_dir() else path.stem


def _why_nothing(found: list[Found]) -> list[str]:
    if not found:
        return ["It holds no files."]
    described = []
    for file in found[:3]:
        what = "is empty (0 bytes)" if not file.size else what_is(file.name)
        described.append(f"'{file.name}'" + (f" ({what})" if what else ""))
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return [f"It holds none of the assignment's files, only {', '.join(described)}{more}."]


def _merge(
    group: tuple[str, str], bundles: list[_Bundle], recognition: Recognition
) -> list[_Bundle]:
    """Merge the uploads of one group: equal files are one submission, its members' own.

    A later upload of one person replaces their earlier ones; between two persons, a person
    decides.
    """
    if len(bundles) == 1:
        return bundles
    versions: list[_Bundle] = []
    for bundle in sorted(bundles, key=lambda b: (-len(b.hashes), b.name)):
        own = bundle.hashes.items()
        # Whoever has nothing but a file that all may have is not yet a member.
        is_enough = bool(own) and (not recognition.parts or bundle.chosen)
        same = (v for v in versions if is_enough and own <= v.hashes.items())
        version = next(same, None)
        (versions if version is None else version.copies).append(bundle)
    for version in versions:
        version.review += _strangers(version)
    kind, label = group
    if len(versions) == 1 or (kind == "team" and not group_label(label)):
        return versions  # "Anne-Marie Doe" is no member of a team Anne
    uploaders = {b.uploader for version in versions for b in (version, *version.copies)}
    if len(uploaders) == 1 and kind != "name":
        uploads = [upload for bundle in bundles for upload in bundle.uploads]
        return [_bundle(uploads, recognition)]
    whose = "The same person may have" if kind == "name" else f"{kind.title()} {label} has"
    for version in versions:
        others = ", ".join(f"'{v.file}'" for v in versions if v is not version)
        version.review.append(f"{whose} handed in other files, too: {others}. Keep one.")
    return versions


def _strangers(version: _Bundle) -> list[str]:
    """Return who handed in a group's files although its header names the others only."""
    people = " ".join(c.people for c in version.chosen.values())
    words = [_plain(word) for word in re.findall(r"[^\W\d_]{3,}", people[:500])]
    for name in re.split(r"[,;&/|\n]", people[:500]):  # "Bo Li" may be "libo" or "boli"
        parts = [_plain(word) for word in name.split()]
        words += ["".join(parts), "".join(reversed(parts))] if len(parts) > 1 else []
    bundles = [version, *version.copies]
    named = [any(word in _plain(bundle.upload.member) for word in words) for bundle in bundles]
    if not any(named):
        return []
    return [
        f"'{bundle.name}' handed in the same files, but their header does not name this person."
        for bundle, is_named in zip(bundles, named, strict=True)
        if not is_named
    ]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if c.isalnum())


def _submissions(bundles: list[_Bundle]) -> list[Submission]:
    """Return the bundles as submissions, with different names."""
    counts = Counter(_shown(bundle.name) for bundle in bundles)
    found, used = [], Counter()
    for bundle in sorted(bundles, key=lambda bundle: bundle.name):
        name = _shown(bundle.name)
        if counts[name] > 1 and not bundle.upload.is_known:
            name = _shown(bundle.file)
        used[name] += 1
        name += f"~{used[name]}" if used[name] > 1 else ""
        everyone = [bundle, *sorted(bundle.copies, key=lambda copy: copy.name)]
        members = list(dict.fromkeys(_shown(one.upload.member or one.name) for one in everyone))
        if len(members) > 1:
            bundle.notes.append(f"Handed in by {', '.join(members)}: the files are the same.")
        found.append(
            Submission(
                name=name,
                members=members,
                paths=[str(path) for one in everyone for path, _ in one.uploads],
                notes=_told(bundle.notes),
                review=_told(bundle.review),
                problem="" if bundle.places else " ".join(_told(bundle.problems)),
                places={known: (f.path, f.members) for known, f in bundle.places.items()},
                # Of equal files of a group, the first counts; of one person's, the last.
                handed_in=min(filter(None, (_handed_in(one) for one in everyone)), default=""),
                is_late=all(one.uploads[-1][1].is_late for one in everyone),
            )
        )
    return found


def _handed_in(bundle: _Bundle) -> str:
    time = bundle.uploads[-1][1].time
    return time.isoformat() if time else ""


def _shown(name: str) -> str:
    return printable(unicodedata.normalize("NFC", name))[:150]


def _told(sentences: list[str]) -> list[str]:
    return [printable(sentence)[:300] for sentence in dict.fromkeys(sentences)][:MAX_TOLD]
