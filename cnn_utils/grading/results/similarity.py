"""Find hand-ins with the same network or predictions, or with similar programs or texts.

A network is known by the filters of its first layer, in any order: with other seeds, the most
similar ones have a mean cosine of 0.3 to 0.4; 15 % of noise leaves 0.989. The same seed gives 0.97
to 0.998 as well, in the same order, but other biases.

Programs are compared by runs of words, after MOSS (Schleimer, Wilkerson and Aiken, SIGMOD 2003).
Given code, worked answers and common runs do not count, and renamed variables are equal. A pair is
a reason to look, not a verdict.
"""

import builtins
import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, takewhile

import numpy as np

from cnn_utils.grading.intake.assignment import SourceNotebook
from cnn_utils.grading.intake.platforms import group_label, in_order
from cnn_utils.grading.release.student_release import without_answers
from cnn_utils.grading.results.lms import group_number, uploader

# Words of a run, and the minimum number of runs that two hand-ins share.
CODE_RUN, MIN_CODE_RUNS = 8, 20
TEXT_RUN, MIN_TEXT_RUNS = 6, 15
MIN_SHARE = 0.5
# Runs that more hand-ins share, by number and by part of the class, are common and do not count.
MAX_SHARING, MAX_SHARING_PART = 3, 0.05
WORD = re.compile(r"[^\W\d]\w*|\d[\w.]*|[^\s\w]")
# A "#" inside a string does not begin a comment. A string without an end is one, too: otherwise
# each of its quotes would be tried as a beginning, and the time grow with the square.
STRING_OR_COMMENT = re.compile(
    r"""("{3}(?:\\.|"(?!"")|[^"\\])*(?:"{3})?|'{3}(?:\\.|'(?!'')|[^'\\])*(?:'{3})?"""
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|#[^\n]*""",
    re.DOTALL,
)
# Mean cosine of the filters of a copy with 15 % of noise, and of a network that was trained in the
# same way from the same seed; such a one is never equal in one layer and not in another.
MIN_COPY, MIN_EQUAL, MAX_EQUAL = 0.96, 0.998, 1 - 2e-5
MIN_IN_PLACE, MAX_MOVED = 0.5, 0.1
MAX_FILTERS, MAX_INPUTS = 64, 256
# Part of the possible differences between two groups' predictions; independent ones have 0.35 to
# 0.65 of it. With fewer errors, images that are hard for everybody decide.
MIN_DIFFERENCE, MIN_ERRORS = 0.2, 200
MAX_NAMED = 4  # in a sentence; and hand-ins of a cluster whose pairs are shown
SAME_NETWORK = "same cnn network"
CHANGED = "nearly the same cnn network"
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
    is_sign : bool
        Whether it is a reason to look. The same architecture, seed and training give the same
        network; it is a sign only if programs or texts are similar, too.
    """

    first: str
    second: str
    what: str
    share: float = 1.0
    texts: tuple[str, str] = ("", "")
    is_sign: bool = True


@dataclass
class Cluster:
    """Hand-ins that pairs of one kind connect.

    Attributes
    ----------
    what : str
        Such as "same cnn network".
    is_sign : bool
        Whether its pairs are a reason to look.
    names : list of str
        Of the hand-ins, group2 before group10.
    pairs : list of Pair
    """

    what: str
    is_sign: bool
    names: list[str]
    pairs: list[Pair]

    @property
    def label(self) -> str:
        """Such as "group1, group2 and 7 more"."""
        return _some_of(self.names)


def clusters(pairs: Sequence[Pair]) -> list[Cluster]:
    """Group pairs, reasons to look first: n copies are one cluster, not n * (n - 1) / 2 pairs."""
    kinds, found = defaultdict(list), []
    for pair in pairs:
        kinds[pair.what, pair.is_sign].append(pair)
    for kind, of_kind in kinds.items():
        members: dict[str, set[str]] = {}  # of each name's cluster
        for pair in of_kind:
            one, other = (members.setdefault(name, {name}) for name in (pair.first, pair.second))
            one |= other
            members |= dict.fromkeys(other, one)
        for names in {id(names): names for names in members.values()}.values():
            own = [pair for pair in of_kind if pair.first in names]
            found.append(Cluster(*kind, sorted(names, key=in_order), own))
    return sorted(found, key=lambda cluster: not cluster.is_sign)


def messages_for(name: str, pairs: Sequence[Pair]) -> list[str]:
    """Return what the row of a hand-in says about its pairs: one sentence for each "what"."""
    others = defaultdict(dict)
    for pair in pairs:
        if pair.is_sign and name in (pair.first, pair.second):
            other = pair.second if name == pair.first else pair.first
            others[pair.what][other] = f" ({pair.share:.0%})" if pair.share < 1 else ""
    return [f"{what} as {_others(shares)}" for what, shares in others.items()]


def _others(shares: dict[str, str]) -> str:
    names = sorted(shares, key=in_order)
    if len(names) >= MAX_NAMED:
        return f"{len(names)} others: {_some_of(names)}"
    return ", ".join(name + shares[name] for name in names)


def _some_of(names: Sequence[str]) -> str:
    if len(names) <= MAX_NAMED:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:2])} and {len(names) - 2} more"


def find_similar(results: list[dict], source_notebooks: dict[str, SourceNotebook]) -> list[Pair]:
    """Return similar pairs of different groups: networks and predictions first, then by share.

    Parameters
    ----------
    results : list of dict
        From `grade_one`.
    source_notebooks : dict of str to SourceNotebook
    """
    others = [(a, b) for a, b in combinations(results, 2) if not _is_one_group(a, b)]
    facts = {result["name"]: _as_arrays(result["facts"]) for result in results}
    pairs = [
        Pair(a["name"], b["name"], *found)
        for a, b in others
        for found in _by_results(facts[a["name"]], facts[b["name"]])
    ]
    similar = []
    for name, source_notebook in source_notebooks.items():
        handed_out = without_answers(source_notebook, name).cells
        cells = [*source_notebook.cells, *handed_out]
        given_code = "\n".join(c.source for c in cells if c.cell_type == "code")
        given_text = "\n".join(c.source for c in cells if c.cell_type != "code")
        vocabulary = KNOWN | set(WORD.findall(given_code))
        programs = {r["name"]: _written(r, source_notebook, "code") for r in results}
        texts = {r["name"]: _written(r, source_notebook, "answer") for r in results}
        code = {n: _code_runs(source, vocabulary) for n, source in programs.items()}
        words = {n: _text_runs(source) for n, source in texts.items()}
        given = _code_runs(given_code, vocabulary)
        similar += _similar(f"much the same program ({name})", code, given, MIN_CODE_RUNS, programs)
        given = _text_runs(given_text)
        similar += _similar(f"much the same texts ({name})", words, given, MIN_TEXT_RUNS, texts)
    names = {(a["name"], b["name"]) for a, b in others}
    similar = [pair for pair in similar if (pair.first, pair.second) in names]
    alike = {(pair.first, pair.second) for pair in similar}
    pairs = [
        replace(pair, is_sign=pair.what != SAME_NETWORK or (pair.first, pair.second) in alike)
        for pair in pairs
    ]
    return pairs + sorted(similar, key=lambda pair: -pair.share)


def signature(weights: list[np.ndarray]) -> list[float]:
    """Return numbers by which a network's copy is known, in any order of its channels.

    Parameters
    ----------
    weights : list of ndarray
        As `model.get_weights` returns them.

    Returns
    -------
    numbers : list of float
        Number of filters and of inputs of the first layer, places of the filters, the filters
        (columns of length 1), and what is trained for each filter (such as biases),
        standardised. [] if no layer has enough filters.
    """
    first = next((i for i, array in enumerate(weights) if _has_filters(array)), None)
    if first is None:
        return []
    kernel, n = weights[first], weights[first].shape[-1]
    vectors = list(takewhile(lambda array: array.shape == (n,), weights[first + 1 : first + 6]))
    if len(vectors) > 2:
        vectors = vectors[:-2]  # moving averages: they follow from the images
    filters = kernel.reshape(-1, n).astype(float)
    filters = filters[:: -(-len(filters) // MAX_INPUTS)]
    norms = np.linalg.norm(filters, axis=0)
    kept = np.sort(np.argsort(-norms)[:MAX_FILTERS])
    rows = [kept, *(filters / np.maximum(norms, 1e-12))[:, kept]]
    for vector in (vector.astype(float)[kept] for vector in vectors):
        rows.append((vector - vector.mean()) / max(vector.std(), 1e-12))
    numbers = np.concatenate([[len(kept), len(filters)], *rows])
    return [round(float(x), 5) for x in numbers]


def _has_filters(array: np.ndarray) -> bool:
    return array.ndim > 1 and array.shape[-1] >= 8 and array.size >= 9 * array.shape[-1]


def _as_arrays(facts: dict) -> dict:
    arrays = {name: np.array(facts.get(name) or []) for name in ("cnn_sample", "cnn_signature")}
    digits = np.frombuffer((facts.get("submission_sample") or "").encode(), "u1")
    return {**facts, **arrays, "submission_sample": digits}


def _by_results(a: dict, b: dict) -> list[tuple[str, float]]:
    """Return what the networks and predictions of two hand-ins have in common, and how much.

    Only those of Part 2: LeNet's layers and training are given, with a seed.
    """
    network = _compare_networks(a, b)
    found = [(network, 1.0)] if network else []
    if network == SAME_NETWORK:  # then its predictions are the same
        return found
    if a.get("submission_hash") and a["submission_hash"] == b.get("submission_hash"):
        return [*found, ("same submission.csv", 1.0)]
    first, second = a["submission_sample"], b["submission_sample"]
    accuracies = [facts.get("submission_accuracy", "") for facts in (a, b)]
    if "" in accuracies or first.size != second.size or not first.size:
        return found
    errors, different = 2 - sum(accuracies), float(np.mean(first != second))
    if errors * first.size >= MIN_ERRORS and different < MIN_DIFFERENCE * errors:
        found.append(("nearly the same submission.csv", 1 - different))
    return found


def _compare_networks(a: dict, b: dict) -> str:
    """Return what two networks have in common, or ""."""
    if a.get("cnn_fingerprint") and a["cnn_fingerprint"] == b.get("cnn_fingerprint"):
        return SAME_NETWORK
    first, second, in_place = a["cnn_sample"], b["cnn_sample"], 0.0
    if first.size == second.size and first.size and np.ptp(first) and np.ptp(second):
        in_place = float(np.corrcoef(first, second)[0, 1])
    first, second = a["cnn_signature"], b["cnn_signature"]
    if not first.size or first.size != second.size or any(first[:2] != second[:2]):
        return SAME_NETWORK if in_place > 0.99 else ""
    n, n_inputs = int(first[0]), int(first[1])
    one, other = first[2:].reshape(-1, n), second[2:].reshape(-1, n)
    cosines = one[1 : n_inputs + 1].T @ other[1 : n_inputs + 1]
    nearest, likeness = cosines.argmax(axis=1), float(cosines.max(axis=1).mean())
    if likeness < MIN_COPY or len(set(nearest.tolist())) < (1 - MAX_MOVED) * n:
        return ""
    is_moved = np.mean(one[0] != other[0][nearest]) > MAX_MOVED
    if not is_moved and MIN_EQUAL <= likeness < MAX_EQUAL and in_place > MIN_IN_PLACE:
        return SAME_NETWORK
    biases = np.mean(one[n_inputs + 1 :] * other[n_inputs + 1 :][:, nearest], axis=1)
    # Noise changes biases no more than filters; training changes them at least ten times as much.
    min_biases = 0.999 - 4 * (1 - likeness)
    return CHANGED if max(biases, default=float(is_moved)) >= min_biases else ""


def _is_one_group(a: dict, b: dict) -> bool:
    """Return whether two hand-ins are of one group, by its number or by who uploaded them."""
    headers = [row.get("group") or {} for row in (a, b)]
    numbers = [group_number(str(header.get("group number") or "")) for header in headers]
    people = [{uploader(member) for member in row.get("members") or []} for row in (a, b)]
    # A copy's header may still name the group that it was taken from.
    labels = {label for row in (a, b) if (label := group_label(row["name"]))}
    is_one_number = numbers[0] and numbers[0] == numbers[1] and len(labels) < 2
    return bool(is_one_number or people[0] & people[1])


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


def _written(result: dict, source_notebook: SourceNotebook, kind: str) -> str:
    """Return all answers of a kind that a hand-in has to a notebook, and its helpers' code."""
    part, keys = source_notebook.name, [t.key for t in source_notebook.tasks if t.kind == kind]
    own = [result["answers"].get(f"{part}/{key}", "") for key in keys]
    own += [result["helpers"].get(part, "")] if kind == "code" else []
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
