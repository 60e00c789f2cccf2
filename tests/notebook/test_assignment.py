import json

import nbformat.v4 as v4
import pytest

from cnn_utils.errors import KitError
from cnn_utils.notebook.assignment import FILE, Part, as_json, part_of, read_assignment

PART = Part((("lenet", "code"), ("why", "answer")), ("lenet",))


def test_tasks_and_networks_are_read_from_a_notebook():
    cells = [
        v4.new_code_cell("# task: lenet\nmodel = 1"),
        v4.new_markdown_cell("Because.", metadata={"task": "why", "kind": "answer"}),
        v4.new_code_cell("save_for_grading()", metadata={"evidence": "lenet"}),
    ]
    assert part_of(v4.new_notebook(cells=cells)) == PART


def test_what_is_written_is_read_back(tmp_path):
    (tmp_path / FILE).write_text(as_json({"lab.ipynb": PART, "two.ipynb": Part(())}))
    assert read_assignment(tmp_path) == {"lab.ipynb": PART, "two.ipynb": Part((), ())}


def described(name="lab.ipynb", tasks=(("a", "code"),), networks=("a",)):
    return json.dumps({name: {"tasks": tasks, "networks": networks}})


DAMAGED = [None, "{", "[]", "[1]", "[" * 100_000, '{"lab.ipynb": {"tasks": 1}}']
DAMAGED += [described(name="../x.ipynb"), described(name="/x.ipynb"), described(name="x.txt")]
DAMAGED += [described(tasks=[["a"]]), described(networks=[5]), described(networks=["../x"])]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_folder_without_a_readable_assignment_is_said(tmp_path, text):
    if text is not None:
        (tmp_path / FILE).write_text(text)
    with pytest.raises(KitError, match=r"must hold the assignment's assignment\.json"):
        read_assignment(tmp_path)
