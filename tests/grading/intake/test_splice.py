import nbformat.v4 as v4
import pytest
from cnn_utils.grading.intake.reader import read_cells

from cnn_utils.grading.intake.splice import splice
from tests.grading.small_lab import F1, TEN, answer, notebook

F1_BARE, TEN_BARE = F1.partition("\n")[2], TEN.partition("\n")[2]
STUB = '# task: f1\n# YOUR CODE HERE\nraise NotImplementedError("task f1: write `F1Score`")'


def spliced(source_notebook, *cells):
    return splice(source_notebook, read_cells(notebook(*cells)))


def code(source, **metadata):
    return v4.new_code_cell(source, metadata=metadata)


def states(result):
    return {f"{name} {kind}": answer.state for (name, kind), answer in result.answers.items()}


def test_a_clean_hand_in_needs_no_repair(source_notebook):
    result = spliced(source_notebook, F1, TEN, answer("It is so."))
    assert states(result) == {
        "f1 code": "answered",
        "ten-digits code": "answered",
        "why answer": "answered",
    }
    assert all(answer.notes == [] for answer in result.answers.values())
    assert result.answers["f1", "code"].source == F1
    assert result.helpers == {}


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ([code(F1_BARE, task="f1")], None),
        ([code(F1, task="ten-digits"), code(TEN, task="f1")], None),
        ([F1_BARE], "task 'f1': found by the names it defines"),
        (["%time 1\n" + F1_BARE], "task 'f1': found by the names it defines"),
        ([STUB, F1], "task 'f1': 2 cells joined, 1 of them untouched"),
        (
            [code("# task: f1\nn = 10", task="f1"), code(F1_BARE, task="f1")],
            "task 'f1': 2 cells joined",
        ),
        ([v4.new_markdown_cell(F1)], "task 'f1': was not a code cell"),
        ([F1.replace("# task: f1", "  # Task: F1")], None),
        ([TEN, "x = 1", F1], None),
        ([code(F1, task=["f1"], kind={"a": 1})], None),
    ],
    ids=[
        "by metadata",
        "line wins over metadata",
        "neither line nor metadata",
        "with a magic",
        "stub copied above",
        "split",
        "turned into Markdown",
        "other letters",
        "moved to the end",
        "metadata of wrong type",
    ],
)
def test_answers_survive_what_front_ends_and_people_do(source_notebook, cells, note):
    found = spliced(source_notebook, *cells).answers["f1", "code"]
    assert found.state == "answered"
    assert "class F1Score" in found.source
    assert found.notes == ([note] if note else [])


def test_a_lambda_defines_a_name_as_well(source_notebook):
    result = spliced(source_notebook, "ten_digit_error_rate = lambda p: 1 - p**10")
    assert result.answers["ten-digits", "code"].state == "answered"


def test_untouched_and_deleted_answers_differ(source_notebook):
    result = spliced(source_notebook, STUB, "x = 1", answer("*YOUR ANSWER HERE*"))
    assert states(result) == {
        "f1 code": "unanswered",
        "ten-digits code": "missing",
        "why answer": "unanswered",
    }


def test_helpers_stay_before_the_task_they_were_written_for(source_notebook):
    result = spliced(source_notebook, "a = 1", F1, "b = 2", TEN, "c = 3")
    assert result.helpers == {"f1": ["a = 1"], "ten-digits": ["b = 2"], "": ["c = 3"]}


def test_slightly_changed_given_cells_are_not_helpers(source_notebook):
    given = "%load_ext cnn_utils\nimport keras\nimport numpy as np\nfrom keras import ops\n\n"
    result = spliced(source_notebook, given, 'greeting = "hello"\nprint(greeting)', F1, TEN)
    assert result.helpers == {}


def test_a_given_cell_of_last_year_without_the_extension_is_not_a_helper(source_notebook):
    given = "import keras\nimport numpy as np\nfrom keras import ops"
    assert spliced(source_notebook, given, F1, TEN).helpers == {}


@pytest.mark.parametrize("magic", ["%load_ext cnn_utils", "%matplotlib inline", "!pip list"])
def test_an_answer_with_a_magic_is_found_by_its_names(source_notebook, magic):
    without_marker = F1.partition("\n")[2]
    answer = spliced(source_notebook, f"{magic}\n{without_marker}").answers["f1", "code"]
    assert (answer.state, answer.source) == ("answered", f"{magic}\n{without_marker}")


def test_texts_are_found_by_their_heading_when_metadata_are_lost(source_notebook):
    heading = v4.new_markdown_cell("### Why?")
    result = spliced(source_notebook, F1, heading, v4.new_markdown_cell("It is so."))
    found = result.answers["why", "answer"]
    assert (found.state, found.source) == ("answered", "It is so.")
    assert found.notes == ["task 'why' (text): found under its heading"]


def test_comments_that_control_nbval_are_removed(source_notebook):
    result = spliced(
        source_notebook, "# task: f1\n# NBVAL_SKIP\nF1Score = 1  # nbval_raises_exception yes"
    )
    assert "nbval" not in result.answers["f1", "code"].source.lower()


def test_what_the_cell_showed_comes_along(source_notebook):
    cell = code(F1)
    cell.outputs = [v4.new_output("stream", text="test accuracy 0.98")]
    cell.outputs += [v4.new_output("display_data", data={"image/png": "AAAA"})]
    found = spliced(source_notebook, cell).answers["f1", "code"]
    assert (found.has_figure, found.output_text) == (True, "test accuracy 0.98\n\n")


def test_hostile_cells_take_no_time(source_notebook):
    long = "x" * 200_000
    cells = [long, "(" * 50_000, "\n".join(["a = 1"] * 50_000), "# task: " + "-" * 50_000]
    assert states(spliced(source_notebook, *cells, F1))["f1 code"] == "answered"
