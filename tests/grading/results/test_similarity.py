import time
from itertools import combinations

import numpy as np
import pytest

from cnn_utils.grading.results.similarity import (
    Pair,
    clusters,
    find_similar,
    messages_for,
    signature,
)
from tests.grading.small_lab import F1, TEN

OWN = """\
# task: ten-digits
def ten_digit_error_rate(accuracy):
    survived = 1.0
    for _ in range(10):
        survived = survived * accuracy
    if survived > 1.0:
        raise ValueError("more than all of them")
    return 1.0 - survived
"""
WORDS = "one two three four five six seven eight nine ten " * 2 + "the network overfits from here"


def result(name, ten=TEN, text="", facts=(), helpers=""):
    answers = {"lab.ipynb/f1": F1, "lab.ipynb/ten-digits": ten, "lab.ipynb/why (text)": text}
    return {
        "name": name,
        "facts": dict(facts),
        "answers": answers,
        "helpers": {"lab.ipynb": helpers},
    }


def pairs_of(results, source_notebook):
    return [
        (p.first, p.second, p.what) for p in find_similar(results, {"lab.ipynb": source_notebook})
    ]


PROGRAM, TEXTS = "much the same program (lab.ipynb)", "much the same texts (lab.ipynb)"


def with_weights(name, *sample, **more):
    return result(name, facts={"cnn_sample": list(sample), **more})


def test_the_same_network_is_named_once_for_each_pair(source_notebook):
    results = [
        with_weights("ann", 0.1, -0.5, 0.7, cnn_fingerprint="a"),
        with_weights("bo", 0.1001, -0.5, 0.7, cnn_fingerprint="b"),
        with_weights("cy", 0.7, 0.1, -0.5, cnn_fingerprint="c"),
        with_weights("dan", 1.0, cnn_fingerprint="a"),
        with_weights("eva", 0.0, 0.0, 0.0),
    ]
    pairs = pairs_of(results, source_notebook)
    assert pairs == [("ann", "bo", "same cnn network"), ("ann", "dan", "same cnn network")]


def test_the_same_lenet_is_no_copy(source_notebook):
    """Its layers, its training and its seed are prescribed."""
    same = {"lenet_fingerprint": "abc"}
    assert pairs_of([result("ann", facts=same), result("bo", facts=same)], source_notebook) == []


def test_the_worked_answer_found_by_two_is_no_copy(source_notebook):
    assert pairs_of([result("ann"), result("bo")], source_notebook) == []


def test_a_program_with_other_names_and_comments_is_the_same(source_notebook):
    renamed = OWN.replace("survived", "rest").replace("1.0\n", "1.0  # all\n")
    results = [result("ann", OWN), result("bo", renamed), result("cy")]
    assert pairs_of(results, source_notebook) == [("ann", "bo", PROGRAM)]


def test_it_is_found_in_a_helper_as_well(source_notebook):
    results = [result("ann", OWN), result("bo", helpers=OWN)]
    assert pairs_of(results, source_notebook) == [("ann", "bo", PROGRAM)]


def test_how_everybody_writes_it_is_no_copy(source_notebook):
    others = [f"\n\ndef own_{i}(x):\n    return x ** {i} - {i} * x + {i}\n" for i in range(4)]
    assert (
        pairs_of([result(f"s{i}", OWN + other) for i, other in enumerate(others)], source_notebook)
        == []
    )


def test_all_of_it_the_same_is_a_copy_however_many_made_it(source_notebook):
    assert len(pairs_of([result(f"s{i}", OWN) for i in range(4)], source_notebook)) == 6


def test_comments_hide_nothing(source_notebook):
    longer = "# x\n" * 3_000 + OWN.replace("survived = s", '"#"; survived = s')
    assert pairs_of([result("ann", OWN), result("bo", longer)], source_notebook) == [
        ("ann", "bo", PROGRAM)
    ]


def test_the_same_text_is_named_and_shown(source_notebook):
    pairs = find_similar(
        [result("ann", text=WORDS), result("bo", text=WORDS + " and on"), result("cy", text="No.")],
        {"lab.ipynb": source_notebook},
    )
    assert [(p.first, p.second, p.what, p.share) for p in pairs] == [("ann", "bo", TEXTS, 1.0)]
    assert pairs[0].texts == (WORDS, WORDS + " and on")


def test_a_shared_part_has_its_share(source_notebook):
    longer = OWN + "".join(
        f"\ndef other_{i}(x):\n    return x ** {i} - {i} * x\n" for i in range(8)
    )
    other = OWN + "".join(f"\ndef more_{i}(a, b):\n    return [b, {i}, a]\n" for i in range(4))
    (pair,) = find_similar(
        [result("ann", longer), result("bo", other)], {"lab.ipynb": source_notebook}
    )
    assert 0.5 <= pair.share < 1


@pytest.mark.parametrize("hostile", ["(" * 100_000, "\x00" * 1000, "x" * 20_000, "é̃" * 9_000, ""])
def test_any_letters_are_compared(source_notebook, hostile):
    assert pairs_of([result("ann", hostile), result("bo", OWN)], source_notebook) == []


def test_the_messages_about_pairs_name_all_others_in_one_sentence():
    pairs = [Pair("ann", "bo", SAME), Pair("cy", "ann", SAME), Pair("ann", "bo", "alike", 0.5)]
    assert messages_for("ann", pairs) == ["same cnn network as bo, cy", "alike as bo (50%)"]
    assert messages_for("bo", pairs) == ["same cnn network as ann", "alike as ann (50%)"]
    assert messages_for("dan", pairs) == []


def test_many_others_are_counted():
    names = [f"group{i}" for i in (10, 1, 2, 3, 4, 5)]
    pairs = [Pair(a, b, SAME) for a, b in combinations(names, 2)]
    assert messages_for("group1", pairs) == [
        "same cnn network as 5 others: group2, group3 and 3 more"
    ]
    few = [pair for pair in pairs if "group3" in (pair.first, pair.second)][:3]
    assert messages_for("group3", few) == ["same cnn network as group1, group2, group10"]


def test_copies_are_one_cluster_of_each_kind():
    names = [f"group{i}" for i in (10, 2, 1, 3, 4, 5, 6, 7, 8)]
    pairs = [Pair("x", "y", SAME, is_sign=False), Pair("b", "c", TEXTS, 0.6)]
    pairs += [Pair(a, b, SAME) for a, b in combinations(names, 2)]
    pairs += [Pair("d", "e", TEXTS), Pair("c", "a", TEXTS, 0.8), Pair("e", "f", TEXTS)]
    found = clusters(pairs)
    assert [(c.what, c.is_sign, c.label, len(c.pairs)) for c in found] == [
        (TEXTS, True, "a, b and c", 2),
        (TEXTS, True, "d, e and f", 2),
        (SAME, True, "group1, group2 and 7 more", 36),
        (SAME, False, "x and y", 1),
    ]
    assert found[2].names[-1] == "group10"
    assert clusters([]) == []


def test_two_clusters_that_a_later_pair_joins_are_one():
    ends = [("a", "b"), ("c", "d"), ("e", "f"), ("b", "c"), ("f", "a")]
    (found,) = clusters([Pair(*names, SAME) for names in ends])
    assert (found.names, len(found.pairs)) == (list("abcdef"), 5)


def weights(seed=458, n=16, trained=0.0, steps=0):
    """Return a convolution, its biases, batch normalisation, a second one, and a dense layer.

    What training adds to the start, `steps`, is drawn by another seed.
    """
    start, step = np.random.default_rng(seed), np.random.default_rng(steps)
    shapes = [(3, 3, 3, n), (n,), (n,), (n,), (n,), (n,), (3, 3, n, n), (n,), (64, 10), (10,)]
    begun = [
        start.standard_normal(shape) if len(shape) > 1 else np.zeros(shape) for shape in shapes
    ]
    return [array + trained * step.standard_normal(array.shape) for array in begun]


def noisy(arrays, share, seed=9):
    rng = np.random.default_rng(seed)
    return [a + share * a.std() * rng.standard_normal(a.shape) for a in arrays]


def reordered(arrays, seed=5):
    places = np.random.default_rng(seed).permutation(arrays[0].shape[-1])
    first = [array[..., places] for array in arrays[:6]]
    return [*first, arrays[6][:, :, places], *arrays[7:]]


def trained(name, arrays, **facts):
    flat = np.concatenate([array.ravel() for array in arrays if array.ndim > 1])
    about = {
        "cnn_fingerprint": str([(array.sum(), array.flat[0]) for array in arrays]),
        "cnn_signature": signature(arrays),
    }
    return result(name, facts={**about, "cnn_sample": flat[:: flat.size // 200].tolist(), **facts})


ANN = weights(trained=0.3, steps=1)
SAME, NEARLY = "same cnn network", "nearly the same cnn network"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (reordered(ANN), NEARLY),
        (noisy(ANN, 0.15), NEARLY),
        (noisy(reordered(ANN), 0.15), NEARLY),
        ([*noisy(ANN[:1], 0.15), *ANN[1:]], NEARLY),
        ([3 * array for array in reordered(ANN)], NEARLY),
        ([*ANN[:6], ANN[6][..., ::-1], ANN[7][::-1], *ANN[8:]], NEARLY),
        (ANN, SAME),
        (weights(seed=1, trained=0.3, steps=2), None),
        (weights(trained=0.3, steps=2), None),
        (weights(trained=0.1, steps=2), None),
        (weights(n=8, trained=0.3, steps=1), None),
    ],
)
def test_a_network_is_known_in_any_order_and_under_noise(source_notebook, other, expected):
    pairs = pairs_of([trained("ann", ANN), trained("bo", other)], source_notebook)
    assert pairs == ([("ann", "bo", expected)] if expected else [])


def test_a_network_without_biases_or_filters(source_notebook):
    moved = trained("b", [ANN[0][..., ::-1], ANN[6][:, :, ::-1]])
    assert pairs_of([trained("a", [ANN[0], ANN[6]]), moved], source_notebook) == [
        ("a", "b", NEARLY)
    ]
    assert signature([]) == signature([np.ones((1, 1, 3, 16)), np.ones(16), np.ones((9, 4))]) == []
    dense = signature([np.ones((3072, 500)), np.zeros(500)])
    assert len(dense) == 2 + 64 * (1 + 256 + 1)
    assert np.isfinite(dense).all()


def test_the_same_seed_and_training_is_a_sign_only_with_similar_code(source_notebook):
    results = [trained("ann", ANN), trained("bo", ANN), trained("cy", ANN)]
    pairs = find_similar(results, {"lab.ipynb": source_notebook})
    assert [(p.what, p.is_sign) for p in pairs] == [(SAME, False)] * 3
    assert messages_for("ann", pairs) == []
    for row in results[:2]:
        row["answers"]["lab.ipynb/ten-digits"] = OWN
    pairs = find_similar(results, {"lab.ipynb": source_notebook})
    assert messages_for("ann", pairs)[0] == "same cnn network as bo"
    assert [p.is_sign for p in pairs] == [True, False, False, True]


def predicted(name, digits, accuracy, **facts):
    text = "".join(map(str, digits))
    about = {"submission_sample": text, "submission_hash": text, "submission_accuracy": accuracy}
    return result(name, facts={**about, **facts})


def test_predictions_that_agree_beyond_their_accuracies_are_named(source_notebook):
    rng = np.random.default_rng(0)
    labels = rng.integers(10, size=10_000)
    bo, cy = (
        np.where(rng.random(10_000) < 0.75, labels, rng.integers(10, size=10_000)) for _ in "bc"
    )
    few = np.where(rng.random(10_000) < 0.95, bo, cy)
    pairs = pairs_of([predicted("bo", bo, 0.77), predicted("cy", cy, 0.77)], source_notebook)
    assert pairs == []
    for copy, what in ((bo, "same submission.csv"), (few, "nearly the same submission.csv")):
        results = [predicted("bo", bo, 0.77), predicted("di", copy, 0.76)]
        assert pairs_of(results, source_notebook) == [("bo", "di", what)]
    # nearly all are right: the few hard ones are hard for everybody
    results = [predicted("bo", labels, 1.0), predicted("di", np.r_[labels[:-50], bo[-50:]], 0.995)]
    assert pairs_of(results, source_notebook) == []
    # the same network has the same predictions
    results = [predicted(name, bo, 0.77, cnn_fingerprint="x") for name in ("bo", "di")]
    assert pairs_of(results, source_notebook) == [("bo", "di", SAME)]


@pytest.mark.parametrize(
    "more",
    [
        [{"group": {"group number": "7"}}, {"group": {"group number": "Group 07"}}],
        [{"members": ["doejane_101_9001_a"]}, {"members": ["x_1_2_a", "doejane_LATE_101_9007_b"]}],
        [
            {"members": ["A-Jo_11_assignsubmission_file_"]},
            {"members": ["B-Jo_11_assignsubmission_x"]},
        ],
    ],
)
def test_a_group_is_not_compared_with_itself(source_notebook, more):
    rows = [{**result(name, OWN, WORDS), **about} for name, about in zip("ab", more, strict=True)]
    assert pairs_of(rows, source_notebook) == []
    assert len(pairs_of([rows[0], result("c", OWN, WORDS)], source_notebook)) == 2


def test_a_copy_with_the_other_group_s_header_is_compared(source_notebook):
    header = {"group": {"group number": "7"}}
    rows = [{**result(f"group{n}", OWN), **header} for n in (7, 8)]
    assert pairs_of(rows, source_notebook) == [("group7", "group8", PROGRAM)]


@pytest.mark.parametrize(
    "hostile",
    [
        '"' + '\\"' * 80_000,
        '"' * 140_000,
        "'''" + "\\'" * 80_000,
        '"\\' * 70_000,
        "\\" * 140_000,
        "'\"" * 70_000,
        "#" * 140_000,
        '"""' + "x" * 140_000,
        "x " * 70_000,
    ],
)
def test_hostile_text_takes_no_longer_than_other_text(source_notebook, hostile):
    start = time.perf_counter()
    pairs_of([result("ann", hostile, hostile), result("bo", OWN)], source_notebook)
    assert time.perf_counter() - start < 5


def test_a_docstring_hides_no_program(source_notebook):
    for before in (
        '"""\n# it is\n"""\n',
        "'''it's \"so\" # \n'''\n",
        'x = "no end\n',
        "x = 'it\\'s # x'\n",
    ):
        results = [result("ann", OWN), result("bo", before + OWN)]
        assert pairs_of(results, source_notebook) == [("ann", "bo", PROGRAM)]
