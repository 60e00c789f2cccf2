import pytest

from cnn_utils.errors import KitError
from cnn_utils.files import KIT
from cnn_utils.grading.intake.assignment import read_source_notebooks
from cnn_utils.grading.release.metadata import KEYS, validate
from cnn_utils.notebook.reader import read
from tests.grading.small_lab import LAB

HEADER = """\
# %% [markdown] task="group" kind="header"
# | | |
# |---|---|
# | **Gruppennummer** | 1 |
# | **Mitglieder** | Ada |

"""


def problems(text: str, **more: str) -> list[str]:
    """Return what `validate` says of lab.py, without the first line if there are several."""
    try:
        validate({f"{k}.py": read(x.encode(), f"{k}.py") for k, x in {"lab": text, **more}.items()})
    except KitError as error:
        return [line.strip() for line in str(error).splitlines()]
    return []


def test_the_small_lab_and_all_keys_of_front_ends_are_valid():
    assert problems(HEADER + LAB) == []
    metadata = 'jupyter={"source_hidden": true} editable=true slideshow={} id="x" title="y" '
    metadata += "colab={} vscode={} jp-MarkdownHeadingCollapsed=true heading_collapsed=true"
    assert problems(LAB.replace("# %%\ngreeting", f"# %% {metadata}\ngreeting")) == []


# Metadata of the lab's first task, its check, and its text: each replaced by something wrong.
F1, CHECK, WHY = 'task="f1" points=10 defines=["F1Score"]', 'check="f1"', 'kind="answer" points=5'
BELONGS = "belongs to a cell of another kind"
WRONG = [
    (F1, F1 + " treshold=0.9", "cell 5: unknown key in treshold=0.9; did you mean threshold?"),
    (F1, F1 + " quux=1", "cell 5: unknown key in quux=1."),
    (
        F1,
        F1.replace("10", '"10"'),
        'cell 5: points="10" must be a number of at least 0: write points=10.',
    ),
    (F1, F1.replace("10", "-1"), "cell 5: points=-1 must be a number of at least 0."),
    (F1, F1.replace("10", "true"), "cell 5: points=true must be a number of at least 0."),
    (F1, F1.replace("points=10 ", ""), "cell 5: task 'f1' has no points."),
    (
        F1,
        F1 + " threshold=97",
        "cell 5: threshold=97 must be an accuracy from 0 to 1: write threshold=0.97.",
    ),
    (
        F1,
        F1.replace('["F1Score"]', '"F1Score"'),
        'cell 5: defines="F1Score" must be a list of Python names: write defines=["F1Score"].',
    ),
    (
        F1,
        F1.replace("F1Score", "F1 Score"),
        'cell 5: defines=["F1 Score"] must be a list of Python names.',
    ),
    (
        F1,
        F1.replace("F1Score", "F1Scores"),
        "cell 5: defines= names F1Scores, which the worked code does not define; did you mean"
        " F1Score?",
    ),
    (F1, F1 + ' rerun="no"', 'cell 5: rerun="no" must be true or false.'),
    (F1, F1 + ' kind="code"', 'cell 5: kind="code" must be "answer" or "header".'),
    (F1, F1 + ' rubric=["x"]', f'cell 5: rubric=["x"] {BELONGS} (text task), not to code task.'),
    (F1, F1.replace("f1", "f2"), "cell 5: the first line of task 'f2' must be '# task: f2'."),
    (F1, 'tags=["x"]', "cell 5: it begins with '# task: f1', but its metadata lack task=\"f1\"."),
    (
        CHECK,
        'check="f"',
        'cell 6: check="f" must name a code task of this notebook; did you mean f1?',
    ),
    (CHECK, 'check="why"', 'cell 6: check="why" must name a code task of this notebook.'),
    (
        CHECK,
        'hidden="f-1"',
        'cell 6: hidden="f-1" must name a code task of this notebook; did you mean f1?',
    ),
    (CHECK, 'check=["f1"]', 'cell 6: check=["f1"] must be the name of a code task.'),
    (CHECK, 'check="f1" hidden="f1"', "cell 6: check=, hidden= and saves= belong to a cell each."),
    (CHECK, 'saves="network"', 'cell 6: saves="network" must be "lenet" or "cnn".'),
    (
        CHECK,
        'check="f1" points=3',
        f"cell 6: points=3 {BELONGS} (code task, text task), not to code.",
    ),
    (WHY, "points=5", "cell 11: task 'why' is a text: add kind=\"answer\"."),
    (WHY, WHY.replace("answer", "anser"), 'cell 11: kind="anser" must be "answer" or "header".'),
    (WHY, WHY + ' rubric="x"', 'cell 11: rubric="x" must be a list of texts: write rubric=["x"].'),
    (WHY, WHY + " rubric=[1]", "cell 11: rubric=[1] must be a list of texts."),
    (
        WHY,
        WHY + ' figures=["f1", "ten-digit"]',
        'cell 11: figures=["f1", "ten-digit"] must name a code task of this notebook; did you '
        "mean ten-digits?",
    ),
    (
        'task="why"',
        'task="Why me"',
        'cell 11: task="Why me" must be a name of small letters, digits and hyphens.',
    ),
]


@pytest.mark.parametrize(("right", "wrong", "sentence"), WRONG, ids=[x[1] for x in WRONG])
def test_each_mistake_gets_one_exact_sentence(right, wrong, sentence):
    assert right in LAB
    assert f"lab.py, {sentence}" in problems(LAB.replace(right, wrong, 1))


def test_one_mistake_is_one_sentence_and_several_are_listed_at_once():
    assert len(problems(LAB.replace("points=10", "points=10 point=10"))) == 1
    wrong = LAB.replace("points=10", "points=10 point=10").replace('check="f1"', 'check="lent"')
    assert problems(wrong) == [
        "2 problems in the notebooks:",
        "lab.py, cell 5: unknown key in point=10; did you mean points?",
        'lab.py, cell 6: check="lent" must name a code task of this notebook.',
    ]


def test_a_task_named_twice():
    twice = LAB + '\n# %% task="f1" points=1\n# task: f1\n'
    assert problems(twice) == ["lab.py, cells 5 and 12: the code task 'f1' is there 2 times."]
    other = '# %% [markdown] task="f1" kind="answer" points=1\n'
    assert problems(LAB + other) == []
    assert problems(LAB, other=LAB) == [
        "2 problems in the notebooks:",
        "Code task 'f1' is in 2 notebooks: rename it in one.",
        "Code task 'ten-digits' is in 2 notebooks: rename it in one.",
    ]


OWN = '\n# %% task="mine" points=1 defines=["x"]\n# task: mine\nx = 1\n'


def test_a_task_of_ones_own_needs_a_test():
    sentence = (
        "lab.py, cell 12: nothing tests task 'mine': add a cell with check=\"mine\" or "
        'hidden="mine".'
    )
    assert problems(LAB + OWN) == [sentence]
    for key in ("check", "hidden"):
        test = f'\n# %% {key}="mine"\nassert x == 1\n'
        assert problems(LAB + OWN + test) == []
        sentence = "lab.py, cell 12: task 'mine' must have one check and at most one hidden test."
        assert problems(LAB + OWN + test + test) == [sentence]


def test_a_hidden_test_needs_a_task_that_is_run_and_no_network():
    test = '\n# %% hidden="mine"\nassert x == 1\n'
    not_run = OWN.replace("points=1", "points=1 rerun=false")
    end = "can't have a hidden test: "
    assert problems(LAB + not_run + test) == [
        f"lab.py, cell 12: task 'mine' {end}grading does not run it."
    ]
    assert problems((LAB + OWN + test).replace("mine", "cnn")) == [
        f"lab.py, cell 12: task 'cnn' {end}its network is rated."
    ]


def test_a_threshold_where_no_network_is_rated(tmp_path):
    assert problems(LAB.replace("points=10", "points=10 threshold=0.9")) == [
        "lab.py, cell 5: threshold= works for the tasks train-lenet and cnn only."
    ]
    network = '\n# %% task="cnn" points=1 threshold=0.6\n# task: cnn\n'
    assert problems(LAB + network) == []


@pytest.mark.parametrize(
    ("old", "new"), [("1 |", "|"), ("# | **Gruppennummer** | 1 |\n", ""), ("| 1 |", "| Ada |")]
)
def test_a_table_without_a_number_in_its_first_row_is_told(old, new):
    assert problems(HEADER.replace(old, new) + LAB) == [
        "lab.py, cell 1: the table must be filled in, its rows in this order: group number, "
        "members, group name."
    ]


def test_tags_that_are_no_list_are_named(tmp_path):
    (tmp_path / "lab.py").write_text(LAB.replace("points=10", 'tags="a"'))
    told = (
        r"'.*lab\.py' can't be read\. A cell is invalid: metadata\.tags: 'a' is not of type 'array'"
    )
    with pytest.raises(KitError, match=told):
        read_source_notebooks(tmp_path)


def test_grading_reads_only_valid_notebooks(tmp_path):
    (tmp_path / "lab.py").write_text(LAB.replace("points=20", 'points="20"'))
    with pytest.raises(KitError, match=r'lab\.py, cell 8: points="20" must be a number'):
        read_source_notebooks(tmp_path)


def test_the_manual_explains_exactly_these_keys():
    """Each row of its table begins with an example; all of them together are a valid notebook."""
    manual = (KIT / "docs" / "authoring.md").read_text()
    table = manual.split("| key |")[1].split("\n\n")[0]
    rows = [line.split("|")[1].strip().strip("`") for line in table.splitlines()[2:]]
    assert [row.partition("=")[0] for row in rows] == list(KEYS)
