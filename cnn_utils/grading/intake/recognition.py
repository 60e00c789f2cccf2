"""Recognise the files that grading needs, by their contents first and by their names second.

Untrusted notebooks are not parsed here: regular expressions find their lines in linear time.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from cnn_utils.errors import KitError
from cnn_utils.grading.intake.archives import DOCUMENTS, Files, Found, what_is
from cnn_utils.grading.intake.assignment import SourceNotebook, networks_of
from cnn_utils.grading.intake.platforms import without_copy
from cnn_utils.grading.release.student_release import without_answers
from cnn_utils.handin.artifacts import ARCHITECTURE, HISTORY, WEIGHTS
from cnn_utils.handin.consistency import SUBMISSION
from cnn_utils.notebook.assignment import ARTIFACTS_FOLDER, MARKER
from cnn_utils.notebook.reader import decoded

SAVED = (WEIGHTS, ARCHITECTURE, HISTORY)
BESIDE = "beside"
MAX_BESIDE, MAX_BESIDE_BYTES = 50, 10_000_000
MAX_READ, MAX_RECORD = 100, 1_000_000
# Larger notebooks are known by their names; of the others' sources so many letters are read.
MAX_NOTEBOOK, MAX_SOURCE = 50_000_000, 5_000_000
NOTEBOOK = re.compile(r"\.ipynb\b[^/]*$", re.I)
MAYBE_NOTEBOOK = re.compile(r"(?:\.(?:py|json|txt|ip\w+)|/[^./]+)$", re.I)
# The strings of a cell's "source" in JSON without escapes: one text, or a list of lines.
SOURCE = re.compile(r'"(?:source|input)"\s{0,9}:\s{0,99}(\[(?:\s{0,99}"[^"]*",?){0,20000}|"[^"]*")')
LINE_END = re.compile(r'(?:\\r)?\\n|"')
RAISES = re.compile(r"raise NotImplementedError\(")
# A row of the header's table: "| **Group number** | 7 |".
HEADER = re.compile(r"\|? ?\*\*([^*|]+)\*\*[^|]*\| ?([^|]*?) ?\|?$")
SHORT = 8  # shorter lines tell nothing
# The kit's own files, which a zip of the whole folder holds as well.
OURS = re.compile(
    r"(?:cnn_utils|artifacts|evidence|data|build|docs|tests)/.*|assignment\.json|README\.md|LICENSE"
    r"|Makefile|requirements\.txt|environment\.yml|pyproject\.toml|submission\.csv.*|.*\.(?:zip|h5)"
    r"|.*\.ipynb\b.*|record.*\.json",
    re.I,
)


@dataclass
class Candidate:
    """A file that may be one of the notebooks: the tasks it solves, and its header's group."""

    file: Found
    part: str | None
    attempt: tuple = ()
    solved: frozenset = frozenset()
    touched: frozenset = frozenset()
    group: str = ""
    people: str = ""
    sha256: str = ""

    @property
    def rank(self) -> tuple:
        """Sort by answers first, then by age."""
        is_notebook = bool(NOTEBOOK.search(self.file.name))
        copy = without_copy(PurePosixPath(self.file.name).stem)[1]
        numbers = [int(digits) for digits in re.findall(r"\d{1,9}", self.file.name)]
        answers = (bool(self.touched), is_notebook, len(self.solved), len(self.touched))
        return (*answers, self.file.when, copy, numbers)  # such as "Version 2" of Teams


class Recognition:
    """Knows the assignment's lines, and finds its files among others.

    Parameters
    ----------
    source_notebooks : dict of str to SourceNotebook
    """

    def __init__(self, source_notebooks: dict[str, SourceNotebook]) -> None:
        self.parts = list(source_notebooks)
        self.networks = networks_of(source_notebooks)
        self._of_part = {name: book.networks for name, book in source_notebooks.items()}
        self._given = {name: _given_lines(book) for name, book in source_notebooks.items()}
        self._tasks = {
            name: {task.name.lower() for task in book.tasks if task.kind == "code"}
            for name, book in source_notebooks.items()
        }
        self._labels = {}
        for name, book in source_notebooks.items():
            header = "".join(c.source for c in book.cells if c.metadata.get("kind") == "header")
            labels = [match[1] for line in header.split("\n") if (match := HEADER.match(line))]
            self._labels[name] = labels[:2] if len(labels) > 1 else None

    def candidates(self, files: Files, found: Iterable[Found], problems) -> list[Candidate]:
        """Return the files that are or may be notebooks of the assignment, the surest first."""
        sure = [f for f in found if NOTEBOOK.search(f.name)]
        maybe = [f for f in found if MAYBE_NOTEBOOK.search(f"/{f.name}")]
        maybe = [f for f in maybe if not NOTEBOOK.search(f.name)]
        maybe.sort(key=lambda f: (f.name.count("/"), f.name))
        candidates = []
        for file in [*sure, *maybe][:MAX_READ] if self.parts else ():
            candidate = Candidate(file, self._by_name(file.name) if file in sure else None)
            try:
                if file.size <= MAX_NOTEBOOK:
                    candidate = self._read(file, files.read(file.path, file.members))
            except KitError as error:
                problems.append(f"'{file.name}' can't be read. {error}")
            if file in sure or candidate.part:
                candidates.append(candidate)
        return candidates

    def _read(self, file: Found, data: bytes) -> Candidate:
        text = decoded(data)
        is_json = text.lstrip("\ufeff \t\r\n").startswith("{")
        if is_json:
            lines = _lines("".join(match[1] for match in SOURCE.finditer(_flat(text))))
        else:
            lines = _lines(_flat(json.dumps(text[:MAX_SOURCE])))
        shared = {name: len(self._only(name) & set(lines)) for name in self.parts}
        part = max(shared, key=shared.get)
        markers = {m[1].lower() for line in lines if (m := MARKER.match(line))}
        if not NOTEBOOK.search(file.name) and not markers & self._tasks[part]:
            part = None if is_json or not shared[part] else self._by_name(file.name)
        elif not shared[part]:
            part = self._by_name(file.name)
        candidate = Candidate(file, part, sha256=hashlib.sha256(data).hexdigest())
        given = set().union(*(self._given.values()))
        candidate.touched, candidate.solved = _answered(lines, given)
        group, people = self._labels.get(part) or ("Group number", "Members")
        table = dict(match.groups() for line in lines if (match := HEADER.match(line[:500])))
        candidate.people, number = table.get(people, ""), table.get(group, "")
        digits = re.search(r"\d+", number)
        number = digits[0].lstrip("0") if digits else re.sub(r"\W", "", number)
        candidate.group = number.casefold()
        return candidate

    def _only(self, part: str) -> set[str]:
        """Return the lines that only this notebook has."""
        others = (lines for name, lines in self._given.items() if name != part)
        return {x for x in self._given[part].difference(*others) if len(x) >= SHORT}

    def _by_name(self, name: str) -> str | None:
        """Return the notebook that a file is named after."""
        name = PurePosixPath(name).name.casefold()
        for words in (lambda part: part, lambda part: part.split("_")[0]):
            for part in self.parts:
                if words(PurePosixPath(part).stem.casefold()) in name:
                    return part
        return None

    def choose_notebooks(
        self, candidates: list[Candidate], notes: list[str], review: list[str]
    ) -> dict[str, Candidate]:
        """Choose for each notebook the candidate with most answers of the newest attempt with any.

        What is not obvious goes to notes and review.
        """
        chosen = {}
        for part in self.parts:
            fitting = [c for c in candidates if c.part == part]
            # One notebook may hold the tasks of both.
            fitting = fitting or [c for c in candidates if c.touched & self._tasks[part]]
            if not fitting:
                continue
            newest = max(c.attempt for c in [c for c in fitting if c.touched] or fitting)
            best = chosen[part] = max(
                (c for c in fitting if c.attempt == newest), key=lambda c: c.rank
            )
            for other in fitting:
                self._compare(part, best, other, notes, review)
        left = [c for c in candidates if c.part is None]
        for part in self.parts:
            if part not in chosen and left:
                chosen[part] = left.pop(0)
                review.append(
                    f"'{chosen[part].file.name}' is taken for {part}, but has none of its cells."
                )
        for part, best in chosen.items():
            is_told = any(f"'{best.file.name}'" in note for note in notes)
            if PurePosixPath(best.file.name).name.casefold() != part.casefold() and not is_told:
                notes.append(f"{part}: found as '{best.file.name}'.")
        return chosen

    def _compare(self, part: str, best: Candidate, other: Candidate, notes, review) -> None:
        if other.sha256 == best.sha256:
            return
        graded = f"{part}: '{best.file.name}' is graded"
        is_foreign = best.group and other.group not in ("", best.group)
        if is_foreign and other.attempt == best.attempt:
            review.append(f"{graded}; '{other.file.name}' is another group's ({other.group}).")
        lacking = sorted((other.solved - best.solved) & self._tasks[part])
        if other.attempt < best.attempt:
            notes.append(f"{graded}; it replaces the earlier '{other.file.name}'.")
        elif lacking:
            review.append(f"{graded}; '{other.file.name}' also answers {', '.join(lacking)}.")
        elif not NOTEBOOK.search(other.file.name):
            return  # the same notebook as a script
        elif other.attempt > best.attempt:
            review.append(f"{graded}; the later '{other.file.name}' has no answers.")
        else:
            notes.append(f"{graded}, not '{other.file.name}', which has fewer answers or is older.")

    def documents(self, found: list[Found], chosen: dict[str, Candidate]) -> list[str]:
        """Return what was handed in that may stand for a missing notebook, such as a PDF."""
        kinds = [kind for kind in DOCUMENTS if "picture" not in kind[2]]
        return [
            f"A notebook is missing, but '{file.name}' is {what}."
            for file in found
            if (what := what_is(file.name, kinds=kinds)) and self._by_name(file.name) not in chosen
        ]

    def choose_others(
        self, files: Files, found: list[Found], chosen: dict[str, Candidate]
    ) -> dict[str, Found]:
        """Choose artifacts and ``submission.csv``: of several, those nearest to the notebook."""
        others = {}
        records = _records(files, found, self.networks)
        for part, networks in self._of_part.items():
            for network in networks:
                places: dict[str, dict[str, Found]] = {}
                for file in found:
                    if name := self._saved(files, file, network, records):
                        places.setdefault(file.name.rpartition("/")[0], {})[name] = file
                if places:
                    best = max(places.values(), key=lambda p: _nearness(p, chosen.get(part)))
                    others |= {f"{network}/{name}": file for name, file in best.items()}
        tables = [f for f in found if re.search(r"\.csv(?:\.txt)?$", f.name, re.I)]
        # A network's predictions.csv has the same form, and is not what was asked for.
        tables = [f for f in tables if PurePosixPath(f.name).parent.name not in self.networks]
        named = [f for f in tables if PurePosixPath(f.name).name.casefold() == SUBMISSION]
        named = named or [f for f in tables if "submission" in f.name.rpartition("/")[2].casefold()]
        named = named or [f for f in tables if _is_submission(files, f)]
        if named:
            last = chosen.get(self.parts[-1]) if self.parts else None
            others[SUBMISSION] = max(named, key=lambda f: _nearness({"": f}, last))
        return others

    def _saved(self, files: Files, file: Found, network: str, records: dict) -> str | None:
        """Return which artifact of a network a file is, as in `SAVED`, or None."""
        path = PurePosixPath(file.name.casefold())
        stem = re.sub(r"-\d{1,2}$", "", without_copy(path.stem)[0])
        name = next((n for n in SAVED if f"{stem}{path.suffix}".endswith(n)), None)
        if name is None:
            return None
        where = "|".join(map(re.escape, self.networks))
        named = re.findall(rf"(?<![a-z0-9])({where})(?![a-z0-9])", str(path), re.I)
        if path.parent.name not in self.networks and (records or not named):
            # In a flattened folder, the record tells by its hash.
            if known := records.get(hashlib.sha256(files.peek(file)).hexdigest()):
                return name if known == network else None
        return name if named and named[-1] == network.casefold() else None

    def choose_beside(
        self, found: list[Found], chosen: dict[str, Candidate], used: Iterable[Found]
    ) -> dict[str, Found]:
        """Choose the student's own modules and small data files beside the chosen notebooks."""
        others, size = {}, 0
        folders = {c.file.name.rpartition("/")[0] for c in chosen.values()}
        for file in sorted(found, key=lambda f: (not f.name.endswith(".py"), f.name)):
            for folder in folders:
                inside = file.name.removeprefix(f"{folder}/" if folder else "")
                is_elsewhere = (folder and inside == file.name) or ".zip/" in inside
                if is_elsewhere or file in used or OURS.fullmatch(inside):
                    continue
                is_module = inside.endswith(".py") and inside.count("/") <= 2
                is_data = "/" not in inside and not what_is(inside, kinds=DOCUMENTS)
                fits = len(others) < MAX_BESIDE and size + file.size <= MAX_BESIDE_BYTES
                if (is_module or is_data) and fits and f"{BESIDE}/{inside}" not in others:
                    others[f"{BESIDE}/{inside}"] = file
                    size += file.size
        return others


def _flat(text: str) -> str:
    """Replace JSON's escaped backslashes and quotes: the quotes left are ends of strings."""
    return text.replace("\\\\", "\0").replace('\\"', "\1")


def _lines(flat: str) -> list[str]:
    """Return the lines in the strings of flat JSON, without their indentation."""
    return [line.strip(" \t\r\n,") for line in LINE_END.split(flat[:MAX_SOURCE])]


def _given_lines(source_notebook: SourceNotebook) -> set[str]:
    """Return the lines that are handed out, as JSON writes them with and without escapes."""
    handed_out = without_answers(source_notebook, source_notebook.name)
    text = "\n".join(cell.source for cell in handed_out.cells)
    both = (json.dumps(text, ensure_ascii=escaped) for escaped in (True, False))
    return {line for written in both for line in _lines(_flat(written))}


def _answered(lines: list[str], given: set[str]) -> tuple[frozenset, frozenset]:
    """Return the tasks with lines of the student's own, and those without their placeholder."""
    task, touched, stubs = "", set(), set()
    for line in lines:
        if marker := MARKER.match(line):
            task = marker[1].lower()
        elif RAISES.match(line):
            stubs.add(task)
        elif line not in given and len(line) > 1 and not line.startswith(("#", "%", "|")):
            touched.add(task)
    if any(touched):
        touched.discard("")
    return frozenset(touched), frozenset(touched - stubs)


def _records(files: Files, found: list[Found], networks: list[str]) -> dict[str, str]:
    """Return the networks of all artifacts' hashes that the handed-in records name."""
    hashes = {}
    for file in found:
        if re.search(r"record[^/]*\.json$", file.name, re.I) and file.size <= MAX_RECORD:
            text = files.peek(file).decode("utf-8", "replace")
            network = re.search(r'"network":\s{0,9}"([\w-]{1,99})"', text)
            if network and network[1] in networks:
                hashes |= dict.fromkeys(re.findall(r'"([0-9a-f]{64})"', text), network[1])
    return hashes


def _nearness(place: dict[str, Found], notebook: Candidate | None) -> tuple:
    """Sort places of artifacts: those beside the notebook first, then this year's, then newer."""
    file = next(iter(place.values()))
    steps = file.name.split("/")
    beside = notebook.file.name.split("/")[:-1] if notebook else []
    shared = next((i for i, s in enumerate(beside) if steps[i : i + 1] != [s]), len(beside))
    return (WEIGHTS in place, shared, ARTIFACTS_FOLDER in steps, -len(steps), file.when)


def _is_submission(files: Files, file: Found) -> bool:
    head = files.peek(file)[:200] if file.size < MAX_RECORD else b""
    return bool(re.match(rb"[^\n]*\bid\b[^\n]*\bprediction", head, re.I))
