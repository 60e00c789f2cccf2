import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.release.regions import replace_regions

CODE = """\
def f(x):
    ### BEGIN SOLUTION
    y = x + 1

    return y
    ### END SOLUTION
"""
TEXT = "Why?\n\n<!-- ### BEGIN SOLUTION -->\nBecause.\n<!-- ### END SOLUTION -->\n"


def stub(indent):
    return [f"{indent}# YOUR CODE HERE", f"{indent}pass"]


def test_a_region_is_replaced_at_its_indentation():
    assert replace_regions(CODE, stub, "x") == (
        "def f(x):\n    # YOUR CODE HERE\n    pass\n",
        1,
    )


def test_in_markdown_the_delimiters_are_comments():
    assert replace_regions(TEXT, lambda indent: ["..."], "x") == ("Why?\n\n...\n", 1)


def test_several_regions_and_none():
    assert replace_regions(CODE + CODE, stub, "x")[1] == 2
    assert replace_regions("x = 1  # a solution", stub, "x") == ("x = 1  # a solution", 0)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("### BEGIN SOLUTION\nx\n### BEGIN SOLUTION", "line 3: .* begins inside that of line 1"),
        ("x\n### BEGIN SOLUTION\ny", "the solution that begins in line 2 never ends"),
        ("x\n### END SOLUTION", "line 2: a solution ends that never began"),
        ("# BEGIN SOLUTION\nx", "line 1: '# BEGIN SOLUTION' looks like a delimiter"),
        ("###BEGIN SOLUTION", "looks like a delimiter"),
        ("### begin solution", "looks like a delimiter"),
        ("### BEGIN SOLUTION  (part a)", "looks like a delimiter"),
        ("x = 1  ### BEGIN SOLUTION", "looks like a delimiter"),
        ("### END_SOLUTION", "looks like a delimiter"),
        ("# Begin Solution (worked)", "looks like a delimiter"),
        ("### SOLUTION BEGIN", "looks like a delimiter"),
    ],
)
def test_what_is_not_strictly_delimited_is_an_error(source, message):
    with pytest.raises(KitError, match=rf"part1\.py, cell 3.*{message}"):
        replace_regions(source, stub, "part1.py, cell 3")
