"""Find hand-ins with the same network, or with similar programs or texts.

Programs are compared by runs of words, after MOSS (Schleimer, Wilkerson and Aiken, SIGMOD 2003).
Given code, worked answers and common runs do not count, and renamed variables are equal. A pair is
a reason to look, not a verdict.
"""

import builtins
import keyword
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from nbformat.v4 import new_notebook

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.release.student_release import without_answers

# Words of a run, and the minimum number of runs that two hand-ins share.
CODE_RUN, MIN_CODE_RUNS = 8, 20
TEXT_RUN, MIN_TEXT_RUNS = 6, 15
MIN_SHARE = 0.5
# Runs that more hand-ins share, by number and by part of the class, are common and do not count.
MAX_SHARING, MAX_SHARING_PART = 3, 0.05
WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*|[^\s\w]")
# A "#" inside a string does not begin a comment.
STRING_OR_COMMENT = re.compile(r"(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|#[^\n]*")
# Weights of two networks that were trained independently correlate less.
MAX_CORRELATION = 0.99
KNOWN = {*keyword.kwlist, *dir(builtins)}


@dataclass(frozen=True)
class Pair:
    """Two similar hand-ins.

    Attributes
    ----------
    first, second : str
        Their names.
    what : str
        Such as "same cnn network".
    share : float, 0-1
        Shared part of the shorter one's own runs.
    texts : (str, str)
        The compared texts.
    """

    first: str
    second: str
    what: str
    share: float = 1.0
    texts: tuple[str, str] = ("", "")

    def message_for(self, name: str) -> str:
        """Return the message for the row of a hand-in; "" if the pair is about others."""
        if name not in (self.first, self.second):
            return ""
        other = self.second if name == self.first else self.first
        return f"{self.what} as {other}" + (f" ({self.share:.0%})" if self.share < 1 else "")


def find_similar(results: list[dict], source_notebooks: dict[str, SourceNotebook]) -> list[Pair]:
    """Return similar pairs: equal networks first, then by their share.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    """
    # Only Part 2: LeNet's training is given with its seed, and equal on equal machines.
    pairs = [
        Pair(a["name"], b["name"], "same cnn network")
        for a, b in combinations(results, 2)
        if _same_network(a["facts"], b["facts"])
    ]
    similar = []
    for name, source_notebook in source_notebooks.items():
        handed_out = without_answers(new_notebook(cells=source_notebook.cells), name).cells
        cells = [*source_notebook.cells, *handed_out]
        given_code = "\n".join(c.source for c in cells if c.cell_type == "code")
        given_text = "\n".join(c.source for c in cells if c.cell_type != "code")
        vocabulary = KNOWN | set(WORD.findall(given_code))
        programs = {r["name"]: _program(r, name, source_notebook) for r in results}
        texts = {r["name"]: _texts(r, name, source_notebook) for r in results}
        code = {n: _code_runs(source, vocabulary) for n, source in programs.items()}
        words = {n: _text_runs(source) for n, source in texts.items()}
        given = _code_runs(given_code, vocabulary)
        similar += _similar(f"much the same program ({name})", code, given, MIN_CODE_RUNS, programs)
        given = _text_runs(given_text)
        similar += _similar(f"much the same texts ({name})", words, given, MIN_TEXT_RUNS, texts)
    return pairs + sorted(similar, key=lambda pair: -pair.share)


def _same_network(a: dict, b: dict) -> bool:
    if a.get("cnn_fingerprint") and a["cnn_fingerprint"] == b.get("cnn_fingerprint"):
        return True
    first, second = a.get("cnn_sample") or [], b.get("cnn_sample") or []
    if len(first) != len(second) or len(set(first)) < 2 or len(set(second)) < 2:
        return False
    return float(np.corrcoef(first, second)[0, 1]) > MAX_CORRELATION


def _similar(what: str, runs: dict[str, set], given: set, min_runs: int, sources) -> list[Pair]:
    runs = {name: found - given for name, found in runs.items()}
    # Equal hand-ins are copies, however many there are.
    shares = {
        (first, second): 1.0
        for first, second in combinations(runs, 2)
        if runs[first] == runs[second] and len(runs[first]) >= min_runs
    }
    holders = defaultdict(list)
    for name, found in runs.items():
        for run in found:
            holders[run].append(name)
    limit = max(MAX_SHARING, MAX_SHARING_PART * len(runs))
    rare = [names for names in holders.values() if len(names) <= limit]
    own = Counter(name for names in rare for name in names)
    shared = Counter(pair for names in rare for pair in combinations(names, 2))
    for (first, second), count in shared.items():
        share = count / min(own[first], own[second])
        if count >= min_runs and share >= MIN_SHARE:
            shares.setdefault((first, second), share)
    return [Pair(a, b, what, share, (sources[a], sources[b])) for (a, b), share in shares.items()]


def _program(result: dict, part: str, source_notebook: SourceNotebook) -> str:
    own = [
        result["answers"].get(f"{part}/{t.key}", "")
        for t in source_notebook.tasks
        if t.kind == "code"
    ]
    return "\n\n".join([*own, result["helpers"].get(part, "")]).strip()


def _texts(result: dict, part: str, source_notebook: SourceNotebook) -> str:
    own = [
        result["answers"].get(f"{part}/{t.key}", "")
        for t in source_notebook.tasks
        if t.kind != "code"
    ]
    return "\n\n".join(own).strip()


def _code_runs(source: str, vocabulary: set[str]) -> set[str]:
    """Return the runs of words of a program; all names of the student's own are equal.

    Words are found by regular expressions: a hostile program could make a parser fail.
    """
    words, before = [], ""
    for word in WORD.findall(STRING_OR_COMMENT.sub(r"\1", source)):
        is_own = word[0].isalpha() and word not in vocabulary and before != "."
        words.append("v" if is_own else word)
        before = word
    return _runs(words, CODE_RUN)


def _text_runs(source: str) -> set[str]:
    return _runs(re.findall(r"\w+", source.lower()), TEXT_RUN)


def _runs(words: list[str], length: int) -> set[str]:
    return {" ".join(words[i : i + length]) for i in range(len(words) - length + 1)}
