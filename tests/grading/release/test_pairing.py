import json

import jupytext
import nbformat
import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.grading.release.pairing import as_json, pair, part_of, read_worked
from cnn_utils.notebook.assignment import FILE, Part, Task, hash_of, read_assignment
from cnn_utils.notebook.scripts import as_ipynb

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


def test_an_edited_ipynb_is_noticed_and_built_again(source, tmp_path):
    pair(tmp_path)
    target = tmp_path / "part.ipynb"
    target.write_text(target.read_text().replace("x = 1", "x = 2"))
    assert pair(tmp_path, check=True) == [target]
    pair(tmp_path)
    assert "x = 1" in target.read_text()


def test_nothing_to_build_is_said(tmp_path):
    with pytest.raises(KitError, match=r"must hold \.py notebooks; received none"):
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
