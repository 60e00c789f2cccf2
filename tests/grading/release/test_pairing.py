import json
import os

import jupytext
import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.release.pairing import (
    as_json,
    pair,
    part_of,
    read_worked,
    worked_notebooks,
)
from cnn_utils.notebook.assignment import FILE, Part, Task, hash_of, read_assignment
from cnn_utils.notebook.scripts import as_ipynb, as_script

PART = Part((Task("lenet"), Task("why", "answer")), ("lenet",))
TEXT = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Title

# %% task="lenet" points=10 defines=["build_lenet"]
# task: lenet
x = 1

# %%
x

# %%
x
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "part.py"
    path.write_text(TEXT)
    return path


def build_notebook(source):
    return as_ipynb(read_worked(source))


def test_cells_and_their_metadata_survive(source):
    notebook = nbformat.reads(build_notebook(source), as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code", "code"]
    assert notebook.cells[1].metadata == {
        "task": "lenet",
        "points": 10,
        "defines": ["build_lenet"],
    }
    assert notebook.cells[1].source == "# task: lenet\nx = 1"
    assert notebook.metadata.kernelspec.name == "python3"


def test_the_same_text_gives_the_same_bytes(source):
    assert build_notebook(source) == build_notebook(source)


def test_cell_ids_are_unique_and_survive_an_insertion(source):
    before = [cell["id"] for cell in json.loads(build_notebook(source))["cells"]]
    assert len(set(before)) == 4
    source.write_text(TEXT.replace("# %% task", "# %%\ny = 2\n\n# %% task"))
    after = [cell["id"] for cell in json.loads(build_notebook(source))["cells"]]
    assert [identity for identity in after if identity in before] == before


def test_pair_writes_once_and_check_writes_never(source, tmp_path):
    target, assignment = tmp_path / "part.ipynb", tmp_path / "assignment.json"
    assert pair(tmp_path, check=True) == [target, assignment]
    assert not target.exists()
    assert not assignment.exists()
    assert pair(tmp_path) == [target, assignment]
    assert read_assignment(tmp_path) == {
        "part.ipynb": Part(
            (Task("lenet", "code", ("build_lenet",), "Title"),),
            (),
            (hash_of("# Title", "markdown"), "code:lenet", hash_of("x"), hash_of("x")),
        )
    }
    assert pair(tmp_path) == []
    assert pair(tmp_path, check=True) == []


@pytest.fixture
def paired(source, tmp_path):
    pair(tmp_path)
    return source, tmp_path / "part.ipynb"


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_form_that_was_edited_since_the_last_pairing_counts(paired, tmp_path):
    source, ipynb = paired
    assignment = tmp_path / FILE
    edit(ipynb, "x = 1", "x = 2")
    assert worked_notebooks(tmp_path)["part.ipynb"].path == ipynb
    assert pair(tmp_path, check=True) == [source, assignment]
    assert source.read_text() == TEXT
    assert pair(tmp_path) == [source, assignment]
    assert source.read_text() == TEXT.replace("x = 1", "x = 2")
    assert pair(tmp_path, check=True) == []
    edit(source, "x = 2", "x = 3")
    assert worked_notebooks(tmp_path)["part.ipynb"].path == source
    assert pair(tmp_path) == [ipynb, assignment]
    assert "x = 3" in ipynb.read_text()


@pytest.mark.parametrize("edited", [0, 1])
def test_the_times_of_the_files_do_not_matter(paired, tmp_path, edited):
    edit(paired[edited], "x = 1", "x = 2")
    os.utime(paired[1 - edited], (2e9, 2e9))
    pair(tmp_path)
    assert all("x = 2" in path.read_text() for path in paired)


def test_outputs_and_what_jupyterlab_remembers_are_no_edits(paired, tmp_path):
    source, ipynb = paired
    notebook = nbformat.read(ipynb, as_version=4)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"by-jupyterlab-{number}"
        cell.metadata |= {"collapsed": True, "tags": [], "execution": {"x": "1"}}
        if cell.cell_type == "code":
            cell.outputs = [v4.new_output("stream", text="1")]
            cell.execution_count = 7
    notebook.metadata.language_info = {"name": "python", "version": "3.12"}
    nbformat.write(notebook, ipynb)
    before = ipynb.read_bytes()
    assert pair(tmp_path) == []
    edit(source, "# Title", "# Another title")
    assert worked_notebooks(tmp_path)["part.ipynb"].path == source
    assert ipynb.read_bytes() == before


def test_a_notebook_written_in_jupyterlab_becomes_a_script_and_stays_what_it_is(tmp_path):
    cells = [
        v4.new_markdown_cell("# Title\n\n$$x$$  \n# %% no cell\n"),
        v4.new_code_cell("%load_ext cnn_utils\n%%time\n!ls\n\n\n"),
        v4.new_code_cell("# task: a\n\ndef f(): ...\n", metadata={"task": "a", "points": 1}),
        v4.new_code_cell("f()", metadata={"check": "a", "slideshow": {"slide_type": ""}}),
        v4.new_code_cell(""),
        v4.new_raw_cell("raw"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "new.ipynb")
    nbformat.write(v4.new_notebook(cells=cells[:2]), tmp_path / "Untitled.ipynb")
    (tmp_path / "helpers.py").write_text("x = 1\n")
    assert pair(tmp_path) == [tmp_path / "new.py", tmp_path / FILE]
    assert pair(tmp_path) == []
    text = (tmp_path / "new.py").read_text()
    assert '# %% task="a" points=1\n# task: a\n' in text
    assert as_script(read_worked(tmp_path / "new.py")) == text


def test_two_edits_are_shown_and_nothing_is_written(paired, tmp_path):
    source, ipynb = paired
    edit(source, "# # Title", "# # LeNet")
    edit(source, "points=10", "points=12")
    edit(ipynb, "# Title", "# Mein LeNet")
    notebook = nbformat.read(ipynb, as_version=4)
    notebook.cells.append(v4.new_code_cell("print(x)\ny"))
    nbformat.write(notebook, ipynb)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for check in (False, True):
        with pytest.raises(KitError) as told:
            pair(tmp_path, check=check)
        assert str(told.value).splitlines() == [
            "part.py and part.ipynb differ, and both were edited since they were last paired:",
            "  part.py, cell 1: '# LeNet'; part.ipynb, cell 1: '# Mein LeNet'",
            "  part.py, cell 2: 'points=12'; part.ipynb, cell 2: 'points=10'",
            "  part.ipynb, cell 5: 'print(x)'",
            "Nothing was written. Bring what you want to keep into one of them, delete the other, "
            "and run `python -m cnn_utils pair`, which builds it again.",
        ]
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    source.unlink()
    assert pair(tmp_path) == [source, tmp_path / FILE]
    assert "Mein LeNet" in source.read_text()


def test_a_long_difference_is_shown_in_part(paired, tmp_path):
    for path, start in zip(paired, "ab", strict=True):
        path.write_text("\n".join(f"# %%\n{start}{n}\n" for n in range(30)))
    ipynb = paired[1]
    ipynb.write_text(as_ipynb(read_worked(ipynb.rename(tmp_path / "x.py"))))
    (tmp_path / "x.py").unlink()
    with pytest.raises(KitError) as told:
        pair(tmp_path)
    assert len(str(told.value).splitlines()) == 13
    assert "  ... and 20 more" in str(told.value)


def test_the_same_edit_in_both_forms_is_no_conflict(paired, tmp_path):
    for path in paired:
        edit(path, "x = 1", "x = 2")
    assert pair(tmp_path) == [tmp_path / FILE]


def test_without_a_record_forms_that_differ_are_shown(paired, tmp_path):
    (tmp_path / FILE).unlink()
    assert pair(tmp_path) == [tmp_path / FILE]
    (tmp_path / FILE).write_text("<<<<<<< HEAD")
    edit(paired[0], "x = 1", "x = 2")
    with pytest.raises(KitError, match=r"part\.py, cell 2: 'x = 2'; part\.ipynb, cell 2: 'x = 1'"):
        pair(tmp_path)


@pytest.mark.parametrize("damage", ["", "{", "<<<<<<< HEAD\n{}\n>>>>>>> b"])
def test_a_damaged_form_never_wins(paired, tmp_path, damage):
    source, ipynb = paired
    ipynb.write_text(damage)
    with pytest.raises(KitError, match=r"If part\.py is right, delete part\.ipynb; `pair` builds"):
        pair(tmp_path)
    assert source.read_text() == TEXT
    ipynb.unlink()
    assert pair(tmp_path) == [ipynb]


@pytest.mark.parametrize("text", ["x = 1\n", ""])
def test_a_script_that_lost_its_cells_or_is_a_module_is_left_alone(paired, tmp_path, text):
    source, ipynb = paired
    before = ipynb.read_bytes()
    source.write_text(text)
    with pytest.raises(
        KitError, match=r"part\.py' must hold cells that begin with '# %%'; received"
    ):
        pair(tmp_path)
    assert (source.read_text(), ipynb.read_bytes()) == (text, before)
    source.unlink()
    assert pair(tmp_path) == [source]
    assert source.read_text() == TEXT


def test_conflict_markers_in_a_script_are_named(source, tmp_path):
    edit(source, "x = 1", "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b")
    with pytest.raises(KitError, match=r"part\.py, cell 2: there are git's conflict markers"):
        pair(tmp_path)


def test_a_pasted_picture_is_not_lost(paired, tmp_path):
    notebook = nbformat.read(paired[1], as_version=4)
    notebook.cells[0].attachments = {"a.png": {"image/png": "AAAA"}}
    nbformat.write(notebook, paired[1])
    with pytest.raises(KitError, match=r"part\.ipynb, cell 1: a pasted picture can't be kept"):
        pair(tmp_path)


def test_invalid_metadata_are_told_before_anything_is_written(paired, tmp_path):
    edit(paired[1], '"points": 10', '"point": 10')
    with pytest.raises(KitError, match=r"part\.ipynb, cell 2: unknown key in point=10"):
        pair(tmp_path)
    assert paired[0].read_text() == TEXT


def test_hidden_tests_are_no_part_of_what_is_asked(source, tmp_path):
    before = part_of(read_worked(source))
    source.write_text(TEXT + '\n# %% hidden="lenet"\nassert x == 1\n')
    assert part_of(read_worked(source)) == before


def test_nothing_to_build_is_said(tmp_path):
    with pytest.raises(KitError, match=r"must hold the worked notebooks .*; received none"):
        pair(tmp_path)
    with pytest.raises(KitError, match="readable file; received No such file"):
        build_notebook(tmp_path / "none.py")


def test_a_line_magic_stands_behind_a_comment_sign(source):
    source.write_text("# %%\n# %load_ext cnn_utils\nimport cnn_utils\n\n# %%\n# a note\n")
    notebook = nbformat.reads(build_notebook(source), as_version=4)
    sources = [cell.source for cell in notebook.cells]
    assert sources == ["%load_ext cnn_utils\nimport cnn_utils", "# a note"]
    assert "\n# %load_ext cnn_utils\n" in jupytext.writes(notebook, fmt="py:percent")


@pytest.mark.parametrize("key", ["saves", "evidence"])
def test_tasks_and_networks_are_read_from_a_notebook(key):
    cells = [
        v4.new_code_cell("# task: lenet\nmodel = 1"),
        v4.new_markdown_cell("Because.", metadata={"task": "why", "kind": "answer"}),
        v4.new_code_cell("save_for_grading()", metadata={key: "lenet"}),
    ]
    outline = ("code:lenet", "answer:why", hash_of("save_for_grading()"))
    assert part_of(v4.new_notebook(cells=cells)) == PART._replace(outline=outline)


def test_what_is_written_is_read_back(tmp_path):
    (tmp_path / FILE).write_text(as_json({"lab.ipynb": PART, "two.ipynb": Part(())}))
    assert read_assignment(tmp_path) == {"lab.ipynb": PART, "two.ipynb": Part((), ())}
