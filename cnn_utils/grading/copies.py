"""Who handed in the same network as somebody else, or nearly the same program or texts.

Programs are compared by runs of words, after the idea of MOSS (Schleimer, Wilkerson and Aiken,
SIGMOD 2003): what was handed out, what the worked answers say and what many wrote does not count,
and renamed variables are the same. It is a reason to look, never a verdict.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from nbformat.v4 import new_notebook

from cnn_utils.grading.release import without_answers
from cnn_utils.grading.spec import Master

# How many words make a run, and how many runs two must share before it is worth a look.
CODE_RUN, CODE_LEAST = 8, 20
TEXT_RUN, TEXT_LEAST = 6, 15
SHARE = 0.5
# What more hand-ins than these have in common is how everybody writes it.
MOST_SHARING, MOST_SHARING_PART = 3, 0.05
WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*|[^\s\w]")
# What looks like a comment inside a string is none.
STRING_OR_COMMENT = re.compile(r"(\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')|#[^\n]*")
# Two networks whose weights go together as these do were not trained apart.
SAME_WEIGHTS = 0.99
KNOWN = {*keyword.kwlist, *dir(builtins)}


@dataclass(frozen=True)
class Pair:
    """Two hand-ins that have something in common.

    Attributes
    ----------
    first, second : str
        Their names.
    what : str
        Such as "same cnn network".
    share : float, 0-1
        Of what one of them has for itself.
    texts : (str, str)
        What was compared, to be read side by side.
    """

    first: str
    second: str
    what: str
    share: float = 1.0
    texts: tuple[str, str] = ("", "")

    def told_of(self, name: str) -> str:
        """Return what is said of it in the row of a hand-in; "" if it is about others."""
        if name not in (self.first, self.second):
            return ""
        other = self.second if name == self.first else self.first
        return f"{self.what} as {other}" + (f" ({self.share:.0%})" if self.share < 1 else "")


def find_copies(results: list[dict], masters: dict[str, Master]) -> list[Pair]:
    """Return the pairs worth a look, the same networks first, then by how much is the same.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    masters : dict of str to Master
    """
    # LeNet and its training are prescribed, with a seed: on one machine all get the same.
    pairs = [
        Pair(a["name"], b["name"], "same cnn network")
        for a, b in combinations(results, 2)
        if _same_network(a["facts"], b["facts"])
    ]
    alike = []
    for name, master in masters.items():
        handed_out = without_answers(new_notebook(cells=master.cells), name).cells
        cells = [*master.cells, *handed_out]
        given_code = "\n".join(c.source for c in cells if c.cell_type == "code")
        given_text = "\n".join(c.source for c in cells if c.cell_type != "code")
        vocabulary = KNOWN | set(WORD.findall(given_code))
        programs = {r["name"]: _program(r, name, master) for r in results}
        texts = {r["name"]: _texts(r, name, master) for r in results}
        code = {n: _code_runs(source, vocabulary) for n, source in programs.items()}
        words = {n: _text_runs(source) for n, source in texts.items()}
        given = _code_runs(given_code, vocabulary)
        alike += _alike(f"much the same program ({name})", code, given, CODE_LEAST, programs)
        given = _text_runs(given_text)
        alike += _alike(f"much the same texts ({name})", words, given, TEXT_LEAST, texts)
    return pairs + sorted(alike, key=lambda pair: -pair.share)


def _same_network(a: dict, b: dict) -> bool:
    if a.get("cnn_fingerprint") and a["cnn_fingerprint"] == b.get("cnn_fingerprint"):
        return True
    first, second = a.get("cnn_sample") or [], b.get("cnn_sample") or []
    if len(first) != len(second) or len(set(first)) < 2 or len(set(second)) < 2:
        return False
    return float(np.corrcoef(first, second)[0, 1]) > SAME_WEIGHTS


def _alike(what: str, runs: dict[str, set], given: set, least: int, sources) -> list[Pair]:
    runs = {name: found - given for name, found in runs.items()}
    # All of it the same is a copy, however many made it.
    shares = {
        (first, second): 1.0
        for first, second in combinations(runs, 2)
        if runs[first] == runs[second] and len(runs[first]) >= least
    }
    holders = defaultdict(list)
    for name, found in runs.items():
        for run in found:
            holders[run].append(name)
    most = max(MOST_SHARING, MOST_SHARING_PART * len(runs))
    rare = [names for names in holders.values() if len(names) <= most]
    own = Counter(name for names in rare for name in names)
    shared = Counter(pair for names in rare for pair in combinations(names, 2))
    for (first, second), count in shared.items():
        share = count / min(own[first], own[second])
        if count >= least and share >= SHARE:
            shares.setdefault((first, second), share)
    return [Pair(a, b, what, share, (sources[a], sources[b])) for (a, b), share in shares.items()]


def _program(result: dict, part: str, master: Master) -> str:
    own = [result["answers"].get(f"{part}/{t.key}", "") for t in master.tasks if t.kind == "code"]
    return "\n\n".join([*own, result["helpers"].get(part, "")]).strip()


def _texts(result: dict, part: str, master: Master) -> str:
    own = [result["answers"].get(f"{part}/{t.key}", "") for t in master.tasks if t.kind != "code"]
    return "\n\n".join(own).strip()


def _code_runs(source: str, vocabulary: set[str]) -> set[str]:
    """Return the runs of words of a program; names of one's own making are all the same.

    Read by its letters alone: the programs are other people's, and a parser could be made to fail.
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
