import pytest

from cnn_utils.grading.results.similarity import Pair, find_similar
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


def test_the_message_of_a_pair():
    pair = Pair("ann", "bo", "same lenet network")
    assert pair.message_for("ann") == "same lenet network as bo"
    assert pair.message_for("bo") == "same lenet network as ann"
    assert pair.message_for("cy") == ""
    assert Pair("ann", "bo", "much the same", 0.5).message_for("bo") == "much the same as ann (50%)"
